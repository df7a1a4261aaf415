#pragma once

#include <cstdarg>
#include <cstring>

#include "calls/original.h"
#include "calls/stream.h"

// scanf(3) and kin. Each dialect of the language has its own forms (C99, C23), of which `Plain` is
// the one with a stream and a va_list.
namespace greenify::calls {

// Whether the format's first directive reads. `%n` does not, nor does the end of the format.
inline bool begins_with_input(const char* format) {
  if (format == nullptr || *format != '%') return format != nullptr && *format != '\0';
  return format[1 + std::strspn(format + 1, "*'$0123456789hlLqjzt")] != 'n';
}

template <auto Plain>
int scan(FILE* stream, const char* format, va_list& arguments) {
  const Wanted wanted{kAnyNumber, kNoDelimiter, begins_with_input(format)};
  return reading(stream, wanted, [&] { return (original.*Plain)(stream, format, arguments); });
}

template <auto Plain>
int green_vfscanf(FILE* stream, const char* format, va_list arguments) {
  va_list list;
  va_copy(list, arguments);
  const int result = scan<Plain>(stream, format, list);
  va_end(list);
  return result;
}

template <auto Plain>
int green_vscanf(const char* format, va_list arguments) {
  return green_vfscanf<Plain>(stdin, format, arguments);
}

template <auto Plain>
int green_fscanf(FILE* stream, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = scan<Plain>(stream, format, arguments);
  va_end(arguments);
  return result;
}

template <auto Plain>
int green_scanf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = scan<Plain>(stdin, format, arguments);
  va_end(arguments);
  return result;
}

}  // namespace greenify::calls
