#include <climits>

#include "calls/green_calls.h"
#include "calls/stream.h"

// fread(3), fgetc(3), gets(3), getline(3), getw(3): what reads from a stream.
namespace greenify::calls {
namespace {

size_t bytes_of(size_t size, size_t count) {
  size_t bytes;
  return __builtin_mul_overflow(size, count, &bytes) ? kAnyNumber : bytes;
}

Wanted line_of(int size) {
  return {size > 1 ? static_cast<size_t>(size - 1) : 0, '\n'};
}

constexpr Wanted kByte{1};
constexpr Wanted kWord{sizeof(int)};
constexpr Wanted kLine{kAnyNumber, '\n'};

}  // namespace

size_t green_fread(void* to, size_t size, size_t count, FILE* stream) {
  return reading(stream, {bytes_of(size, count)},
                 [=] { return original.fread(to, size, count, stream); });
}

size_t green_fread_unlocked(void* to, size_t size, size_t count, FILE* stream) {
  return reading(stream, {bytes_of(size, count)},
                 [=] { return original.fread_unlocked(to, size, count, stream); });
}

size_t green_fread_chk(void* to, size_t room, size_t size, size_t count, FILE* stream) {
  return reading(stream, {bytes_of(size, count)},
                 [=] { return original.fread_chk(to, room, size, count, stream); });
}

size_t green_fread_unlocked_chk(void* to, size_t room, size_t size, size_t count, FILE* stream) {
  return reading(stream, {bytes_of(size, count)},
                 [=] { return original.fread_unlocked_chk(to, room, size, count, stream); });
}

char* green_fgets(char* to, int size, FILE* stream) {
  return reading(stream, line_of(size), [=] { return original.fgets(to, size, stream); });
}

char* green_fgets_unlocked(char* to, int size, FILE* stream) {
  return reading(stream, line_of(size), [=] { return original.fgets_unlocked(to, size, stream); });
}

char* green_fgets_chk(char* to, size_t room, int size, FILE* stream) {
  return reading(stream, line_of(size), [=] { return original.fgets_chk(to, room, size, stream); });
}

char* green_fgets_unlocked_chk(char* to, size_t room, int size, FILE* stream) {
  return reading(stream, line_of(size),
                 [=] { return original.fgets_unlocked_chk(to, room, size, stream); });
}

char* green_gets(char* to) {
  return reading(stdin, kLine, [=] { return original.gets(to); });
}

char* green_gets_chk(char* to, size_t room) {
  return reading(stdin, kLine, [=] { return original.gets_chk(to, room); });
}

ssize_t green_getdelim(char** line, size_t* room, int delimiter, FILE* stream) {
  return reading(stream, {kAnyNumber, static_cast<unsigned char>(delimiter)},
                 [=] { return original.getdelim(line, room, delimiter, stream); });
}

ssize_t green_getline(char** line, size_t* room, FILE* stream) {
  return reading(stream, kLine, [=] { return original.getline(line, room, stream); });
}

int green_fgetc(FILE* stream) {
  return reading(stream, kByte, [=] { return original.fgetc(stream); });
}

int green_fgetc_unlocked(FILE* stream) {
  return reading(stream, kByte, [=] { return original.fgetc_unlocked(stream); });
}

int green_getchar() {
  return green_fgetc(stdin);
}

int green_getchar_unlocked() {
  return green_fgetc_unlocked(stdin);
}

// What getc_unlocked() of stdio.h calls where the buffer is empty.
int green_uflow(FILE* stream) {
  return reading(stream, kByte, [=] { return original.uflow(stream); });
}

int green_getw(FILE* stream) {
  return reading(stream, kWord, [=] { return original.getw(stream); });
}

}  // namespace greenify::calls
