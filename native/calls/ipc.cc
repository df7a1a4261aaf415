#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "calls/blocking.h"
#include "calls/green_calls.h"
#include "calls/poll_set.h"

// mq_send(3), mq_receive(3), msgsnd(2), msgrcv(2), semop(2): what processes wait for together. What
// cannot be had at once an offload thread waits for. That is exact: messages have no owner, and
// what SEM_UNDO is to undo belongs to the process (clone(2), CLONE_SYSVSEM, which pthread_create
// sets).
namespace greenify::calls {
namespace {

// `attempt` makes the call so that it fails with `busy` rather than wait. With a flag for it in the
// arguments the real call fails so too, and says so at once.
template <class Attempt, class Really>
auto at_once_or_offloaded(int busy, Attempt attempt, Really really) -> decltype(really()) {
  const int error = errno;
  const auto result = attempt();
  if (result >= 0 || errno != busy) return result;
  errno = error;
  return offloaded_if_green(really);
}

// mq_receive(3): a time that has passed makes no difference where nothing is to be waited for.
constexpr timespec kPast{0, 0};

// What the kernel says about the time is for the real call to say.
bool is_direct(const timespec* time) {
  return green::current() == nullptr || (time != nullptr && !valid_timeout(*time));
}

// Of more operations than that the real call is asked right away; the kernel refuses more than
// SEMOPM, 500 unless told.
constexpr size_t kTried = 64;

int try_operations(int set, const sembuf* operations, size_t count) {
  sembuf tried[kTried];
  std::copy_n(operations, count, tried);
  for (size_t i = 0; i < count; i++) tried[i].sem_flg |= IPC_NOWAIT;
  return original.semop(set, tried, count);
}

}  // namespace

ssize_t green_mq_timedreceive(mqd_t queue, char* message, size_t size, unsigned* priority,
                              const timespec* time) {
  const auto really = [=] {
    return original.mq_timedreceive(queue, message, size, priority, time);
  };
  if (is_direct(time)) return really();
  return at_once_or_offloaded(
      ETIMEDOUT, [=] { return original.mq_timedreceive(queue, message, size, priority, &kPast); },
      really);
}

ssize_t green_mq_receive(mqd_t queue, char* message, size_t size, unsigned* priority) {
  if (green::current() == nullptr) return original.mq_receive(queue, message, size, priority);
  return green_mq_timedreceive(queue, message, size, priority, nullptr);
}

int green_mq_timedsend(mqd_t queue, const char* message, size_t size, unsigned priority,
                       const timespec* time) {
  const auto really = [=] { return original.mq_timedsend(queue, message, size, priority, time); };
  if (is_direct(time)) return really();
  return at_once_or_offloaded(
      ETIMEDOUT, [=] { return original.mq_timedsend(queue, message, size, priority, &kPast); },
      really);
}

int green_mq_send(mqd_t queue, const char* message, size_t size, unsigned priority) {
  if (green::current() == nullptr) return original.mq_send(queue, message, size, priority);
  return green_mq_timedsend(queue, message, size, priority, nullptr);
}

ssize_t green_msgrcv(int queue, void* message, size_t size, long type, int flags) {
  const auto really = [=] { return original.msgrcv(queue, message, size, type, flags); };
  if (green::current() == nullptr || (flags & IPC_NOWAIT) != 0) return really();
  return at_once_or_offloaded(
      ENOMSG, [=] { return original.msgrcv(queue, message, size, type, flags | IPC_NOWAIT); },
      really);
}

int green_msgsnd(int queue, const void* message, size_t size, int flags) {
  const auto really = [=] { return original.msgsnd(queue, message, size, flags); };
  if (green::current() == nullptr || (flags & IPC_NOWAIT) != 0) return really();
  return at_once_or_offloaded(
      EAGAIN, [=] { return original.msgsnd(queue, message, size, flags | IPC_NOWAIT); }, really);
}

int green_semtimedop(int set, sembuf* operations, size_t count, const timespec* time) {
  const auto really = [=] { return original.semtimedop(set, operations, count, time); };
  if (is_direct(time) || operations == nullptr) return really();
  if (count > kTried) return offloaded_if_green(really);
  return at_once_or_offloaded(
      EAGAIN, [=] { return try_operations(set, operations, count); }, really);
}

int green_semop(int set, sembuf* operations, size_t count) {
  if (green::current() == nullptr) return original.semop(set, operations, count);
  return green_semtimedop(set, operations, count, nullptr);
}

}  // namespace greenify::calls
