#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace greenify::calls {

// Which green thread of this loop thread holds which lock. All green threads share one kernel
// thread, so what libc keeps in the lock cannot tell them apart. Open addressing: no allocation but
// for growth. Thread: loop.
class Owners {
 public:
  struct Holding {
    const void* lock = nullptr;
    uint64_t thread = 0;  // the green thread's serial number
    uint32_t count = 0;   // times acquired
  };

  static constexpr uint64_t kNobody = 0;
  // In place of a serial number: the readers of a read-write lock. Here they are counted, not told
  // apart.
  static constexpr uint64_t kReaders = UINT64_MAX;

  size_t size() const { return used_; }
  // The holder's serial number, or kNobody: free, or held by the loop stack or another kernel
  // thread.
  uint64_t owner_of(const void* lock) const;
  // One more acquisition by `thread`, which holds the lock already or finds it free.
  void acquired(const void* lock, uint64_t thread);
  // One release less. True when that was the last.
  bool released(const void* lock);
  // Nobody holds the lock, whatever has been recorded.
  void forget(const void* lock);

 private:
  size_t home_of(const void* lock) const;
  size_t find(const void* lock) const;
  void grow();
  void erase(size_t at);

  std::vector<Holding> table_ = std::vector<Holding>(64);
  size_t used_ = 0;
};

}  // namespace greenify::calls
