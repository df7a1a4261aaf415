#include "addon/file_calls.h"

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
void copy(uv_file null) {
  const uv_file file = memfd_create("greenify", MFD_CLOEXEC);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  const uv_buf_t byte = uv_buf_init(const_cast<char*>("."), 1);
  at_once(uv_fs_write, file, &byte, 1u, int64_t{0});
  at_once(uv_fs_sendfile, null, file, int64_t{0}, size_t{1});
  at_once(uv_fs_sendfile, file, file, int64_t{0}, size_t{0});
  at_once(uv_fs_close, file);
}

}  // namespace

void learn_file_calls() {
  const calls::LearningCalls learning;
  const auto null = static_cast<uv_file>(at_once(uv_fs_open, "/dev/null", UV_FS_O_RDWR, 0));
  if (null < 0) throw std::system_error(-null, std::generic_category(), "/dev/null");
  transfer(null);
  copy(null);
  at_once(uv_fs_fsync, null);
  at_once(uv_fs_fdatasync, null);
  at_once(uv_fs_close, null);
  if (calls::LearningCalls::known() == 0) {
    throw std::runtime_error(
        "libuv's file operations do not go through the import slots of this build of Node, so "
        "its synchronous calls cannot be made green");
  }
}

}  // namespace greenify::addon
