#include "green/foreign_stack.h"

#include <algorithm>
#include <utility>

namespace greenify::green {
namespace {

std::shared_ptr<ForeignCalls> take_kept(KeptForeign& kept, const ForeignStack& library) {
  const auto found = std::find_if(kept.begin(), kept.end(), [&](const KeptCalls& candidate) {
    return candidate.library == &library;
  });
  if (found == kept.end()) return nullptr;
  std::shared_ptr<ForeignCalls> calls = std::move(found->calls);
  kept.erase(found);
  return calls;
}

}  // namespace

void ForeignStacks::remove(ForeignStack& library) {
  std::erase(libraries_, &library);
}

bool ForeignStacks::holds(const void* sp) const {
  return std::any_of(libraries_.begin(), libraries_.end(),
                     [sp](const ForeignStack* library) { return library->holds(sp); });
}

bool ForeignStacks::can_leave(const Stack& own, const void* sp) const {
  if (!own.contains(sp) && !holds(sp)) return false;
  return std::all_of(libraries_.begin(), libraries_.end(),
                     [&](ForeignStack* library) { return library->can_leave(own, sp); });
}

bool ForeignStacks::change(ForeignStack& library, KeptForeign& from, KeptForeign& to) {
  std::shared_ptr<ForeignCalls> next = take_kept(to, library);
  const bool leaves_calls = library.in_call();
  if (!leaves_calls && next == nullptr) return true;
  std::shared_ptr<ForeignCalls> left = leaves_calls ? library.take() : nullptr;
  if (!library.put(std::move(next))) {
    library.put(std::move(left));
    return false;
  }
  if (left != nullptr) from.push_back({&library, std::move(left)});
  return true;
}

bool ForeignStacks::change(KeptForeign& from, KeptForeign& to) {
  bool apart = true;
  for (ForeignStack* library : libraries_) apart = change(*library, from, to) && apart;
  return apart;
}

}  // namespace greenify::green
