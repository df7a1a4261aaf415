#include "calls/call_sites.h"

#include <cstdint>

namespace greenify::calls {
namespace {

CallSites file_calls;
thread_local bool learning = false;

// Fibonacci hashing: return addresses differ in their low bits most.
size_t first_slot(const void* site) {
  return (reinterpret_cast<uintptr_t>(site) * 0x9E3779B97F4A7C15u) >> 56;
}

}  // namespace

bool CallSites::has(const void* site) const {
  for (size_t i = 0, slot = first_slot(site); i < kSlots; i++, slot = (slot + 1) % kSlots) {
    const void* found = slots_[slot].load(std::memory_order_relaxed);
    if (found == site) return true;
    if (found == nullptr) return false;
  }
  return false;
}

bool CallSites::add(const void* site) {
  for (size_t i = 0, slot = first_slot(site); i < kSlots; i++, slot = (slot + 1) % kSlots) {
    const void* found = nullptr;
    if (slots_[slot].compare_exchange_strong(found, site, std::memory_order_relaxed)) {
      size_.fetch_add(1, std::memory_order_release);
      return true;
    }
    if (found == site) return true;
  }
  return false;
}

LearningCalls::LearningCalls() {
  learning = true;
}

LearningCalls::~LearningCalls() {
  learning = false;
}

size_t LearningCalls::known() {
  return file_calls.size();
}

bool is_file_call(const void* site) {
  if (!learning) return file_calls.has(site);
  file_calls.add(site);
  return false;
}

}  // namespace greenify::calls
