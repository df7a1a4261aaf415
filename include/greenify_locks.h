/*
 * greenify_locks.h: the part of greenify.h about locks, conditions, semaphores and joining threads.
 * A lock that green threads may want is taken and released by these throughout, or by the plain
 * functions in an object that greenify has patched: never one way here and the other way there.
 */
#ifndef GREENIFY_LOCKS_H
#define GREENIFY_LOCKS_H

#include "greenify_abi.h"

#if GREENIFY_AVAILABLE

#ifndef __USE_XOPEN2K8
#error "greenify.h needs POSIX.1-2008: compile with -std=gnu99, or define _GNU_SOURCE first"
#endif

#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#if defined(__cplusplus) || __STDC_VERSION__ >= 201112L
#include <threads.h>
#define GREENIFY_C11_THREADS 1
#endif

/* -- Locks: pthread_mutex_lock(3), pthread_rwlock_rdlock(3), pthread_cond_wait(3), sem_wait(3) */

GREENIFY_CALL(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
GREENIFY_CALL(int, pthread_mutex_trylock, (pthread_mutex_t * mutex), (mutex))
GREENIFY_CALL(int, pthread_mutex_timedlock,
              (pthread_mutex_t * mutex, const struct timespec* deadline), (mutex, deadline))
GREENIFY_CALL(int, pthread_mutex_unlock, (pthread_mutex_t * mutex), (mutex))
GREENIFY_CALL(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
GREENIFY_CALL(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock), (lock))
GREENIFY_CALL(int, pthread_rwlock_timedrdlock,
              (pthread_rwlock_t * lock, const struct timespec* deadline), (lock, deadline))
GREENIFY_CALL(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
GREENIFY_CALL(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * lock), (lock))
GREENIFY_CALL(int, pthread_rwlock_timedwrlock,
              (pthread_rwlock_t * lock, const struct timespec* deadline), (lock, deadline))
GREENIFY_CALL(int, pthread_rwlock_unlock, (pthread_rwlock_t * lock), (lock))
GREENIFY_CALL(int, pthread_spin_lock, (pthread_spinlock_t * lock), (lock))
GREENIFY_CALL(int, pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t* mutex),
              (condition, mutex))
GREENIFY_CALL(int, pthread_cond_timedwait,
              (pthread_cond_t * condition, pthread_mutex_t* mutex, const struct timespec* deadline),
              (condition, mutex, deadline))
GREENIFY_CALL(int, pthread_cond_signal, (pthread_cond_t * condition), (condition))
GREENIFY_CALL(int, pthread_cond_broadcast, (pthread_cond_t * condition), (condition))
GREENIFY_CALL(int, pthread_once, (pthread_once_t * once, void (*routine)(void)), (once, routine))
GREENIFY_CALL(int, pthread_join, (pthread_t thread, void** result), (thread, result))
GREENIFY_CALL(int, sem_wait, (sem_t * semaphore), (semaphore))
GREENIFY_CALL(int, sem_timedwait, (sem_t * semaphore, const struct timespec* deadline),
              (semaphore, deadline))
GREENIFY_CALL(int, sem_post, (sem_t * semaphore), (semaphore))

#ifdef GREENIFY_C11_THREADS

/* -- C11 threads: threads.h */

GREENIFY_CALL(int, mtx_lock, (mtx_t * mutex), (mutex))
GREENIFY_CALL(int, mtx_trylock, (mtx_t * mutex), (mutex))
GREENIFY_CALL(int, mtx_timedlock, (mtx_t * mutex, const struct timespec* deadline),
              (mutex, deadline))
GREENIFY_CALL(int, mtx_unlock, (mtx_t * mutex), (mutex))
GREENIFY_CALL(int, cnd_wait, (cnd_t * condition, mtx_t* mutex), (condition, mutex))
GREENIFY_CALL(int, cnd_timedwait,
              (cnd_t * condition, mtx_t* mutex, const struct timespec* deadline),
              (condition, mutex, deadline))
GREENIFY_CALL(int, cnd_signal, (cnd_t * condition), (condition))
GREENIFY_CALL(int, cnd_broadcast, (cnd_t * condition), (condition))
GREENIFY_CALL(int, thrd_join, (thrd_t thread, int* result), (thread, result))
GREENIFY_CALL(int, thrd_sleep, (const struct timespec* duration, struct timespec* remaining),
              (duration, remaining))

static inline void green_call_once(once_flag* once, void (*routine)(void)) {
  typedef void (*greenify_type)(once_flag*, void (*)(void));
  static greenify_function kept;
  greenify_type green = (greenify_type)greenify_find(&kept, "call_once");
  if (green != NULL) {
    green(once, routine);
  } else {
    call_once(once, routine);
  }
}

#endif /* GREENIFY_C11_THREADS */

#ifdef __USE_GNU

GREENIFY_CALL(int, pthread_timedjoin_np,
              (pthread_t thread, void** result, const struct timespec* deadline),
              (thread, result, deadline))
#if __GLIBC_PREREQ(2, 30)
GREENIFY_CALL(int, pthread_mutex_clocklock,
              (pthread_mutex_t * mutex, clockid_t clock, const struct timespec* deadline),
              (mutex, clock, deadline))
GREENIFY_CALL(int, pthread_rwlock_clockrdlock,
              (pthread_rwlock_t * lock, clockid_t clock, const struct timespec* deadline),
              (lock, clock, deadline))
GREENIFY_CALL(int, pthread_rwlock_clockwrlock,
              (pthread_rwlock_t * lock, clockid_t clock, const struct timespec* deadline),
              (lock, clock, deadline))
GREENIFY_CALL(int, pthread_cond_clockwait,
              (pthread_cond_t * condition, pthread_mutex_t* mutex, clockid_t clock,
               const struct timespec* deadline),
              (condition, mutex, clock, deadline))
GREENIFY_CALL(int, sem_clockwait,
              (sem_t * semaphore, clockid_t clock, const struct timespec* deadline),
              (semaphore, clock, deadline))
#endif
#if __GLIBC_PREREQ(2, 31)
GREENIFY_CALL(int, pthread_clockjoin_np,
              (pthread_t thread, void** result, clockid_t clock, const struct timespec* deadline),
              (thread, result, clock, deadline))
#endif

#endif /* __USE_GNU */

#endif /* GREENIFY_AVAILABLE */

#endif /* GREENIFY_LOCKS_H */
