// What the tests of the ELF room share: fixtures, snapshots of memory, children that may die.
#pragma once

#include <dlfcn.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "elf/error.h"
#include "elf/image.h"
#include "elf/library.h"

namespace greenify::elf::test {

std::string fixture(const std::string& name);  // the path of lib<name>.so

// GNU ld for arm64 makes a slot for calls of each function whose address stands in data, whether
// it is called or not; for x86-64, calls share the slot of an address that is taken in code.
#if defined(__aarch64__)
inline constexpr std::size_t slots_for_calls = 1;
#else
inline constexpr std::size_t slots_for_calls = 0;
#endif

template <typename Function>
Function* function(const Library& library, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(library.handle(), name));
}

using Read = ssize_t(int, void*, std::size_t);
using Poll = int(pollfd*, nfds_t, int);

inline constexpr ssize_t replaced_read = 4242;
inline constexpr int replaced_poll = 2424;
ssize_t fake_read(int, void*, std::size_t);
ssize_t other_fake_read(int, void*, std::size_t);
int fake_poll(pollfd*, nfds_t, int);

template <typename Function>
void* address_of(Function* function) {
  return reinterpret_cast<void*>(function);
}

// What read(2) answers for a descriptor that is not open, which shows that it is the real one.
inline constexpr int no_descriptor = -1;

std::size_t page_size();
std::vector<std::byte> writable_segments(const link_map* map);  // their bytes
std::string mappings_of(const std::string& path);               // its lines of /proc/self/maps
std::vector<std::byte> read_file(const std::string& path);

// Runs `body` in a child process; its exit status, or 128 + the signal that ended it.
int run_in_child(const std::function<int()>& body);

// From here on, mprotect(2) with exactly this protection fails with EACCES in this process, which
// should be a child. False where that cannot be arranged.
bool forbid_mprotect(int protection);

// A file with these bytes, removed at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::vector<std::byte>& bytes);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The segments of an object's file, copied to memory as a loader would lay them out, and nothing
// relocated.
class UnrelocatedObject {
 public:
  explicit UnrelocatedObject(const std::string& path);
  ~UnrelocatedObject();
  UnrelocatedObject(const UnrelocatedObject&) = delete;
  UnrelocatedObject& operator=(const UnrelocatedObject&) = delete;

  Image image() const { return Image(base_, headers_, path_); }
  std::vector<Elf64_Phdr>& headers() { return headers_; }
  std::uintptr_t base() const { return base_; }

 private:
  std::string path_;
  std::vector<Elf64_Phdr> headers_;
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  std::uintptr_t base_ = 0;
};

// The fault that `action` ends with; -1 where it ends without an Error.
template <typename Action>
int fault_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return static_cast<int>(error.fault);
  }
  return -1;
}

inline int fault(Fault fault) {
  return static_cast<int>(fault);
}

}  // namespace greenify::elf::test
