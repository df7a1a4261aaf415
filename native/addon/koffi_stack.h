#pragma once

#include <array>
#include <functional>
#include <memory>

#include "addon/koffi_layout.h"
#include "addon/koffi_region.h"
#include "green/foreign_stack.h"

namespace greenify::addon::koffi {

// The call stack of one instance of koffi (of one environment). koffi makes every synchronous call
// from one record: where its stack ends, where its heap begins, which call is the innermost. Here
// that record gets other contents whenever another context goes on. Owner: hooks. Thread: loop.
class CallStack final : public green::ForeignStack {
 public:
  // Where koffi keeps the address of its innermost call, on the calling kernel thread.
  using Nearby = std::function<Range()>;

  // Moves the instance of `env`, in which no call is in progress, to a stack of our own. nullptr
  // where there is no memory.
  static std::unique_ptr<CallStack> adopt(const Memory& memory, const void* env, Nearby nearby);
  ~CallStack() override;

  bool in_call() const override;
  bool holds(const void* sp) const override;
  bool can_leave(const green::Stack& own, const void* sp) override;
  std::shared_ptr<green::ForeignCalls> take() override;
  bool put(std::shared_ptr<green::ForeignCalls> calls) override;

  // `call` is the innermost call. False where it is not found where koffi keeps it.
  bool learn_call(const void* call);

  const Memory& memory() const { return memory_; }
  Range bounds() const { return region_->bounds(); }

 private:
  // Stack, heap (two words each), the innermost call, and the word with the number of calls.
  using State = std::array<uintptr_t, 6>;
  struct Calls;

  CallStack(const Memory& memory, const void* env, Nearby nearby, std::shared_ptr<Region> region);
  State read() const;
  void write(const State& state) const;
  State fresh(const Region::Slot& slot) const;
  std::shared_ptr<Calls> take_spare();

  const Memory memory_;
  const void* const env_;
  const Nearby nearby_;
  const std::shared_ptr<Region> region_;
  const uintptr_t idle_depth_;  // the word with the number of calls, without any
  uintptr_t* innermost_ = nullptr;
  std::shared_ptr<Calls> current_;
  std::shared_ptr<Calls> spare_;
};

}  // namespace greenify::addon::koffi
