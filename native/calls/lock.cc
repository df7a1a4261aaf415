#include <pthread.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "calls/green_calls.h"
#include "calls/lock_wait.h"

// pthread_mutex_lock(3), pthread_rwlock_rdlock(3) and kin.
namespace greenify::calls {
namespace {

// bits/struct_mutex.h (glibc): the kind's low two bits are the type, __owner is the kernel thread
// that holds the mutex. Part of the ABI: both are set by static initialisers.
int type_of(const pthread_mutex_t* mutex) {
  return mutex->__data.__kind & 3;
}

bool knows_owner(const pthread_mutex_t* mutex) {
  constexpr int kRobust = 16;
  const int type = type_of(mutex);
  return type == PTHREAD_MUTEX_RECURSIVE_NP || type == PTHREAD_MUTEX_ERRORCHECK_NP ||
         (mutex->__data.__kind & kRobust) != 0;
}

// Whether other processes can see what lies there: mremap(2) gives memory a second place only then,
// when it is told that the old size is zero.
bool is_shared_memory(const void* address) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(address) & ~(page - 1);
  const int error = errno;
  void* copy = mremap(reinterpret_cast<void*>(start), 0, page, MREMAP_MAYMOVE);
  if (copy != MAP_FAILED) munmap(copy, page);
  errno = error;
  return copy != MAP_FAILED;
}

// What processes take against each other may pass from one green thread to another, or to the loop
// stack: a library that takes it in one call from JavaScript and lets go in the next (LMDB's write
// transactions) is called by one kernel thread all the time. The kind is set for robust mutexes of
// one process, too: pthread_mutex_init() in glibc.
bool is_between_processes(const pthread_mutex_t* mutex) {
  constexpr int kProcessShared = 128;  // PTHREAD_MUTEX_PSHARED_BIT in nptl/pthreadP.h (glibc)
  return (mutex->__data.__kind & kProcessShared) != 0 && is_shared_memory(mutex);
}

pid_t kernel_thread() {
  static thread_local const pid_t id = gettid();
  return id;
}

// The loop stack itself holds it: libc would take a green thread for the holder and let it in.
bool held_by_loop_stack(const pthread_mutex_t* mutex) {
  return green::current() != nullptr && !is_mine(mutex) && knows_owner(mutex) &&
         mutex->__data.__owner == kernel_thread();
}

bool is_taken(int result) {
  return result == 0 || result == EOWNERDEAD;
}

// Without waiting, as pthread_mutex_trylock(3). A lock word of 0 is a free mutex of any kind.
int try_mutex(pthread_mutex_t* mutex) {
  const bool free = __atomic_load_n(&mutex->__data.__lock, __ATOMIC_ACQUIRE) == 0;
  if (free && owner_of(mutex) != Owners::kNobody) forget_holder(mutex);
  if (must_wait(mutex) || held_by_loop_stack(mutex)) return EBUSY;
  const int result = original.pthread_mutex_trylock(mutex);
  if (is_taken(result)) record(mutex);
  return result;
}

// EBUSY while another thread has it.
int attempt_mutex(pthread_mutex_t* mutex) {
  if (is_mine(mutex) && type_of(mutex) == PTHREAD_MUTEX_ERRORCHECK_NP) return EDEADLK;
  return try_mutex(mutex);
}

template <class Really>
int lock_mutex(pthread_mutex_t* mutex, int64_t deadline, Really really) {
  return take(
      mutex, deadline, [mutex] { return attempt_mutex(mutex); },
      [&] {
        const int result = really();
        if (is_taken(result)) record(mutex);
        return result;
      });
}

// pthread_mutex_timedlock(3): the time is not looked at where the mutex is free.
template <class Really>
int lock_mutex_until(pthread_mutex_t* mutex, clockid_t clock, const timespec* time, Really really) {
  if (plain_lock() || !valid_clock(clock)) return really();
  if (valid_time(time)) return lock_mutex(mutex, deadline_at(clock, time), really);
  const int result = attempt_mutex(mutex);
  return result == EBUSY ? EINVAL : result;
}

// A read-write lock that nobody has, whatever is recorded. nptl/pthread_rwlock_common.c (glibc):
// bit 1 of __readers is the writer's, the readers are counted from bit 3 on.
void forget_if_free(const pthread_rwlock_t* lock) {
  constexpr unsigned kTaken = ~0u << 3 | 2;
  const bool free = (__atomic_load_n(&lock->__data.__readers, __ATOMIC_ACQUIRE) & kTaken) == 0;
  if (free && owner_of(lock) != Owners::kNobody) forget_holder(lock);
}

int try_write(pthread_rwlock_t* lock) {
  forget_if_free(lock);
  if (is_mine(lock)) return EDEADLK;
  if (must_wait(lock)) return EBUSY;
  const int result = original.pthread_rwlock_trywrlock(lock);
  if (result == 0) record(lock);
  return result;
}

int try_read(pthread_rwlock_t* lock) {
  forget_if_free(lock);
  if (is_mine(lock)) return EDEADLK;
  if (owner_of(lock) != Owners::kReaders && must_wait(lock)) return EBUSY;
  const int result = original.pthread_rwlock_tryrdlock(lock);
  if (result == 0) record_reader(lock);
  return result;
}

template <class Really>
int read_lock(pthread_rwlock_t* lock, int64_t deadline, Really really) {
  const int result = take(
      lock, deadline, [lock] { return try_read(lock); },
      [&] {
        const int locked = really();
        if (locked == 0) record_reader(lock);
        return locked;
      });
  if (result == 0) hub::wake_address(lock, 1);  // the next may be a reader too
  return result;
}

template <class Really>
int write_lock(pthread_rwlock_t* lock, int64_t deadline, Really really) {
  return take(
      lock, deadline, [lock] { return try_write(lock); },
      [&] {
        const int result = really();
        if (result == 0) record(lock);
        return result;
      });
}

template <class Really>
int read_lock_until(pthread_rwlock_t* lock, clockid_t clock, const timespec* time, Really really) {
  return timed(plain_lock(), clock, time, really,
               [=](int64_t deadline) { return read_lock(lock, deadline, really); });
}

template <class Really>
int write_lock_until(pthread_rwlock_t* lock, clockid_t clock, const timespec* time, Really really) {
  return timed(plain_lock(), clock, time, really,
               [=](int64_t deadline) { return write_lock(lock, deadline, really); });
}

bool joins_plainly(pthread_t thread) {
  return green::current() == nullptr || pthread_equal(thread, pthread_self()) != 0;
}

}  // namespace

int green_pthread_mutex_lock(pthread_mutex_t* mutex) {
  const auto really = [mutex] { return original.pthread_mutex_lock(mutex); };
  return plain_lock() ? really() : lock_mutex(mutex, hub::kNever, really);
}

int green_pthread_mutex_trylock(pthread_mutex_t* mutex) {
  if (plain_lock()) return original.pthread_mutex_trylock(mutex);
  return try_mutex(mutex);
}

int green_pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* time) {
  return lock_mutex_until(mutex, clock, time,
                          [=] { return original.pthread_mutex_clocklock(mutex, clock, time); });
}

int green_pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* time) {
  return lock_mutex_until(mutex, CLOCK_REALTIME, time,
                          [=] { return original.pthread_mutex_timedlock(mutex, time); });
}

// pthread_mutex_unlock(3): those that know their owner refuse everybody else.
int green_pthread_mutex_unlock(pthread_mutex_t* mutex) {
  const bool not_mine =
      !plain_lock() && knows_owner(mutex) && (is_anothers(mutex) || held_by_loop_stack(mutex));
  if (not_mine && !is_between_processes(mutex)) return EPERM;
  const int result = original.pthread_mutex_unlock(mutex);
  if (result != 0) return result;
  const bool free = not_mine ? unrecord_held(mutex) : unrecord(mutex);
  if (free) hub::wake_address(mutex, 1);
  return result;
}

int green_pthread_rwlock_rdlock(pthread_rwlock_t* lock) {
  const auto really = [lock] { return original.pthread_rwlock_rdlock(lock); };
  return plain_lock() ? really() : read_lock(lock, hub::kNever, really);
}

int green_pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                                     const timespec* time) {
  return read_lock_until(lock, clock, time,
                         [=] { return original.pthread_rwlock_clockrdlock(lock, clock, time); });
}

int green_pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* time) {
  return read_lock_until(lock, CLOCK_REALTIME, time,
                         [=] { return original.pthread_rwlock_timedrdlock(lock, time); });
}

int green_pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) {
  if (plain_lock()) return original.pthread_rwlock_tryrdlock(lock);
  const int result = try_read(lock);
  return result == EDEADLK ? EBUSY : result;
}

int green_pthread_rwlock_wrlock(pthread_rwlock_t* lock) {
  const auto really = [lock] { return original.pthread_rwlock_wrlock(lock); };
  return plain_lock() ? really() : write_lock(lock, hub::kNever, really);
}

int green_pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                                     const timespec* time) {
  return write_lock_until(lock, clock, time,
                          [=] { return original.pthread_rwlock_clockwrlock(lock, clock, time); });
}

int green_pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* time) {
  return write_lock_until(lock, CLOCK_REALTIME, time,
                          [=] { return original.pthread_rwlock_timedwrlock(lock, time); });
}

int green_pthread_rwlock_trywrlock(pthread_rwlock_t* lock) {
  if (plain_lock()) return original.pthread_rwlock_trywrlock(lock);
  const int result = try_write(lock);
  return result == EDEADLK ? EBUSY : result;
}

// The first in line looks again; a reader that gets in has the next one look.
int green_pthread_rwlock_unlock(pthread_rwlock_t* lock) {
  const int result = original.pthread_rwlock_unlock(lock);
  if (result == 0 && unrecord(lock)) hub::wake_address(lock, 1);
  return result;
}

int green_pthread_spin_lock(pthread_spinlock_t* lock) {
  const auto attempt = [lock] { return original.pthread_spin_trylock(lock); };
  if (hub::Hub::here() == nullptr) return original.pthread_spin_lock(lock);
  const int result = attempt();
  if (result != EBUSY) return result;
  if (green::may_suspend()) {
    return wait_for_lock(const_cast<const int*>(lock), hub::kNever, attempt);
  }
  const int driven = drive_while_busy(hub::kNever, attempt);
  return driven == EBUSY ? original.pthread_spin_lock(lock) : driven;
}

// pthread_join(3): whoever joins, the thread is gone; a thread that joins itself is told so.
int green_pthread_join(pthread_t thread, void** result) {
  const auto really = [=] { return original.pthread_join(thread, result); };
  if (joins_plainly(thread)) return really();
  const int joined = pthread_tryjoin_np(thread, result);
  return joined == EBUSY ? offloaded_if_green(really) : joined;
}

// pthread_tryjoin_np(3).
int green_pthread_timedjoin_np(pthread_t thread, void** result, const timespec* time) {
  const auto really = [=] { return original.pthread_timedjoin_np(thread, result, time); };
  return joins_plainly(thread) ? really() : offloaded_if_green(really);
}

int green_pthread_clockjoin_np(pthread_t thread, void** result, clockid_t clock,
                               const timespec* time) {
  const auto really = [=] { return original.pthread_clockjoin_np(thread, result, clock, time); };
  return joins_plainly(thread) ? really() : offloaded_if_green(really);
}

}  // namespace greenify::calls
