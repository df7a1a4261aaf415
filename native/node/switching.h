#pragma once

#include <memory>

#include "green/thread.h"

// Switching with everything that Node keeps per environment: async ids and resources,
// AsyncLocalStorage's frame, callback-scope depth. No V8 or Node header is needed to call these.
// Thread: loop.
namespace greenify::node {

// Runs a thread until it leaves or ends, inside a callback scope with the thread's async resource:
// on the loop stack the scope's end drains ticks and microtasks there.
void resume(green::Thread& thread);

// Leaves the current green thread until somebody resumes it.
void suspend();

// Leaves it too, and runs call(argument) on the kernel thread that takes the stack over
// (green::carry).
void offload(green::Thread::Handoff handoff, void (*call)(void*), void* argument);

// A counted reference, for an offload thread that may outlive the environment.
std::shared_ptr<green::Thread> share(green::Thread& thread);

// Gives back untouched memory of threads that have been idle for a second. True when some are to
// follow.
bool trim_idle();

// When many threads have ended since the last time: gives up what grew with their number, and
// returns true.
bool shrink();

}  // namespace greenify::node
