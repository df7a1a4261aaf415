#pragma once

#include <memory>
#include <vector>

#include "green/stack.h"

namespace greenify::green {

// The calls that one context (a green thread, or the loop stack) has in progress in a library that
// runs them on a stack of its own: that stack, and what the library keeps about them. Owner: the
// library's ForeignStack while they are the ones it goes on with, otherwise their context.
struct ForeignCalls {
  virtual ~ForeignCalls() = default;
};

// A library that runs its calls on a stack of its own, every call from the same top, and keeps
// their state last in, first out. Two contexts that wait in it would write over each other's
// frames, so each gets a stack and a state of its own for as long as it is in a call. What is
// known about one library implements this. It serves for libraries, too, that keep state about
// their calls elsewhere than on the stack of whoever makes them, such as in thread-local storage.
// Thread: loop.
class ForeignStack {
 public:
  virtual ~ForeignStack() = default;

  // Whether the running context is in a call.
  virtual bool in_call() const = 0;
  // Whether `sp` is on the stack that the library uses now.
  virtual bool holds(const void* sp) const = 0;
  // The running green thread is about to be suspended, with its stack pointer on `own` or on the
  // library's stack; it may be in a call in either case. False where its calls cannot be kept apart
  // from others', or where there is no other stack to be had.
  virtual bool can_leave(const Stack& own, const void* sp) = 0;

  // Takes the running context's calls away; put() must follow.
  virtual std::shared_ptr<ForeignCalls> take() = 0;
  // Lets the library go on with `calls`; nullptr: with none in progress. Those that are in it must
  // be over, or taken. False, and nothing changed, where there is no stack to be had.
  virtual bool put(std::shared_ptr<ForeignCalls> calls) = 0;
};

// What a context that does not run keeps.
struct KeptCalls {
  ForeignStack* library;
  std::shared_ptr<ForeignCalls> calls;
};
using KeptForeign = std::vector<KeptCalls>;

// The libraries of that kind that one environment uses. Owner: LoopThread. Thread: loop.
class ForeignStacks {
 public:
  void add(ForeignStack& library) { libraries_.push_back(&library); }
  void remove(ForeignStack& library);

  bool empty() const { return libraries_.empty(); }
  bool holds(const void* sp) const;
  // Whether a green thread whose stack pointer is `sp` may be suspended there.
  bool can_leave(const Stack& own, const void* sp) const;

  // `from` stops running and `to` goes on. False where `to` shares the stack that `from` is in a
  // call on, for want of memory: it may use it below those frames, and must not be suspended.
  bool change(KeptForeign& from, KeptForeign& to);

 private:
  bool change(ForeignStack& library, KeptForeign& from, KeptForeign& to);

  std::vector<ForeignStack*> libraries_;
};

}  // namespace greenify::green
