#pragma once

#include <dirent.h>

// Which file systems keep a caller waiting for another machine or process even when it only asks
// for a name or an attribute. Thread: loop, in a green thread.
namespace greenify::calls {

// Whether a call on this path, or on this descriptor, may have to wait: true when that cannot be
// told without waiting. Costs one system call while no such file system is mounted.
bool may_be_slow(const char* path);
bool may_be_slow(int fd);
bool may_be_slow(DIR* directory);

// Whether what is behind `fd` lives in memory alone: procfs, sysfs, tmpfs and their like.
bool is_in_memory(int fd);

}  // namespace greenify::calls
