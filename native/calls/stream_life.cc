#include <fcntl.h>
#include <stdio_ext.h>
#include <sys/stat.h>

#include "calls/green_calls.h"
#include "calls/stream.h"

// fopen(3), freopen(3), fclose(3), fseek(3), ferror(3), setbuf(3), flockfile(3): what is done with
// a stream besides reading and writing.
namespace greenify::calls {
namespace {

// Whether close(2) of what has been written out may wait: for a server, for what is to be sent, and
// of a stream that popen(3) has made, for its child.
bool closing_may_wait(int fd) {
  return !has_type(fd, S_IFREG) || may_be_slow(fd);
}

Next before_closing(FILE* stream) {
  const Next next = before_flushing(stream);
  return next == Next::now && closing_may_wait(descriptor_of(stream)) ? Next::elsewhere : next;
}

Next before_reopening(const char* path, FILE* stream) {
  const Next next = before_closing(stream);
  const bool waits = next == Next::now && opening_may_wait(AT_FDCWD, path, O_RDONLY);
  return waits ? Next::elsewhere : next;
}

template <class Call>
int seeking(FILE* stream, off_t offset, int whence, Call call) {
  return on_stream(stream, [=] { return before_seeking(stream, offset, whence); }, call);
}

// What does not wait by itself, only for the stream.
template <class Call>
auto locking(FILE* stream, Call call) -> decltype(call()) {
  return on_stream(stream, [] { return Next::now; }, call);
}

}  // namespace

FILE* green_fopen(const char* path, const char* mode) {
  const auto really = [=] { return original.fopen(path, mode); };
  const bool waits = green::current() != nullptr && opening_may_wait(AT_FDCWD, path, O_RDONLY);
  return waits ? offloaded_if_green(really) : really();
}

FILE* green_freopen(const char* path, const char* mode, FILE* stream) {
  return on_stream(
      stream, [=] { return before_reopening(path, stream); },
      [=] {
        hub::closing(descriptor_of(stream));
        return original.freopen(path, mode, stream);
      });
}

// Nothing of the stream is left when it has been closed, so its lock is let go before: whoever else
// still uses it is wrong anyway.
int green_fclose(FILE* stream) {
  const int fd = descriptor_of(stream);
  const auto call = [=] {
    hub::closing(fd);
    return original.fclose(stream);
  };
  if (plain_lock() || stream->_lock == nullptr) return call();
  const int error = errno;
  const bool mine = is_mine(stream);
  Next next = Next::now;
  if (lock_stream(stream) == 0) {
    errno = error;
    const auto outlook = [=] { return before_closing(stream); };
    if (green::current() != nullptr && fd >= 0) next = until_decided(fd, outlook);
    unlock_stream(stream);
  }
  errno = error;
  if (next == Next::cancelled) keep_cancellation();
  // A lock that flockfile(3) has taken is libc's to throw away, and this kernel thread's.
  const bool waits = next != Next::now;
  if (waits && mine) count_pin();
  return waits && !mine ? offloaded(call) : call();
}

int green_fseek(FILE* stream, long offset, int whence) {
  return seeking(stream, offset, whence, [=] { return original.fseek(stream, offset, whence); });
}

int green_fseeko(FILE* stream, off_t offset, int whence) {
  return seeking(stream, offset, whence, [=] { return original.fseeko(stream, offset, whence); });
}

// bits/types/__fpos_t.h (glibc)
int green_fsetpos(FILE* stream, const fpos_t* position) {
  return seeking(stream, position->__pos, SEEK_SET,
                 [=] { return original.fsetpos(stream, position); });
}

void green_rewind(FILE* stream) {
  seeking(stream, 0, SEEK_SET, [=] { return original.rewind(stream), 0; });
}

int green_feof(FILE* stream) {
  return locking(stream, [=] { return original.feof(stream); });
}

int green_ferror(FILE* stream) {
  return locking(stream, [=] { return original.ferror(stream); });
}

void green_clearerr(FILE* stream) {
  locking(stream, [=] { return original.clearerr(stream), 0; });
}

int green_ungetc(int character, FILE* stream) {
  return locking(stream, [=] { return original.ungetc(character, stream); });
}

long green_ftell(FILE* stream) {
  return locking(stream, [=] { return original.ftell(stream); });
}

off_t green_ftello(FILE* stream) {
  return locking(stream, [=] { return original.ftello(stream); });
}

int green_fgetpos(FILE* stream, fpos_t* position) {
  return locking(stream, [=] { return original.fgetpos(stream, position); });
}

int green_setvbuf(FILE* stream, char* buffer, int mode, size_t size) {
  return locking(stream, [=] { return original.setvbuf(stream, buffer, mode, size); });
}

void green_setbuf(FILE* stream, char* buffer) {
  locking(stream, [=] { return original.setbuf(stream, buffer), 0; });
}

void green_setbuffer(FILE* stream, char* buffer, size_t size) {
  locking(stream, [=] { return original.setbuffer(stream, buffer, size), 0; });
}

void green_setlinebuf(FILE* stream) {
  locking(stream, [=] { return original.setlinebuf(stream), 0; });
}

// flockfile(3) cannot fail: in a circle of threads that wait for each other it goes on waiting, and
// there has been a warning.
void green_flockfile(FILE* stream) {
  if (plain_lock()) return original.flockfile(stream);
  while (lock_stream(stream) != 0) {
    constexpr int64_t kLookAgain = 1'000'000'000;
    hub::Hub::here()->sleep_until(hub::deadline_in(kLookAgain));
  }
}

int green_ftrylockfile(FILE* stream) {
  return plain_lock() ? original.ftrylockfile(stream) : try_stream(stream);
}

void green_funlockfile(FILE* stream) {
  unlock_stream(stream);
}

}  // namespace greenify::calls
