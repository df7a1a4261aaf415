#include "green/own_memory.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace greenify::green {
namespace {

constexpr size_t kPage = 4096;  // the smallest there is
constexpr size_t kParts = 64;

// Memory is there by the page, and process_vm_readv(2) may give up a part it cannot read all of: no
// part crosses from one page to the next.
ssize_t copy_pages(uintptr_t from, void* to, size_t size, size_t* asked) {
  iovec parts[kParts];
  size_t count = 0;
  size_t done = 0;
  while (done < size && count < kParts) {
    const uintptr_t at = from + done;
    const size_t length = std::min(size - done, kPage - at % kPage);
    parts[count++] = {reinterpret_cast<void*>(at), length};
    done += length;
  }
  *asked = done;
  const iovec local{to, done};
  return process_vm_readv(getpid(), &local, 1, parts, count, 0);
}

}  // namespace

size_t copy_readable(const void* from, void* to, size_t size) {
  size_t copied = 0;
  while (copied < size) {
    size_t asked;
    const ssize_t count = copy_pages(reinterpret_cast<uintptr_t>(from) + copied,
                                     static_cast<char*>(to) + copied, size - copied, &asked);
    if (count > 0) copied += static_cast<size_t>(count);
    if (count != static_cast<ssize_t>(asked)) break;
  }
  return copied;
}

}  // namespace greenify::green
