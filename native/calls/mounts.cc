#include "calls/mounts.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "calls/original.h"

namespace greenify::calls {
namespace {

// Patterns of fnmatch(3): those whose server is another machine, or a process of this one.
constexpr const char* kSlowTypes[] = {
    "9p",    "afs",      "autofs", "beegfs",    "ceph",   "cifs",     "coda",
    "davfs", "fuse*",    "gfs2",   "glusterfs", "gpfs",   "lustre",   "nfs*",
    "ocfs2", "orangefs", "prl_fs", "smb*",      "vboxsf", "virtiofs",
};

bool is_slow_type(const std::string& type) {
  return std::ranges::any_of(
      kSlowTypes, [&](const char* pattern) { return fnmatch(pattern, type.c_str(), 0) == 0; });
}

std::string read_all(int fd) {
  std::string text;
  char part[4096];
  ssize_t size;
  while ((size = original.pread(fd, part, sizeof part, static_cast<off_t>(text.size()))) > 0)
    text.append(part, static_cast<size_t>(size));
  return text;
}

// proc_pid_mountinfo(5): the first field is the mount's id, the one behind " - " the type.
std::vector<uint64_t> slow_ids(const std::string& mountinfo) {
  std::vector<uint64_t> ids;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::string type = line.substr(dash + 3, line.find(' ', dash + 3) - dash - 3);
    if (is_slow_type(type)) ids.push_back(std::stoull(line));
  }
  return ids;
}

// The ids of the slow mounts, as they are now: poll(2) tells when the list has changed since the
// descriptor was last read or polled.
class SlowMounts {
 public:
  const std::vector<uint64_t>& ids() {
    if (fd_ < 0) {
      fd_ = original.open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
      ids_ = slow_ids(read_all(fd_));
    }
    pollfd changed{fd_, POLLPRI, 0};
    if (original.poll(&changed, 1, 0) > 0) ids_ = slow_ids(read_all(fd_));
    return ids_;
  }
  ~SlowMounts() {
    if (fd_ >= 0) original.close(fd_);
  }

 private:
  int fd_ = -1;
  std::vector<uint64_t> ids_;
};

const std::vector<uint64_t>& slow_mounts() {
  static thread_local SlowMounts mounts;
  return mounts.ids();
}

// statx(2): AT_STATX_DONT_SYNC asks nobody else.
bool is_on_slow_mount(int fd) {
  struct statx status;
  constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (statx(fd, "", kFlags, STATX_MNT_ID, &status) != 0) return errno != EBADF;
  const std::vector<uint64_t>& slow = slow_mounts();
  return std::ranges::find(slow, status.stx_mnt_id) != slow.end();
}

// Whether the path leads to a slow mount; nothing where that cannot be told from what the kernel
// has at hand, because it waits or because there is no such file. openat2(2), RESOLVE_CACHED.
std::optional<bool> leads_to_slow_mount(int directory, const char* path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_CACHED;
  const int fd =
      static_cast<int>(original.syscall(SYS_openat2, directory, reinterpret_cast<long>(path),
                                        reinterpret_cast<long>(&how), sizeof how, 0, 0));
  if (fd < 0) return {};
  const bool slow = is_on_slow_mount(fd);
  original.close(fd);
  return slow;
}

std::string directory_of(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? end : path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class KeptErrno {
 public:
  ~KeptErrno() { errno = error_; }

 private:
  const int error_ = errno;
};

}  // namespace

bool may_be_slow(int directory, const char* path) {
  const KeptErrno kept;
  if (path == nullptr || slow_mounts().empty()) return false;
  // A link is followed to its end by most calls, and that may be elsewhere.
  struct statx status;
  if (const std::optional<bool> slow = leads_to_slow_mount(directory, path)) {
    constexpr int kFlags = AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC;
    const bool link = !*slow && statx(directory, path, kFlags, STATX_TYPE, &status) == 0 &&
                      S_ISLNK(status.stx_mode);
    return *slow || link;
  }
  return leads_to_slow_mount(directory, directory_of(path).c_str()).value_or(true);
}

bool may_be_slow(const char* path) {
  return may_be_slow(AT_FDCWD, path);
}

bool may_be_slow(int fd) {
  const KeptErrno kept;
  return !slow_mounts().empty() && is_on_slow_mount(fd);
}

bool may_be_slow(DIR* directory) {
  return may_be_slow(dirfd(directory));
}

bool is_in_memory(int fd) {
  const KeptErrno kept;
  struct statfs system;
  if (may_be_slow(fd) || fstatfs(fd, &system) != 0) return false;
  switch (static_cast<unsigned long>(system.f_type)) {
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
      return true;
    default:
      return false;
  }
}

}  // namespace greenify::calls
