#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>

namespace greenify::green {

// V8 keeps two facts about a kernel thread in thread_locals of its own: the thread's id
// (v8::internal::thread_id, an int; 0 means "none yet") and where its stack starts
// (v8::base::thread_stack_start, a pointer cached on first use). These are their places in the
// thread-local block of the ELF object that contains V8, equal for every kernel thread.
struct SlotOffsets {
  size_t thread_id;
  size_t stack_start;
};

// Finds both offsets by watching what two probe threads' thread-local blocks change when V8 writes
// them. Throws ProbeError when that is not unambiguous. Thread: any; the result is the same for the
// process.
const SlotOffsets& probe_slots(v8::Isolate* isolate);

// The slots of one kernel thread. Owner: the LoopThread of that kernel thread.
struct Slots {
  int* thread_id;
  void** stack_start;

  // The calling kernel thread's slots, checked against what V8 itself says. Throws ProbeError.
  static Slots of_this_thread(v8::Isolate* isolate);
};

// A fresh V8 thread id, taken while the slot is 0 as a new kernel thread would. Leaves the slot as
// it was.
int allocate_thread_id(const Slots& slots, v8::Isolate* isolate);

// The JavaScript stack limit that V8 holds for the current thread; there is no getter, so it is set
// and the word that changed tells. Leaves the limit as it was. Throws ProbeError.
uintptr_t current_stack_limit(v8::Isolate* isolate);

}  // namespace greenify::green
