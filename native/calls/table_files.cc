#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <termios.h>

#include "calls/green_calls.h"
#include "calls/requests.h"
#include "calls/rows.h"

// What is done with files and devices as a whole: sizes, ranges, everything that is to reach the
// disk; terminals, and the requests of ioctl(2).
namespace greenify::calls {
namespace {

using Ioctl = int(int, unsigned long, void*);

// ioctl(2): the last argument may not be there; see green_fcntl().
int green_ioctl(int fd, unsigned long request, void* argument) {
  const auto really = [=] { return plain<"ioctl", Ioctl>(fd, request, argument); };
  return is_waiting_request(request) ? offloaded_if_green(really) : really();
}

using Tcsetattr = int(int, int, const termios*);

// tcsetattr(3): TCSANOW waits for no output.
int green_tcsetattr(int fd, int when, const termios* settings) {
  const auto really = [=] { return plain<"tcsetattr", Tcsetattr>(fd, when, settings); };
  return when == TCSANOW ? really() : offloaded_if_green(really);
}

using Msync = int(void*, size_t, int);

// msync(2): MS_ASYNC only says that it is to be written one day.
int green_msync(void* address, size_t size, int flags) {
  const auto really = [=] { return plain<"msync", Msync>(address, size, flags); };
  return (flags & MS_SYNC) != 0 ? offloaded_if_green(really) : really();
}

// eventfd(2): glibc's shorthands for read(2) and write(2).
int green_eventfd_read(int fd, eventfd_t* value) {
  return green_read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
}

int green_eventfd_write(int fd, eventfd_t value) {
  return green_write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}

Row on_terminal(Row row) {
  return with_also(row, Family::file);
}

// clang-format off
const Row kRows[] = {
    whole<"truncate", int(const char*, off_t)>(Family::file, kTruncate),
    alias_of(whole<"truncate", int(const char*, off_t)>(Family::file, kTruncate), "truncate64"),
    whole<"ftruncate", int(int, off_t)>(Family::file, kFtruncate),
    alias_of(whole<"ftruncate", int(int, off_t)>(Family::file, kFtruncate), "ftruncate64"),
    whole<"fallocate", int(int, int, off_t, off_t)>(Family::file, kFallocate),
    alias_of(whole<"fallocate", int(int, int, off_t, off_t)>(Family::file, kFallocate), "fallocate64"),
    whole<"posix_fallocate", int(int, off_t, off_t)>(Family::file, kPosixFallocate),
    alias_of(whole<"posix_fallocate", int(int, off_t, off_t)>(Family::file, kPosixFallocate), "posix_fallocate64"),
    whole<"posix_fadvise", int(int, off_t, off_t, int)>(Family::file, kPosixFadvise),
    alias_of(whole<"posix_fadvise", int(int, off_t, off_t, int)>(Family::file, kPosixFadvise), "posix_fadvise64"),
    whole<"readahead", ssize_t(int, off64_t, size_t)>(Family::file, kReadahead),
    whole<"sync_file_range", int(int, off64_t, off64_t, unsigned)>(Family::file, kSyncFileRange),
    whole<"copy_file_range", ssize_t(int, off64_t*, int, off64_t*, size_t, unsigned)>(Family::file, kCopyFileRange),
    whole<"syncfs", int(int)>(Family::file, kSyncfs),
    whole<"sync", void()>(Family::file, kSync),
    row_of<"msync", Msync>(Family::file, Strategy::offload, green_msync, kMsync),
    whole<"tee", ssize_t(int, int, size_t, unsigned)>(Family::socket, kTee),
    whole<"vmsplice", ssize_t(int, const iovec*, size_t, unsigned)>(Family::socket, kVmsplice),
    with_also(row_of<"eventfd_read", int(int, eventfd_t*)>(Family::socket, Strategy::hub, green_eventfd_read, kEventfdRead), Family::file),
    with_also(row_of<"eventfd_write", int(int, eventfd_t)>(Family::socket, Strategy::hub, green_eventfd_write, kEventfdWrite), Family::file),
    on_terminal(row_of<"ioctl", Ioctl>(Family::socket, Strategy::offload, green_ioctl, kIoctl)),
    on_terminal(whole<"tcdrain", int(int)>(Family::socket, kTcdrain)),
    on_terminal(whole<"tcsendbreak", int(int, int)>(Family::socket, kTcsendbreak)),
    on_terminal(whole<"tcflow", int(int, int)>(Family::socket, kTcflow)),
    on_terminal(never<"tcflush", int(int, int)>(Family::socket, kTcflush)),
    on_terminal(row_of<"tcsetattr", Tcsetattr>(Family::socket, Strategy::offload, green_tcsetattr, kTcsetattr)),
};
// clang-format on

}  // namespace

std::span<const Row> file_rows() {
  return kRows;
}

}  // namespace greenify::calls
