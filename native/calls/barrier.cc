#include "calls/barrier.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>

#include "calls/lock_wait.h"
#include "calls/original.h"
#include "calls/whole.h"

// A barrier has no owner, so an offload thread could wait at it; but everybody who comes has to
// wait, and there may be more of them than offload threads. So a green thread enters the barrier as
// libc does it, on libc's own counters, where kernel threads enter too, and waits on the hub.
namespace greenify::calls {
namespace {

// nptl/internaltypes.h, struct pthread_barrier; nptl/pthread_barrier_wait.c (glibc 2.25 and later).
// Whoever enters takes the next number of `in`; those up to `current_round` may leave, and count
// themselves in `out`; the last one whose number fits begins again at 0. `shared` is 0 where
// other processes do not come.
struct Barrier {
  unsigned in;
  unsigned current_round;
  unsigned count;
  int shared;
  unsigned out;
};
static_assert(sizeof(Barrier) <= sizeof(pthread_barrier_t));

constexpr unsigned kMostIn = UINT_MAX / 2;  // BARRIER_IN_THRESHOLD

using Word = std::atomic_ref<unsigned>;

Barrier& inside(pthread_barrier_t* barrier) {
  return *reinterpret_cast<Barrier*>(barrier);
}

void wake_all(unsigned& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

// One green thread's way through a barrier. Each step never blocks.
class Passage {
 public:
  explicit Passage(pthread_barrier_t* barrier) : barrier_(inside(barrier)) {}

  // EBUSY while others have to come or, before it has entered, to leave.
  int attempt() {
    if (number_ == 0 && !enter()) return EBUSY;
    return may_leave() ? 0 : EBUSY;
  }

  // Leaves the barrier, which may be gone afterwards.
  int leave() {
    const int result = number_ % count() == 0 ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
    const unsigned most = most_in();
    if (Word(barrier_.out).fetch_add(1, std::memory_order_release) + 1 != most) return result;
    std::atomic_thread_fence(std::memory_order_acquire);
    Word(barrier_.current_round).store(0, std::memory_order_relaxed);
    Word(barrier_.out).store(0, std::memory_order_relaxed);
    Word(barrier_.in).store(0, std::memory_order_release);
    wake_all(barrier_.in);
    return result;
  }

 private:
  unsigned count() const { return barrier_.count; }
  unsigned most_in() const { return kMostIn - kMostIn % count(); }

  // Numbers beyond the most are given out again when everybody with a lower one has left. It is not
  // asked for one there: nobody would notice that it is not wanted.
  bool enter() {
    Word in(barrier_.in);
    unsigned before = in.load(std::memory_order_acquire);
    do {
      if (before >= most_in()) return false;
    } while (!in.compare_exchange_weak(before, before + 1, std::memory_order_acq_rel));
    number_ = before + 1;
    finish_rounds();
    return true;
  }

  // Whoever completes a round, or comes before the one who did has said so, says it.
  void finish_rounds() {
    Word round(barrier_.current_round);
    unsigned current = round.load(std::memory_order_relaxed);
    while (current + count() <= number_) {
      const unsigned next = number_ - number_ % count();
      if (!round.compare_exchange_weak(current, next, std::memory_order_release)) continue;
      wake_all(barrier_.current_round);
      hub::wake_address(&barrier_, SIZE_MAX);
      return;
    }
  }

  bool may_leave() const {
    return number_ <= Word(barrier_.current_round).load(std::memory_order_acquire);
  }

  Barrier& barrier_;
  unsigned number_ = 0;  // from 1 on, once it has entered
};

// Whether this libc keeps its barriers so: what is seen of one that a thread has gone through.
bool is_known_layout() {
  static const bool known = [] {
    pthread_barrier_t barrier;
    if (pthread_barrier_init(&barrier, nullptr, 1) != 0) return false;
    plain<"pthread_barrier_wait", int(pthread_barrier_t*)>(&barrier);
    const Barrier& words = inside(&barrier);
    const bool as_expected = words.in == 1 && words.current_round == 1 && words.count == 1 &&
                             words.shared == 0 && words.out == 1;
    plain<"pthread_barrier_destroy", int(pthread_barrier_t*)>(&barrier);
    return as_expected;
  }();
  return known;
}

void wait_on_hub(pthread_barrier_t* barrier, Passage& passage) {
  hub::Hub& hub = *hub::Hub::here();
  while (passage.attempt() == EBUSY) {
    hub::Wait wait;
    hub.watch_address(wait, barrier);
    if (passage.attempt() != EBUSY) return hub.forget(wait);
    // Those who come in code that is not redirected tell nobody.
    if (hub.pause(wait, hub::deadline_in(kLookAgain)) == hub::Wake::cancelled) keep_cancellation();
  }
}

// Where nothing may be suspended, green threads that have to come are let go on.
void wait_driving(Passage& passage) {
  while (passage.attempt() == EBUSY) hub::Hub::here()->drive(hub::deadline_in(kLongestRetry));
}

bool has_nothing_to_do_with_hub() {
  return green::current() == nullptr && hub::Hub::here() == nullptr;
}

}  // namespace

int green_pthread_barrier_wait(pthread_barrier_t* barrier) {
  const auto really = [=] {
    const int result = plain<"pthread_barrier_wait", int(pthread_barrier_t*)>(barrier);
    hub::wake_address(barrier, SIZE_MAX);
    return result;
  };
  if (has_nothing_to_do_with_hub()) return really();
  // Other processes tell nobody when they come.
  if (inside(barrier).shared != 0 || !is_known_layout()) return offloaded_if_green(really);
  Passage passage(barrier);
  if (green::may_suspend()) {
    wait_on_hub(barrier, passage);
  } else {
    if (green::current() != nullptr && passage.attempt() == EBUSY) count_pin();
    wait_driving(passage);
  }
  return passage.leave();
}

// pthread_barrier_destroy(3p) waits for those who may leave and have not yet: green threads that
// are to be resumed, maybe. In code that is not redirected the loop would stand still for ever.
int green_pthread_barrier_destroy(pthread_barrier_t* barrier) {
  const auto really = [=] {
    return plain<"pthread_barrier_destroy", int(pthread_barrier_t*)>(barrier);
  };
  if (has_nothing_to_do_with_hub() || !is_known_layout()) return offloaded_if_green(really);
  const auto all_have_left = [&words = inside(barrier)] {
    return Word(words.in).load(std::memory_order_acquire) ==
           Word(words.out).load(std::memory_order_acquire);
  };
  if (all_have_left()) return really();
  if (green::may_suspend()) return offloaded(really);
  if (green::current() != nullptr) count_pin();
  while (!all_have_left()) hub::Hub::here()->drive(hub::deadline_in(kLongestRetry));
  return really();
}

}  // namespace greenify::calls
