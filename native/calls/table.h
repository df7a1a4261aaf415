#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace greenify::calls {

// What users switch on and off (the keys of monkeyPatch).
enum class Family : uint8_t { socket, sleep, file, lock, process, stdlib };
constexpr Family kFamilies[] = {Family::socket, Family::sleep,   Family::file,
                                Family::lock,   Family::process, Family::stdlib};

// How a call that would block waits.
enum class Strategy : uint8_t {
  hub,      // registers its descriptors with the hub
  timer,    // a deadline on the hub
  lock,     // by the lock's address on the hub, until its holder lets go
  offload,  // what cannot be done at once is done on an offload thread
  waker,    // does not wait itself: it wakes those who wait for the descriptor
  forward,  // never waits; listed so that every name of the family has an answer
  pinned,   // really waits: it belongs to the kernel thread, and nothing else can tell when it is
            // over
};

// A manual page, and what it says about waiting: short names, of each of which a test speaks for
// each function that follows the page (test/calls/table.test.ts).
struct Page {
  const char* name;
  std::initializer_list<const char*> behaviours;
};

// One redirected libc function. Fortified and other aliases are rows of their own.
struct Row {
  const char* name;  // the symbol, exactly
  Family family;
  Strategy strategy;
  void* replacement;
  void** original;   // into calls::original
  const Page* page;  // whose behaviour it has
  const char*
      alias_of;  // the function of which it is another name or the fortified form, or nullptr
  Family also;   // a second family it comes with, or the same again
};

std::span<const Row> rows();
// The row of a symbol, or nullptr. Thread: any.
const Row* row_named(std::string_view name);
// Whether the row is of buffered streams: stdio(3).
bool is_of_streams(const Row& row);

const char* name_of(Family family);
const char* name_of(Strategy strategy);

// Looks the originals up. Throws std::runtime_error naming the function that libc lacks.
// Idempotent.
void load_originals();

}  // namespace greenify::calls
