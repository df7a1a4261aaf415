#pragma once

#include <dirent.h>
#include <grp.h>
#include <mqueue.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace greenify::calls {

// libc's own functions, looked up on the handle of libc.so.6. Never through RTLD_DEFAULT, RTLD_NEXT
// or a plain call: a non-PIE executable that takes the address of read() (Node 22 and 24) makes its
// own PLT entry the address everybody gets, and once its slot is redirected a call through it would
// come back here for ever.
struct Originals {
  ssize_t (*read)(int, void*, size_t);
  ssize_t (*write)(int, const void*, size_t);
  ssize_t (*readv)(int, const iovec*, int);
  ssize_t (*writev)(int, const iovec*, int);
  int (*close)(int);
  int (*dup)(int);
  int (*dup2)(int, int);
  int (*dup3)(int, int, int);

  int (*connect)(int, const sockaddr*, socklen_t);
  int (*accept)(int, sockaddr*, socklen_t*);
  int (*accept4)(int, sockaddr*, socklen_t*, int);
  ssize_t (*recv)(int, void*, size_t, int);
  ssize_t (*recvfrom)(int, void*, size_t, int, sockaddr*, socklen_t*);
  ssize_t (*recvmsg)(int, msghdr*, int);
  int (*recvmmsg)(int, mmsghdr*, unsigned, int, timespec*);
  ssize_t (*send)(int, const void*, size_t, int);
  ssize_t (*sendto)(int, const void*, size_t, int, const sockaddr*, socklen_t);
  ssize_t (*sendmsg)(int, const msghdr*, int);
  int (*sendmmsg)(int, mmsghdr*, unsigned, int);
  ssize_t (*sendfile)(int, int, off_t*, size_t);
  ssize_t (*splice)(int, off64_t*, int, off64_t*, size_t, unsigned);
  int (*shutdown)(int, int);

  int (*poll)(pollfd*, nfds_t, int);
  int (*ppoll)(pollfd*, nfds_t, const timespec*, const sigset_t*);
  int (*select)(int, fd_set*, fd_set*, fd_set*, timeval*);
  int (*pselect)(int, fd_set*, fd_set*, fd_set*, const timespec*, const sigset_t*);
  int (*epoll_wait)(int, epoll_event*, int, int);
  int (*epoll_pwait)(int, epoll_event*, int, int, const sigset_t*);
  int (*epoll_pwait2)(int, epoll_event*, int, const timespec*, const sigset_t*);

  unsigned (*sleep)(unsigned);
  int (*usleep)(useconds_t);
  int (*nanosleep)(const timespec*, timespec*);
  int (*clock_nanosleep)(clockid_t, int, const timespec*, timespec*);

  int (*getaddrinfo)(const char*, const char*, const addrinfo*, addrinfo**);
  int (*getnameinfo)(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int);
  hostent* (*gethostbyname)(const char*);
  hostent* (*gethostbyname2)(const char*, int);
  hostent* (*gethostbyaddr)(const void*, socklen_t, int);
  int (*gethostbyname_r)(const char*, hostent*, char*, size_t, hostent**, int*);
  int (*gethostbyname2_r)(const char*, int, hostent*, char*, size_t, hostent**, int*);
  int (*gethostbyaddr_r)(const void*, socklen_t, int, hostent*, char*, size_t, hostent**, int*);
  passwd* (*getpwnam)(const char*);
  passwd* (*getpwuid)(uid_t);
  int (*getpwnam_r)(const char*, passwd*, char*, size_t, passwd**);
  int (*getpwuid_r)(uid_t, passwd*, char*, size_t, passwd**);
  group* (*getgrnam)(const char*);
  group* (*getgrgid)(gid_t);
  int (*getgrnam_r)(const char*, group*, char*, size_t, group**);
  int (*getgrgid_r)(gid_t, group*, char*, size_t, group**);
  passwd* (*getpwent)();
  int (*getpwent_r)(passwd*, char*, size_t, passwd**);
  group* (*getgrent)();
  int (*getgrent_r)(group*, char*, size_t, group**);
  servent* (*getservent)();
  int (*getservent_r)(servent*, char*, size_t, servent**);
  int (*getgrouplist)(const char*, gid_t, gid_t*, int*);
  servent* (*getservbyname)(const char*, const char*);
  servent* (*getservbyport)(int, const char*);
  int (*getservbyname_r)(const char*, const char*, servent*, char*, size_t, servent**);
  int (*getservbyport_r)(int, const char*, servent*, char*, size_t, servent**);

  ssize_t (*pread)(int, void*, size_t, off_t);
  ssize_t (*pwrite)(int, const void*, size_t, off_t);
  ssize_t (*preadv)(int, const iovec*, int, off_t);
  ssize_t (*pwritev)(int, const iovec*, int, off_t);
  ssize_t (*preadv2)(int, const iovec*, int, off_t, int);
  ssize_t (*pwritev2)(int, const iovec*, int, off_t, int);
  int (*open)(const char*, int, mode_t);
  int (*openat)(int, const char*, int, mode_t);
  int (*open_2)(const char*, int);
  int (*openat_2)(int, const char*, int);
  int (*creat)(const char*, mode_t);
  int (*fsync)(int);
  int (*fdatasync)(int);
  int (*flock)(int, int);
  int (*fcntl)(int, int, void*);
  int (*lockf)(int, int, off_t);

  pid_t (*wait)(int*);
  pid_t (*waitpid)(pid_t, int*, int);
  pid_t (*wait3)(int*, int, rusage*);
  pid_t (*wait4)(pid_t, int*, int, rusage*);
  int (*waitid)(idtype_t, id_t, siginfo_t*, int);

  ssize_t (*mq_receive)(mqd_t, char*, size_t, unsigned*);
  ssize_t (*mq_timedreceive)(mqd_t, char*, size_t, unsigned*, const timespec*);
  int (*mq_send)(mqd_t, const char*, size_t, unsigned);
  int (*mq_timedsend)(mqd_t, const char*, size_t, unsigned, const timespec*);
  ssize_t (*msgrcv)(int, void*, size_t, long, int);
  int (*msgsnd)(int, const void*, size_t, int);
  int (*semop)(int, sembuf*, size_t);
  int (*semtimedop)(int, sembuf*, size_t, const timespec*);

  int (*pthread_mutex_lock)(pthread_mutex_t*);
  int (*pthread_mutex_trylock)(pthread_mutex_t*);
  int (*pthread_mutex_timedlock)(pthread_mutex_t*, const timespec*);
  int (*pthread_mutex_clocklock)(pthread_mutex_t*, clockid_t, const timespec*);
  int (*pthread_mutex_unlock)(pthread_mutex_t*);
  int (*pthread_rwlock_rdlock)(pthread_rwlock_t*);
  int (*pthread_rwlock_tryrdlock)(pthread_rwlock_t*);
  int (*pthread_rwlock_timedrdlock)(pthread_rwlock_t*, const timespec*);
  int (*pthread_rwlock_clockrdlock)(pthread_rwlock_t*, clockid_t, const timespec*);
  int (*pthread_rwlock_wrlock)(pthread_rwlock_t*);
  int (*pthread_rwlock_trywrlock)(pthread_rwlock_t*);
  int (*pthread_rwlock_timedwrlock)(pthread_rwlock_t*, const timespec*);
  int (*pthread_rwlock_clockwrlock)(pthread_rwlock_t*, clockid_t, const timespec*);
  int (*pthread_rwlock_unlock)(pthread_rwlock_t*);
  int (*pthread_spin_lock)(pthread_spinlock_t*);
  int (*pthread_spin_trylock)(pthread_spinlock_t*);
  int (*pthread_join)(pthread_t, void**);
  int (*pthread_timedjoin_np)(pthread_t, void**, const timespec*);
  int (*pthread_clockjoin_np)(pthread_t, void**, clockid_t, const timespec*);

  int (*pthread_cond_wait)(pthread_cond_t*, pthread_mutex_t*);
  int (*pthread_cond_timedwait)(pthread_cond_t*, pthread_mutex_t*, const timespec*);
  int (*pthread_cond_clockwait)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
  int (*pthread_cond_signal)(pthread_cond_t*);
  int (*pthread_cond_broadcast)(pthread_cond_t*);
  int (*sem_wait)(sem_t*);
  int (*sem_timedwait)(sem_t*, const timespec*);
  int (*sem_clockwait)(sem_t*, clockid_t, const timespec*);
  int (*sem_post)(sem_t*);
  int (*sem_trywait)(sem_t*);
  void (*std_condition_wait)(std::condition_variable*, std::unique_lock<std::mutex>&);
  void (*std_condition_notify_one)(std::condition_variable*);
  void (*std_condition_notify_all)(std::condition_variable*);
  void (*std_thread_join)(std::thread*);

  int (*pthread_once)(pthread_once_t*, void (*)());
  int (*cxa_guard_acquire)(int64_t*);
  void (*cxa_guard_release)(int64_t*);
  void (*cxa_guard_abort)(int64_t*);

  int (*mtx_lock)(mtx_t*);
  int (*mtx_trylock)(mtx_t*);
  int (*mtx_timedlock)(mtx_t*, const timespec*);
  int (*mtx_unlock)(mtx_t*);
  int (*cnd_wait)(cnd_t*, mtx_t*);
  int (*cnd_timedwait)(cnd_t*, mtx_t*, const timespec*);
  int (*cnd_signal)(cnd_t*);
  int (*cnd_broadcast)(cnd_t*);
  void (*call_once)(once_flag*, void (*)());
  int (*thrd_join)(thrd_t, int*);
  int (*thrd_sleep)(const timespec*, timespec*);

  size_t (*fread)(void*, size_t, size_t, FILE*);
  size_t (*fread_unlocked)(void*, size_t, size_t, FILE*);
  char* (*fgets)(char*, int, FILE*);
  char* (*fgets_unlocked)(char*, int, FILE*);
  char* (*gets)(char*);
  ssize_t (*getdelim)(char**, size_t*, int, FILE*);
  ssize_t (*getline)(char**, size_t*, FILE*);
  int (*fgetc)(FILE*);
  int (*getc)(FILE*);
  int (*fgetc_unlocked)(FILE*);
  int (*getc_unlocked)(FILE*);
  int (*getchar)();
  int (*getchar_unlocked)();
  int (*uflow)(FILE*);
  int (*underflow)(FILE*);
  int (*getw)(FILE*);
  int (*fscanf)(FILE*, const char*, ...);
  int (*scanf)(const char*, ...);
  int (*vfscanf)(FILE*, const char*, va_list);
  int (*vscanf)(const char*, va_list);
  int (*isoc99_fscanf)(FILE*, const char*, ...);
  int (*isoc99_scanf)(const char*, ...);
  int (*isoc99_vfscanf)(FILE*, const char*, va_list);
  int (*isoc99_vscanf)(const char*, va_list);
  int (*isoc23_fscanf)(FILE*, const char*, ...);
  int (*isoc23_scanf)(const char*, ...);
  int (*isoc23_vfscanf)(FILE*, const char*, va_list);
  int (*isoc23_vscanf)(const char*, va_list);
  size_t (*fwrite)(const void*, size_t, size_t, FILE*);
  size_t (*fwrite_unlocked)(const void*, size_t, size_t, FILE*);
  int (*fputs)(const char*, FILE*);
  int (*fputs_unlocked)(const char*, FILE*);
  int (*puts)(const char*);
  int (*fputc)(int, FILE*);
  int (*putc)(int, FILE*);
  int (*fputc_unlocked)(int, FILE*);
  int (*putc_unlocked)(int, FILE*);
  int (*putchar)(int);
  int (*putchar_unlocked)(int);
  int (*overflow)(FILE*, int);
  int (*putw)(int, FILE*);
  int (*fprintf)(FILE*, const char*, ...);
  int (*printf)(const char*, ...);
  int (*vfprintf)(FILE*, const char*, va_list);
  int (*vprintf)(const char*, va_list);
  int (*dprintf)(int, const char*, ...);
  int (*vdprintf)(int, const char*, va_list);
  int (*fflush)(FILE*);
  int (*fflush_unlocked)(FILE*);
  FILE* (*fopen)(const char*, const char*);
  FILE* (*freopen)(const char*, const char*, FILE*);
  FILE* (*freopen64)(const char*, const char*, FILE*);
  int (*fclose)(FILE*);
  int (*fseek)(FILE*, long, int);
  int (*fseeko)(FILE*, off_t, int);
  int (*fsetpos)(FILE*, const fpos_t*);
  void (*rewind)(FILE*);
  int (*feof)(FILE*);
  int (*ferror)(FILE*);
  void (*clearerr)(FILE*);
  int (*ungetc)(int, FILE*);
  long (*ftell)(FILE*);
  off_t (*ftello)(FILE*);
  int (*fgetpos)(FILE*, fpos_t*);
  int (*setvbuf)(FILE*, char*, int, size_t);
  void (*setbuf)(FILE*, char*);
  void (*setbuffer)(FILE*, char*, size_t);
  void (*setlinebuf)(FILE*);
  void (*flockfile)(FILE*);
  int (*ftrylockfile)(FILE*);
  void (*funlockfile)(FILE*);
  void (*list_lock)();  // libio/libio.h (glibc): of the list of all streams
  void (*list_unlock)();
  FILE* (*list_begin)();

  int (*access)(const char*, int);
  int (*chmod)(const char*, mode_t);
  int (*chown)(const char*, uid_t, gid_t);
  int (*closedir)(DIR*);
  int (*fchmod)(int, mode_t);
  int (*fchown)(int, uid_t, gid_t);
  int (*ftruncate)(int, off_t);
  int (*futimens)(int, const timespec*);
  int (*lchown)(const char*, uid_t, gid_t);
  int (*link)(const char*, const char*);
  int (*mkdir)(const char*, mode_t);
  char* (*mkdtemp)(char*);
  DIR* (*opendir)(const char*);
  dirent* (*readdir)(DIR*);
  ssize_t (*readlink)(const char*, char*, size_t);
  char* (*realpath)(const char*, char*);
  int (*rename)(const char*, const char*);
  int (*rmdir)(const char*);
  int (*scandir)(const char*, dirent***, int (*)(const dirent*),
                 int (*)(const dirent**, const dirent**));
  int (*statfs)(const char*, struct statfs*);
  int (*symlink)(const char*, const char*);
  int (*unlink)(const char*);
  int (*utimensat)(int, const char*, const timespec*, int);
  int (*epoll_create1)(int);
  ssize_t (*copy_file_range)(int, off64_t*, int, off64_t*, size_t, unsigned);
  long (*syscall)(long, long, long, long, long, long, long);

  ssize_t (*read_chk)(int, void*, size_t, size_t);
  ssize_t (*pread_chk)(int, void*, size_t, off_t, size_t);
  ssize_t (*recv_chk)(int, void*, size_t, size_t, int);
  ssize_t (*recvfrom_chk)(int, void*, size_t, size_t, int, sockaddr*, socklen_t*);
  int (*poll_chk)(pollfd*, nfds_t, int, size_t);
  int (*ppoll_chk)(pollfd*, nfds_t, const timespec*, const sigset_t*, size_t);
  size_t (*fread_chk)(void*, size_t, size_t, size_t, FILE*);
  size_t (*fread_unlocked_chk)(void*, size_t, size_t, size_t, FILE*);
  char* (*fgets_chk)(char*, size_t, int, FILE*);
  char* (*fgets_unlocked_chk)(char*, size_t, int, FILE*);
  char* (*gets_chk)(char*, size_t);
  int (*fprintf_chk)(FILE*, int, const char*, ...);
  int (*printf_chk)(int, const char*, ...);
  int (*vfprintf_chk)(FILE*, int, const char*, va_list);
  int (*vprintf_chk)(int, const char*, va_list);
  int (*dprintf_chk)(int, int, const char*, ...);
  int (*vdprintf_chk)(int, int, const char*, va_list);
};

// Filled in by load_originals() before any slot is redirected, constant afterwards. Thread: any.
extern Originals original;

}  // namespace greenify::calls
