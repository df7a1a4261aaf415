#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

// Where koffi (2 and 3) keeps the memory of its synchronous calls. It is searched for by what it
// must look like, never by an offset: that differs between versions. Thread: any.
namespace greenify::addon::koffi {

struct Range {
  uintptr_t begin = 0;
  uintptr_t end = 0;

  size_t size() const { return end - begin; }
  bool holds(uintptr_t address) const { return address >= begin && address < end; }
};

// The words that synchronous calls are made from: koffi puts arguments below the end of the stack
// and at the beginning of the heap, and moves both while calls are nested.
struct Memory {
  // As koffi keeps them: {begin, end} in version 3, {begin, length} in version 2.
  uintptr_t* stack = nullptr;
  uintptr_t* heap = nullptr;
  uintptr_t* depth = nullptr;  // version 2: the word that counts calls in progress
  Range whole_stack;           // without a call in progress
  Range whole_heap;

  bool has_lengths() const { return depth != nullptr; }
};

// Looks for that memory, in which no call may be in progress, from what koffi has given to
// Node-API: in version 2 its instance data, in version 3 the data of one of its functions. nullopt
// where it is not there (yet).
std::optional<Memory> find_memory(const void* instance_data);
std::optional<Memory> find_memory_of_function(const void* data);

// As much of a range, from its beginning, as can be read.
Range readable_part(Range range);

// The words in a readable range that point into `records`, where a call's record begins: both
// versions begin it with the napi_env. The first of them, and how many.
struct FoundWords {
  uintptr_t* first = nullptr;
  size_t count = 0;
};
FoundWords find_calls(Range where, Range records, const void* env);

}  // namespace greenify::addon::koffi
