#pragma once

#include <unistd.h>

#include <cstddef>

namespace greenify::green {

// 4 KB on x86-64; 4, 16 or 64 KB on arm64, as the kernel was built.
inline size_t page_size() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace greenify::green
