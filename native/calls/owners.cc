#include "calls/owners.h"

#include <utility>

namespace greenify::calls {

// The multiplier is 2^64 divided by the golden ratio (Knuth, TAOCP 6.4).
size_t Owners::home_of(const void* lock) const {
  const auto bits = reinterpret_cast<uintptr_t>(lock) >> 3;
  return (bits * 0x9E3779B97F4A7C15ull >> 32) & (table_.size() - 1);
}

// Where the lock is, or the free place where it would go. The table is never full.
size_t Owners::find(const void* lock) const {
  size_t at = home_of(lock);
  while (table_[at].lock != nullptr && table_[at].lock != lock) at = (at + 1) & (table_.size() - 1);
  return at;
}

uint64_t Owners::owner_of(const void* lock) const {
  if (used_ == 0) return kNobody;
  const Holding& holding = table_[find(lock)];
  return holding.lock == nullptr ? kNobody : holding.thread;
}

void Owners::acquired(const void* lock, uint64_t thread) {
  Holding& holding = table_[find(lock)];
  if (holding.lock != nullptr) {
    holding.count++;
    return;
  }
  holding = {lock, thread, 1};
  if (++used_ * 2 > table_.size()) grow();
}

bool Owners::released(const void* lock) {
  const size_t at = find(lock);
  if (table_[at].lock == nullptr) return true;
  if (--table_[at].count > 0) return false;
  erase(at);
  return true;
}

void Owners::forget(const void* lock) {
  const size_t at = find(lock);
  if (table_[at].lock != nullptr) erase(at);
}

void Owners::grow() {
  std::vector<Holding> old(table_.size() * 2);
  old.swap(table_);
  for (const Holding& holding : old) {
    if (holding.lock != nullptr) table_[find(holding.lock)] = holding;
  }
}

// Linear probing: what follows moves up, unless it would pass its home.
void Owners::erase(size_t at) {
  const size_t mask = table_.size() - 1;
  used_--;
  for (size_t next = (at + 1) & mask; table_[next].lock != nullptr; next = (next + 1) & mask) {
    const size_t home = home_of(table_[next].lock);
    if (((next - home) & mask) < ((next - at) & mask)) continue;
    table_[at] = table_[next];
    at = next;
  }
  table_[at] = {};
}

}  // namespace greenify::calls
