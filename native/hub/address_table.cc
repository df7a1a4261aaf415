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
  wait.previous_there = bucket.tail;
  wait.next_there = nullptr;
  (bucket.tail == nullptr ? bucket.head : bucket.tail->next_there) = &wait;
  bucket.tail = &wait;
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
