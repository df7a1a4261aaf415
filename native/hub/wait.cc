#include "hub/wait.h"

#include <cstddef>

namespace greenify::hub {

Wait* Wait::of(Timer* timer) {
  return reinterpret_cast<Wait*>(reinterpret_cast<char*>(timer) - offsetof(Wait, timer));
}

void ReadyQueue::push(Wait& wait) {
  wait.next_ready = nullptr;
  (tail_ == nullptr ? head_ : tail_->next_ready) = &wait;
  tail_ = &wait;
}

Wait* ReadyQueue::pop() {
  Wait* first = head_;
  if (first == nullptr) return nullptr;
  head_ = first->next_ready;
  if (head_ == nullptr) tail_ = nullptr;
  first->next_ready = nullptr;
  return first;
}

}  // namespace greenify::hub
