#include <stdio_ext.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "calls/green_calls.h"
#include "calls/stream.h"

// fwrite(3), fputc(3), puts(3), putw(3), printf(3), fflush(3): what writes to a stream.
namespace greenify::calls {
namespace {

bool ends_line(int character) {
  return static_cast<unsigned char>(character) == '\n';
}

template <class Call>
size_t write_items(const void* from, size_t size, size_t count, FILE* stream, Call call) {
  size_t bytes;
  if (__builtin_mul_overflow(size, count, &bytes)) bytes = SIZE_MAX;
  if (plain_lock() || bytes == 0) return call();
  constexpr size_t kWorthLooking = 65'536;  // more than any buffer
  const bool line = bytes > kWorthLooking || std::memchr(from, '\n', bytes) != nullptr;
  return writing(stream, bytes, line, call);
}

template <class Call>
int write_text(const char* text, FILE* stream, Call call) {
  if (plain_lock()) return call();
  const size_t size = std::strlen(text);
  return writing(stream, size, std::memchr(text, '\n', size) != nullptr, call);
}

// What a format comes to is known when it has been printed: into memory, first.
struct Printed {
  size_t size;
  bool ends_line;
};

Printed printed(const char* format, va_list arguments) {
  char* text = nullptr;
  const int error = errno;
  const int size = vasprintf(&text, format, arguments);
  errno = error;
  if (size < 0) return {0, false};
  const Printed result{static_cast<size_t>(size), std::memchr(text, '\n', size) != nullptr};
  std::free(text);
  return result;
}

// plain(arguments) prints to the stream.
template <class Plain>
int print(FILE* stream, const char* format, va_list arguments, Plain plain) {
  va_list list;
  va_copy(list, arguments);
  const auto call = [&] { return plain(list); };
  int result;
  if (plain_lock()) {
    result = call();
  } else {
    const Printed text = printed(format, arguments);
    result = writing(stream, text.size, text.ends_line, call);
  }
  va_end(list);
  return result;
}

// The same on a descriptor: dprintf(3).
template <class Plain>
int print(int fd, const char* format, va_list arguments, Plain plain) {
  va_list list;
  va_copy(list, arguments);
  const auto call = [&] { return plain(list); };
  Next next = Next::now;
  if (green::current() != nullptr) {
    const size_t size = printed(format, arguments).size;
    next = until_decided(fd, [=] { return before_output(fd, size); });
  }
  const int result = next == Next::cancelled ? -1 : next == Next::now ? call() : offloaded(call);
  va_end(list);
  return result;
}

// -- fflush(NULL)

bool is_dirty(FILE* stream) {
  return __fpending(stream) > 0;
}

enum class Found { locked, busy, none };

// Locks a stream that has something to be written and is not among those that are done. Nobody
// closes it meanwhile: fclose(3) takes the list's lock first.
Found lock_next_dirty(const std::vector<FILE*>& done, FILE*& found) {
  Found result = Found::none;
  original.list_lock();
  for (found = original.list_begin(); found != nullptr; found = found->_chain) {
    if (!is_dirty(found) || std::ranges::find(done, found) != done.end()) continue;
    result = try_stream(found) == 0 ? Found::locked : Found::busy;
    if (result == Found::locked) break;
  }
  original.list_unlock();
  return result;
}

// libc's own locks each stream in turn, with the list of all streams locked: it would wait for
// those that others wait to read from, and fopen(3) everywhere would wait for it.
int flush_all() {
  constexpr int64_t kLookAgain = 1'000'000;
  std::vector<FILE*> done;
  int result = 0;
  FILE* stream;
  for (;;) {
    const Found found = lock_next_dirty(done, stream);
    if (found == Found::none) return result;
    if (found == Found::busy) {
      const hub::Wake wake = hub::Hub::here()->sleep_until(hub::deadline_in(kLookAgain));
      if (wake != hub::Wake::cancelled) continue;
      errno = ECANCELED;
      return EOF;
    }
    done.push_back(stream);
    if (green_fflush(stream) != 0) result = EOF;
    unlock_stream(stream);
  }
}

}  // namespace

size_t green_fwrite(const void* from, size_t size, size_t count, FILE* stream) {
  return write_items(from, size, count, stream,
                     [=] { return original.fwrite(from, size, count, stream); });
}

size_t green_fwrite_unlocked(const void* from, size_t size, size_t count, FILE* stream) {
  return write_items(from, size, count, stream,
                     [=] { return original.fwrite_unlocked(from, size, count, stream); });
}

int green_fputs(const char* text, FILE* stream) {
  return write_text(text, stream, [=] { return original.fputs(text, stream); });
}

int green_fputs_unlocked(const char* text, FILE* stream) {
  return write_text(text, stream, [=] { return original.fputs_unlocked(text, stream); });
}

int green_puts(const char* text) {
  const auto call = [=] { return original.puts(text); };
  return plain_lock() ? call() : writing(stdout, std::strlen(text) + 1, true, call);
}

int green_fputc(int character, FILE* stream) {
  return writing(stream, 1, ends_line(character),
                 [=] { return original.fputc(character, stream); });
}

int green_fputc_unlocked(int character, FILE* stream) {
  return writing(stream, 1, ends_line(character),
                 [=] { return original.fputc_unlocked(character, stream); });
}

int green_putchar(int character) {
  return green_fputc(character, stdout);
}

int green_putchar_unlocked(int character) {
  return green_fputc_unlocked(character, stdout);
}

// What putc_unlocked() of stdio.h calls where the buffer is full, or is to be written out.
int green_overflow(FILE* stream, int character) {
  return writing(stream, 1, ends_line(character),
                 [=] { return original.overflow(stream, character); });
}

int green_putw(int word, FILE* stream) {
  return write_items(&word, sizeof word, 1, stream, [=] { return original.putw(word, stream); });
}

int green_vfprintf(FILE* stream, const char* format, va_list arguments) {
  return print(stream, format, arguments,
               [=](va_list& list) { return original.vfprintf(stream, format, list); });
}

int green_vfprintf_chk(FILE* stream, int flag, const char* format, va_list arguments) {
  return print(stream, format, arguments,
               [=](va_list& list) { return original.vfprintf_chk(stream, flag, format, list); });
}

int green_vprintf(const char* format, va_list arguments) {
  return green_vfprintf(stdout, format, arguments);
}

int green_vprintf_chk(int flag, const char* format, va_list arguments) {
  return green_vfprintf_chk(stdout, flag, format, arguments);
}

int green_fprintf(FILE* stream, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = green_vfprintf(stream, format, arguments);
  va_end(arguments);
  return result;
}

int green_fprintf_chk(FILE* stream, int flag, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = green_vfprintf_chk(stream, flag, format, arguments);
  va_end(arguments);
  return result;
}

int green_printf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = green_vfprintf(stdout, format, arguments);
  va_end(arguments);
  return result;
}

int green_printf_chk(int flag, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = green_vfprintf_chk(stdout, flag, format, arguments);
  va_end(arguments);
  return result;
}

int green_vdprintf(int fd, const char* format, va_list arguments) {
  return print(fd, format, arguments,
               [=](va_list& list) { return original.vdprintf(fd, format, list); });
}

int green_vdprintf_chk(int fd, int flag, const char* format, va_list arguments) {
  return print(fd, format, arguments,
               [=](va_list& list) { return original.vdprintf_chk(fd, flag, format, list); });
}

int green_dprintf(int fd, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = green_vdprintf(fd, format, arguments);
  va_end(arguments);
  return result;
}

int green_dprintf_chk(int fd, int flag, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = green_vdprintf_chk(fd, flag, format, arguments);
  va_end(arguments);
  return result;
}

int green_fflush(FILE* stream) {
  if (stream == nullptr && green::may_suspend()) return flush_all();
  if (stream == nullptr) {
    if (green::current() != nullptr) count_pin();
    return original.fflush(stream);
  }
  return on_stream(
      stream, [=] { return before_flushing(stream); }, [=] { return original.fflush(stream); });
}

int green_fflush_unlocked(FILE* stream) {
  if (stream == nullptr) return green_fflush(stream);
  return on_stream(
      stream, [=] { return before_flushing(stream); },
      [=] { return original.fflush_unlocked(stream); });
}

}  // namespace greenify::calls
