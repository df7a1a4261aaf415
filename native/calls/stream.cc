#include "calls/stream.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "calls/original.h"

namespace greenify::calls {
namespace {

// sysdeps/nptl/stdio-lock.h (glibc): what FILE::_lock points to.
struct Lock {
  int word;
  int count;
  void* owner;
};

Lock& lock_of(FILE* stream) {
  return *static_cast<Lock*>(stream->_lock);
}

void* kernel_thread() {
  return reinterpret_cast<void*>(pthread_self());
}

// The loop stack itself holds it: libc would take a green thread for the holder and let it in.
bool held_by_loop_stack(FILE* stream) {
  return green::current() != nullptr && !is_mine(stream) &&
         __atomic_load_n(&lock_of(stream).owner, __ATOMIC_RELAXED) == kernel_thread();
}

// libio/libio.h (glibc): bits of FILE::_flags that were in public headers until 2.28.
constexpr int kUnbuffered = 2;
constexpr int kLineBuffered = 0x200;

size_t buffer_size_of(FILE* stream) {
  constexpr size_t kUsual = 4096;  // st_blksize, before there is one
  const size_t size = __fbufsize(stream);
  return size == 0 ? kUsual : size;
}

// Whether the page cache has so much of a file: preadv2(2), RWF_NOWAIT leaves out the rest.
bool is_cached(int fd, off_t position, size_t size) {
  constexpr size_t kPart = 4096;
  constexpr size_t kMostParts = 16;
  if (size > kPart * kMostParts) return false;
  std::array<char, kPart> part;
  std::array<iovec, kMostParts> parts;
  parts.fill({part.data(), part.size()});
  const int count = static_cast<int>((size + kPart - 1) / kPart);
  const ssize_t found = preadv2(fd, parts.data(), count, position, RWF_NOWAIT);
  if (found < 0 || static_cast<size_t>(found) >= size) return found >= 0;
  const iovec next{part.data(), 1};
  return preadv2(fd, &next, 1, position + found, RWF_NOWAIT) == 0;  // the end of the file
}

Next before_file_input(int fd, off_t position, size_t size) {
  return is_in_memory(fd) || is_cached(fd, position, size) ? Next::now : Next::elsewhere;
}

// Where a seek leads to in a file.
off_t sought_position(FILE* stream, off_t offset, int whence) {
  if (whence == SEEK_CUR) return offset + ftello(stream);
  struct stat status{};
  if (whence == SEEK_END) fstat(descriptor_of(stream), &status);
  return offset + status.st_size;
}

bool is_ready(int fd, short events) {
  pollfd polled{fd, events, 0};
  return original.poll(&polled, 1, 0) != 0;
}

// pipe(7), socket(7), ioctl_tty(2): how much can be read at once. At the end, nothing.
std::optional<size_t> unread_in(int fd) {
  int unread = 0;
  return ioctl(fd, FIONREAD, &unread) == 0 ? std::optional(static_cast<size_t>(unread))
                                           : std::nullopt;
}

// _IO_new_file_underflow() in glibc: so does C's standard want it of terminals.
bool reading_flushes_stdout(FILE* stream) {
  const bool interactive = (stream->_flags & (kLineBuffered | kUnbuffered)) != 0;
  return interactive && __flbf(stdout) != 0 && __fpending(stdout) > 0;
}

// Whether the next read may do something else, or nothing, before it reads from the descriptor:
// what was pushed back by ungetc(3) hides what is behind it, wide characters are counted elsewhere,
// and the end of a file is remembered.
bool is_uncertain(FILE* stream) {
  return stream->_IO_save_base != nullptr || stream->_mode > 0 || __fpending(stream) > 0 ||
         (stream->_flags & _IO_EOF_SEEN) != 0 || reading_flushes_stdout(stream);
}

// Reads into the empty buffer what is there to be read, if anything: it may be enough.
bool fill(FILE* stream, int fd) {
  if (has_type(fd, S_IFREG) || unread_in(fd).value_or(0) == 0) return false;
  return original.underflow(stream) != EOF;
}

bool has_room(FILE* stream, size_t bytes) {
  const size_t pending = __fpending(stream);
  const auto room = static_cast<size_t>(stream->_IO_write_end - stream->_IO_write_ptr);
  const bool by_lines = __flbf(stream) != 0;  // its _IO_write_end is where its buffer begins
  return pending + bytes < __fbufsize(stream) || (!by_lines && bytes <= room);
}

// The first output of all gets a buffer, of st_blksize or more; on terminals it is by lines
// (_IO_file_doallocate() in glibc).
constexpr size_t kSmallestBuffer = 512;
bool is_fresh(FILE* stream) {
  return __fbufsize(stream) == 0 && (stream->_flags & kUnbuffered) == 0;
}

}  // namespace

int try_stream(FILE* stream) {
  const bool free = __atomic_load_n(&lock_of(stream).word, __ATOMIC_ACQUIRE) == 0;
  if (free && owner_of(stream) != Owners::kNobody) forget_holder(stream);
  if (must_wait(stream) || held_by_loop_stack(stream)) return EBUSY;
  if (original.ftrylockfile(stream) != 0) return EBUSY;
  record(stream);
  return 0;
}

int lock_stream(FILE* stream) {
  return take(
      stream, hub::kNever, [stream] { return try_stream(stream); },
      [stream] {
        original.flockfile(stream);
        record(stream);
        return 0;
      });
}

void unlock_stream(FILE* stream) {
  const bool free = unrecord(stream);
  original.funlockfile(stream);
  if (free) hub::wake_address(stream, 1);
}

BorrowedLock::BorrowedLock(FILE* stream) : stream_(stream), owner_(lock_of(stream).owner) {
  __atomic_store_n(&lock_of(stream_).owner, kernel_thread(), __ATOMIC_RELAXED);
}

BorrowedLock::~BorrowedLock() {
  __atomic_store_n(&lock_of(stream_).owner, owner_, __ATOMIC_RELAXED);
}

void check_stream_lock() {
  char byte;
  FILE* probe = fmemopen(&byte, sizeof byte, "r");
  if (probe == nullptr) return;
  original.flockfile(probe);
  const Lock& lock = lock_of(probe);
  const bool known = lock.word != 0 && lock.count == 1 && lock.owner == kernel_thread();
  original.funlockfile(probe);
  original.fclose(probe);
  if (!known) throw std::runtime_error("libc's streams have locks of an unknown kind");
}

int descriptor_of(FILE* stream) {
  const int error = errno;
  const int fd = fileno_unlocked(stream);
  errno = error;
  return fd;
}

Next before_input(int fd, size_t more, size_t buffer_size) {
  if (has_type(fd, S_IFREG)) {
    const bool bounded = more <= SSIZE_MAX;
    const size_t most = bounded ? more + buffer_size : buffer_size;
    return before_file_input(fd, lseek(fd, 0, SEEK_CUR), most);
  }
  const Patience patience = patience_of(fd, SO_RCVTIMEO);
  if (!patience.blocks) return Next::now;
  if (patience.deadline != hub::kNever) return Next::elsewhere;
  if (!is_ready(fd, POLLIN)) return Next::readable;
  const std::optional<size_t> unread = unread_in(fd);
  const bool enough = more == 1 || unread == 0 || (unread && *unread >= more);
  return enough ? Next::now : Next::elsewhere;
}

// pipe(7): a pipe that poll(2) calls writable has room for PIPE_BUF bytes.
Next before_output(int fd, size_t bytes) {
  if (has_type(fd, S_IFREG)) return is_in_memory(fd) ? Next::now : Next::elsewhere;
  const Patience patience = patience_of(fd, SO_SNDTIMEO);
  if (!patience.blocks) return Next::now;
  if (patience.deadline != hub::kNever) return Next::elsewhere;
  if (!is_ready(fd, POLLOUT)) return Next::writable;
  return bytes <= PIPE_BUF && has_type(fd, S_IFIFO) ? Next::now : Next::elsewhere;
}

Next before_reading(FILE* stream, const Wanted& wanted) {
  const size_t there = static_cast<size_t>(stream->_IO_read_end - stream->_IO_read_ptr);
  if (there >= wanted.bytes || __freadable(stream) == 0) return Next::now;
  const bool ends = wanted.delimiter != kNoDelimiter && there > 0 &&
                    std::memchr(stream->_IO_read_ptr, wanted.delimiter, there) != nullptr;
  if (ends) return Next::now;
  const int fd = descriptor_of(stream);
  const bool certain = wanted.something && (there == 0 || wanted.known()) && !is_uncertain(stream);
  if (!certain && !has_type(fd, S_IFREG)) return Next::elsewhere;
  const Next next = before_input(fd, wanted.bytes - there, buffer_size_of(stream));
  const bool can_fill = next == Next::elsewhere && there == 0 && certain && fill(stream, fd);
  return can_fill ? before_reading(stream, wanted) : next;
}

Next before_writing(FILE* stream, size_t bytes, bool ends_line) {
  if (__fwritable(stream) == 0) return Next::now;
  const bool written_out = __flbf(stream) != 0 && ends_line;
  if (!written_out && has_room(stream, bytes)) return Next::now;
  const int fd = descriptor_of(stream);
  const bool by_lines = ends_line && has_type(fd, S_IFCHR);
  if (is_fresh(stream) && bytes < kSmallestBuffer && !by_lines) return Next::now;
  return before_output(fd, __fpending(stream) + bytes);
}

Next before_flushing(FILE* stream) {
  const size_t pending = __fpending(stream);
  return pending == 0 ? Next::now : before_output(descriptor_of(stream), pending);
}

// fseek(3): what has been written goes out first. A stream that is read may read a buffer's worth
// about the new position.
Next before_seeking(FILE* stream, off_t offset, int whence) {
  if (__fpending(stream) > 0) return before_flushing(stream);
  const int fd = descriptor_of(stream);
  if (__freading(stream) == 0 || !has_type(fd, S_IFREG)) return Next::now;
  const size_t size = buffer_size_of(stream);
  const off_t position = sought_position(stream, offset, whence);
  const off_t before = position % static_cast<off_t>(size);
  return position < 0 ? Next::now : before_file_input(fd, position - before, size);
}

}  // namespace greenify::calls
