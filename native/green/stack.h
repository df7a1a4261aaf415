#pragma once

#include <cstddef>
#include <cstdint>

#include "green/sanitizer.h"

namespace greenify::green {

// Address space of one green thread's stack: a guard at the low end, then the stack itself. Only
// touched pages cost memory. Owner: the Thread it is a member of.
class Stack {
 public:
  // One page more than a megabyte, and tops that differ by some lines: at whole megabytes from each
  // other all stacks would compete for the same few sets of the TLB and of the first-level cache,
  // which are chosen by the lower bits of an address.
  static constexpr size_t kMapped = 1024 * 1024 + 4096;
  static constexpr size_t kColours = 8;
  static constexpr size_t kColourStep = 512;
  static constexpr size_t kGuard = 64 * 1024;
  // Node 22 asks whether an address lies within 984 KB of the stack's start (V8 12.4,
  // Isolate::IsOnCentralStack), so a stack must not be larger than that.
  static constexpr size_t kUsable = kMapped - kGuard;
  static_assert(kUsable <= 984 * 1024);
  // Head-room below V8's limit for native code: Node's own figure is 192 KB for workers
  // (kStackBufferSize); getaddrinfo alone can use 64 KB, the lazy binder 2.5 KB.
  static constexpr size_t kNativeReserve = 160 * 1024;

  // Throws std::system_error (ENOMEM when vm.max_map_count is reached). Thread: any.
  Stack();
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  char* top() const {
    const size_t colour = reinterpret_cast<uintptr_t>(base_) / kMapped % kColours;
    return base_ + kMapped - colour * kColourStep;
  }
  uintptr_t js_limit() const {
    return reinterpret_cast<uintptr_t>(base_) + kGuard + kNativeReserve;
  }
  bool contains(const void* address) const {
    return address >= base_ + kGuard && address < base_ + kMapped;
  }
  StackBounds bounds() const {
    const char* bottom = base_ + kGuard;
    return {bottom, static_cast<size_t>(top() - bottom)};
  }
  // Nothing is there below the parked stack pointer, from rest_below() to wake().
  void rest_below(const void* parked) {
    const char* bottom = base_ + kGuard;
    poison(bottom, static_cast<size_t>(static_cast<const char*>(parked) - bottom));
  }
  void wake() {
    const char* bottom = base_ + kGuard;
    unpoison(bottom, static_cast<size_t>(top() - bottom));
  }
  // Gives the pages below the parked stack pointer back to the system; they read as zero
  // afterwards.
  void release_pages_below(void* parked);

 private:
  char* base_;
};

}  // namespace greenify::green
