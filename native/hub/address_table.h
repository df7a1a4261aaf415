#pragma once

#include <array>
#include <cstddef>

#include "hub/wait.h"

namespace greenify::hub {

// Waits by the address of what they wait for (a lock, a condition variable, a semaphore), in order
// of arrival, which whoever has to wait once more keeps: a futex for green threads. Intrusive;
// nothing is allocated. Thread: loop.
class AddressTable {
 public:
  void add(Wait& wait, const void* address);
  // Takes a wait out; no effect when it is in no list.
  void remove(Wait& wait);
  // Takes out up to `most` waits for `address`, oldest first, and calls wake(Wait&) for each.
  template <class WakeFunction>
  void wake(const void* address, size_t most, WakeFunction wake);

 private:
  struct Bucket {
    Wait* head = nullptr;
    Wait* tail = nullptr;
  };
  static constexpr size_t kBuckets = 256;

  Bucket& bucket_of(const void* address);
  static void insert(Bucket& bucket, Wait& wait, Wait* next);

  std::array<Bucket, kBuckets> buckets_;
};

template <class WakeFunction>
void AddressTable::wake(const void* address, size_t most, WakeFunction wake) {
  for (Wait* wait = bucket_of(address).head; wait != nullptr && most > 0;) {
    Wait* next = wait->next_there;
    if (wait->address == address) {
      most--;
      wake(*wait);
    }
    wait = next;
  }
}

}  // namespace greenify::hub
