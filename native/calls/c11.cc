#include <threads.h>

#include <cerrno>

#include "calls/green_calls.h"

// C11 threads: in glibc a mtx_t is a pthread_mutex_t and a cnd_t a pthread_cond_t
// (nptl/thrd_priv.h), and the functions differ in how they report.
namespace greenify::calls {
namespace {

pthread_mutex_t* as_mutex(mtx_t* mutex) {
  return reinterpret_cast<pthread_mutex_t*>(mutex);
}
pthread_cond_t* as_condition(cnd_t* condition) {
  return reinterpret_cast<pthread_cond_t*>(condition);
}

int report(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case ENOMEM:
      return thrd_nomem;
    case ETIMEDOUT:
      return thrd_timedout;
    case EBUSY:
      return thrd_busy;
    default:
      return thrd_error;
  }
}

}  // namespace

int green_mtx_lock(mtx_t* mutex) {
  return report(green_pthread_mutex_lock(as_mutex(mutex)));
}

int green_mtx_timedlock(mtx_t* mutex, const timespec* time) {
  return report(green_pthread_mutex_timedlock(as_mutex(mutex), time));
}

int green_mtx_trylock(mtx_t* mutex) {
  return report(green_pthread_mutex_trylock(as_mutex(mutex)));
}

int green_mtx_unlock(mtx_t* mutex) {
  return report(green_pthread_mutex_unlock(as_mutex(mutex)));
}

int green_cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return report(green_pthread_cond_wait(as_condition(condition), as_mutex(mutex)));
}

int green_cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* time) {
  return report(green_pthread_cond_timedwait(as_condition(condition), as_mutex(mutex), time));
}

int green_cnd_signal(cnd_t* condition) {
  return report(green_pthread_cond_signal(as_condition(condition)));
}

int green_cnd_broadcast(cnd_t* condition) {
  return report(green_pthread_cond_broadcast(as_condition(condition)));
}

void green_call_once(once_flag* flag, void (*initialise)()) {
  green_pthread_once(reinterpret_cast<pthread_once_t*>(flag), initialise);
}

int green_thrd_join(thrd_t thread, int* result) {
  void* value = nullptr;
  const int error = green_pthread_join(thread, &value);
  if (error == 0 && result != nullptr)
    *result = static_cast<int>(reinterpret_cast<intptr_t>(value));
  return report(error);
}

// thrd_sleep(3): -1 when a signal ended it, another negative number for any other error.
int green_thrd_sleep(const timespec* duration, timespec* remaining) {
  const int before = errno;
  if (green_nanosleep(duration, remaining) == 0) return 0;
  const int error = errno;
  errno = before;
  return error == EINTR ? -1 : -2;
}

}  // namespace greenify::calls
