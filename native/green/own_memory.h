#pragma once

#include <cstddef>

namespace greenify::green {

// Copies of memory of this process that may not be there, or may be anything: what a load would
// answer with SIGSEGV ends the copy. Returns how many bytes could be read. Thread: any.
size_t copy_readable(const void* from, void* to, size_t size);

}  // namespace greenify::green
