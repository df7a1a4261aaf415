#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/swap.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <utime.h>

#include "calls/mounts.h"
#include "calls/rows.h"

// Functions on names, attributes and directories. They wait where the file system is on another
// machine or a process of this one, and nowhere else.
namespace greenify::calls {
namespace {

template <Name kName, class Function>
struct OnSlowMount;

template <Name kName, class Result, class... Arguments>
struct OnSlowMount<kName, Result(Arguments...)> {
  static Result call(Arguments... arguments) {
    const auto really = [=] { return plain<kName, Result(Arguments...)>(arguments...); };
    if (green::current() == nullptr || !goes_to_slow_mount(arguments...)) return really();
    return offloaded_if_green(really);
  }
};

// glibc before 2.33: the version of the structure comes first.
template <Name kName, class Function>
struct BehindVersion;

template <Name kName, class Result, class... Arguments>
struct BehindVersion<kName, Result(int, Arguments...)> {
  static Result call(int version, Arguments... arguments) {
    const auto really = [=] {
      return plain<kName, Result(int, Arguments...)>(version, arguments...);
    };
    if (green::current() == nullptr || !goes_to_slow_mount(arguments...)) return really();
    return offloaded_if_green(really);
  }
};

// The first argument names a file, and no other does.
template <Name kName, class Function>
struct OfFirst;

template <Name kName, class Result, class First, class... Rest>
struct OfFirst<kName, Result(First, Rest...)> {
  static Result call(First first, Rest... rest) {
    const auto really = [=] { return plain<kName, Result(First, Rest...)>(first, rest...); };
    if (green::current() == nullptr || !may_be_slow(first)) return really();
    return offloaded_if_green(really);
  }
};

template <Name kName, class Function>
Row path(const Page& page) {
  return row_of<kName, Function>(Family::file, Strategy::offload,
                                 OnSlowMount<kName, Function>::call, page);
}

template <Name kName, class Function>
Row old_path(const char* of, const Page& page) {
  return other_name(row_of<kName, Function>(Family::file, Strategy::offload,
                                            BehindVersion<kName, Function>::call, page),
                    of);
}

template <Name kName, class Function>
Row of_first(const Page& page) {
  return row_of<kName, Function>(Family::file, Strategy::offload, OfFirst<kName, Function>::call,
                                 page);
}

using Stat = int(const char*, struct stat*);
using Fstat = int(int, struct stat*);
using Fstatat = int(int, const char*, struct stat*, int);
using OldStat = int(int, const char*, struct stat*);
using OldFstat = int(int, int, struct stat*);
using OldFstatat = int(int, int, const char*, struct stat*, int);
template <class File>
using Getxattr = ssize_t(File, const char*, void*, size_t);
template <class File>
using Setxattr = int(File, const char*, const void*, size_t, int);

// clang-format off
const Row kRows[] = {
    path<"stat", Stat>(kStat),
    alias_of(path<"stat", Stat>(kStat), "stat64"),
    old_path<"__xstat", OldStat>("stat", kStat),
    alias_of(old_path<"__xstat", OldStat>("stat", kStat), "__xstat64"),
    path<"lstat", Stat>(kStat),
    alias_of(path<"lstat", Stat>(kStat), "lstat64"),
    old_path<"__lxstat", OldStat>("lstat", kStat),
    alias_of(old_path<"__lxstat", OldStat>("lstat", kStat), "__lxstat64"),
    path<"fstat", Fstat>(kStat),
    alias_of(path<"fstat", Fstat>(kStat), "fstat64"),
    old_path<"__fxstat", OldFstat>("fstat", kStat),
    alias_of(old_path<"__fxstat", OldFstat>("fstat", kStat), "__fxstat64"),
    path<"fstatat", Fstatat>(kStat),
    alias_of(path<"fstatat", Fstatat>(kStat), "fstatat64"),
    old_path<"__fxstatat", OldFstatat>("fstatat", kStat),
    alias_of(old_path<"__fxstatat", OldFstatat>("fstatat", kStat), "__fxstatat64"),
    path<"statx", int(int, const char*, int, unsigned, struct statx*)>(kStatx),
    path<"statfs", int(const char*, struct statfs*)>(kStatfs),
    alias_of(path<"statfs", int(const char*, struct statfs*)>(kStatfs), "statfs64"),
    alias_of(path<"statfs", int(const char*, struct statfs*)>(kStatfs), "__statfs"),
    path<"fstatfs", int(int, struct statfs*)>(kStatfs),
    alias_of(path<"fstatfs", int(int, struct statfs*)>(kStatfs), "fstatfs64"),
    path<"statvfs", int(const char*, struct statvfs*)>(kStatvfs),
    alias_of(path<"statvfs", int(const char*, struct statvfs*)>(kStatvfs), "statvfs64"),
    path<"fstatvfs", int(int, struct statvfs*)>(kStatvfs),
    alias_of(path<"fstatvfs", int(int, struct statvfs*)>(kStatvfs), "fstatvfs64"),
    path<"pathconf", long(const char*, int)>(kPathconf),
    path<"fpathconf", long(int, int)>(kPathconf),
    path<"access", int(const char*, int)>(kAccess),
    path<"faccessat", int(int, const char*, int, int)>(kAccess),
    path<"eaccess", int(const char*, int)>(kEaccess),
    path<"euidaccess", int(const char*, int)>(kEaccess),
    path<"lseek", off_t(int, off_t, int)>(kLseek),
    alias_of(path<"lseek", off_t(int, off_t, int)>(kLseek), "lseek64"),
    alias_of(path<"lseek", off_t(int, off_t, int)>(kLseek), "__lseek"),
    path<"chmod", int(const char*, mode_t)>(kChmod),
    path<"fchmod", int(int, mode_t)>(kChmod),
    path<"fchmodat", int(int, const char*, mode_t, int)>(kChmod),
    path<"lchmod", int(const char*, mode_t)>(kChmod),
    path<"chown", int(const char*, uid_t, gid_t)>(kChown),
    path<"lchown", int(const char*, uid_t, gid_t)>(kChown),
    path<"fchown", int(int, uid_t, gid_t)>(kChown),
    path<"fchownat", int(int, const char*, uid_t, gid_t, int)>(kChown),
    path<"utime", int(const char*, const utimbuf*)>(kUtime),
    path<"utimes", int(const char*, const timeval*)>(kUtime),
    path<"lutimes", int(const char*, const timeval*)>(kFutimes),
    path<"futimes", int(int, const timeval*)>(kFutimes),
    path<"futimesat", int(int, const char*, const timeval*)>(kFutimesat),
    path<"futimens", int(int, const timespec*)>(kUtimensat),
    path<"utimensat", int(int, const char*, const timespec*, int)>(kUtimensat),
    path<"link", int(const char*, const char*)>(kLink),
    path<"linkat", int(int, const char*, int, const char*, int)>(kLink),
    path<"symlink", int(const char*, const char*)>(kSymlink),
    path<"symlinkat", int(const char*, int, const char*)>(kSymlink),
    path<"readlink", ssize_t(const char*, char*, size_t)>(kReadlink),
    other_name(path<"__readlink_chk", ssize_t(const char*, char*, size_t, size_t)>(kFortified), "readlink"),
    path<"readlinkat", ssize_t(int, const char*, char*, size_t)>(kReadlink),
    other_name(path<"__readlinkat_chk", ssize_t(int, const char*, char*, size_t, size_t)>(kFortified), "readlinkat"),
    path<"realpath", char*(const char*, char*)>(kRealpath),
    other_name(path<"__realpath_chk", char*(const char*, char*, size_t)>(kFortified), "realpath"),
    path<"canonicalize_file_name", char*(const char*)>(kCanonicalize),
    path<"rename", int(const char*, const char*)>(kRename),
    path<"renameat", int(int, const char*, int, const char*)>(kRename),
    path<"renameat2", int(int, const char*, int, const char*, unsigned)>(kRename),
    path<"unlink", int(const char*)>(kUnlink),
    path<"unlinkat", int(int, const char*, int)>(kUnlink),
    path<"remove", int(const char*)>(kRemove),
    path<"rmdir", int(const char*)>(kRmdir),
    path<"mkdir", int(const char*, mode_t)>(kMkdir),
    path<"mkdirat", int(int, const char*, mode_t)>(kMkdir),
    path<"mkfifo", int(const char*, mode_t)>(kMkfifo),
    path<"mkfifoat", int(int, const char*, mode_t)>(kMkfifo),
    path<"mknod", int(const char*, mode_t, dev_t)>(kMknod),
    path<"mknodat", int(int, const char*, mode_t, dev_t)>(kMknod),
    path<"mkdtemp", char*(char*)>(kMkdtemp),
    path<"mkstemp", int(char*)>(kMkstemp),
    alias_of(path<"mkstemp", int(char*)>(kMkstemp), "mkstemp64"),
    path<"mkostemp", int(char*, int)>(kMkstemp),
    alias_of(path<"mkostemp", int(char*, int)>(kMkstemp), "mkostemp64"),
    path<"mkstemps", int(char*, int)>(kMkstemp),
    alias_of(path<"mkstemps", int(char*, int)>(kMkstemp), "mkstemps64"),
    path<"mkostemps", int(char*, int, int)>(kMkstemp),
    alias_of(path<"mkostemps", int(char*, int, int)>(kMkstemp), "mkostemps64"),
    path<"chdir", int(const char*)>(kChdir),
    path<"fchdir", int(int)>(kChdir),
    path<"opendir", DIR*(const char*)>(kOpendir),
    path<"fdopendir", DIR*(int)>(kOpendir),
    path<"readdir", dirent*(DIR*)>(kReaddir),
    alias_of(path<"readdir", dirent*(DIR*)>(kReaddir), "readdir64"),
    path<"readdir_r", int(DIR*, dirent*, dirent**)>(kReaddirReentrant),
    alias_of(path<"readdir_r", int(DIR*, dirent*, dirent**)>(kReaddirReentrant), "readdir64_r"),
    path<"closedir", int(DIR*)>(kClosedir),
    of_first<"getxattr", Getxattr<const char*>>(kGetxattr),
    of_first<"lgetxattr", Getxattr<const char*>>(kGetxattr),
    of_first<"fgetxattr", Getxattr<int>>(kGetxattr),
    of_first<"setxattr", Setxattr<const char*>>(kSetxattr),
    of_first<"lsetxattr", Setxattr<const char*>>(kSetxattr),
    of_first<"fsetxattr", Setxattr<int>>(kSetxattr),
    of_first<"listxattr", ssize_t(const char*, char*, size_t)>(kListxattr),
    of_first<"llistxattr", ssize_t(const char*, char*, size_t)>(kListxattr),
    of_first<"flistxattr", ssize_t(int, char*, size_t)>(kListxattr),
    of_first<"removexattr", int(const char*, const char*)>(kRemovexattr),
    of_first<"lremovexattr", int(const char*, const char*)>(kRemovexattr),
    of_first<"fremovexattr", int(int, const char*)>(kRemovexattr),
    whole<"mount", int(const char*, const char*, const char*, unsigned long, const void*)>(Family::file, kMount),
    whole<"umount", int(const char*)>(Family::file, kUmount),
    whole<"umount2", int(const char*, int)>(Family::file, kUmount),
    whole<"swapon", int(const char*, int)>(Family::file, kSwapon),
    whole<"swapoff", int(const char*)>(Family::file, kSwapon),
};
// clang-format on

}  // namespace

std::span<const Row> path_rows() {
  return kRows;
}

}  // namespace greenify::calls
