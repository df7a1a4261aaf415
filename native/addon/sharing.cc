#include "addon/sharing.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "addon/functions.h"
#include "addon/runtime.h"
#include "calls/original.h"

namespace greenify::addon {
namespace {

// A token is a byte in a FIFO: it can be waited for, and goes to one of those who do. What the
// byte is says nothing.
constexpr size_t kTokensAtOnce = 4096;

int32_t integer(v8::Local<v8::Value> value) {
  return value.As<v8::Int32>()->Value();
}

// What a call has come to: its result, or -errno.
void give_back(Arguments arguments, int64_t result) {
  arguments.GetReturnValue().Set(static_cast<double>(result < 0 ? -errno : result));
}

// makeFifo(path): mkfifo(3), for this user alone.
void make_fifo(Arguments arguments) {
  const v8::String::Utf8Value path(arguments.GetIsolate(), arguments[0]);
  give_back(arguments, mkfifo(*path, 0600));
}

// put(fd, count): how many tokens have found room.
void put(Arguments arguments) {
  constexpr char kTokens[kTokensAtOnce]{};
  const int fd = integer(arguments[0]);
  const auto wanted = static_cast<size_t>(integer(arguments[1]));
  size_t done = 0;
  ssize_t written = 0;
  while (done < wanted && written >= 0) {
    written = calls::original.write(fd, kTokens, std::min(wanted - done, sizeof kTokens));
    if (written > 0) done += static_cast<size_t>(written);
  }
  give_back(arguments, written < 0 && errno != EAGAIN ? -1 : static_cast<int64_t>(done));
}

// take(fd, most): takes that many tokens, or as many as there are.
void take(Arguments arguments) {
  char taken[kTokensAtOnce];
  const size_t most = std::min(static_cast<size_t>(integer(arguments[1])), sizeof taken);
  const ssize_t count = calls::original.read(integer(arguments[0]), taken, most);
  give_back(arguments, count < 0 && errno == EAGAIN ? 0 : count);
}

// tokens(fd): how many there are; ioctl_fionread(2).
void tokens(Arguments arguments) {
  int count = 0;
  const int result = ioctl(integer(arguments[0]), FIONREAD, &count);
  give_back(arguments, result < 0 ? -1 : count);
}

// waitForTokens(fd, milliseconds): in a green thread that may be suspended. What hub::Wake says.
void wait_for_tokens(Arguments arguments) {
  const int64_t deadline = hub::deadline_in(nanoseconds(arguments[1]));
  const int fd = integer(arguments[0]);
  const hub::Wake wake = Runtime::here()->hub().wait_for(fd, EPOLLIN, deadline);
  arguments.GetReturnValue().Set(static_cast<int32_t>(wake));
}

// tryLock(fd): flock(2), at once or not at all.
void try_lock(Arguments arguments) {
  give_back(arguments, calls::original.flock(integer(arguments[0]), LOCK_EX | LOCK_NB));
}

// Never EINTR: an offload thread has its green thread's signal mask.
int64_t lock_uninterrupted(int fd) {
  for (;;) {
    if (calls::original.flock(fd, LOCK_EX) == 0) return 0;
    if (errno != EINTR) return -errno;
  }
}

// lock(fd): in a green thread that may be suspended; an offload thread waits. The lock belongs to
// the open file, not to a kernel thread. Does not keep the process alive.
void lock(Arguments arguments) {
  struct Request {
    int fd;
    int64_t result;
  } request{integer(arguments[0]), 0};
  const auto call = [](void* argument) {
    auto& asked = *static_cast<Request*>(argument);
    asked.result = lock_uninterrupted(asked.fd);
  };
  Runtime::here()->hub().offload(call, &request, hub::KeepsAlive::no);
  arguments.GetReturnValue().Set(static_cast<double>(request.result));
}

// unlock(fd)
void unlock(Arguments arguments) {
  give_back(arguments, calls::original.flock(integer(arguments[0]), LOCK_UN));
}

// punch(fd, size): gives the storage of a file's first bytes back; fallocate(2).
void punch(Arguments arguments) {
  const auto size = static_cast<off_t>(arguments[1].As<v8::Number>()->Value());
  const int fd = integer(arguments[0]);
  give_back(arguments, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size));
}

// close(fd): who waits for it wakes.
void close(Arguments arguments) {
  const int fd = integer(arguments[0]);
  hub::closing(fd);
  give_back(arguments, calls::original.close(fd));
}

// canSuspend(): whether the current green thread may wait here.
void can_suspend(Arguments arguments) {
  arguments.GetReturnValue().Set(green::may_suspend());
}

// wake(index): ends the sleep of a green thread, in its turn; false when it does not sleep.
void wake(Arguments arguments) {
  Runtime* runtime = Runtime::here();
  if (runtime == nullptr) return;
  const uint32_t index = arguments[0].As<v8::Uint32>()->Value();
  green::Thread* thread = runtime->environment().loop().at(index);
  arguments.GetReturnValue().Set(thread != nullptr && runtime->hub().wake_sleeper(*thread));
}

// drive(milliseconds): runs the next green thread that gets ready until then on this stack.
void drive(Arguments arguments) {
  Runtime::here()->hub().drive(hub::deadline_in(nanoseconds(arguments[0])));
}

}  // namespace

void export_sharing(v8::Isolate* isolate, v8::Local<v8::Context> context,
                    v8::Local<v8::Object> exports) {
  constexpr Function kFunctions[] = {
      {"makeFifo", make_fifo},
      {"put", put},
      {"take", take},
      {"tokens", tokens},
      {"waitForTokens", wait_for_tokens},
      {"tryLock", try_lock},
      {"lock", lock},
      {"unlock", unlock},
      {"punch", punch},
      {"close", close},
      {"canSuspend", can_suspend},
      {"wake", wake},
      {"drive", drive},
  };
  const v8::Local<v8::Object> sharing = v8::Object::New(isolate);
  set_functions(isolate, context, sharing, kFunctions);
  exports->Set(context, text(isolate, "sharing"), sharing).Check();
}

}  // namespace greenify::addon
