#pragma once

namespace greenify::addon {

// Has libuv make each of its file operations once, on files without contents, and remembers from
// which places it calls libc (calls/call_sites.h). Throws std::runtime_error when it learns
// nothing: then the slots that were redirected are not libuv's. Thread: loop, in a green thread,
// once the slots are redirected. Idempotent.
void learn_file_calls();

}  // namespace greenify::addon
