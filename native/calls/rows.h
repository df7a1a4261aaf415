#pragma once

#include <span>

#include "calls/pages.h"
#include "calls/table.h"
#include "calls/whole.h"

// How rows of the table are written, and the parts that it is made of.
namespace greenify::calls {

template <class Function>
Row row(const char* name, Family family, Strategy strategy, Function* green, Function** original,
        const Page& page) {
  return {
      name,  family,  strategy, reinterpret_cast<void*>(green), reinterpret_cast<void**>(original),
      &page, nullptr, family};
}

template <class Function>
Row alias(const char* name, const char* of, Family family, Strategy strategy, Function* green,
          Function** original, const Page& page) {
  Row result = row(name, family, strategy, green, original, page);
  result.alias_of = of;
  return result;
}

inline Row with_also(Row row, Family also) {
  row.also = also;
  return row;
}

// A row of a function whose original is here; see calls/whole.h.
template <Name kName, class Function>
Row row_of(Family family, Strategy strategy, Function* green, const Page& page) {
  return row(kName.text, family, strategy, green, &plain<kName, Function>, page);
}

template <Name kName, class Function>
Row whole(Family family, const Page& page) {
  return row_of<kName, Function>(family, Strategy::offload, Whole<kName, Function>::call, page);
}

template <Name kName, class Function>
Row never(Family family, const Page& page) {
  return row_of<kName, Function>(family, Strategy::forward, Never<kName, Function>::call, page);
}

// The row of a function that is another form of `of`.
inline Row other_name(Row row, const char* of) {
  row.alias_of = of;
  return row;
}

// Another name of the function of a row.
inline Row alias_of(Row row, const char* name) {
  row.alias_of = row.name;
  row.name = name;
  return row;
}

// table_*.cc, and those of buffered streams: stream_table.cc
std::span<const Row> file_rows();
std::span<const Row> path_rows();
std::span<const Row> name_rows();
std::span<const Row> process_rows();
std::span<const Row> stream_rows();

}  // namespace greenify::calls
