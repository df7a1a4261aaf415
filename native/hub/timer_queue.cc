#include "hub/timer_queue.h"

namespace greenify::hub {

bool TimerQueue::before(const Timer* a, const Timer* b) {
  return a->deadline != b->deadline ? a->deadline < b->deadline : a->order < b->order;
}

void TimerQueue::place(Timer* timer, size_t position) {
  heap_[position] = timer;
  timer->position = position;
}

void TimerQueue::sift_up(size_t position) {
  Timer* timer = heap_[position];
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (!before(timer, heap_[parent])) break;
    place(heap_[parent], position);
    position = parent;
  }
  place(timer, position);
}

void TimerQueue::sift_down(size_t position) {
  Timer* timer = heap_[position];
  for (;;) {
    size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) child++;
    if (!before(heap_[child], timer)) break;
    place(heap_[child], position);
    position = child;
  }
  place(timer, position);
}

void TimerQueue::add(Timer& timer, int64_t deadline) {
  timer.deadline = deadline;
  timer.order = added_++;
  heap_.push_back(&timer);
  sift_up(heap_.size() - 1);
}

void TimerQueue::remove(Timer& timer) {
  const size_t position = timer.position;
  if (position == Timer::kNotQueued) return;
  timer.position = Timer::kNotQueued;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(last, position);
  sift_up(position);
  sift_down(last->position);
}

Timer* TimerQueue::pop_due(int64_t now) {
  if (heap_.empty() || heap_.front()->deadline > now) return nullptr;
  Timer* due = heap_.front();
  remove(*due);
  return due;
}

}  // namespace greenify::hub
