#pragma once

#include <cstdint>
#include <span>

namespace greenify::calls {

// What users switch on and off (the keys of monkeyPatch).
enum class Family : uint8_t { socket, sleep };

// How a call that would block waits.
enum class Strategy : uint8_t {
  hub,      // registers its descriptors with the hub
  timer,    // a deadline on the hub
  waker,    // does not wait itself: it wakes those who wait for the descriptor
  forward,  // never waits; listed so that every name of the family has an answer
};

// One redirected libc function. Fortified and other aliases are rows of their own.
struct Row {
  const char* name;  // the symbol, exactly
  Family family;
  Strategy strategy;
  void* replacement;
  void** original;   // into calls::original
  const char* page;  // the manual page whose behaviour it has
};

std::span<const Row> rows();

const char* name_of(Family family);
const char* name_of(Strategy strategy);

// Looks the originals up. Throws std::runtime_error naming the function that libc lacks.
// Idempotent.
void load_originals();

}  // namespace greenify::calls
