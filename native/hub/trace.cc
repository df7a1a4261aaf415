#include "hub/trace.h"

#include <utility>

#include "hub/hub.h"

namespace greenify::hub {
namespace {

// A program that keeps its loop busy for long must not be eaten up by what nobody has fetched yet.
constexpr size_t kMostEvents = 65'536;

}  // namespace

int64_t Trace::clock() {
  return now();
}

void Trace::record(const TraceEvent& event) {
  if (events_.size() < kMostEvents) events_.push_back(event);
}

std::vector<TraceEvent> Trace::take() {
  return std::exchange(events_, {});
}

}  // namespace greenify::hub
