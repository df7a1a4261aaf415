/*
 * greenify.h: green versions of libc's blocking calls, for authors of native addons and C
 * libraries.
 *
 * green_recv(), green_poll(), green_usleep() … are called as the functions they are named for. In a
 * green thread of greenify (https://www.npmjs.com/package/greenify) one that would block suspends
 * only that green thread; anywhere else, and in processes without greenify, each is the plain
 * function. Nothing has to be linked: greenify is found at run time, whichever is loaded first.
 *
 * C99 or C++11, GNU C (gcc, clang). On anything but glibc GREENIFY_AVAILABLE is 0, and none of
 * these functions is there. Those that glibc declares for _GNU_SOURCE only are here when it is
 * defined before the first #include. docs/addon-authors.md has the rest.
 */
#ifndef GREENIFY_H
#define GREENIFY_H

#include "greenify_abi.h"
#include "greenify_locks.h"

#if GREENIFY_AVAILABLE

#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __USE_MISC
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#endif

/* -- Descriptors: read(2), readv(2), recv(2), send(2), connect(2), accept(2), close(2), dup(2) */

GREENIFY_CALL(ssize_t, read, (int fd, void* buffer, size_t size), (fd, buffer, size))
GREENIFY_CALL(ssize_t, write, (int fd, const void* buffer, size_t size), (fd, buffer, size))
GREENIFY_CALL(ssize_t, readv, (int fd, const struct iovec* vectors, int count),
              (fd, vectors, count))
GREENIFY_CALL(ssize_t, writev, (int fd, const struct iovec* vectors, int count),
              (fd, vectors, count))
GREENIFY_CALL(int, connect, (int fd, const struct sockaddr* address, socklen_t size),
              (fd, address, size))
GREENIFY_CALL(int, accept, (int fd, struct sockaddr* address, socklen_t* size), (fd, address, size))
GREENIFY_CALL(ssize_t, recv, (int fd, void* buffer, size_t size, int flags),
              (fd, buffer, size, flags))
GREENIFY_CALL(ssize_t, recvfrom,
              (int fd, void* buffer, size_t size, int flags, struct sockaddr* from,
               socklen_t* from_size),
              (fd, buffer, size, flags, from, from_size))
GREENIFY_CALL(ssize_t, recvmsg, (int fd, struct msghdr* message, int flags), (fd, message, flags))
GREENIFY_CALL(ssize_t, send, (int fd, const void* buffer, size_t size, int flags),
              (fd, buffer, size, flags))
GREENIFY_CALL(ssize_t, sendto,
              (int fd, const void* buffer, size_t size, int flags, const struct sockaddr* to,
               socklen_t to_size),
              (fd, buffer, size, flags, to, to_size))
GREENIFY_CALL(ssize_t, sendmsg, (int fd, const struct msghdr* message, int flags),
              (fd, message, flags))
GREENIFY_CALL(int, shutdown, (int fd, int how), (fd, how))
GREENIFY_CALL(int, close, (int fd), (fd))
GREENIFY_CALL(int, dup, (int fd), (fd))
GREENIFY_CALL(int, dup2, (int from, int to), (from, to))

/* -- Several descriptors: poll(2), select(2), epoll_wait(2) */

GREENIFY_CALL(int, poll, (struct pollfd * polled, nfds_t count, int timeout_ms),
              (polled, count, timeout_ms))
GREENIFY_CALL(int, select,
              (int limit, fd_set* reads, fd_set* writes, fd_set* errors, struct timeval* timeout),
              (limit, reads, writes, errors, timeout))
GREENIFY_CALL(int, pselect,
              (int limit, fd_set* reads, fd_set* writes, fd_set* errors,
               const struct timespec* timeout, const sigset_t* signals),
              (limit, reads, writes, errors, timeout, signals))
GREENIFY_CALL(int, epoll_wait, (int fd, struct epoll_event* events, int most, int timeout_ms),
              (fd, events, most, timeout_ms))
GREENIFY_CALL(int, epoll_pwait,
              (int fd, struct epoll_event* events, int most, int timeout_ms,
               const sigset_t* signals),
              (fd, events, most, timeout_ms, signals))

/* -- Sleeping: sleep(3), nanosleep(2), clock_nanosleep(2) */

GREENIFY_CALL(unsigned, sleep, (unsigned seconds), (seconds))
GREENIFY_CALL(int, nanosleep, (const struct timespec* duration, struct timespec* remaining),
              (duration, remaining))
GREENIFY_CALL(int, clock_nanosleep,
              (clockid_t clock, int flags, const struct timespec* until,
               struct timespec* remaining),
              (clock, flags, until, remaining))

/* -- Names: getaddrinfo(3), getnameinfo(3), gethostbyname(3), getpwnam(3), getservbyname(3) */

GREENIFY_CALL(int, getaddrinfo,
              (const char* host, const char* service, const struct addrinfo* hints,
               struct addrinfo** found),
              (host, service, hints, found))
GREENIFY_CALL(int, getnameinfo,
              (const struct sockaddr* address, socklen_t size, char* host, socklen_t host_size,
               char* service, socklen_t service_size, int flags),
              (address, size, host, host_size, service, service_size, flags))
GREENIFY_CALL(struct hostent*, gethostbyname, (const char* name), (name))
GREENIFY_CALL(struct hostent*, gethostbyaddr, (const void* address, socklen_t size, int family),
              (address, size, family))
GREENIFY_CALL(struct servent*, getservbyname, (const char* name, const char* protocol),
              (name, protocol))
GREENIFY_CALL(struct servent*, getservbyport, (int port, const char* protocol), (port, protocol))
GREENIFY_CALL(struct servent*, getservent, (void), ())
GREENIFY_CALL(struct passwd*, getpwnam, (const char* name), (name))
GREENIFY_CALL(struct passwd*, getpwuid, (uid_t id), (id))
GREENIFY_CALL(int, getpwnam_r,
              (const char* name, struct passwd* entry, char* buffer, size_t size,
               struct passwd** found),
              (name, entry, buffer, size, found))
GREENIFY_CALL(int, getpwuid_r,
              (uid_t id, struct passwd* entry, char* buffer, size_t size, struct passwd** found),
              (id, entry, buffer, size, found))
GREENIFY_CALL(struct group*, getgrnam, (const char* name), (name))
GREENIFY_CALL(struct group*, getgrgid, (gid_t id), (id))
GREENIFY_CALL(int, getgrnam_r,
              (const char* name, struct group* entry, char* buffer, size_t size,
               struct group** found),
              (name, entry, buffer, size, found))
GREENIFY_CALL(int, getgrgid_r,
              (gid_t id, struct group* entry, char* buffer, size_t size, struct group** found),
              (id, entry, buffer, size, found))

/* -- Files: open(2), pread(2), fsync(2), fcntl(2) */

/* The mode is there where one is needed, as open(2) says. */
static inline mode_t greenify_mode(int flags, va_list* rest) {
#ifdef __O_TMPFILE
  const int makes_file = (flags & O_CREAT) != 0 || (flags & __O_TMPFILE) == __O_TMPFILE;
#else
  const int makes_file = (flags & O_CREAT) != 0;
#endif
  return makes_file ? va_arg(*rest, mode_t) : 0;
}

static inline int green_open(const char* path, int flags, ...) {
  typedef int (*greenify_type)(const char*, int, mode_t);
  static greenify_function kept;
  greenify_type green = (greenify_type)greenify_find(&kept, "open");
  va_list rest;
  mode_t mode;
  va_start(rest, flags);
  mode = greenify_mode(flags, &rest);
  va_end(rest);
  return green != NULL ? green(path, flags, mode) : open(path, flags, mode);
}

static inline int green_openat(int directory, const char* path, int flags, ...) {
  typedef int (*greenify_type)(int, const char*, int, mode_t);
  static greenify_function kept;
  greenify_type green = (greenify_type)greenify_find(&kept, "openat");
  va_list rest;
  mode_t mode;
  va_start(rest, flags);
  mode = greenify_mode(flags, &rest);
  va_end(rest);
  return green != NULL ? green(directory, path, flags, mode) : openat(directory, path, flags, mode);
}

/* The third argument, an int or a pointer, is passed on as it is (as libc itself does). */
static inline int green_fcntl(int fd, int command, ...) {
  typedef int (*greenify_type)(int, int, void*);
  static greenify_function kept;
  greenify_type green = (greenify_type)greenify_find(&kept, "fcntl");
  va_list rest;
  void* argument;
  va_start(rest, command);
  argument = va_arg(rest, void*);
  va_end(rest);
  return green != NULL ? green(fd, command, argument) : fcntl(fd, command, argument);
}

GREENIFY_CALL(int, creat, (const char* path, mode_t mode), (path, mode))
GREENIFY_CALL(ssize_t, pread, (int fd, void* buffer, size_t size, off_t offset),
              (fd, buffer, size, offset))
GREENIFY_CALL(ssize_t, pwrite, (int fd, const void* buffer, size_t size, off_t offset),
              (fd, buffer, size, offset))
GREENIFY_CALL(int, fsync, (int fd), (fd))
GREENIFY_CALL(int, fdatasync, (int fd), (fd))

/* -- Children: wait(2), waitid(2) */

GREENIFY_CALL(pid_t, wait, (int* status), (status))
GREENIFY_CALL(pid_t, waitpid, (pid_t child, int* status, int options), (child, status, options))
GREENIFY_CALL(int, waitid, (idtype_t kind, id_t id, siginfo_t* info, int options),
              (kind, id, info, options))

/* -- Message queues: mq_receive(3), mq_send(3) */

GREENIFY_CALL(ssize_t, mq_receive, (mqd_t queue, char* buffer, size_t size, unsigned* priority),
              (queue, buffer, size, priority))
GREENIFY_CALL(ssize_t, mq_timedreceive,
              (mqd_t queue, char* buffer, size_t size, unsigned* priority,
               const struct timespec* deadline),
              (queue, buffer, size, priority, deadline))
GREENIFY_CALL(int, mq_send, (mqd_t queue, const char* message, size_t size, unsigned priority),
              (queue, message, size, priority))
GREENIFY_CALL(int, mq_timedsend,
              (mqd_t queue, const char* message, size_t size, unsigned priority,
               const struct timespec* deadline),
              (queue, message, size, priority, deadline))

#ifdef __USE_MISC

/* -- _DEFAULT_SOURCE, which compilers define unless they are told -std=c99 or the like */

GREENIFY_CALL(int, usleep, (useconds_t microseconds), (microseconds))
GREENIFY_CALL(ssize_t, sendfile, (int to, int from, off_t* offset, size_t size),
              (to, from, offset, size))
GREENIFY_CALL(ssize_t, preadv, (int fd, const struct iovec* vectors, int count, off_t offset),
              (fd, vectors, count, offset))
GREENIFY_CALL(ssize_t, pwritev, (int fd, const struct iovec* vectors, int count, off_t offset),
              (fd, vectors, count, offset))
GREENIFY_CALL(int, flock, (int fd, int operation), (fd, operation))
GREENIFY_CALL(int, lockf, (int fd, int operation, off_t size), (fd, operation, size))
GREENIFY_CALL(pid_t, wait3, (int* status, int options, struct rusage* usage),
              (status, options, usage))
GREENIFY_CALL(pid_t, wait4, (pid_t child, int* status, int options, struct rusage* usage),
              (child, status, options, usage))
GREENIFY_CALL(ssize_t, msgrcv, (int queue, void* message, size_t size, long type, int flags),
              (queue, message, size, type, flags))
GREENIFY_CALL(int, msgsnd, (int queue, const void* message, size_t size, int flags),
              (queue, message, size, flags))
GREENIFY_CALL(int, semop, (int set, struct sembuf* operations, size_t count),
              (set, operations, count))
GREENIFY_CALL(struct hostent*, gethostbyname2, (const char* name, int family), (name, family))
GREENIFY_CALL(int, gethostbyname_r,
              (const char* name, struct hostent* entry, char* buffer, size_t size,
               struct hostent** found, int* error),
              (name, entry, buffer, size, found, error))
GREENIFY_CALL(int, gethostbyname2_r,
              (const char* name, int family, struct hostent* entry, char* buffer, size_t size,
               struct hostent** found, int* error),
              (name, family, entry, buffer, size, found, error))
GREENIFY_CALL(int, gethostbyaddr_r,
              (const void* address, socklen_t address_size, int family, struct hostent* entry,
               char* buffer, size_t size, struct hostent** found, int* error),
              (address, address_size, family, entry, buffer, size, found, error))
GREENIFY_CALL(int, getservbyname_r,
              (const char* name, const char* protocol, struct servent* entry, char* buffer,
               size_t size, struct servent** found),
              (name, protocol, entry, buffer, size, found))
GREENIFY_CALL(int, getservbyport_r,
              (int port, const char* protocol, struct servent* entry, char* buffer, size_t size,
               struct servent** found),
              (port, protocol, entry, buffer, size, found))
GREENIFY_CALL(int, getservent_r,
              (struct servent * entry, char* buffer, size_t size, struct servent** found),
              (entry, buffer, size, found))
GREENIFY_CALL(struct passwd*, getpwent, (void), ())
GREENIFY_CALL(int, getpwent_r,
              (struct passwd * entry, char* buffer, size_t size, struct passwd** found),
              (entry, buffer, size, found))
GREENIFY_CALL(struct group*, getgrent, (void), ())
GREENIFY_CALL(int, getgrouplist, (const char* user, gid_t group, gid_t* groups, int* count),
              (user, group, groups, count))

#endif /* __USE_MISC */

#ifdef __USE_GNU

/* -- _GNU_SOURCE, which C++ compilers define */

GREENIFY_CALL(int, accept4, (int fd, struct sockaddr* address, socklen_t* size, int flags),
              (fd, address, size, flags))
GREENIFY_CALL(int, recvmmsg,
              (int fd, struct mmsghdr* messages, unsigned count, int flags,
               struct timespec* timeout),
              (fd, messages, count, flags, timeout))
GREENIFY_CALL(int, sendmmsg, (int fd, struct mmsghdr* messages, unsigned count, int flags),
              (fd, messages, count, flags))
GREENIFY_CALL(ssize_t, splice,
              (int from, off64_t* from_offset, int to, off64_t* to_offset, size_t size,
               unsigned flags),
              (from, from_offset, to, to_offset, size, flags))
GREENIFY_CALL(int, dup3, (int from, int to, int flags), (from, to, flags))
GREENIFY_CALL(int, ppoll,
              (struct pollfd * polled, nfds_t count, const struct timespec* timeout,
               const sigset_t* signals),
              (polled, count, timeout, signals))
GREENIFY_CALL(int, semtimedop,
              (int set, struct sembuf* operations, size_t count, const struct timespec* timeout),
              (set, operations, count, timeout))
GREENIFY_CALL(int, getgrent_r,
              (struct group * entry, char* buffer, size_t size, struct group** found),
              (entry, buffer, size, found))
#if __GLIBC_PREREQ(2, 26)
GREENIFY_CALL(ssize_t, preadv2,
              (int fd, const struct iovec* vectors, int count, off_t offset, int flags),
              (fd, vectors, count, offset, flags))
GREENIFY_CALL(ssize_t, pwritev2,
              (int fd, const struct iovec* vectors, int count, off_t offset, int flags),
              (fd, vectors, count, offset, flags))
#endif
#if __GLIBC_PREREQ(2, 35)
GREENIFY_CALL(int, epoll_pwait2,
              (int fd, struct epoll_event* events, int most, const struct timespec* timeout,
               const sigset_t* signals),
              (fd, events, most, timeout, signals))
#endif

#endif /* __USE_GNU */

#endif /* GREENIFY_AVAILABLE */

#endif /* GREENIFY_H */
