#include "addon/koffi_layout.h"

#include <algorithm>

#include "green/own_memory.h"
#include "green/page.h"

namespace greenify::addon::koffi {
namespace {

constexpr size_t kSearched = 4096;  // bytes of an object that may hold what is searched for

using Words = std::array<uintptr_t, kSearched / sizeof(uintptr_t)>;

// Copies what can be read at `from`; answers how many words that were.
size_t read_words(uintptr_t from, uintptr_t* to, size_t most) {
  return green::copy_readable(reinterpret_cast<const void*>(from), to, most * sizeof *to) /
         sizeof *to;
}

bool is_aligned(uintptr_t address) {
  return address % green::page_size() == 0;
}

// x86-64 and AArch64 user space, less the first pages.
bool may_be_pointer(uintptr_t word) {
  constexpr uintptr_t kLowest = 64 * 1024;
  return word % sizeof(uintptr_t) == 0 && word >= kLowest && word < (uintptr_t{1} << 48);
}

bool is_readable(uintptr_t address) {
  uintptr_t word;
  return may_be_pointer(address) && read_words(address, &word, 1) == 1;
}

bool are_readable(const Memory& memory) {
  return is_readable(memory.whole_stack.end - sizeof(uintptr_t)) &&
         is_readable(memory.whole_heap.begin);
}

bool is_plausible(Range range) {
  constexpr size_t kLeast = 16 * 1024;
  constexpr size_t kMost = size_t{1} << 32;
  return is_aligned(range.begin) && is_aligned(range.end) && range.end > range.begin &&
         range.size() >= kLeast && range.size() <= kMost;
}

// Version 3: the mapping, the stack in it between two pages, the heap.
std::optional<Memory> match_bounds(const uintptr_t* words, uintptr_t address) {
  const Range mapping{words[0], words[1]};
  const Range stack{words[2], words[3]};
  const Range heap{words[4], words[5]};
  if (!is_plausible(mapping) || !is_plausible(stack) || !is_plausible(heap)) return std::nullopt;
  const size_t page = green::page_size();
  if (stack.begin != mapping.begin + page || stack.end != mapping.end - page) return std::nullopt;
  auto* const at = reinterpret_cast<uintptr_t*>(address);
  const Memory memory{at + 2, at + 4, nullptr, stack, heap};
  return are_readable(memory) ? std::optional(memory) : std::nullopt;
}

// Version 2: stack, the whole stack again, and heap, each with its length, then flags (and, before
// 2.16.1, a generation) and in the upper half of that word the number of calls in progress.
std::optional<Memory> match_lengths(const uintptr_t* words, uintptr_t address) {
  const Range stack{words[0], words[0] + words[1]};
  const Range heap{words[4], words[4] + words[5]};
  if (words[2] != words[0] || words[3] != words[1]) return std::nullopt;
  if (!is_plausible(stack) || !is_plausible(heap) || words[6] >> 32 != 0) return std::nullopt;
  auto* const at = reinterpret_cast<uintptr_t*>(address);
  const Memory memory{at, at + 4, at + 6, stack, heap};
  return are_readable(memory) ? std::optional(memory) : std::nullopt;
}

constexpr size_t kBoundsWords = 6;
constexpr size_t kLengthsWords = 7;

std::optional<Memory> search_bounds(uintptr_t address) {
  Words words;
  const size_t count = read_words(address, words.data(), words.size());
  for (size_t i = 0; i + kBoundsWords <= count; i++) {
    const auto found = match_bounds(&words[i], address + i * sizeof words[0]);
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace

// Of the pointers in koffi's instance data to such memories the first is that of synchronous calls.
std::optional<Memory> find_memory(const void* instance_data) {
  const auto address = reinterpret_cast<uintptr_t>(instance_data);
  Words words;
  const size_t count = read_words(address, words.data(), words.size());
  for (size_t i = 0; i < count; i++) {
    uintptr_t pointed[kLengthsWords];
    if (!may_be_pointer(words[i])) continue;
    if (read_words(words[i], pointed, kLengthsWords) != kLengthsWords) continue;
    const auto found = match_lengths(pointed, words[i]);
    if (found) return found;
  }
  return std::nullopt;
}

// The data is the instance itself, or a function's record, one of whose first words points to it.
std::optional<Memory> find_memory_of_function(const void* data) {
  const auto address = reinterpret_cast<uintptr_t>(data);
  if (const auto found = search_bounds(address)) return found;
  uintptr_t first[4];
  const size_t count = read_words(address, first, std::size(first));
  for (size_t i = 0; i < count; i++) {
    if (!may_be_pointer(first[i])) continue;
    if (const auto found = search_bounds(first[i])) return found;
  }
  return std::nullopt;
}

Range readable_part(Range range) {
  Words words;
  const size_t asked = std::min(range.size() / sizeof words[0], words.size());
  return {range.begin,
          range.begin + read_words(range.begin, words.data(), asked) * sizeof words[0]};
}

// Reads what lies beside koffi's objects on the heap, too.
[[gnu::no_sanitize("address")]] FoundWords find_calls(Range where, Range records, const void* env) {
  FoundWords found;
  const auto* const end = reinterpret_cast<uintptr_t*>(where.end);
  for (auto* word = reinterpret_cast<uintptr_t*>(where.begin); word < end; word++) {
    if (*word % sizeof *word != 0 || !records.holds(*word)) continue;
    if (*reinterpret_cast<const void* const*>(*word) != env) continue;
    if (found.count++ == 0) found.first = word;
  }
  return found;
}

}  // namespace greenify::addon::koffi
