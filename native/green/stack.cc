#include "green/stack.h"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

#include "green/page.h"

namespace greenify::green {

Stack::Stack() {
  void* mapped = mmap(nullptr, kMapped, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapped == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  base_ = static_cast<char*>(mapped);
  if (mprotect(base_, kGuard, PROT_NONE) != 0) {
    const int error = errno;
    munmap(base_, kMapped);
    throw std::system_error(error, std::generic_category(), "mprotect");
  }
  know_stack(bounds());
  poison(top(), static_cast<size_t>(base_ + kMapped - top()));
}

Stack::~Stack() {
  forget_stack(bounds());
  unpoison(base_, kMapped);
  munmap(base_, kMapped);
}

void Stack::release_pages_below(void* parked) {
  const uintptr_t page = page_size();
  char* end = reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(parked) & ~(page - 1));
  char* begin = base_ + kGuard;
  if (end > begin) madvise(begin, static_cast<size_t>(end - begin), MADV_DONTNEED);
}

}  // namespace greenify::green
