#pragma once

#include <cstddef>

#include "green/switch.h"

// What AddressSanitizer and LeakSanitizer are told about stacks of our own; nothing in other
// builds. compiler-rt's sanitizer/common_interface_defs.h, asan_interface.h and lsan_interface.h
// describe what is called here.

#if defined(__SANITIZE_ADDRESS__)
#define GREENIFY_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GREENIFY_ADDRESS_SANITIZER
#endif
#endif

#ifdef GREENIFY_ADDRESS_SANITIZER

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

namespace greenify::green {

struct StackBounds {
  const void* bottom = nullptr;
  size_t size = 0;
};

// The first thing to be done on a stack that greenify_prepare() has laid out. Gives the bounds of
// the stack that was left for this one.
inline StackBounds arrive() {
  StackBounds left;
  __sanitizer_finish_switch_fiber(nullptr, &left.bottom, &left.size);
  return left;
}

// greenify_switch() to the stack within `bounds`. Gives, as soon as somebody has switched back, the
// bounds of the stack that was left for this one. Touches no thread_local: it may come back on
// another kernel thread.
inline StackBounds switch_stacks(void** save, void* load, StackBounds bounds) {
  void* fake_stack;
  __sanitizer_start_switch_fiber(&fake_stack, bounds.bottom, bounds.size);
  greenify_switch(save, load);
  StackBounds left;
  __sanitizer_finish_switch_fiber(fake_stack, &left.bottom, &left.size);
  return left;
}

// While a stack is known, nothing is a leak that it refers to, whether or not somebody runs on it.
inline void know_stack(StackBounds bounds) {
  __lsan_register_root_region(bounds.bottom, bounds.size);
}
inline void forget_stack(StackBounds bounds) {
  __lsan_unregister_root_region(bounds.bottom, bounds.size);
}

// Kept on purpose until the process ends, and all that it refers to.
inline void keep_for_ever(const void* object) {
  __lsan_ignore_object(object);
}

// Nobody may access this memory until it is unpoisoned. Stacks are unpoisoned, too, before they
// become something else: frames that were never returned from have left their marks there.
inline void poison(const void* begin, size_t size) {
  __asan_poison_memory_region(begin, size);
}
inline void unpoison(const void* begin, size_t size) {
  __asan_unpoison_memory_region(begin, size);
}

}  // namespace greenify::green

#else

namespace greenify::green {

struct StackBounds {
  StackBounds() = default;
  StackBounds(const void*, size_t) {}
};

inline StackBounds arrive() {
  return {};
}
inline StackBounds switch_stacks(void** save, void* load, StackBounds) {
  greenify_switch(save, load);
  return {};
}
inline void know_stack(StackBounds) {}
inline void forget_stack(StackBounds) {}
inline void keep_for_ever(const void*) {}
inline void poison(const void*, size_t) {}
inline void unpoison(const void*, size_t) {}

}  // namespace greenify::green

#endif
