#include "addon/file_calls.h"

#include <signal.h>
#include <sys/mman.h>
#include <uv.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "calls/call_sites.h"

namespace greenify::addon {
namespace {

// One operation of libuv's without a callback: it is made at once.
template <class Operation, class... Arguments>
ssize_t at_once(Operation operation, Arguments... arguments) {
  uv_fs_t request;
  operation(nullptr, &request, arguments..., nullptr);
  const ssize_t result = request.result;
  uv_fs_req_cleanup(&request);
  return result;
}

// With one buffer and with two, at the file's position and at a given one: a libc function each.
void transfer(uv_file file) {
  char bytes[2];
  const uv_buf_t buffers[] = {uv_buf_init(&bytes[0], 1), uv_buf_init(&bytes[1], 1)};
  for (const unsigned count : {1u, 2u}) {
    for (const int64_t offset : {int64_t{-1}, int64_t{0}}) {
      at_once(uv_fs_write, file, buffers, count, offset);
      at_once(uv_fs_read, file, buffers, count, offset);
    }
  }
}

// uv_fs_sendfile() has two ways, the second one where the kernel refuses the first.
void copy(uv_file file, uv_file null) {
  const uv_buf_t byte = uv_buf_init(const_cast<char*>("."), 1);
  at_once(uv_fs_write, file, &byte, 1u, int64_t{0});
  at_once(uv_fs_sendfile, null, file, int64_t{0}, size_t{1});
}

// Operations on what is not there: libc is called, and nothing changes.
void name_nothing() {
  constexpr const char* kNowhere = "/proc/self/greenify/nowhere-XXXXXX";
  at_once(uv_fs_access, kNowhere, 0);
  at_once(uv_fs_chmod, kNowhere, 0);
  at_once(uv_fs_chown, kNowhere, uv_uid_t{0}, uv_gid_t{0});
  at_once(uv_fs_lchown, kNowhere, uv_uid_t{0}, uv_gid_t{0});
  at_once(uv_fs_link, kNowhere, kNowhere);
  at_once(uv_fs_symlink, kNowhere, kNowhere, 0);
  at_once(uv_fs_rename, kNowhere, kNowhere);
  at_once(uv_fs_unlink, kNowhere);
  at_once(uv_fs_rmdir, kNowhere);
  at_once(uv_fs_mkdir, kNowhere, 0);
  at_once(uv_fs_mkdtemp, kNowhere);
  at_once(uv_fs_utime, kNowhere, 0.0, 0.0);
  at_once(uv_fs_lutime, kNowhere, 0.0, 0.0);
  at_once(uv_fs_stat, kNowhere);
  at_once(uv_fs_lstat, kNowhere);
  at_once(uv_fs_statfs, kNowhere);
  at_once(uv_fs_readlink, kNowhere);
  at_once(uv_fs_realpath, kNowhere);
  at_once(uv_fs_scandir, kNowhere, 0);
}

void change(uv_file file) {
  at_once(uv_fs_ftruncate, file, int64_t{0});
  at_once(uv_fs_fchmod, file, 0600);
  at_once(uv_fs_fchown, file, static_cast<uv_uid_t>(-1), static_cast<uv_gid_t>(-1));
  at_once(uv_fs_futime, file, 0.0, 0.0);
  at_once(uv_fs_fstat, file);
  at_once(uv_fs_fsync, file);
  at_once(uv_fs_fdatasync, file);
}

void list() {
  uv_fs_t request;
  uv_dirent_t entry;
  if (uv_fs_opendir(nullptr, &request, "/proc/self/ns", nullptr) != 0) return;
  auto* directory = static_cast<uv_dir_t*>(request.ptr);
  uv_fs_req_cleanup(&request);
  directory->dirents = &entry;
  directory->nentries = 1;
  at_once(uv_fs_readdir, directory);
  at_once(uv_fs_closedir, directory);
}

// A signal handler of libuv's reads and writes, too.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

void learn_file_calls() {
  const NoSignals quiet;
  const calls::LearningCalls learning;
  const auto null = static_cast<uv_file>(at_once(uv_fs_open, "/dev/null", UV_FS_O_RDWR, 0));
  if (null < 0) throw std::system_error(-null, std::generic_category(), "/dev/null");
  const uv_file file = memfd_create("greenify", MFD_CLOEXEC);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  transfer(null);
  copy(file, null);
  change(file);
  name_nothing();
  list();
  at_once(uv_fs_close, file);
  at_once(uv_fs_close, null);
  if (calls::LearningCalls::known() == 0) {
    throw std::runtime_error(
        "libuv's file operations do not go through the import slots of this build of Node, so "
        "its synchronous calls cannot be made green");
  }
}

}  // namespace greenify::addon
