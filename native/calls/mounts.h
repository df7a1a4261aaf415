#pragma once

#include <dirent.h>

#include <type_traits>

// Which file systems keep a caller waiting for another machine or process even when it only asks
// for a name or an attribute. Thread: loop, in a green thread.
namespace greenify::calls {

// Whether a call on this path, or on this descriptor, may have to wait: true when that cannot be
// told without waiting. Costs one system call while no such file system is mounted.
bool may_be_slow(const char* path);
bool may_be_slow(int directory, const char* path);  // as openat(2) takes them
bool may_be_slow(int fd);
bool may_be_slow(DIR* directory);

namespace arguments {

template <class... Rest>
void at_directory(int directory, const char* path, Rest... rest);

inline bool any_slow() {
  return false;
}

// Paths, each behind its directory where it has one; what else there is says nothing of where the
// call goes: flags, modes, room for results.
template <class First, class... Rest>
bool any_slow(First first, Rest... rest);

template <class... Rest>
bool any_slow(int directory, const char* path, Rest... rest) {
  return may_be_slow(directory, path) || any_slow(rest...);
}

template <class First, class... Rest>
bool any_slow(First first, Rest... rest) {
  if constexpr (std::is_same_v<First, const char*>) {
    return may_be_slow(first) || any_slow(rest...);
  } else {
    return any_slow(rest...);
  }
}

}  // namespace arguments

// Whether a call with these arguments may have to wait: the first one names what it is about, a
// path, a directory for the path behind it, or what is open; others may be paths, too.
template <class First, class... Rest>
bool goes_to_slow_mount(First first, Rest... rest) {
  if constexpr (requires { arguments::at_directory(first, rest...); }) {
    return arguments::any_slow(first, rest...);
  } else {
    return may_be_slow(first) || arguments::any_slow(rest...);
  }
}

// Whether what is behind `fd` lives in memory alone: procfs, sysfs, tmpfs and their like.
bool is_in_memory(int fd);

}  // namespace greenify::calls
