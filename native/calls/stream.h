#pragma once

#include <stdio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "calls/blocking.h"
#include "calls/lock_wait.h"

// Buffered streams, stdio(3). libc calls its own read(2) and write(2), so each function is
// redirected as a whole. In a green thread a call is
// - made at once where the stream's buffer, the page cache or the pipe is enough for it;
// - else made on an offload thread; where it is sure to read (or write) a descriptor that is not
//   ready, the green thread waits for that on the hub first.
//
// Every call locks its stream (flockfile(3)), and so does ours, as a green thread: libc knows the
// kernel thread only, and all green threads would be one holder. Thread: loop, except where said.
namespace greenify::calls {

// -- Locks

// Takes the stream's lock, as flockfile(3). EDEADLK: its holder waits for what we hold.
int lock_stream(FILE* stream);
// EBUSY: somebody else has it.
int try_stream(FILE* stream);
void unlock_stream(FILE* stream);

class StreamLock {
 public:
  explicit StreamLock(FILE* stream) : stream_(stream), result_(lock_stream(stream)) {}
  ~StreamLock() {
    if (result_ == 0) unlock_stream(stream_);
  }
  StreamLock(const StreamLock&) = delete;
  StreamLock& operator=(const StreamLock&) = delete;
  bool held() const { return result_ == 0; }

 private:
  FILE* const stream_;
  const int result_;
};

// While one lives, libc takes this kernel thread for the holder of a lock that the green thread has
// taken on its loop thread. Thread: offload.
class BorrowedLock {
 public:
  explicit BorrowedLock(FILE* stream);
  ~BorrowedLock();
  BorrowedLock(const BorrowedLock&) = delete;
  BorrowedLock& operator=(const BorrowedLock&) = delete;

 private:
  FILE* const stream_;
  void* const owner_;
};

// Throws std::runtime_error where libc's locks of streams do not look as they are known to.
void check_stream_lock();

// -- How a call goes on

enum class Next : uint8_t {
  now,        // it does not wait
  readable,   // it reads from the descriptor, once something can be read
  writable,   // it writes to the descriptor, once something can be written
  elsewhere,  // on an offload thread
  cancelled,  // not at all: GreenThread#cancel
};

// -1: the stream is memory, or the program's own functions (fopencookie(3)), which must stay where
// JavaScript is. Keeps errno.
int descriptor_of(FILE* stream);

// What a read of `more` bytes at least comes to, or a write of `bytes`, made by the stream or,
// where there is none, by libc itself.
Next before_input(int fd, size_t more, size_t buffer_size);
Next before_output(int fd, size_t bytes);

// What the stream's next read is for: so many bytes, what ends with a delimiter, or nobody knows.
constexpr int kNoDelimiter = -1;
constexpr size_t kAnyNumber = SIZE_MAX;
struct Wanted {
  size_t bytes;
  int delimiter = kNoDelimiter;
  bool something = true;  // it reads at all

  bool known() const { return delimiter != kNoDelimiter || bytes != kAnyNumber; }
};
// May fill the stream's buffer with what can be read without waiting.
Next before_reading(FILE* stream, const Wanted& wanted);
// `ends_line`: a line-buffered stream is written out.
Next before_writing(FILE* stream, size_t bytes, bool ends_line);
// What is in its buffer is written out.
Next before_flushing(FILE* stream);
Next before_seeking(FILE* stream, off_t offset, int whence);

// Waits until the descriptor is ready, and gives what is next then.
template <class Outlook>
Next after_waiting(int fd, Next next, Outlook outlook) {
  const uint32_t events = next == Next::readable ? EPOLLIN : EPOLLOUT;
  switch (hub::Hub::here()->wait_for(fd, events, hub::kNever)) {
    case hub::Wake::none:
      return Next::elsewhere;
    case hub::Wake::closed:
      return Next::now;  // EBADF
    case hub::Wake::cancelled:
      return Next::cancelled;
    default:
      return outlook();
  }
}

// In a green thread. outlook() says what is next, and is asked again after each wait on the hub.
template <class Outlook>
Next until_decided(int fd, Outlook outlook) {
  const int error = errno;
  Next next = outlook();
  const bool pinned = next != Next::now && !green::may_suspend();
  if (pinned) {
    count_pin();
    next = Next::now;
  }
  while (next == Next::readable || next == Next::writable) next = after_waiting(fd, next, outlook);
  errno = next == Next::cancelled ? ECANCELED : error;
  return next;
}

template <class Result>
Result failure() {
  if constexpr (std::is_pointer_v<Result>)
    return nullptr;
  else if constexpr (std::is_unsigned_v<Result>)
    return 0;
  else
    return -1;
}

// Makes a call on the stream, which ends with nothing and the stream's error where the thread is
// cancelled. What a function registered by register_printf_specifier(3) is given may have no lock.
template <class Outlook, class Call>
auto on_stream(FILE* stream, Outlook outlook, Call call) -> decltype(call()) {
  if (plain_lock() || stream->_lock == nullptr) return call();
  const int error = errno;
  const StreamLock lock(stream);
  errno = lock.held() ? error : EDEADLK;
  if (!lock.held()) return failure<decltype(call())>();
  if (green::current() == nullptr || descriptor_of(stream) < 0) return call();
  const Next next = until_decided(descriptor_of(stream), outlook);
  if (next == Next::now) return call();
  if (next == Next::cancelled) {
    stream->_flags |= _IO_ERR_SEEN;
    return failure<decltype(call())>();
  }
  return offloaded([&] {
    const BorrowedLock borrowed(stream);
    return call();
  });
}

template <class Call>
auto reading(FILE* stream, const Wanted& wanted, Call call) -> decltype(call()) {
  return on_stream(stream, [&] { return before_reading(stream, wanted); }, call);
}

template <class Call>
auto writing(FILE* stream, size_t bytes, bool ends_line, Call call) -> decltype(call()) {
  return on_stream(stream, [=] { return before_writing(stream, bytes, ends_line); }, call);
}

}  // namespace greenify::calls
