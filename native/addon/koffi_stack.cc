#include "addon/koffi_stack.h"

#include <utility>

#include "green/loop_thread.h"

namespace greenify::addon::koffi {

struct CallStack::Calls final : green::ForeignCalls {
  explicit Calls(std::unique_ptr<Region::Slot> where) : slot(std::move(where)) {}

  const std::unique_ptr<Region::Slot> slot;
  State state{};  // while they are not the ones in koffi
};

std::unique_ptr<CallStack> CallStack::adopt(const Memory& memory, const void* env, Nearby nearby) {
  std::shared_ptr<Region> region =
      Region::reserve(memory.whole_stack.size(), memory.whole_heap.size());
  if (region == nullptr) return nullptr;
  std::unique_ptr<CallStack> stack(
      new CallStack(memory, env, std::move(nearby), std::move(region)));
  if (!stack->put(nullptr)) return nullptr;
  green::LoopThread::here()->foreign().add(*stack);
  return stack;
}

CallStack::CallStack(const Memory& memory, const void* env, Nearby nearby,
                     std::shared_ptr<Region> region)
    : memory_(memory),
      env_(env),
      nearby_(std::move(nearby)),
      region_(std::move(region)),
      idle_depth_(memory.depth != nullptr ? *memory.depth : 0) {}

CallStack::~CallStack() {
  green::LoopThread* loop = green::LoopThread::here();
  if (loop != nullptr) loop->foreign().remove(*this);
}

// Version 2 counts the calls, in the upper half of the word; version 3 has only the innermost.
bool CallStack::in_call() const {
  if (memory_.depth != nullptr) return *memory_.depth >> 32 != 0;
  return innermost_ != nullptr && *innermost_ != 0;
}

bool CallStack::holds(const void* sp) const {
  return current_ != nullptr && current_->slot->stack.holds(reinterpret_cast<uintptr_t>(sp));
}

// The record of a call lies on the stack of whoever made it. So when somebody is to be suspended
// before it is known where koffi keeps the innermost call, that is the word that points to his
// stack. Where no word does, he is in no call, unless he waits on koffi's stack at this moment.
bool CallStack::can_leave(const green::Stack& own, const void* sp) {
  const bool waits_in_call = holds(sp);
  if (innermost_ == nullptr) {
    const auto top = reinterpret_cast<uintptr_t>(own.top());
    const FoundWords found = find_calls(nearby_(), {top - green::Stack::kUsable, top}, env_);
    if (found.count != 1) return found.count == 0 && !waits_in_call && !in_call();
    innermost_ = found.first;
  }
  if (!waits_in_call && !in_call()) return true;
  if (spare_ == nullptr) spare_ = take_spare();
  return spare_ != nullptr;
}

bool CallStack::learn_call(const void* call) {
  const auto address = reinterpret_cast<uintptr_t>(call);
  if (innermost_ == nullptr) {
    const FoundWords found = find_calls(nearby_(), {address, address + 1}, env_);
    if (found.count == 1) innermost_ = found.first;
  }
  return innermost_ != nullptr && *innermost_ == address;
}

CallStack::State CallStack::read() const {
  return {memory_.stack[0],
          memory_.stack[1],
          memory_.heap[0],
          memory_.heap[1],
          innermost_ != nullptr ? *innermost_ : 0,
          memory_.depth != nullptr ? *memory_.depth : 0};
}

void CallStack::write(const State& state) const {
  memory_.stack[0] = state[0];
  memory_.stack[1] = state[1];
  memory_.heap[0] = state[2];
  memory_.heap[1] = state[3];
  if (innermost_ != nullptr) *innermost_ = state[4];
  if (memory_.depth != nullptr) *memory_.depth = state[5];
}

CallStack::State CallStack::fresh(const Region::Slot& slot) const {
  const auto second = [&](Range range) { return memory_.has_lengths() ? range.size() : range.end; };
  return {slot.stack.begin, second(slot.stack), slot.heap.begin, second(slot.heap), 0, idle_depth_};
}

std::shared_ptr<CallStack::Calls> CallStack::take_spare() {
  if (spare_ != nullptr) return std::exchange(spare_, nullptr);
  std::unique_ptr<Region::Slot> slot = region_->acquire();
  return slot == nullptr ? nullptr : std::make_shared<Calls>(std::move(slot));
}

std::shared_ptr<green::ForeignCalls> CallStack::take() {
  current_->state = read();
  return std::exchange(current_, nullptr);
}

bool CallStack::put(std::shared_ptr<green::ForeignCalls> calls) {
  std::shared_ptr<Calls> next = std::static_pointer_cast<Calls>(std::move(calls));
  if (next == nullptr) {
    next = take_spare();
    if (next == nullptr) return false;
    next->state = fresh(*next->slot);
  }
  write(next->state);
  if (current_ != nullptr) spare_ = std::move(current_);
  current_ = std::move(next);
  return true;
}

}  // namespace greenify::addon::koffi
