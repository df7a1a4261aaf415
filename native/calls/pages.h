#pragma once

#include "calls/table.h"

// What the manual pages say about waiting. Functions that share a page and say the same share a
// Page. A page without behaviours is that of a function which neither waits nor wakes.
namespace greenify::calls {

using Behaviours = std::initializer_list<const char*>;

// -- Descriptors

constexpr Behaviours kReading = {"data",    "end of file", "O_NONBLOCK", "SO_RCVTIMEO",
                                 "EINTR",   "FIFO",        "terminal",   "regular file",
                                 "eventfd", "timerfd",     "signalfd",   "inotify"};
constexpr Behaviours kWriting = {"room",    "O_NONBLOCK", "SO_SNDTIMEO",  "EINTR",  "EPIPE",
                                 "SIGPIPE", "terminal",   "regular file", "eventfd"};
constexpr Page kRead{"read(2)", kReading};
constexpr Page kReadv{"readv(2)", kReading};
constexpr Page kWrite{"write(2)", kWriting};
constexpr Page kWritev{"readv(2)", kWriting};
constexpr Page kClose{"close(2)", {"waiters wake", "SO_LINGER"}};
constexpr Page kDup{"dup(2)", {}};
constexpr Page kDupOver{"dup(2)", {"waiters wake"}};

// feature_test_macros(7), _FORTIFY_SOURCE: they end the process before they do what must not be.
constexpr Page kFortified{"feature_test_macros(7)", {"buffer too small"}};
constexpr Page kFortifiedOpen{"feature_test_macros(7)", {"O_CREAT without a mode"}};

// -- Sockets

constexpr Page kConnect{
    "connect(2)", {"connection", "ECONNREFUSED", "O_NONBLOCK", "SO_SNDTIMEO", "full backlog"}};
constexpr Page kAccept{"accept(2)", {"connection", "O_NONBLOCK", "SO_RCVTIMEO", "EINVAL"}};
constexpr Page kRecv{
    "recv(2)",
    {"data", "end of stream", "O_NONBLOCK", "SO_RCVTIMEO", "EINTR", "MSG_DONTWAIT", "MSG_WAITALL",
     "MSG_PEEK", "MSG_OOB", "MSG_ERRQUEUE", "datagram", "shutdown"}};
constexpr Page kRecvmmsg{
    "recvmmsg(2)",
    {"every message", "MSG_WAITFORONE", "timeout", "MSG_DONTWAIT", "O_NONBLOCK", "SO_RCVTIMEO"}};
constexpr Page kSend{"send(2)",
                     {"room", "O_NONBLOCK", "SO_SNDTIMEO", "EINTR", "MSG_DONTWAIT", "EPIPE",
                      "SIGPIPE", "MSG_NOSIGNAL", "datagram"}};
constexpr Page kSendmmsg{"sendmmsg(2)", {"room", "O_NONBLOCK", "SO_SNDTIMEO", "MSG_DONTWAIT"}};
constexpr Page kShutdown{"shutdown(2)", {"waiters wake"}};
constexpr Page kSendfile{"sendfile(2)", {"room", "O_NONBLOCK"}};
constexpr Page kSplice{"splice(2)", {"data", "room", "SPLICE_F_NONBLOCK"}};

// -- Several descriptors at once

constexpr Page kPoll{"poll(2)",
                     {"ready", "timeout", "timeout 0", "no timeout", "EINTR", "no descriptors",
                      "negative descriptor", "descriptor not open", "descriptor closed", "hang-up",
                      "many descriptors"}};
constexpr Page kPpoll{"poll(2)",
                      {"ready", "timeout", "timeout 0", "no timeout", "EINTR", "no descriptors",
                       "negative descriptor", "descriptor not open", "descriptor closed", "hang-up",
                       "many descriptors", "signal mask"}};
constexpr Page kSelect{"select(2)",
                       {"ready", "timeout", "timeout 0", "timeout in seconds", "no timeout",
                        "time left", "EINTR", "NULL sets", "descriptor not open",
                        "descriptor closed", "hang-up", "many descriptors", "beyond FD_SETSIZE"}};
constexpr Page kPselect{
    "select(2)",
    {"ready", "timeout", "timeout 0", "timeout in seconds", "no timeout", "time left", "EINTR",
     "NULL sets", "descriptor not open", "descriptor closed", "hang-up", "many descriptors",
     "beyond FD_SETSIZE", "signal mask"}};
constexpr Page kEpollWait{
    "epoll_wait(2)",
    {"ready", "timeout", "timeout 0", "no timeout", "EINTR", "descriptor closed", "EINVAL"}};
constexpr Page kEpollPwait{"epoll_wait(2)",
                           {"ready", "timeout", "timeout 0", "no timeout", "EINTR",
                            "descriptor closed", "EINVAL", "signal mask"}};

// -- Names

constexpr Behaviours kAnswering = {"found", "not found", "answers kept apart"};
constexpr Behaviours kAnsweringInBuffer = {"found", "not found", "ERANGE"};
constexpr Behaviours kListing = {"every entry"};
constexpr Page kGetaddrinfo{"getaddrinfo(3)", {"found", "not found"}};
constexpr Page kGetnameinfo{"getnameinfo(3)", {"found", "not found"}};
constexpr Page kHost{"gethostbyname(3)", kAnswering};
constexpr Page kHostReentrant{"gethostbyname(3)", kAnsweringInBuffer};
constexpr Page kPasswd{"getpwnam(3)", kAnswering};
constexpr Page kPasswdReentrant{"getpwnam(3)", kAnsweringInBuffer};
constexpr Page kPasswdEntry{"getpwent(3)", kListing};
constexpr Page kPasswdEntryReentrant{"getpwent_r(3)", kListing};
constexpr Page kGroup{"getgrnam(3)", kAnswering};
constexpr Page kGroupReentrant{"getgrnam(3)", kAnsweringInBuffer};
constexpr Page kGroupEntry{"getgrent(3)", kListing};
constexpr Page kGroupEntryReentrant{"getgrent_r(3)", kListing};
constexpr Page kGrouplist{"getgrouplist(3)", {"found", "too many"}};
constexpr Page kService{"getservbyname(3)", kAnswering};
constexpr Page kServiceReentrant{"getservbyname(3)", kAnsweringInBuffer};
constexpr Page kServiceEntry{"getservent(3)", kListing};
constexpr Page kServiceEntryReentrant{"getservent_r(3)", kListing};

constexpr Page kHostEntry{"gethostent(3)", kListing};
constexpr Page kHostEntryReentrant{"gethostent_r(3)", kListing};
constexpr Page kNetwork{"getnetent(3)", kAnswering};
constexpr Page kNetworkReentrant{"getnetent_r(3)", kAnsweringInBuffer};
constexpr Page kNetworkEntry{"getnetent(3)", kListing};
constexpr Page kNetworkEntryReentrant{"getnetent_r(3)", kListing};
constexpr Page kProtocol{"getprotoent(3)", kAnswering};
constexpr Page kProtocolReentrant{"getprotoent_r(3)", kAnsweringInBuffer};
constexpr Page kProtocolEntry{"getprotoent(3)", kListing};
constexpr Page kProtocolEntryReentrant{"getprotoent_r(3)", kListing};
constexpr Page kRpc{"getrpcent(3)", kAnswering};
constexpr Page kRpcReentrant{"getrpcent_r(3)", kAnsweringInBuffer};
constexpr Page kRpcEntry{"getrpcent(3)", kListing};
constexpr Page kShadow{"getspnam(3)", kAnswering};
constexpr Page kShadowReentrant{"getspnam(3)", kAnsweringInBuffer};
constexpr Page kShadowEntry{"getspnam(3)", kListing};
constexpr Page kAlias{"aliases(3)", {"elsewhere"}};
constexpr Page kNetgroup{"setnetgrent(3)", {"elsewhere"}};
constexpr Page kInitgroups{"initgroups(3)", {"elsewhere"}};
constexpr Page kSetEntry{"getpwent(3)", {"elsewhere"}};
constexpr Page kGethostid{"gethostid(3)", {"elsewhere"}};
constexpr Page kGetlogin{"getlogin(3)", {"elsewhere"}};
constexpr Page kUtmpx{"getutxent(3)", {"elsewhere"}};
constexpr Page kUpdwtmp{"updwtmp(3)", {"elsewhere"}};
constexpr Page kResolver{"resolver(3)", {"elsewhere"}};
constexpr Page kResolverOfState{"resolver(3)", {"server"}};
constexpr Page kSyslog{"syslog(3)", {"elsewhere"}};
constexpr Page kOpenlog{"syslog(3)", {"elsewhere"}};

// -- Sleeping

constexpr Page kSleep{"sleep(3)", {"duration", "interrupted"}};
constexpr Page kUsleep{"usleep(3)", {"duration", "interrupted"}};
constexpr Page kNanosleep{"nanosleep(2)", {"duration", "interrupted", "EINVAL"}};
constexpr Page kClockNanosleep{
    "clock_nanosleep(2)", {"duration", "interrupted", "EINVAL", "TIMER_ABSTIME", "other clocks"}};
constexpr Page kThrdSleep{"thrd_sleep(3)", {"duration", "interrupted", "EINVAL"}};

// -- Files

constexpr Page kOpen{"open(2)", {"FIFO", "regular file", "ENOENT"}};
constexpr Page kOpenat{"open(2)", {"FIFO", "O_NONBLOCK", "regular file", "ENOENT"}};
constexpr Page kPread{"pread(2)", {"regular file", "end of file", "ESPIPE"}};
constexpr Page kPreadv{"readv(2)", {"regular file", "end of file", "ESPIPE"}};
constexpr Page kPreadv2{"readv(2)",
                        {"regular file", "end of file", "ESPIPE", "pipe", "RWF_NOWAIT"}};
constexpr Page kFsync{"fsync(2)", {"regular file", "EINVAL"}};
constexpr Page kFlock{"flock(2)", {"held elsewhere", "LOCK_NB", "LOCK_SH"}};
constexpr Page kFcntl{"fcntl(2)", {"F_SETLKW", "F_OFD_SETLKW", "F_SETLK", "other commands"}};
constexpr Page kLockf{"lockf(3)", {"F_LOCK", "F_TLOCK"}};

// "elsewhere": the call is made on an offload thread, and comes to what it comes to anyway.

constexpr Behaviours kElsewhere = {"elsewhere", "error"};
constexpr Page kTruncate{"truncate(2)", kElsewhere};
constexpr Page kFtruncate{"truncate(2)", kElsewhere};
constexpr Page kFallocate{"fallocate(2)", kElsewhere};
constexpr Page kPosixFallocate{"posix_fallocate(3)", kElsewhere};
constexpr Page kPosixFadvise{"posix_fadvise(2)", kElsewhere};
constexpr Page kReadahead{"readahead(2)", kElsewhere};
constexpr Page kSyncFileRange{"sync_file_range(2)", kElsewhere};
constexpr Page kCopyFileRange{"copy_file_range(2)", kElsewhere};
constexpr Page kSyncfs{"sync(2)", kElsewhere};
constexpr Page kSync{"sync(2)", {"elsewhere"}};
constexpr Page kMsync{"msync(2)", {"elsewhere", "error", "MS_ASYNC"}};
constexpr Page kTee{"tee(2)", {"data", "room", "SPLICE_F_NONBLOCK"}};
constexpr Page kVmsplice{"vmsplice(2)", {"room", "SPLICE_F_NONBLOCK"}};
constexpr Page kEventfdRead{"eventfd(2)", {"eventfd", "O_NONBLOCK"}};
constexpr Page kEventfdWrite{"eventfd(2)", {"eventfd", "O_NONBLOCK"}};
constexpr Page kMount{"mount(2)", kElsewhere};
constexpr Page kUmount{"umount(2)", kElsewhere};
constexpr Page kSwapon{"swapon(2)", kElsewhere};

// -- Devices

constexpr Page kIoctl{"ioctl(2)", {"waiting requests", "other requests"}};
constexpr Page kTcdrain{"termios(3)", kElsewhere};
constexpr Page kTcsendbreak{"termios(3)", kElsewhere};
constexpr Page kTcflow{"termios(3)", kElsewhere};
constexpr Page kTcsetattr{"termios(3)", {"elsewhere", "error", "TCSANOW"}};
constexpr Page kTcflush{"termios(3)", {}};

// -- Names, attributes and directories of files

constexpr Behaviours kNaming = {"slow mount", "other mounts"};
constexpr Page kStat{"stat(2)", kNaming};
constexpr Page kStatx{"statx(2)", kNaming};
constexpr Page kStatfs{"statfs(2)", kNaming};
constexpr Page kStatvfs{"statvfs(3)", kNaming};
constexpr Page kPathconf{"fpathconf(3)", kNaming};
constexpr Page kAccess{"access(2)", kNaming};
constexpr Page kEaccess{"euidaccess(3)", kNaming};
constexpr Page kLseek{"lseek(2)", kNaming};
constexpr Page kChmod{"chmod(2)", kNaming};
constexpr Page kChown{"chown(2)", kNaming};
constexpr Page kUtime{"utime(2)", kNaming};
constexpr Page kFutimes{"futimes(3)", kNaming};
constexpr Page kFutimesat{"futimesat(2)", kNaming};
constexpr Page kUtimensat{"utimensat(2)", kNaming};
constexpr Page kLink{"link(2)", kNaming};
constexpr Page kSymlink{"symlink(2)", kNaming};
constexpr Page kReadlink{"readlink(2)", kNaming};
constexpr Page kRealpath{"realpath(3)", kNaming};
constexpr Page kCanonicalize{"canonicalize_file_name(3)", kNaming};
constexpr Page kRename{"rename(2)", kNaming};
constexpr Page kUnlink{"unlink(2)", kNaming};
constexpr Page kRemove{"remove(3)", kNaming};
constexpr Page kRmdir{"rmdir(2)", kNaming};
constexpr Page kMkdir{"mkdir(2)", kNaming};
constexpr Page kMkfifo{"mkfifo(3)", kNaming};
constexpr Page kMknod{"mknod(2)", kNaming};
constexpr Page kMkdtemp{"mkdtemp(3)", kNaming};
constexpr Page kMkstemp{"mkstemp(3)", kNaming};
constexpr Page kChdir{"chdir(2)", kNaming};
constexpr Page kOpendir{"opendir(3)", kNaming};
constexpr Page kReaddir{"readdir(3)", kNaming};
constexpr Page kReaddirReentrant{"readdir_r(3)", kNaming};
constexpr Page kClosedir{"closedir(3)", kNaming};
constexpr Page kGetxattr{"getxattr(2)", kNaming};
constexpr Page kSetxattr{"setxattr(2)", kNaming};
constexpr Page kListxattr{"listxattr(2)", kNaming};
constexpr Page kRemovexattr{"removexattr(2)", kNaming};

// -- Buffered streams

constexpr Behaviours kInput = {"data",        "end of file",           "O_NONBLOCK", "regular file",
                               "pushed back", "in its buffer",         "unbuffered", "memory",
                               "interrupted", "held by a green thread"};
constexpr Behaviours kStandardInput = {"data", "end of file"};
constexpr Behaviours kOutput = {
    "room",          "O_NONBLOCK",    "EPIPE",  "regular file",
    "in its buffer", "line buffered", "memory", "held by a green thread"};
constexpr Behaviours kStandardOutput = {"room"};
constexpr Page kFread{"fread(3)", kInput};
constexpr Page kFgets{"fgets(3)", kInput};
constexpr Page kGets{"gets(3)", kStandardInput};
constexpr Page kGetline{"getline(3)", kInput};
constexpr Page kFgetc{"fgetc(3)", kInput};
constexpr Page kGetchar{"getchar(3)", kStandardInput};
constexpr Page kGetw{"getw(3)", kInput};
constexpr Page kFscanf{"fscanf(3)", kInput};
constexpr Page kScanf{"scanf(3)", kStandardInput};
constexpr Page kFwrite{"fread(3)", kOutput};
constexpr Page kFputs{"fputs(3)", kOutput};
constexpr Page kPuts{"puts(3)", kStandardOutput};
constexpr Page kFputc{"fputc(3)", kOutput};
constexpr Page kPutw{"getw(3)", kOutput};
constexpr Page kFprintf{"fprintf(3)", kOutput};
constexpr Page kPrintf{"printf(3)", kStandardOutput};
constexpr Page kDprintf{"dprintf(3)", {"room", "O_NONBLOCK", "EPIPE"}};
constexpr Page kFflush{"fflush(3)", {"room", "nothing to write", "every stream"}};
constexpr Page kFopen{"fopen(3)", {"FIFO", "regular file", "ENOENT"}};
constexpr Page kFreopen{"freopen(3)", {"FIFO", "regular file", "ENOENT", "room"}};
constexpr Page kFclose{"fclose(3)", {"room", "waiters wake", "held by a green thread"}};
constexpr Page kFseek{"fseek(3)", {"room", "regular file", "ESPIPE"}};
constexpr Behaviours kLockingStream = {"held by a green thread"};
constexpr Page kFerror{"ferror(3)", kLockingStream};
constexpr Page kUngetc{"ungetc(3)", kLockingStream};
constexpr Page kFtell{"fseek(3)", kLockingStream};
constexpr Page kSetbuf{"setbuf(3)", kLockingStream};
constexpr Page kFlockfile{
    "flockfile(3)",
    {"held by a green thread", "held by a kernel thread", "held by the loop stack", "recursion"}};
constexpr Page kFtrylockfile{"flockfile(3)", {"EBUSY", "recursion"}};
constexpr Page kFunlockfile{"flockfile(3)", {"waiters wake"}};

// -- Children

constexpr Page kWait{"wait(2)", {"any child", "ECHILD"}};
constexpr Page kWait3{"wait4(2)", {"any child", "ECHILD", "WNOHANG"}};
constexpr Page kWaitpid{"wait(2)", {"child", "any child", "ECHILD", "WNOHANG", "WUNTRACED"}};
constexpr Page kWait4{"wait4(2)", {"child", "any child", "ECHILD", "WNOHANG", "WUNTRACED"}};
constexpr Page kWaitid{"wait(2)",
                       {"child", "any child", "ECHILD", "WNOHANG", "WSTOPPED", "WNOWAIT"}};

constexpr Page kSystem{"system(3)", {"child", "NULL", "SIGINT and SIGQUIT", "SIGCHLD"}};
constexpr Page kPopen{"popen(3)", {}};
constexpr Page kPclose{"popen(3)", {"child", "ECHILD"}};
constexpr Page kWordexp{"wordexp(3)", {"command substitution", "WRDE_NOCMD"}};

// -- Signals

constexpr Behaviours kAwaitingSignals = {"signal of the thread", "signal of the process", "pending",
                                         "not blocked"};
constexpr Page kSigwait{"sigwait(3)", kAwaitingSignals};
constexpr Page kSigwaitinfo{"sigwaitinfo(2)", kAwaitingSignals};
constexpr Page kSigtimedwait{"sigwaitinfo(2)",
                             {"signal of the thread", "signal of the process", "pending",
                              "not blocked", "timeout", "timeout 0", "EINVAL"}};
constexpr Page kSigsuspend{"sigsuspend(2)", {"blocked signal", "pinned"}};
constexpr Page kSigpause{"sigpause(3)", {"blocked signal"}};
constexpr Page kPause{"pause(2)", {"pinned"}};

// -- Locks. "held by a green thread" and its like name who is waited for.

constexpr Behaviours kLocking = {"held by a green thread", "held by a kernel thread",
                                 "held by the loop stack"};
constexpr Behaviours kLockingForATime = {"held by a green thread", "held by a kernel thread",
                                         "held by the loop stack", "timeout"};
constexpr Behaviours kTrying = {"EBUSY"};
constexpr Page kMutexLock{"pthread_mutex_lock(3p)",
                          {"held by a green thread", "held by a kernel thread",
                           "held by the loop stack", "EDEADLK", "EOWNERDEAD", "recursion"}};
constexpr Page kMutexTrylock{"pthread_mutex_lock(3p)", {"EBUSY", "recursion"}};
constexpr Page kMutexTimedlock{"pthread_mutex_timedlock(3p)", kLockingForATime};
constexpr Page kMutexClocklock{"pthread_mutex_clocklock(3)", kLockingForATime};
constexpr Page kMutexUnlock{"pthread_mutex_lock(3p)", {"waiters wake", "EPERM"}};
constexpr Page kRdlock{"pthread_rwlock_rdlock(3p)", kLocking};
constexpr Page kTryrdlock{"pthread_rwlock_rdlock(3p)", kTrying};
constexpr Page kTimedrdlock{"pthread_rwlock_timedrdlock(3p)", kLockingForATime};
constexpr Page kClockrdlock{"pthread_rwlock_clockrdlock(3)", kLockingForATime};
constexpr Page kWrlock{"pthread_rwlock_wrlock(3p)", kLocking};
constexpr Page kTrywrlock{"pthread_rwlock_wrlock(3p)", kTrying};
constexpr Page kTimedwrlock{"pthread_rwlock_timedwrlock(3p)", kLockingForATime};
constexpr Page kClockwrlock{"pthread_rwlock_clockwrlock(3)", kLockingForATime};
constexpr Page kRwlockUnlock{"pthread_rwlock_unlock(3p)", {"waiters wake"}};
constexpr Page kSpinLock{"pthread_spin_lock(3)", {"held by a green thread"}};
constexpr Page kJoin{"pthread_join(3)", {"thread ends"}};
constexpr Page kTimedJoin{"pthread_tryjoin_np(3)", {"thread ends", "timeout"}};
constexpr Page kCondWait{"pthread_cond_wait(3p)", {"wake-up", "EPERM"}};
constexpr Page kCondTimedwait{"pthread_cond_timedwait(3p)", {"wake-up", "timeout", "EPERM"}};
constexpr Page kCondClockwait{"pthread_cond_clockwait(3)", {"wake-up", "timeout", "EPERM"}};
constexpr Page kCondSignal{"pthread_cond_broadcast(3p)", {"waiters wake"}};
constexpr Page kSemWait{"sem_wait(3)", {"post", "shared between processes"}};
constexpr Page kSemTimedwait{"sem_wait(3)", {"post", "shared between processes", "timeout"}};
constexpr Page kSemClockwait{"sem_clockwait(3)", {"post", "shared between processes", "timeout"}};
constexpr Page kSemPost{"sem_post(3)", {"waiters wake"}};
constexpr Page kOnce{"pthread_once(3p)", {"initialiser runs elsewhere"}};
constexpr Page kCallOnce{"call_once(3)", {"initialiser runs elsewhere"}};
constexpr Page kMtxLock{"mtx_lock(3)", {"held by a green thread"}};
constexpr Page kMtxTrylock{"mtx_trylock(3)", kTrying};
constexpr Page kMtxTimedlock{"mtx_timedlock(3)", {"held by a green thread", "timeout"}};
constexpr Page kMtxUnlock{"mtx_unlock(3)", {"waiters wake"}};
constexpr Page kCndWait{"cnd_wait(3)", {"wake-up"}};
constexpr Page kCndTimedwait{"cnd_timedwait(3)", {"wake-up", "timeout"}};
constexpr Page kCndSignal{"cnd_signal(3)", {"waiters wake"}};
constexpr Page kThrdJoin{"thrd_join(3)", {"thread ends"}};
constexpr Page kStdWait{"C++ [thread.condition]", {"wake-up"}};
constexpr Page kStdNotify{"C++ [thread.condition]", {"waiters wake"}};
constexpr Page kStdJoin{"C++ [thread.thread.member]", {"thread ends", "std::system_error"}};
constexpr Page kGuardAcquire{"Itanium C++ ABI 3.3.3", {"initialiser runs elsewhere"}};
constexpr Page kGuardRelease{"Itanium C++ ABI 3.3.3", {"waiters wake"}};

constexpr Page kBarrierWait{
    "pthread_barrier_wait(3p)",
    {"green threads", "kernel threads", "loop stack", "one is told apart", "between processes"}};
constexpr Page kBarrierDestroy{"pthread_barrier_destroy(3p)", {"others have to leave"}};

// -- Asynchronous input and output, and look-ups

constexpr Page kAioSuspend{"aio_suspend(3)", {"done", "timeout"}};
constexpr Page kLioListio{"lio_listio(3)", {"LIO_WAIT", "LIO_NOWAIT"}};
constexpr Page kGetaddrinfoA{"getaddrinfo_a(3)", {"GAI_WAIT", "GAI_NOWAIT"}};
constexpr Page kGaiSuspend{"getaddrinfo_a(3)", {"done", "timeout"}};

// -- Semaphores and messages of System V, and POSIX messages

constexpr Page kMqReceive{"mq_receive(3)", {"message", "O_NONBLOCK"}};
constexpr Page kMqTimedreceive{"mq_receive(3)", {"message", "O_NONBLOCK", "timeout", "EINVAL"}};
constexpr Page kMqSend{"mq_send(3)", {"room", "O_NONBLOCK"}};
constexpr Page kMqTimedsend{"mq_send(3)", {"room", "O_NONBLOCK", "timeout", "EINVAL"}};
constexpr Page kMsgrcv{"msgop(2)", {"message", "IPC_NOWAIT", "EIDRM"}};
constexpr Page kMsgsnd{"msgop(2)", {"room", "IPC_NOWAIT", "EIDRM"}};
constexpr Page kSemop{"semop(2)", {"operations", "zero", "IPC_NOWAIT", "EIDRM", "SEM_UNDO"}};
constexpr Page kSemtimedop{
    "semop(2)", {"operations", "zero", "IPC_NOWAIT", "EIDRM", "SEM_UNDO", "timeout", "EINVAL"}};

// -- Libraries opened and symbols looked up by patched objects

constexpr Page kDlopen{"dlopen(3)", {"redirected before use"}};
constexpr Page kDlmopen{"dlopen(3)", {"redirected before use", "LM_ID_NEWLM"}};
constexpr Page kDlclose{"dlopen(3)", {"forgotten"}};
constexpr Page kDlsym{"dlsym(3)", {"green pointer"}};

}  // namespace greenify::calls
