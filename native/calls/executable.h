#pragma once

#include <span>

#include "calls/table.h"

// The node executable (or the shared libuv and libnode of some distributions) is one more ELF
// object. Of its slots an allow-list is redirected and nothing else: V8, OpenSSL, SQLite and libuv
// share them. Thread: any.
namespace greenify::calls {

struct ExecutableRow {
  const char* name;  // the symbol, exactly
  Family family;
  Family also;  // a second family it comes with, or the same again
  void* replacement;
};

// From now on the calls of every green thread are green; until then those of threads that are in a
// call which has asked for it (green::Thread::asked).
void ask_for_all();

// Constant. Not before load_originals().
std::span<const ExecutableRow> executable_rows();

}  // namespace greenify::calls
