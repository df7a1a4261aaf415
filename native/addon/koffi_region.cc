#include "addon/koffi_region.h"

#include <sys/mman.h>

#include "green/page.h"
#include "green/sanitizer.h"

namespace greenify::addon::koffi {
namespace {

constexpr size_t kMostSlots = 16'384;
constexpr size_t kLeastSlots = 64;
// Free slots that keep the pages they have touched.
constexpr size_t kWarm = 64;

// The guard below each stack.
size_t guard_size() {
  return green::page_size();
}

void* reserve_pages(size_t size) {
  return mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

green::StackBounds as_stack(const Range& range) {
  return {reinterpret_cast<void*>(range.begin), range.size()};
}

}  // namespace

Region::Slot::Slot(std::shared_ptr<Region> region, uintptr_t base)
    : stack{base + guard_size(), base + guard_size() + region->stack_size_},
      heap{stack.end, stack.end + region->heap_size_},
      region_(std::move(region)) {}

Region::Slot::~Slot() {
  region_->release(stack.begin - guard_size());
}

std::shared_ptr<Region> Region::reserve(size_t stack_size, size_t heap_size) {
  const size_t slot = guard_size() + stack_size + heap_size;
  for (size_t slots = kMostSlots; slots >= kLeastSlots; slots /= 2) {
    void* base = reserve_pages(slots * slot);
    if (base == MAP_FAILED) continue;
    const auto begin = reinterpret_cast<uintptr_t>(base);
    return std::shared_ptr<Region>(
        new Region({begin, begin + slots * slot}, stack_size, heap_size));
  }
  return nullptr;
}

Region::Region(Range bounds, size_t stack_size, size_t heap_size)
    : bounds_(bounds), stack_size_(stack_size), heap_size_(heap_size), unused_(bounds.begin) {
  green::know_stack(as_stack(bounds_));
}

Region::~Region() {
  green::forget_stack(as_stack(bounds_));
  green::unpoison(reinterpret_cast<void*>(bounds_.begin), unused_ - bounds_.begin);
  munmap(reinterpret_cast<void*>(bounds_.begin), bounds_.size());
}

std::unique_ptr<Region::Slot> Region::acquire() {
  const std::lock_guard lock(mutex_);
  if (!free_.empty()) {
    const uintptr_t base = free_.back();
    free_.pop_back();
    return std::make_unique<Slot>(shared_from_this(), base);
  }
  const size_t usable = stack_size_ + heap_size_;
  if (unused_ + guard_size() + usable > bounds_.end) return nullptr;
  void* const pages = reinterpret_cast<void*>(unused_ + guard_size());
  if (mprotect(pages, usable, PROT_READ | PROT_WRITE) != 0) return nullptr;
  const uintptr_t base = unused_;
  unused_ += guard_size() + usable;
  return std::make_unique<Slot>(shared_from_this(), base);
}

void Region::release(uintptr_t base) {
  green::unpoison(reinterpret_cast<void*>(base + guard_size()), stack_size_ + heap_size_);
  const std::lock_guard lock(mutex_);
  if (free_.size() < kWarm) {
    free_.push_back(base);
    return;
  }
  madvise(reinterpret_cast<void*>(base + guard_size()), stack_size_ + heap_size_, MADV_DONTNEED);
  free_.insert(free_.begin(), base);
}

}  // namespace greenify::addon::koffi
