#include "hub/address_table.h"

#include <cstdint>

namespace greenify::hub {

// Locks are at least 8 bytes apart; the multiplier is 2^64 divided by the golden ratio (Knuth,
// TAOCP 6.4).
AddressTable::Bucket& AddressTable::bucket_of(const void* address) {
  const auto bits = reinterpret_cast<uintptr_t>(address) >> 3;
  return buckets_[(bits * 0x9E3779B97F4A7C15ull >> 32) % kBuckets];
}

void AddressTable::add(Wait& wait, const void* address) {
  Bucket& bucket = bucket_of(address);
  wait.address = address;
  const bool is_last = bucket.tail == nullptr || bucket.tail->arrival <= wait.arrival;
  Wait* next = is_last ? nullptr : bucket.head;
  while (next != nullptr && next->arrival <= wait.arrival) next = next->next_there;
  insert(bucket, wait, next);
}

// In front of `next`; nullptr: at the end.
void AddressTable::insert(Bucket& bucket, Wait& wait, Wait* next) {
  wait.next_there = next;
  wait.previous_there = next == nullptr ? bucket.tail : next->previous_there;
  (wait.previous_there == nullptr ? bucket.head : wait.previous_there->next_there) = &wait;
  (next == nullptr ? bucket.tail : next->previous_there) = &wait;
}

void AddressTable::remove(Wait& wait) {
  if (wait.address == nullptr) return;
  Bucket& bucket = bucket_of(wait.address);
  (wait.previous_there == nullptr ? bucket.head : wait.previous_there->next_there) =
      wait.next_there;
  (wait.next_there == nullptr ? bucket.tail : wait.next_there->previous_there) =
      wait.previous_there;
  wait.address = nullptr;
}

}  // namespace greenify::hub
