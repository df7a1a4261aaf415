#include "hub/offload_pool.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>

#include "hub/hub.h"

namespace greenify::hub {
namespace {

constexpr std::chrono::seconds kIdleTime(2);
// The carried call runs on its green thread's stack; this one holds a few frames of the pool.
constexpr size_t kStackSize = 128 * 1024;

}  // namespace

// Never destroyed: its threads may still be inside calls when the process exits.
OffloadPool& OffloadPool::instance() {
  static OffloadPool& pool = *new OffloadPool;
  return pool;
}

void OffloadPool::set_limit(size_t limit) {
  const std::lock_guard lock(mutex_);
  limit_ = limit;
}

size_t OffloadPool::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

size_t OffloadPool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_;
}

void OffloadPool::submit(Job job) {
  std::unique_lock lock(mutex_);
  jobs_.push_back(std::move(job));
  work_.notify_one();
  grow(lock);
}

// Starts a thread when there is more to do than idle ones will take, one after another: each looks
// again when it takes its first job. So a loop that offloads a crowd starts one of its threads, not
// all. When none can be started a job waits for one that is running; with none running, the next
// submission tries again.
void OffloadPool::grow(std::unique_lock<std::mutex>& lock) {
  if (starting_ || jobs_.size() <= idle_ || threads_ >= limit_) return;
  starting_ = true;
  threads_++;
  lock.unlock();
  const bool started = start_thread();
  lock.lock();
  if (started) return;
  starting_ = false;
  threads_--;
}

bool OffloadPool::start_thread() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackSize);
  // Signals are for the program's own threads; a carried call brings its green thread's mask along.
  sigset_t all, mine;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &mine);
  pthread_t thread;
  const bool started = pthread_create(&thread, &attributes, thread_main, this) == 0;
  pthread_sigmask(SIG_SETMASK, &mine, nullptr);
  pthread_attr_destroy(&attributes);
  return started;
}

void* OffloadPool::thread_main(void* pool) {
  pthread_setname_np(pthread_self(), "greenify");
  static_cast<OffloadPool*>(pool)->serve();
  return nullptr;
}

bool OffloadPool::take(Job& job) {
  std::unique_lock lock(mutex_);
  idle_++;
  const bool found = work_.wait_for(lock, kIdleTime, [this] { return !jobs_.empty(); });
  idle_--;
  if (!found) {
    threads_--;
    return false;
  }
  job = std::move(jobs_.front());
  jobs_.pop_front();
  grow(lock);
  return true;
}

void OffloadPool::serve() {
  {
    const std::lock_guard lock(mutex_);
    starting_ = false;
  }
  Job job;
  while (take(job)) {
    green::carry(*job.thread);
    job.hub->offload_ended(*job.wait);
    job = {};
  }
}

}  // namespace greenify::hub
