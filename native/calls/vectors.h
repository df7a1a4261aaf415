#pragma once

#include <sys/uio.h>

#include <cstddef>

namespace greenify::calls {

inline size_t total_bytes(const iovec* vectors, int count) {
  size_t size = 0;
  for (int i = 0; i < count; i++) size += vectors[i].iov_len;
  return size;
}

// The vectors behind the first `done` bytes, copied to `rest`, which has room for all of them.
// Gives how many there are.
inline int skip_bytes(const iovec* vectors, int count, size_t done, iovec* rest) {
  int kept = 0;
  for (int i = 0; i < count; i++) {
    if (done >= vectors[i].iov_len) {
      done -= vectors[i].iov_len;
      continue;
    }
    rest[kept++] = {static_cast<char*>(vectors[i].iov_base) + done, vectors[i].iov_len - done};
    done = 0;
  }
  return kept;
}

}  // namespace greenify::calls
