#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include "green/thread.h"
#include "hub/wait.h"

namespace greenify::hub {

class Hub;

// Kernel threads that carry green threads through calls the hub cannot wait for. One pool for the
// process; it grows on demand up to a limit, beyond which calls queue, and its threads end when
// idle. Thread: any.
class OffloadPool {
 public:
  // A green thread that has left its loop thread, and where to report that its call has ended.
  // Counted references: the call may outlive its environment.
  struct Job {
    std::shared_ptr<green::Thread> thread;
    std::shared_ptr<Hub> hub;
    Wait* wait;
  };

  static OffloadPool& instance();

  void submit(Job job);
  void set_limit(size_t limit);
  size_t limit() const;
  size_t threads() const;

 private:
  static void* thread_main(void* pool);
  void grow(std::unique_lock<std::mutex>& lock);
  bool start_thread();
  bool take(Job& job);
  void serve();

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Job> jobs_;
  size_t limit_ = 1024;
  size_t threads_ = 0;
  size_t idle_ = 0;
  bool starting_ = false;  // a thread that has not come to look for a job yet
};

}  // namespace greenify::hub
