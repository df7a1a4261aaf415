#pragma once

#include <span>

#include "calls/table.h"

// How the lists of the table are written.
namespace greenify::calls {

template <class Function>
Row row(const char* name, Family family, Strategy strategy, Function* green, Function** plain,
        const Page& page) {
  return {name,  family,  strategy, reinterpret_cast<void*>(green), reinterpret_cast<void**>(plain),
          &page, nullptr, family};
}

template <class Function>
Row alias(const char* name, const char* of, Family family, Strategy strategy, Function* green,
          Function** plain, const Page& page) {
  Row result = row(name, family, strategy, green, plain, page);
  result.alias_of = of;
  return result;
}

// Those of buffered streams (stream_table.cc).
std::span<const Row> stream_rows();

}  // namespace greenify::calls
