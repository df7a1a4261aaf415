#pragma once

#include <cstdint>
#include <vector>

#include "green/thread.h"

namespace greenify::hub {

enum class Traced : uint8_t {
  wait,     // a green thread was suspended on the hub
  offload,  // its call ran on an offload thread
  pin,      // its call really blocked
};

struct TraceEvent {
  Traced what;
  uint32_t index;   // of the green thread
  uint64_t serial;  // of its body
  int64_t duration_ns;
};

// What green threads waited for, kept for those who ask: nothing is told where it happens, which
// may be inside of any library, or while V8 collects. Off, it costs one branch. Thread: loop.
class Trace {
 public:
  void set(bool on) {
    on_ = on;
    events_.clear();
  }
  // When a wait begins: what end() is to be given; 0 where nobody asks.
  int64_t begin() const { return on_ ? clock() : 0; }
  void end(int64_t began, Traced what, const green::Thread& thread) {
    if (began != 0) record({what, thread.index, thread.serial, clock() - began});
  }
  void pin(const green::Thread& thread) {
    if (on_) record({Traced::pin, thread.index, thread.serial, 0});
  }
  std::vector<TraceEvent> take();

 private:
  static int64_t clock();
  void record(const TraceEvent& event);

  bool on_ = false;
  std::vector<TraceEvent> events_;
};

}  // namespace greenify::hub
