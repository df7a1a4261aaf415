#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "addon/koffi_layout.h"

namespace greenify::addon::koffi {

// Address space for the stacks and heaps of koffi's calls, each pair with a guard page below its
// stack. One region, so that "on one of these stacks" is one comparison. A counted reference: calls
// that were offloaded may outlive their environment. Thread: any.
class Region : public std::enable_shared_from_this<Region> {
 public:
  // A stack and the heap above it. Goes back to the region with its last owner.
  class Slot {
   public:
    Slot(std::shared_ptr<Region> region, uintptr_t base);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    const Range stack;
    const Range heap;

   private:
    const std::shared_ptr<Region> region_;
  };

  // For stacks and heaps of these sizes. nullptr where there is no address space to be had.
  static std::shared_ptr<Region> reserve(size_t stack_size, size_t heap_size);
  ~Region();

  // nullptr where there is no memory, or all are in use.
  std::unique_ptr<Slot> acquire();
  Range bounds() const { return bounds_; }

 private:
  Region(Range bounds, size_t stack_size, size_t heap_size);
  void release(uintptr_t base);

  const Range bounds_;
  const size_t stack_size_;
  const size_t heap_size_;
  std::mutex mutex_;
  uintptr_t unused_;             // where what was never used begins
  std::vector<uintptr_t> free_;  // the last ones keep their pages
};

}  // namespace greenify::addon::koffi
