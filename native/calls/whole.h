#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "calls/blocking.h"

// libc functions of which nothing but the whole call can be made elsewhere: each has its original
// and its green version here, and a row in a table (calls/rows.h), so that its name and its type
// are written once. Thread: any.
namespace greenify::calls {

// The symbol, exactly, as a template argument.
template <size_t kSize>
struct Name {
  char text[kSize];
  // Implicit: a string literal is one.
  constexpr Name(const char (&symbol)[kSize]) { std::copy_n(symbol, kSize, text); }
};

// libc's own, filled in by load_originals().
template <Name kName, class Function>
inline constinit Function* plain = nullptr;

// An offload thread makes the call, whatever it is about.
template <Name kName, class Function>
struct Whole;

template <Name kName, class Result, class... Arguments>
struct Whole<kName, Result(Arguments...)> {
  using Function = Result(Arguments...);

  static Result call(Arguments... arguments) {
    if constexpr (std::is_void_v<Result>) {
      offloaded_if_green([=] {
        plain<kName, Function>(arguments...);
        return 0;
      });
    } else {
      return offloaded_if_green([=] { return plain<kName, Function>(arguments...); });
    }
  }
};

// The original itself: it never waits.
template <Name kName, class Function>
struct Never;

template <Name kName, class Result, class... Arguments>
struct Never<kName, Result(Arguments...)> {
  using Function = Result(Arguments...);

  static Result call(Arguments... arguments) { return plain<kName, Function>(arguments...); }
};

}  // namespace greenify::calls
