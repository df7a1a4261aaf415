#pragma once

#include <string>

// Thread-local storage that an object keeps about its calls in progress: tokio, for one, notes that
// the kernel thread is in a runtime and refuses to enter it again (or aborts). Green threads share
// such storage; of objects that are named here each gets its own, as kernel threads do.
namespace greenify::addon {

// From now on, in this environment. Nothing for objects that are not mapped, or that have none.
// Thread: loop, on the loop stack.
void keep_thread_locals(const std::string& path);

}  // namespace greenify::addon
