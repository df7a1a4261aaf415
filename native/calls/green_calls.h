#pragma once

#include "calls/original.h"

// The green versions of libc functions: same signature, same result, same errno. Outside a green
// thread each is the original, at the price of one load and one branch. Thread: any.
namespace greenify::calls {

// descriptor.cc
ssize_t green_read(int fd, void* buffer, size_t size);
ssize_t green_write(int fd, const void* buffer, size_t size);
ssize_t green_readv(int fd, const iovec* vectors, int count);
ssize_t green_writev(int fd, const iovec* vectors, int count);
ssize_t green_read_chk(int fd, void* buffer, size_t size, size_t buffer_size);
int green_close(int fd);
int green_dup(int fd);
int green_dup2(int from, int to);
int green_dup3(int from, int to, int flags);

// socket.cc
int green_connect(int fd, const sockaddr* address, socklen_t size);
ssize_t green_recv(int fd, void* buffer, size_t size, int flags);
ssize_t green_recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* from,
                       socklen_t* from_size);
ssize_t green_recv_chk(int fd, void* buffer, size_t size, size_t buffer_size, int flags);
ssize_t green_recvfrom_chk(int fd, void* buffer, size_t size, size_t buffer_size, int flags,
                           sockaddr* from, socklen_t* from_size);
ssize_t green_send(int fd, const void* buffer, size_t size, int flags);
ssize_t green_sendto(int fd, const void* buffer, size_t size, int flags, const sockaddr* to,
                     socklen_t to_size);
int green_shutdown(int fd, int how);

// poll.cc
int green_poll(pollfd* polled, nfds_t count, int timeout_ms);
int green_ppoll(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals);
int green_poll_chk(pollfd* polled, nfds_t count, int timeout_ms, size_t polled_size);
int green_ppoll_chk(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals,
                    size_t polled_size);

// sleep.cc
// What a library with a sleep function of its own calls: false, where the original must be called.
bool sleep_if_green(int64_t duration_ns);
unsigned green_sleep(unsigned seconds);
int green_usleep(useconds_t microseconds);
int green_nanosleep(const timespec* duration, timespec* remaining);
int green_clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* remaining);

// message.cc
int green_accept(int, sockaddr*, socklen_t*);
int green_accept4(int, sockaddr*, socklen_t*, int);
ssize_t green_recvmsg(int, msghdr*, int);
int green_recvmmsg(int, mmsghdr*, unsigned, int, timespec*);
ssize_t green_sendmsg(int, const msghdr*, int);
int green_sendmmsg(int, mmsghdr*, unsigned, int);
ssize_t green_sendfile(int, int, off_t*, size_t);
ssize_t green_splice(int, off64_t*, int, off64_t*, size_t, unsigned);

// select.cc
int green_select(int, fd_set*, fd_set*, fd_set*, timeval*);
int green_pselect(int, fd_set*, fd_set*, fd_set*, const timespec*, const sigset_t*);

// epoll.cc
int green_epoll_wait(int, epoll_event*, int, int);
int green_epoll_pwait(int, epoll_event*, int, int, const sigset_t*);
int green_epoll_pwait2(int, epoll_event*, int, const timespec*, const sigset_t*);

// names.cc
int green_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**);
int green_getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int);
hostent* green_gethostbyname(const char*);
hostent* green_gethostbyname2(const char*, int);
hostent* green_gethostbyaddr(const void*, socklen_t, int);
int green_gethostbyname_r(const char*, hostent*, char*, size_t, hostent**, int*);
int green_gethostbyname2_r(const char*, int, hostent*, char*, size_t, hostent**, int*);
int green_gethostbyaddr_r(const void*, socklen_t, int, hostent*, char*, size_t, hostent**, int*);
passwd* green_getpwnam(const char*);
passwd* green_getpwuid(uid_t);
int green_getpwnam_r(const char*, passwd*, char*, size_t, passwd**);
int green_getpwuid_r(uid_t, passwd*, char*, size_t, passwd**);
group* green_getgrnam(const char*);
group* green_getgrgid(gid_t);
int green_getgrnam_r(const char*, group*, char*, size_t, group**);
int green_getgrgid_r(gid_t, group*, char*, size_t, group**);
passwd* green_getpwent();
int green_getpwent_r(passwd*, char*, size_t, passwd**);
group* green_getgrent();
int green_getgrent_r(group*, char*, size_t, group**);
servent* green_getservent();
int green_getservent_r(servent*, char*, size_t, servent**);
int green_getgrouplist(const char*, gid_t, gid_t*, int*);
servent* green_getservbyname(const char*, const char*);
servent* green_getservbyport(int, const char*);
int green_getservbyname_r(const char*, const char*, servent*, char*, size_t, servent**);
int green_getservbyport_r(int, const char*, servent*, char*, size_t, servent**);

// file.cc
ssize_t green_pread(int, void*, size_t, off_t);
ssize_t green_pwrite(int, const void*, size_t, off_t);
ssize_t green_preadv(int, const iovec*, int, off_t);
ssize_t green_pwritev(int, const iovec*, int, off_t);
ssize_t green_preadv2(int, const iovec*, int, off_t, int);
ssize_t green_pwritev2(int, const iovec*, int, off_t, int);
int green_open(const char*, int, mode_t);
int green_openat(int, const char*, int, mode_t);
int green_open_2(const char*, int);
int green_openat_2(int, const char*, int);
int green_creat(const char*, mode_t);
int green_fsync(int);
int green_fdatasync(int);
int green_flock(int, int);
int green_fcntl(int, int, void*);
int green_lockf(int, int, off_t);
ssize_t green_pread_chk(int, void*, size_t, off_t, size_t);

// stream_input.cc
size_t green_fread(void*, size_t, size_t, FILE*);
size_t green_fread_unlocked(void*, size_t, size_t, FILE*);
size_t green_fread_chk(void*, size_t, size_t, size_t, FILE*);
size_t green_fread_unlocked_chk(void*, size_t, size_t, size_t, FILE*);
char* green_fgets(char*, int, FILE*);
char* green_fgets_unlocked(char*, int, FILE*);
char* green_fgets_chk(char*, size_t, int, FILE*);
char* green_fgets_unlocked_chk(char*, size_t, int, FILE*);
char* green_gets(char*);
char* green_gets_chk(char*, size_t);
ssize_t green_getdelim(char**, size_t*, int, FILE*);
ssize_t green_getline(char**, size_t*, FILE*);
int green_fgetc(FILE*);
int green_fgetc_unlocked(FILE*);
int green_getchar();
int green_getchar_unlocked();
int green_uflow(FILE*);
int green_getw(FILE*);

// stream_output.cc
size_t green_fwrite(const void*, size_t, size_t, FILE*);
size_t green_fwrite_unlocked(const void*, size_t, size_t, FILE*);
int green_fputs(const char*, FILE*);
int green_fputs_unlocked(const char*, FILE*);
int green_puts(const char*);
int green_fputc(int, FILE*);
int green_fputc_unlocked(int, FILE*);
int green_putchar(int);
int green_putchar_unlocked(int);
int green_overflow(FILE*, int);
int green_putw(int, FILE*);
int green_fprintf(FILE*, const char*, ...);
int green_printf(const char*, ...);
int green_vfprintf(FILE*, const char*, va_list);
int green_vprintf(const char*, va_list);
int green_dprintf(int, const char*, ...);
int green_vdprintf(int, const char*, va_list);
int green_fprintf_chk(FILE*, int, const char*, ...);
int green_printf_chk(int, const char*, ...);
int green_vfprintf_chk(FILE*, int, const char*, va_list);
int green_vprintf_chk(int, const char*, va_list);
int green_dprintf_chk(int, int, const char*, ...);
int green_vdprintf_chk(int, int, const char*, va_list);
int green_fflush(FILE*);
int green_fflush_unlocked(FILE*);

// stream_life.cc
FILE* green_fopen(const char*, const char*);
FILE* green_freopen(const char*, const char*, FILE*);
int green_fclose(FILE*);
int green_fseek(FILE*, long, int);
int green_fseeko(FILE*, off_t, int);
int green_fsetpos(FILE*, const fpos_t*);
void green_rewind(FILE*);
int green_feof(FILE*);
int green_ferror(FILE*);
void green_clearerr(FILE*);
int green_ungetc(int, FILE*);
long green_ftell(FILE*);
off_t green_ftello(FILE*);
int green_fgetpos(FILE*, fpos_t*);
int green_setvbuf(FILE*, char*, int, size_t);
void green_setbuf(FILE*, char*);
void green_setbuffer(FILE*, char*, size_t);
void green_setlinebuf(FILE*);
void green_flockfile(FILE*);
int green_ftrylockfile(FILE*);
void green_funlockfile(FILE*);

// process.cc
pid_t green_wait(int*);
pid_t green_waitpid(pid_t, int*, int);
pid_t green_wait3(int*, int, rusage*);
pid_t green_wait4(pid_t, int*, int, rusage*);
int green_waitid(idtype_t, id_t, siginfo_t*, int);

// ipc.cc
ssize_t green_mq_receive(mqd_t, char*, size_t, unsigned*);
ssize_t green_mq_timedreceive(mqd_t, char*, size_t, unsigned*, const timespec*);
int green_mq_send(mqd_t, const char*, size_t, unsigned);
int green_mq_timedsend(mqd_t, const char*, size_t, unsigned, const timespec*);
ssize_t green_msgrcv(int, void*, size_t, long, int);
int green_msgsnd(int, const void*, size_t, int);
int green_semop(int, sembuf*, size_t);
int green_semtimedop(int, sembuf*, size_t, const timespec*);

// lock.cc
int green_pthread_mutex_lock(pthread_mutex_t*);
int green_pthread_mutex_trylock(pthread_mutex_t*);
int green_pthread_mutex_timedlock(pthread_mutex_t*, const timespec*);
int green_pthread_mutex_clocklock(pthread_mutex_t*, clockid_t, const timespec*);
int green_pthread_mutex_unlock(pthread_mutex_t*);
int green_pthread_rwlock_rdlock(pthread_rwlock_t*);
int green_pthread_rwlock_tryrdlock(pthread_rwlock_t*);
int green_pthread_rwlock_timedrdlock(pthread_rwlock_t*, const timespec*);
int green_pthread_rwlock_clockrdlock(pthread_rwlock_t*, clockid_t, const timespec*);
int green_pthread_rwlock_wrlock(pthread_rwlock_t*);
int green_pthread_rwlock_trywrlock(pthread_rwlock_t*);
int green_pthread_rwlock_timedwrlock(pthread_rwlock_t*, const timespec*);
int green_pthread_rwlock_clockwrlock(pthread_rwlock_t*, clockid_t, const timespec*);
int green_pthread_rwlock_unlock(pthread_rwlock_t*);
int green_pthread_spin_lock(pthread_spinlock_t*);
int green_pthread_join(pthread_t, void**);
int green_pthread_timedjoin_np(pthread_t, void**, const timespec*);
int green_pthread_clockjoin_np(pthread_t, void**, clockid_t, const timespec*);

// condition.cc
int green_pthread_cond_wait(pthread_cond_t*, pthread_mutex_t*);
int green_pthread_cond_timedwait(pthread_cond_t*, pthread_mutex_t*, const timespec*);
int green_pthread_cond_clockwait(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
int green_pthread_cond_signal(pthread_cond_t*);
int green_pthread_cond_broadcast(pthread_cond_t*);
int green_sem_wait(sem_t*);
int green_sem_timedwait(sem_t*, const timespec*);
int green_sem_clockwait(sem_t*, clockid_t, const timespec*);
int green_sem_post(sem_t*);
void green_std_condition_wait(std::condition_variable*, std::unique_lock<std::mutex>&);
void green_std_condition_notify_one(std::condition_variable*);
void green_std_condition_notify_all(std::condition_variable*);
void green_std_thread_join(std::thread*);

// once.cc
int green_pthread_once(pthread_once_t*, void (*)());
int green_cxa_guard_acquire(int64_t*);
void green_cxa_guard_release(int64_t*);
void green_cxa_guard_abort(int64_t*);

// c11.cc
int green_mtx_lock(mtx_t*);
int green_mtx_trylock(mtx_t*);
int green_mtx_timedlock(mtx_t*, const timespec*);
int green_mtx_unlock(mtx_t*);
int green_cnd_wait(cnd_t*, mtx_t*);
int green_cnd_timedwait(cnd_t*, mtx_t*, const timespec*);
int green_cnd_signal(cnd_t*);
int green_cnd_broadcast(cnd_t*);
void green_call_once(once_flag*, void (*)());
int green_thrd_join(thrd_t, int*);
int green_thrd_sleep(const timespec*, timespec*);

}  // namespace greenify::calls
