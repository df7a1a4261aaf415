#pragma once

#include <array>
#include <atomic>
#include <cstddef>

// Who calls. An object such as the node executable has one slot for `read`, behind which libuv, V8,
// OpenSSL and SQLite wait with locks of their own held. Those places of which it is known that they
// may be suspended are told apart from all others by the address that the call returns to.
namespace greenify::calls {

// Return addresses, open addressing. Thread: any; has() is lock-free and signal-safe.
class CallSites {
 public:
  bool has(const void* site) const;
  // False when the table is full; it never is: libuv has some fifty of them.
  bool add(const void* site);
  size_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  static constexpr size_t kSlots = 256;

  std::array<std::atomic<const void*>, kSlots> slots_{};
  std::atomic<size_t> size_{0};
};

// libuv's file operations that are made at once, on the thread that asks for them: `fs.*Sync`. They
// hold no lock and touch no loop.
//
// While a LearningCalls lives, whatever this kernel thread calls in a green thread, through slots
// of the node executable, is taken for such a place; nothing is suspended then.
class LearningCalls {
 public:
  LearningCalls();
  ~LearningCalls();
  LearningCalls(const LearningCalls&) = delete;
  LearningCalls& operator=(const LearningCalls&) = delete;
  // How many places there are now, with those known before.
  static size_t known();
};

// Whether a call that returns to `site` is one of them. Thread: any, in a green thread.
bool is_file_call(const void* site);

}  // namespace greenify::calls
