#include "calls/table.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "calls/green_calls.h"
#include "calls/original.h"

namespace greenify::calls {

Originals original{};

namespace {

template <class Function>
Row row(const char* name, Family family, Strategy strategy, Function* green, Function** plain,
        const char* page) {
  return {name, family, strategy, reinterpret_cast<void*>(green), reinterpret_cast<void**>(plain),
          page, family};
}

Row with_also(Row row, Family also) {
  row.also = also;
  return row;
}

// clang-format off
const Row kRows[] = {
    with_also(row("read",              Family::socket,  Strategy::hub,     green_read,              &original.read,              "read(2)"), Family::file),
    with_also(row("__read_chk",        Family::socket,  Strategy::hub,     green_read_chk,          &original.read_chk,          "read(2)"), Family::file),
    with_also(row("readv",             Family::socket,  Strategy::hub,     green_readv,             &original.readv,             "readv(2)"), Family::file),
    with_also(row("write",             Family::socket,  Strategy::hub,     green_write,             &original.write,             "write(2)"), Family::file),
    with_also(row("writev",            Family::socket,  Strategy::hub,     green_writev,            &original.writev,            "readv(2)"), Family::file),
    row("connect",           Family::socket,  Strategy::hub,     green_connect,           &original.connect,           "connect(2)"),
    row("accept",            Family::socket,  Strategy::hub,     green_accept,            &original.accept,            "accept(2)"),
    row("accept4",           Family::socket,  Strategy::hub,     green_accept4,           &original.accept4,           "accept(2)"),
    row("recv",              Family::socket,  Strategy::hub,     green_recv,              &original.recv,              "recv(2)"),
    row("__recv_chk",        Family::socket,  Strategy::hub,     green_recv_chk,          &original.recv_chk,          "recv(2)"),
    row("recvfrom",          Family::socket,  Strategy::hub,     green_recvfrom,          &original.recvfrom,          "recv(2)"),
    row("__recvfrom_chk",    Family::socket,  Strategy::hub,     green_recvfrom_chk,      &original.recvfrom_chk,      "recv(2)"),
    row("recvmsg",           Family::socket,  Strategy::hub,     green_recvmsg,           &original.recvmsg,           "recv(2)"),
    row("recvmmsg",          Family::socket,  Strategy::offload, green_recvmmsg,          &original.recvmmsg,          "recvmmsg(2)"),
    row("send",              Family::socket,  Strategy::hub,     green_send,              &original.send,              "send(2)"),
    row("sendto",            Family::socket,  Strategy::hub,     green_sendto,            &original.sendto,            "send(2)"),
    row("sendmsg",           Family::socket,  Strategy::hub,     green_sendmsg,           &original.sendmsg,           "send(2)"),
    row("sendmmsg",          Family::socket,  Strategy::hub,     green_sendmmsg,          &original.sendmmsg,          "sendmmsg(2)"),
    row("sendfile",          Family::socket,  Strategy::offload, green_sendfile,          &original.sendfile,          "sendfile(2)"),
    row("sendfile64",        Family::socket,  Strategy::offload, green_sendfile,          &original.sendfile,          "sendfile(2)"),
    row("splice",            Family::socket,  Strategy::offload, green_splice,            &original.splice,            "splice(2)"),
    row("poll",              Family::socket,  Strategy::hub,     green_poll,              &original.poll,              "poll(2)"),
    row("__poll_chk",        Family::socket,  Strategy::hub,     green_poll_chk,          &original.poll_chk,          "poll(2)"),
    row("ppoll",             Family::socket,  Strategy::hub,     green_ppoll,             &original.ppoll,             "poll(2)"),
    row("__ppoll_chk",       Family::socket,  Strategy::hub,     green_ppoll_chk,         &original.ppoll_chk,         "poll(2)"),
    row("select",            Family::socket,  Strategy::hub,     green_select,            &original.select,            "select(2)"),
    row("pselect",           Family::socket,  Strategy::hub,     green_pselect,           &original.pselect,           "select(2)"),
    row("epoll_wait",        Family::socket,  Strategy::hub,     green_epoll_wait,        &original.epoll_wait,        "epoll_wait(2)"),
    row("epoll_pwait",       Family::socket,  Strategy::hub,     green_epoll_pwait,       &original.epoll_pwait,       "epoll_wait(2)"),
    row("epoll_pwait2",      Family::socket,  Strategy::hub,     green_epoll_pwait2,      &original.epoll_pwait2,      "epoll_wait(2)"),
    row("close",             Family::socket,  Strategy::waker,   green_close,             &original.close,             "close(2)"),
    row("dup2",              Family::socket,  Strategy::waker,   green_dup2,              &original.dup2,              "dup(2)"),
    row("dup3",              Family::socket,  Strategy::waker,   green_dup3,              &original.dup3,              "dup(2)"),
    row("dup",               Family::socket,  Strategy::forward, green_dup,               &original.dup,               "dup(2)"),
    row("shutdown",          Family::socket,  Strategy::forward, green_shutdown,          &original.shutdown,          "shutdown(2)"),
    row("getaddrinfo",       Family::socket,  Strategy::offload, green_getaddrinfo,       &original.getaddrinfo,       "getaddrinfo(3)"),
    row("getnameinfo",       Family::socket,  Strategy::offload, green_getnameinfo,       &original.getnameinfo,       "getnameinfo(3)"),
    row("gethostbyname",     Family::socket,  Strategy::offload, green_gethostbyname,     &original.gethostbyname,     "gethostbyname(3)"),
    row("gethostbyname2",    Family::socket,  Strategy::offload, green_gethostbyname2,    &original.gethostbyname2,    "gethostbyname(3)"),
    row("gethostbyaddr",     Family::socket,  Strategy::offload, green_gethostbyaddr,     &original.gethostbyaddr,     "gethostbyname(3)"),
    row("gethostbyname_r",   Family::socket,  Strategy::offload, green_gethostbyname_r,   &original.gethostbyname_r,   "gethostbyname(3)"),
    row("gethostbyname2_r",  Family::socket,  Strategy::offload, green_gethostbyname2_r,  &original.gethostbyname2_r,  "gethostbyname(3)"),
    row("gethostbyaddr_r",   Family::socket,  Strategy::offload, green_gethostbyaddr_r,   &original.gethostbyaddr_r,   "gethostbyname(3)"),
    row("getpwnam",          Family::socket,  Strategy::offload, green_getpwnam,          &original.getpwnam,          "getpwnam(3)"),
    row("getpwuid",          Family::socket,  Strategy::offload, green_getpwuid,          &original.getpwuid,          "getpwnam(3)"),
    row("getpwnam_r",        Family::socket,  Strategy::offload, green_getpwnam_r,        &original.getpwnam_r,        "getpwnam(3)"),
    row("getpwuid_r",        Family::socket,  Strategy::offload, green_getpwuid_r,        &original.getpwuid_r,        "getpwnam(3)"),
    row("getgrnam",          Family::socket,  Strategy::offload, green_getgrnam,          &original.getgrnam,          "getgrnam(3)"),
    row("getgrgid",          Family::socket,  Strategy::offload, green_getgrgid,          &original.getgrgid,          "getgrnam(3)"),
    row("getgrnam_r",        Family::socket,  Strategy::offload, green_getgrnam_r,        &original.getgrnam_r,        "getgrnam(3)"),
    row("getgrgid_r",        Family::socket,  Strategy::offload, green_getgrgid_r,        &original.getgrgid_r,        "getgrnam(3)"),
    row("getgrouplist",      Family::socket,  Strategy::offload, green_getgrouplist,      &original.getgrouplist,      "getgrouplist(3)"),
    row("getservbyname",     Family::socket,  Strategy::offload, green_getservbyname,     &original.getservbyname,     "getservbyname(3)"),
    row("getservbyport",     Family::socket,  Strategy::offload, green_getservbyport,     &original.getservbyport,     "getservbyname(3)"),
    row("getservbyname_r",   Family::socket,  Strategy::offload, green_getservbyname_r,   &original.getservbyname_r,   "getservbyname(3)"),
    row("getservbyport_r",   Family::socket,  Strategy::offload, green_getservbyport_r,   &original.getservbyport_r,   "getservbyname(3)"),
    row("sleep",             Family::sleep,   Strategy::timer,   green_sleep,             &original.sleep,             "sleep(3)"),
    row("usleep",            Family::sleep,   Strategy::timer,   green_usleep,            &original.usleep,            "usleep(3)"),
    row("nanosleep",         Family::sleep,   Strategy::timer,   green_nanosleep,         &original.nanosleep,         "nanosleep(2)"),
    row("clock_nanosleep",   Family::sleep,   Strategy::timer,   green_clock_nanosleep,   &original.clock_nanosleep,   "clock_nanosleep(2)"),
    row("open",              Family::file,    Strategy::offload, green_open,              &original.open,              "open(2)"),
    row("open64",            Family::file,    Strategy::offload, green_open,              &original.open,              "open(2)"),
    row("__open_2",          Family::file,    Strategy::offload, green_open_2,            &original.open_2,            "open(2)"),
    row("__open64_2",        Family::file,    Strategy::offload, green_open_2,            &original.open_2,            "open(2)"),
    row("openat",            Family::file,    Strategy::offload, green_openat,            &original.openat,            "open(2)"),
    row("openat64",          Family::file,    Strategy::offload, green_openat,            &original.openat,            "open(2)"),
    row("__openat_2",        Family::file,    Strategy::offload, green_openat_2,          &original.openat_2,          "open(2)"),
    row("__openat64_2",      Family::file,    Strategy::offload, green_openat_2,          &original.openat_2,          "open(2)"),
    row("creat",             Family::file,    Strategy::offload, green_creat,             &original.creat,             "open(2)"),
    row("creat64",           Family::file,    Strategy::offload, green_creat,             &original.creat,             "open(2)"),
    row("pread",             Family::file,    Strategy::offload, green_pread,             &original.pread,             "pread(2)"),
    row("pread64",           Family::file,    Strategy::offload, green_pread,             &original.pread,             "pread(2)"),
    row("__pread_chk",       Family::file,    Strategy::offload, green_pread_chk,         &original.pread_chk,         "pread(2)"),
    row("__pread64_chk",     Family::file,    Strategy::offload, green_pread_chk,         &original.pread_chk,         "pread(2)"),
    row("pwrite",            Family::file,    Strategy::offload, green_pwrite,            &original.pwrite,            "pread(2)"),
    row("pwrite64",          Family::file,    Strategy::offload, green_pwrite,            &original.pwrite,            "pread(2)"),
    row("preadv",            Family::file,    Strategy::offload, green_preadv,            &original.preadv,            "readv(2)"),
    row("preadv64",          Family::file,    Strategy::offload, green_preadv,            &original.preadv,            "readv(2)"),
    row("pwritev",           Family::file,    Strategy::offload, green_pwritev,           &original.pwritev,           "readv(2)"),
    row("pwritev64",         Family::file,    Strategy::offload, green_pwritev,           &original.pwritev,           "readv(2)"),
    row("fsync",             Family::file,    Strategy::offload, green_fsync,             &original.fsync,             "fsync(2)"),
    row("fdatasync",         Family::file,    Strategy::offload, green_fdatasync,         &original.fdatasync,         "fsync(2)"),
    row("flock",             Family::file,    Strategy::offload, green_flock,             &original.flock,             "flock(2)"),
    row("fcntl",             Family::file,    Strategy::offload, green_fcntl,             &original.fcntl,             "fcntl(2)"),
    row("fcntl64",           Family::file,    Strategy::offload, green_fcntl,             &original.fcntl,             "fcntl(2)"),
    row("lockf",             Family::file,    Strategy::offload, green_lockf,             &original.lockf,             "lockf(3)"),
    row("lockf64",           Family::file,    Strategy::offload, green_lockf,             &original.lockf,             "lockf(3)"),
    row("wait",              Family::process, Strategy::offload, green_wait,              &original.wait,              "wait(2)"),
    row("waitpid",           Family::process, Strategy::hub,     green_waitpid,           &original.waitpid,           "wait(2)"),
    row("wait3",             Family::process, Strategy::offload, green_wait3,             &original.wait3,             "wait4(2)"),
    row("wait4",             Family::process, Strategy::hub,     green_wait4,             &original.wait4,             "wait4(2)"),
    row("waitid",            Family::process, Strategy::hub,     green_waitid,            &original.waitid,            "wait(2)"),
    row("pthread_mutex_lock", Family::lock, Strategy::lock, green_pthread_mutex_lock, &original.pthread_mutex_lock, "pthread_mutex_lock(3)"),
    row("pthread_mutex_trylock", Family::lock, Strategy::lock, green_pthread_mutex_trylock, &original.pthread_mutex_trylock, "pthread_mutex_trylock(3)"),
    row("pthread_mutex_timedlock", Family::lock, Strategy::lock, green_pthread_mutex_timedlock, &original.pthread_mutex_timedlock, "pthread_mutex_timedlock(3)"),
    row("pthread_mutex_clocklock", Family::lock, Strategy::lock, green_pthread_mutex_clocklock, &original.pthread_mutex_clocklock, "pthread_mutex_clocklock(3)"),
    row("pthread_mutex_unlock", Family::lock, Strategy::waker, green_pthread_mutex_unlock, &original.pthread_mutex_unlock, "pthread_mutex_unlock(3)"),
    row("pthread_rwlock_rdlock", Family::lock, Strategy::lock, green_pthread_rwlock_rdlock, &original.pthread_rwlock_rdlock, "pthread_rwlock_rdlock(3)"),
    row("pthread_rwlock_tryrdlock", Family::lock, Strategy::lock, green_pthread_rwlock_tryrdlock, &original.pthread_rwlock_tryrdlock, "pthread_rwlock_tryrdlock(3)"),
    row("pthread_rwlock_timedrdlock", Family::lock, Strategy::lock, green_pthread_rwlock_timedrdlock, &original.pthread_rwlock_timedrdlock, "pthread_rwlock_timedrdlock(3)"),
    row("pthread_rwlock_clockrdlock", Family::lock, Strategy::lock, green_pthread_rwlock_clockrdlock, &original.pthread_rwlock_clockrdlock, "pthread_rwlock_clockrdlock(3)"),
    row("pthread_rwlock_wrlock", Family::lock, Strategy::lock, green_pthread_rwlock_wrlock, &original.pthread_rwlock_wrlock, "pthread_rwlock_wrlock(3)"),
    row("pthread_rwlock_trywrlock", Family::lock, Strategy::lock, green_pthread_rwlock_trywrlock, &original.pthread_rwlock_trywrlock, "pthread_rwlock_trywrlock(3)"),
    row("pthread_rwlock_timedwrlock", Family::lock, Strategy::lock, green_pthread_rwlock_timedwrlock, &original.pthread_rwlock_timedwrlock, "pthread_rwlock_timedwrlock(3)"),
    row("pthread_rwlock_clockwrlock", Family::lock, Strategy::lock, green_pthread_rwlock_clockwrlock, &original.pthread_rwlock_clockwrlock, "pthread_rwlock_clockwrlock(3)"),
    row("pthread_rwlock_unlock", Family::lock, Strategy::waker, green_pthread_rwlock_unlock, &original.pthread_rwlock_unlock, "pthread_rwlock_unlock(3)"),
    row("pthread_spin_lock", Family::lock, Strategy::lock, green_pthread_spin_lock, &original.pthread_spin_lock, "pthread_spin_lock(3)"),
    row("pthread_join", Family::lock, Strategy::offload, green_pthread_join, &original.pthread_join, "pthread_join(3)"),
    row("pthread_cond_wait", Family::lock, Strategy::lock, green_pthread_cond_wait, &original.pthread_cond_wait, "pthread_cond_wait(3)"),
    row("pthread_cond_timedwait", Family::lock, Strategy::lock, green_pthread_cond_timedwait, &original.pthread_cond_timedwait, "pthread_cond_timedwait(3)"),
    row("pthread_cond_clockwait", Family::lock, Strategy::lock, green_pthread_cond_clockwait, &original.pthread_cond_clockwait, "pthread_cond_clockwait(3)"),
    row("pthread_cond_signal", Family::lock, Strategy::waker, green_pthread_cond_signal, &original.pthread_cond_signal, "pthread_cond_signal(3)"),
    row("pthread_cond_broadcast", Family::lock, Strategy::waker, green_pthread_cond_broadcast, &original.pthread_cond_broadcast, "pthread_cond_broadcast(3)"),
    row("sem_wait", Family::lock, Strategy::lock, green_sem_wait, &original.sem_wait, "sem_wait(3)"),
    row("sem_timedwait", Family::lock, Strategy::lock, green_sem_timedwait, &original.sem_timedwait, "sem_timedwait(3)"),
    row("sem_clockwait", Family::lock, Strategy::lock, green_sem_clockwait, &original.sem_clockwait, "sem_clockwait(3)"),
    row("sem_post", Family::lock, Strategy::waker, green_sem_post, &original.sem_post, "sem_post(3)"),
    row("_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE", Family::lock, Strategy::lock, green_std_condition_wait, &original.std_condition_wait, "C++ [thread.condition]"),
    row("_ZNSt18condition_variable10notify_oneEv", Family::lock, Strategy::waker, green_std_condition_notify_one, &original.std_condition_notify_one, "C++ [thread.condition]"),
    row("_ZNSt18condition_variable10notify_allEv", Family::lock, Strategy::waker, green_std_condition_notify_all, &original.std_condition_notify_all, "C++ [thread.condition]"),
    row("_ZNSt6thread4joinEv", Family::lock, Strategy::offload, green_std_thread_join, &original.std_thread_join, "C++ [thread.thread.member]"),
    row("pthread_once", Family::lock, Strategy::lock, green_pthread_once, &original.pthread_once, "pthread_once(3)"),
    row("__cxa_guard_acquire", Family::lock, Strategy::lock, green_cxa_guard_acquire, &original.cxa_guard_acquire, "Itanium C++ ABI 3.3.3"),
    row("__cxa_guard_release", Family::lock, Strategy::waker, green_cxa_guard_release, &original.cxa_guard_release, "Itanium C++ ABI 3.3.3"),
    row("__cxa_guard_abort", Family::lock, Strategy::waker, green_cxa_guard_abort, &original.cxa_guard_abort, "Itanium C++ ABI 3.3.3"),
    row("mtx_lock", Family::lock, Strategy::lock, green_mtx_lock, &original.mtx_lock, "mtx_lock(3)"),
    row("mtx_trylock", Family::lock, Strategy::lock, green_mtx_trylock, &original.mtx_trylock, "mtx_trylock(3)"),
    row("mtx_timedlock", Family::lock, Strategy::lock, green_mtx_timedlock, &original.mtx_timedlock, "mtx_timedlock(3)"),
    row("mtx_unlock", Family::lock, Strategy::waker, green_mtx_unlock, &original.mtx_unlock, "mtx_unlock(3)"),
    row("cnd_wait", Family::lock, Strategy::lock, green_cnd_wait, &original.cnd_wait, "cnd_wait(3)"),
    row("cnd_timedwait", Family::lock, Strategy::lock, green_cnd_timedwait, &original.cnd_timedwait, "cnd_timedwait(3)"),
    row("cnd_signal", Family::lock, Strategy::waker, green_cnd_signal, &original.cnd_signal, "cnd_signal(3)"),
    row("cnd_broadcast", Family::lock, Strategy::waker, green_cnd_broadcast, &original.cnd_broadcast, "cnd_broadcast(3)"),
    row("call_once", Family::lock, Strategy::lock, green_call_once, &original.call_once, "call_once(3)"),
    row("thrd_join", Family::lock, Strategy::offload, green_thrd_join, &original.thrd_join, "thrd_join(3)"),
    row("thrd_sleep", Family::sleep, Strategy::timer, green_thrd_sleep, &original.thrd_sleep, "thrd_sleep(3)"),
};
// clang-format on

}  // namespace

std::span<const Row> rows() {
  return kRows;
}

const char* name_of(Family family) {
  constexpr const char* kNames[] = {"socket", "sleep", "file", "lock", "process"};
  return kNames[static_cast<unsigned>(family)];
}

const char* name_of(Strategy strategy) {
  constexpr const char* kNames[] = {"hub", "timer", "lock", "offload", "waker", "forward"};
  return kNames[static_cast<unsigned>(strategy)];
}

namespace {

// Used by green calls, and not redirected: they never wait.
const struct {
  const char* name;
  void** original;
} kHelpers[] = {
    {"sem_trywait", reinterpret_cast<void**>(&original.sem_trywait)},
    {"pthread_spin_trylock", reinterpret_cast<void**>(&original.pthread_spin_trylock)},
};

}  // namespace

void load_originals() {
  void* libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  if (libc == nullptr) throw std::runtime_error("libc.so.6 is not loaded: greenify needs glibc");
  void* libstdcxx = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_NOLOAD);
  for (const auto& helper : kHelpers) *helper.original = dlsym(libc, helper.name);
  // What an older library does not have nobody can import from it.
  for (const Row& row : kRows) {
    void* found = dlsym(libc, row.name);
    if (found == nullptr && libstdcxx != nullptr) found = dlsym(libstdcxx, row.name);
    *row.original = found;
  }
}

}  // namespace greenify::calls
