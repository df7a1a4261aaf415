#pragma once

#include <v8.h>

namespace greenify::green {

// V8 archives each suspended thread into a ThreadState of its own and never frees one before the
// isolate goes: spare ones stay in a list, between what else was allocated at that time, so that
// ten thousand threads that were suspended at once cost several times their states for good. These
// are the spare states of one isolate. Owner: its LoopThread. Thread: loop, with V8 locked.
class SpareStates {
 public:
  explicit SpareStates(v8::Isolate* isolate) : isolate_(isolate) {}

  // Frees all but a few. `v8_id` is the thread that V8 is locked for. Does nothing when V8's list
  // is not found: memory is kept then.
  void release(int v8_id);

 private:
  v8::Isolate* const isolate_;
  const void* manager_ = nullptr;  // what of V8's ThreadManager follows its mutex
  bool searched_ = false;
};

}  // namespace greenify::green
