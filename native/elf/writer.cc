#include "elf/writer.h"

#include <utility>

#include "elf/error.h"

namespace greenify::elf {
namespace {

bool compare_exchange(std::uintptr_t* slot, std::uintptr_t expected,
                      std::uintptr_t value) noexcept {
  return __atomic_compare_exchange_n(slot, &expected, value, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE);
}

}  // namespace

SlotWriter::SlotWriter(std::span<std::uintptr_t* const> slots, std::string path)
    : pages_(slots, std::move(path)) {
  stores_.reserve(slots.size());
}

std::uintptr_t SlotWriter::exchange(std::uintptr_t* slot, std::uintptr_t value) noexcept {
  const std::uintptr_t before = __atomic_exchange_n(slot, value, __ATOMIC_ACQ_REL);
  stores_.push_back({slot, before, value});
  return before;
}

bool SlotWriter::exchange_if(std::uintptr_t* slot, std::uintptr_t expected,
                             std::uintptr_t value) noexcept {
  if (!compare_exchange(slot, expected, value)) return false;
  stores_.push_back({slot, expected, value});
  return true;
}

void SlotWriter::commit() {
  try {
    pages_.restore();
  } catch (const Error&) {
    pages_.reopen();
    for (const Store& store : stores_) compare_exchange(store.slot, store.after, store.before);
    throw;
  }
}

}  // namespace greenify::elf
