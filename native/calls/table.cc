#include "calls/table.h"

#include <dlfcn.h>

#include <iterator>
#include <stdexcept>
#include <vector>

#include "calls/green_calls.h"
#include "calls/original.h"
#include "calls/rows.h"
#include "calls/stream.h"

namespace greenify::calls {

Originals original{};

namespace {

// clang-format off
const Row kRows[] = {
    with_also(row("read", Family::socket, Strategy::hub, green_read, &original.read, kRead), Family::file),
    with_also(alias("__read", "read", Family::socket, Strategy::hub, green_read, &original.read, kRead), Family::file),
    with_also(alias("__read_chk", "read", Family::socket, Strategy::hub, green_read_chk, &original.read_chk, kFortified), Family::file),
    with_also(row("readv", Family::socket, Strategy::hub, green_readv, &original.readv, kReadv), Family::file),
    with_also(row("write", Family::socket, Strategy::hub, green_write, &original.write, kWrite), Family::file),
    with_also(alias("__write", "write", Family::socket, Strategy::hub, green_write, &original.write, kWrite), Family::file),
    with_also(row("writev", Family::socket, Strategy::hub, green_writev, &original.writev, kWritev), Family::file),
    row("connect", Family::socket, Strategy::hub, green_connect, &original.connect, kConnect),
    alias("__connect", "connect", Family::socket, Strategy::hub, green_connect, &original.connect, kConnect),
    row("accept", Family::socket, Strategy::hub, green_accept, &original.accept, kAccept),
    row("accept4", Family::socket, Strategy::hub, green_accept4, &original.accept4, kAccept),
    row("recv", Family::socket, Strategy::hub, green_recv, &original.recv, kRecv),
    alias("__recv_chk", "recv", Family::socket, Strategy::hub, green_recv_chk, &original.recv_chk, kFortified),
    row("recvfrom", Family::socket, Strategy::hub, green_recvfrom, &original.recvfrom, kRecv),
    alias("__recvfrom_chk", "recvfrom", Family::socket, Strategy::hub, green_recvfrom_chk, &original.recvfrom_chk, kFortified),
    row("recvmsg", Family::socket, Strategy::hub, green_recvmsg, &original.recvmsg, kRecv),
    row("recvmmsg", Family::socket, Strategy::offload, green_recvmmsg, &original.recvmmsg, kRecvmmsg),
    row("send", Family::socket, Strategy::hub, green_send, &original.send, kSend),
    alias("__send", "send", Family::socket, Strategy::hub, green_send, &original.send, kSend),
    row("sendto", Family::socket, Strategy::hub, green_sendto, &original.sendto, kSend),
    row("sendmsg", Family::socket, Strategy::hub, green_sendmsg, &original.sendmsg, kSend),
    row("sendmmsg", Family::socket, Strategy::hub, green_sendmmsg, &original.sendmmsg, kSendmmsg),
    row("sendfile", Family::socket, Strategy::offload, green_sendfile, &original.sendfile, kSendfile),
    alias("sendfile64", "sendfile", Family::socket, Strategy::offload, green_sendfile, &original.sendfile, kSendfile),
    row("splice", Family::socket, Strategy::offload, green_splice, &original.splice, kSplice),
    row("poll", Family::socket, Strategy::hub, green_poll, &original.poll, kPoll),
    alias("__poll", "poll", Family::socket, Strategy::hub, green_poll, &original.poll, kPoll),
    alias("__poll_chk", "poll", Family::socket, Strategy::hub, green_poll_chk, &original.poll_chk, kFortified),
    row("ppoll", Family::socket, Strategy::hub, green_ppoll, &original.ppoll, kPpoll),
    alias("__ppoll_chk", "ppoll", Family::socket, Strategy::hub, green_ppoll_chk, &original.ppoll_chk, kFortified),
    row("select", Family::socket, Strategy::hub, green_select, &original.select, kSelect),
    alias("__select", "select", Family::socket, Strategy::hub, green_select, &original.select, kSelect),
    row("pselect", Family::socket, Strategy::hub, green_pselect, &original.pselect, kPselect),
    row("epoll_wait", Family::socket, Strategy::hub, green_epoll_wait, &original.epoll_wait, kEpollWait),
    row("epoll_pwait", Family::socket, Strategy::hub, green_epoll_pwait, &original.epoll_pwait, kEpollPwait),
    row("epoll_pwait2", Family::socket, Strategy::hub, green_epoll_pwait2, &original.epoll_pwait2, kEpollPwait),
    row("close", Family::socket, Strategy::waker, green_close, &original.close, kClose),
    alias("__close", "close", Family::socket, Strategy::waker, green_close, &original.close, kClose),
    row("dup2", Family::socket, Strategy::waker, green_dup2, &original.dup2, kDupOver),
    alias("__dup2", "dup2", Family::socket, Strategy::waker, green_dup2, &original.dup2, kDupOver),
    row("dup3", Family::socket, Strategy::waker, green_dup3, &original.dup3, kDupOver),
    row("dup", Family::socket, Strategy::forward, green_dup, &original.dup, kDup),
    row("shutdown", Family::socket, Strategy::forward, green_shutdown, &original.shutdown, kShutdown),
    row("getaddrinfo", Family::socket, Strategy::offload, green_getaddrinfo, &original.getaddrinfo, kGetaddrinfo),
    row("getnameinfo", Family::socket, Strategy::offload, green_getnameinfo, &original.getnameinfo, kGetnameinfo),
    row("gethostbyname", Family::socket, Strategy::offload, green_gethostbyname, &original.gethostbyname, kHost),
    row("gethostbyname2", Family::socket, Strategy::offload, green_gethostbyname2, &original.gethostbyname2, kHost),
    row("gethostbyaddr", Family::socket, Strategy::offload, green_gethostbyaddr, &original.gethostbyaddr, kHost),
    row("gethostbyname_r", Family::socket, Strategy::offload, green_gethostbyname_r, &original.gethostbyname_r, kHostReentrant),
    row("gethostbyname2_r", Family::socket, Strategy::offload, green_gethostbyname2_r, &original.gethostbyname2_r, kHostReentrant),
    row("gethostbyaddr_r", Family::socket, Strategy::offload, green_gethostbyaddr_r, &original.gethostbyaddr_r, kHostReentrant),
    row("getpwnam", Family::socket, Strategy::offload, green_getpwnam, &original.getpwnam, kPasswd),
    row("getpwuid", Family::socket, Strategy::offload, green_getpwuid, &original.getpwuid, kPasswd),
    row("getpwnam_r", Family::socket, Strategy::offload, green_getpwnam_r, &original.getpwnam_r, kPasswdReentrant),
    row("getpwuid_r", Family::socket, Strategy::offload, green_getpwuid_r, &original.getpwuid_r, kPasswdReentrant),
    row("getpwent", Family::socket, Strategy::offload, green_getpwent, &original.getpwent, kPasswdEntry),
    row("getpwent_r", Family::socket, Strategy::offload, green_getpwent_r, &original.getpwent_r, kPasswdEntryReentrant),
    row("getgrnam", Family::socket, Strategy::offload, green_getgrnam, &original.getgrnam, kGroup),
    row("getgrgid", Family::socket, Strategy::offload, green_getgrgid, &original.getgrgid, kGroup),
    row("getgrnam_r", Family::socket, Strategy::offload, green_getgrnam_r, &original.getgrnam_r, kGroupReentrant),
    row("getgrgid_r", Family::socket, Strategy::offload, green_getgrgid_r, &original.getgrgid_r, kGroupReentrant),
    row("getgrent", Family::socket, Strategy::offload, green_getgrent, &original.getgrent, kGroupEntry),
    row("getgrent_r", Family::socket, Strategy::offload, green_getgrent_r, &original.getgrent_r, kGroupEntryReentrant),
    row("getgrouplist", Family::socket, Strategy::offload, green_getgrouplist, &original.getgrouplist, kGrouplist),
    row("getservbyname", Family::socket, Strategy::offload, green_getservbyname, &original.getservbyname, kService),
    row("getservbyport", Family::socket, Strategy::offload, green_getservbyport, &original.getservbyport, kService),
    row("getservbyname_r", Family::socket, Strategy::offload, green_getservbyname_r, &original.getservbyname_r, kServiceReentrant),
    row("getservbyport_r", Family::socket, Strategy::offload, green_getservbyport_r, &original.getservbyport_r, kServiceReentrant),
    row("getservent", Family::socket, Strategy::offload, green_getservent, &original.getservent, kServiceEntry),
    row("getservent_r", Family::socket, Strategy::offload, green_getservent_r, &original.getservent_r, kServiceEntryReentrant),
    row("sleep", Family::sleep, Strategy::timer, green_sleep, &original.sleep, kSleep),
    row("usleep", Family::sleep, Strategy::timer, green_usleep, &original.usleep, kUsleep),
    row("nanosleep", Family::sleep, Strategy::timer, green_nanosleep, &original.nanosleep, kNanosleep),
    alias("__nanosleep", "nanosleep", Family::sleep, Strategy::timer, green_nanosleep, &original.nanosleep, kNanosleep),
    row("clock_nanosleep", Family::sleep, Strategy::timer, green_clock_nanosleep, &original.clock_nanosleep, kClockNanosleep),
    row("open", Family::file, Strategy::offload, green_open, &original.open, kOpenat),
    alias("__open", "open", Family::file, Strategy::offload, green_open, &original.open, kOpen),
    alias("__open64", "open", Family::file, Strategy::offload, green_open, &original.open, kOpen),
    alias("open64", "open", Family::file, Strategy::offload, green_open, &original.open, kOpen),
    alias("__open_2", "open", Family::file, Strategy::offload, green_open_2, &original.open_2, kFortifiedOpen),
    alias("__open64_2", "open", Family::file, Strategy::offload, green_open_2, &original.open_2, kFortifiedOpen),
    row("openat", Family::file, Strategy::offload, green_openat, &original.openat, kOpenat),
    alias("openat64", "openat", Family::file, Strategy::offload, green_openat, &original.openat, kOpen),
    alias("__openat_2", "openat", Family::file, Strategy::offload, green_openat_2, &original.openat_2, kFortifiedOpen),
    alias("__openat64_2", "openat", Family::file, Strategy::offload, green_openat_2, &original.openat_2, kFortifiedOpen),
    row("creat", Family::file, Strategy::offload, green_creat, &original.creat, kOpen),
    alias("creat64", "creat", Family::file, Strategy::offload, green_creat, &original.creat, kOpen),
    row("pread", Family::file, Strategy::offload, green_pread, &original.pread, kPread),
    alias("__pread64", "pread", Family::file, Strategy::offload, green_pread, &original.pread, kPread),
    alias("pread64", "pread", Family::file, Strategy::offload, green_pread, &original.pread, kPread),
    alias("__pread_chk", "pread", Family::file, Strategy::offload, green_pread_chk, &original.pread_chk, kFortified),
    alias("__pread64_chk", "pread", Family::file, Strategy::offload, green_pread_chk, &original.pread_chk, kFortified),
    row("pwrite", Family::file, Strategy::offload, green_pwrite, &original.pwrite, kPread),
    alias("__pwrite64", "pwrite", Family::file, Strategy::offload, green_pwrite, &original.pwrite, kPread),
    alias("pwrite64", "pwrite", Family::file, Strategy::offload, green_pwrite, &original.pwrite, kPread),
    row("preadv", Family::file, Strategy::offload, green_preadv, &original.preadv, kPreadv),
    alias("preadv64", "preadv", Family::file, Strategy::offload, green_preadv, &original.preadv, kPreadv),
    row("pwritev", Family::file, Strategy::offload, green_pwritev, &original.pwritev, kPreadv),
    alias("pwritev64", "pwritev", Family::file, Strategy::offload, green_pwritev, &original.pwritev, kPreadv),
    row("preadv2", Family::file, Strategy::offload, green_preadv2, &original.preadv2, kPreadv2),
    alias("preadv64v2", "preadv2", Family::file, Strategy::offload, green_preadv2, &original.preadv2, kPreadv2),
    row("pwritev2", Family::file, Strategy::offload, green_pwritev2, &original.pwritev2, kPreadv2),
    alias("pwritev64v2", "pwritev2", Family::file, Strategy::offload, green_pwritev2, &original.pwritev2, kPreadv2),
    row("fsync", Family::file, Strategy::offload, green_fsync, &original.fsync, kFsync),
    row("fdatasync", Family::file, Strategy::offload, green_fdatasync, &original.fdatasync, kFsync),
    row("flock", Family::file, Strategy::offload, green_flock, &original.flock, kFlock),
    row("fcntl", Family::file, Strategy::offload, green_fcntl, &original.fcntl, kFcntl),
    alias("__fcntl", "fcntl", Family::file, Strategy::offload, green_fcntl, &original.fcntl, kFcntl),
    alias("fcntl64", "fcntl", Family::file, Strategy::offload, green_fcntl, &original.fcntl, kFcntl),
    row("lockf", Family::file, Strategy::offload, green_lockf, &original.lockf, kLockf),
    alias("lockf64", "lockf", Family::file, Strategy::offload, green_lockf, &original.lockf, kLockf),
    row("wait", Family::process, Strategy::offload, green_wait, &original.wait, kWait),
    alias("__wait", "wait", Family::process, Strategy::offload, green_wait, &original.wait, kWait),
    row("waitpid", Family::process, Strategy::hub, green_waitpid, &original.waitpid, kWaitpid),
    alias("__waitpid", "waitpid", Family::process, Strategy::hub, green_waitpid, &original.waitpid, kWaitpid),
    row("wait3", Family::process, Strategy::offload, green_wait3, &original.wait3, kWait3),
    row("wait4", Family::process, Strategy::hub, green_wait4, &original.wait4, kWait4),
    row("waitid", Family::process, Strategy::hub, green_waitid, &original.waitid, kWaitid),
    row("pthread_mutex_lock", Family::lock, Strategy::lock, green_pthread_mutex_lock, &original.pthread_mutex_lock, kMutexLock),
    alias("__pthread_mutex_lock", "pthread_mutex_lock", Family::lock, Strategy::lock, green_pthread_mutex_lock, &original.pthread_mutex_lock, kMutexLock),
    row("pthread_mutex_trylock", Family::lock, Strategy::lock, green_pthread_mutex_trylock, &original.pthread_mutex_trylock, kMutexTrylock),
    alias("__pthread_mutex_trylock", "pthread_mutex_trylock", Family::lock, Strategy::lock, green_pthread_mutex_trylock, &original.pthread_mutex_trylock, kMutexTrylock),
    row("pthread_mutex_timedlock", Family::lock, Strategy::lock, green_pthread_mutex_timedlock, &original.pthread_mutex_timedlock, kMutexTimedlock),
    row("pthread_mutex_clocklock", Family::lock, Strategy::lock, green_pthread_mutex_clocklock, &original.pthread_mutex_clocklock, kMutexClocklock),
    row("pthread_mutex_unlock", Family::lock, Strategy::waker, green_pthread_mutex_unlock, &original.pthread_mutex_unlock, kMutexUnlock),
    alias("__pthread_mutex_unlock", "pthread_mutex_unlock", Family::lock, Strategy::waker, green_pthread_mutex_unlock, &original.pthread_mutex_unlock, kMutexUnlock),
    row("pthread_rwlock_rdlock", Family::lock, Strategy::lock, green_pthread_rwlock_rdlock, &original.pthread_rwlock_rdlock, kRdlock),
    alias("__pthread_rwlock_rdlock", "pthread_rwlock_rdlock", Family::lock, Strategy::lock, green_pthread_rwlock_rdlock, &original.pthread_rwlock_rdlock, kRdlock),
    row("pthread_rwlock_tryrdlock", Family::lock, Strategy::lock, green_pthread_rwlock_tryrdlock, &original.pthread_rwlock_tryrdlock, kTryrdlock),
    alias("__pthread_rwlock_tryrdlock", "pthread_rwlock_tryrdlock", Family::lock, Strategy::lock, green_pthread_rwlock_tryrdlock, &original.pthread_rwlock_tryrdlock, kTryrdlock),
    row("pthread_rwlock_timedrdlock", Family::lock, Strategy::lock, green_pthread_rwlock_timedrdlock, &original.pthread_rwlock_timedrdlock, kTimedrdlock),
    row("pthread_rwlock_clockrdlock", Family::lock, Strategy::lock, green_pthread_rwlock_clockrdlock, &original.pthread_rwlock_clockrdlock, kClockrdlock),
    row("pthread_rwlock_wrlock", Family::lock, Strategy::lock, green_pthread_rwlock_wrlock, &original.pthread_rwlock_wrlock, kWrlock),
    alias("__pthread_rwlock_wrlock", "pthread_rwlock_wrlock", Family::lock, Strategy::lock, green_pthread_rwlock_wrlock, &original.pthread_rwlock_wrlock, kWrlock),
    row("pthread_rwlock_trywrlock", Family::lock, Strategy::lock, green_pthread_rwlock_trywrlock, &original.pthread_rwlock_trywrlock, kTrywrlock),
    alias("__pthread_rwlock_trywrlock", "pthread_rwlock_trywrlock", Family::lock, Strategy::lock, green_pthread_rwlock_trywrlock, &original.pthread_rwlock_trywrlock, kTrywrlock),
    row("pthread_rwlock_timedwrlock", Family::lock, Strategy::lock, green_pthread_rwlock_timedwrlock, &original.pthread_rwlock_timedwrlock, kTimedwrlock),
    row("pthread_rwlock_clockwrlock", Family::lock, Strategy::lock, green_pthread_rwlock_clockwrlock, &original.pthread_rwlock_clockwrlock, kClockwrlock),
    row("pthread_rwlock_unlock", Family::lock, Strategy::waker, green_pthread_rwlock_unlock, &original.pthread_rwlock_unlock, kRwlockUnlock),
    alias("__pthread_rwlock_unlock", "pthread_rwlock_unlock", Family::lock, Strategy::waker, green_pthread_rwlock_unlock, &original.pthread_rwlock_unlock, kRwlockUnlock),
    row("pthread_spin_lock", Family::lock, Strategy::lock, green_pthread_spin_lock, &original.pthread_spin_lock, kSpinLock),
    row("pthread_join", Family::lock, Strategy::offload, green_pthread_join, &original.pthread_join, kJoin),
    row("pthread_timedjoin_np", Family::lock, Strategy::offload, green_pthread_timedjoin_np, &original.pthread_timedjoin_np, kTimedJoin),
    row("pthread_clockjoin_np", Family::lock, Strategy::offload, green_pthread_clockjoin_np, &original.pthread_clockjoin_np, kTimedJoin),
    row("pthread_cond_wait", Family::lock, Strategy::lock, green_pthread_cond_wait, &original.pthread_cond_wait, kCondWait),
    row("pthread_cond_timedwait", Family::lock, Strategy::lock, green_pthread_cond_timedwait, &original.pthread_cond_timedwait, kCondTimedwait),
    row("pthread_cond_clockwait", Family::lock, Strategy::lock, green_pthread_cond_clockwait, &original.pthread_cond_clockwait, kCondClockwait),
    row("pthread_cond_signal", Family::lock, Strategy::waker, green_pthread_cond_signal, &original.pthread_cond_signal, kCondSignal),
    row("pthread_cond_broadcast", Family::lock, Strategy::waker, green_pthread_cond_broadcast, &original.pthread_cond_broadcast, kCondSignal),
    row("sem_wait", Family::lock, Strategy::lock, green_sem_wait, &original.sem_wait, kSemWait),
    row("sem_timedwait", Family::lock, Strategy::lock, green_sem_timedwait, &original.sem_timedwait, kSemTimedwait),
    row("sem_clockwait", Family::lock, Strategy::lock, green_sem_clockwait, &original.sem_clockwait, kSemClockwait),
    row("sem_post", Family::lock, Strategy::waker, green_sem_post, &original.sem_post, kSemPost),
    row("mq_receive", Family::lock, Strategy::offload, green_mq_receive, &original.mq_receive, kMqReceive),
    row("mq_timedreceive", Family::lock, Strategy::offload, green_mq_timedreceive, &original.mq_timedreceive, kMqTimedreceive),
    row("mq_send", Family::lock, Strategy::offload, green_mq_send, &original.mq_send, kMqSend),
    row("mq_timedsend", Family::lock, Strategy::offload, green_mq_timedsend, &original.mq_timedsend, kMqTimedsend),
    row("msgrcv", Family::lock, Strategy::offload, green_msgrcv, &original.msgrcv, kMsgrcv),
    row("msgsnd", Family::lock, Strategy::offload, green_msgsnd, &original.msgsnd, kMsgsnd),
    row("semop", Family::lock, Strategy::offload, green_semop, &original.semop, kSemop),
    row("semtimedop", Family::lock, Strategy::offload, green_semtimedop, &original.semtimedop, kSemtimedop),
    row("_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE", Family::lock, Strategy::lock, green_std_condition_wait, &original.std_condition_wait, kStdWait),
    row("_ZNSt18condition_variable10notify_oneEv", Family::lock, Strategy::waker, green_std_condition_notify_one, &original.std_condition_notify_one, kStdNotify),
    row("_ZNSt18condition_variable10notify_allEv", Family::lock, Strategy::waker, green_std_condition_notify_all, &original.std_condition_notify_all, kStdNotify),
    row("_ZNSt6thread4joinEv", Family::lock, Strategy::offload, green_std_thread_join, &original.std_thread_join, kStdJoin),
    row("pthread_once", Family::lock, Strategy::lock, green_pthread_once, &original.pthread_once, kOnce),
    alias("__pthread_once", "pthread_once", Family::lock, Strategy::lock, green_pthread_once, &original.pthread_once, kOnce),
    row("__cxa_guard_acquire", Family::lock, Strategy::lock, green_cxa_guard_acquire, &original.cxa_guard_acquire, kGuardAcquire),
    row("__cxa_guard_release", Family::lock, Strategy::waker, green_cxa_guard_release, &original.cxa_guard_release, kGuardRelease),
    row("__cxa_guard_abort", Family::lock, Strategy::waker, green_cxa_guard_abort, &original.cxa_guard_abort, kGuardRelease),
    row("mtx_lock", Family::lock, Strategy::lock, green_mtx_lock, &original.mtx_lock, kMtxLock),
    row("mtx_trylock", Family::lock, Strategy::lock, green_mtx_trylock, &original.mtx_trylock, kMtxTrylock),
    row("mtx_timedlock", Family::lock, Strategy::lock, green_mtx_timedlock, &original.mtx_timedlock, kMtxTimedlock),
    row("mtx_unlock", Family::lock, Strategy::waker, green_mtx_unlock, &original.mtx_unlock, kMtxUnlock),
    row("cnd_wait", Family::lock, Strategy::lock, green_cnd_wait, &original.cnd_wait, kCndWait),
    row("cnd_timedwait", Family::lock, Strategy::lock, green_cnd_timedwait, &original.cnd_timedwait, kCndTimedwait),
    row("cnd_signal", Family::lock, Strategy::waker, green_cnd_signal, &original.cnd_signal, kCndSignal),
    row("cnd_broadcast", Family::lock, Strategy::waker, green_cnd_broadcast, &original.cnd_broadcast, kCndSignal),
    row("call_once", Family::lock, Strategy::lock, green_call_once, &original.call_once, kCallOnce),
    row("thrd_join", Family::lock, Strategy::offload, green_thrd_join, &original.thrd_join, kThrdJoin),
    row("thrd_sleep", Family::sleep, Strategy::timer, green_thrd_sleep, &original.thrd_sleep, kThrdSleep),
};
// clang-format on

}  // namespace

// Never destroyed: other kernel threads may still load libraries when the process ends.
std::span<const Row> rows() {
  static const std::vector<Row>& all = *[] {
    auto* together = new std::vector<Row>(std::begin(kRows), std::end(kRows));
    for (const auto part : {file_rows(), path_rows(), name_rows(), process_rows(), stream_rows()})
      together->insert(together->end(), part.begin(), part.end());
    return together;
  }();
  return all;
}

bool is_of_streams(const Row& row) {
  return &row >= &rows()[std::size(kRows)];
}

const char* name_of(Family family) {
  constexpr const char* kNames[] = {"socket", "sleep", "file", "lock", "process", "stdlib"};
  return kNames[static_cast<unsigned>(family)];
}

const char* name_of(Strategy strategy) {
  constexpr const char* kNames[] = {"hub",   "timer",   "lock",  "offload",
                                    "waker", "forward", "pinned"};
  return kNames[static_cast<unsigned>(strategy)];
}

namespace {

// Used by green calls, and redirected in no addon.
const struct {
  const char* name;
  void** original;
} kHelpers[] = {
    {"sem_trywait", reinterpret_cast<void**>(&original.sem_trywait)},
    {"pthread_spin_trylock", reinterpret_cast<void**>(&original.pthread_spin_trylock)},
    {"__underflow", reinterpret_cast<void**>(&original.underflow)},
    {"_IO_list_lock", reinterpret_cast<void**>(&original.list_lock)},
    {"_IO_list_unlock", reinterpret_cast<void**>(&original.list_unlock)},
    {"_IO_iter_begin", reinterpret_cast<void**>(&original.list_begin)},
    {"access", reinterpret_cast<void**>(&original.access)},
    {"chmod", reinterpret_cast<void**>(&original.chmod)},
    {"chown", reinterpret_cast<void**>(&original.chown)},
    {"closedir", reinterpret_cast<void**>(&original.closedir)},
    {"fchmod", reinterpret_cast<void**>(&original.fchmod)},
    {"fchown", reinterpret_cast<void**>(&original.fchown)},
    {"ftruncate", reinterpret_cast<void**>(&original.ftruncate)},
    {"futimens", reinterpret_cast<void**>(&original.futimens)},
    {"lchown", reinterpret_cast<void**>(&original.lchown)},
    {"link", reinterpret_cast<void**>(&original.link)},
    {"mkdir", reinterpret_cast<void**>(&original.mkdir)},
    {"mkdtemp", reinterpret_cast<void**>(&original.mkdtemp)},
    {"opendir", reinterpret_cast<void**>(&original.opendir)},
    {"readdir", reinterpret_cast<void**>(&original.readdir)},
    {"readlink", reinterpret_cast<void**>(&original.readlink)},
    {"realpath", reinterpret_cast<void**>(&original.realpath)},
    {"rename", reinterpret_cast<void**>(&original.rename)},
    {"rmdir", reinterpret_cast<void**>(&original.rmdir)},
    {"scandir", reinterpret_cast<void**>(&original.scandir)},
    {"statfs", reinterpret_cast<void**>(&original.statfs)},
    {"symlink", reinterpret_cast<void**>(&original.symlink)},
    {"unlink", reinterpret_cast<void**>(&original.unlink)},
    {"utimensat", reinterpret_cast<void**>(&original.utimensat)},
    {"epoll_create1", reinterpret_cast<void**>(&original.epoll_create1)},
    {"copy_file_range", reinterpret_cast<void**>(&original.copy_file_range)},
    {"syscall", reinterpret_cast<void**>(&original.syscall)},
};

}  // namespace

void load_originals() {
  void* libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  if (libc == nullptr) throw std::runtime_error("libc.so.6 is not loaded: greenify needs glibc");
  void* libstdcxx = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_NOLOAD);
  for (const auto& helper : kHelpers) *helper.original = dlsym(libc, helper.name);
  // What an older library does not have nobody can import from it; another name of it may be there.
  for (const Row& row : rows()) {
    void* found = dlsym(libc, row.name);
    if (found == nullptr && libstdcxx != nullptr) found = dlsym(libstdcxx, row.name);
    if (found != nullptr) *row.original = found;
  }
  check_stream_lock();
}

}  // namespace greenify::calls
