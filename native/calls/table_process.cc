#include <aio.h>
#include <stdio.h>
#include <wordexp.h>

#include "calls/barrier.h"
#include "calls/rows.h"
#include "calls/signals.h"

// Children that libc waits for by itself, signals, barriers, and requests that are under way.
namespace greenify::calls {
namespace {

using LioListio = int(int, aiocb* const*, int, sigevent*);

int green_lio_listio(int mode, aiocb* const* requests, int count, sigevent* event) {
  const auto really = [=] { return plain<"lio_listio", LioListio>(mode, requests, count, event); };
  return mode == LIO_WAIT ? offloaded_if_green(really) : really();
}

using GetaddrinfoA = int(int, gaicb**, int, sigevent*);

int green_getaddrinfo_a(int mode, gaicb** requests, int count, sigevent* event) {
  const auto really = [=] {
    return plain<"getaddrinfo_a", GetaddrinfoA>(mode, requests, count, event);
  };
  return mode == GAI_WAIT ? offloaded_if_green(really) : really();
}

using AioSuspend = int(const aiocb* const*, int, const timespec*);
using GaiSuspend = int(const gaicb* const*, int, const timespec*);

template <Name kName, class Function>
Row awaiting_signal(Function* green, const Page& page) {
  return row_of<kName, Function>(Family::process, Strategy::hub, green, page);
}

// clang-format off
const Row kRows[] = {
    // libc counts its calls of system(3) by itself, ignores SIGINT and SIGQUIT meanwhile and blocks
    // SIGCHLD in the calling thread: nothing but the real call keeps to that.
    whole<"system", int(const char*)>(Family::process, kSystem),
    never<"popen", FILE*(const char*, const char*)>(Family::process, kPopen),
    whole<"pclose", int(FILE*)>(Family::process, kPclose),
    whole<"wordexp", int(const char*, wordexp_t*, int)>(Family::process, kWordexp),
    awaiting_signal<"sigwait">(green_sigwait, kSigwait),
    awaiting_signal<"sigwaitinfo">(green_sigwaitinfo, kSigwaitinfo),
    awaiting_signal<"sigtimedwait">(green_sigtimedwait, kSigtimedwait),
    awaiting_signal<"sigsuspend">(green_sigsuspend, kSigsuspend),
    alias_of(awaiting_signal<"sigsuspend">(green_sigsuspend, kSigsuspend), "__sigsuspend"),
    awaiting_signal<"sigpause">(green_sigpause, kSigpause),
    awaiting_signal<"__xpg_sigpause">(green_sigpause_xpg, kSigpause),
    awaiting_signal<"__sigpause">(green_sigpause_either, kSigpause),
    row_of<"pause", int()>(Family::process, Strategy::pinned, green_pause, kPause),
    row_of<"pthread_barrier_wait", int(pthread_barrier_t*)>(Family::lock, Strategy::lock, green_pthread_barrier_wait, kBarrierWait),
    row_of<"pthread_barrier_destroy", int(pthread_barrier_t*)>(Family::lock, Strategy::lock, green_pthread_barrier_destroy, kBarrierDestroy),
    whole<"aio_suspend", AioSuspend>(Family::file, kAioSuspend),
    alias_of(whole<"aio_suspend", AioSuspend>(Family::file, kAioSuspend), "aio_suspend64"),
    row_of<"lio_listio", LioListio>(Family::file, Strategy::offload, green_lio_listio, kLioListio),
    alias_of(row_of<"lio_listio", LioListio>(Family::file, Strategy::offload, green_lio_listio, kLioListio), "lio_listio64"),
    row_of<"getaddrinfo_a", GetaddrinfoA>(Family::socket, Strategy::offload, green_getaddrinfo_a, kGetaddrinfoA),
    whole<"gai_suspend", GaiSuspend>(Family::socket, kGaiSuspend),
};
// clang-format on

}  // namespace

std::span<const Row> process_rows() {
  return kRows;
}

}  // namespace greenify::calls
