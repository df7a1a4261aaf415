#pragma once

#include <memory>

// OpenSSL keeps the errors of calls that failed in a queue per kernel thread, until somebody asks
// for them (ERR_get_error(3)); green threads share that kernel thread. So each context takes its
// errors along: another one's must neither turn up in what it reports (SSL_get_error(3) looks into
// the queue) nor clear it. The OpenSSL meant is the node executable's, which is also that of the
// addons and libraries: its exports come first when their symbols are looked up.
//
// Invariant: the queue is empty while stacks are changed. Who leaves takes its errors, and those of
// a thread that has ended are forgotten; so nobody has to look again on arrival.
namespace greenify::node {

class OpenSslErrors {
 public:
  // Takes what is in the queue.
  OpenSslErrors();
  ~OpenSslErrors();
  OpenSslErrors(const OpenSslErrors&) = delete;
  OpenSslErrors& operator=(const OpenSslErrors&) = delete;

  // The queue, empty before, holds what was taken, in the same order. Marks of ERR_set_mark(3) are
  // not kept: OpenSSL sets and pops them within one function that does no I/O.
  void put_back();
  // Empties the queue.
  static void forget();

 private:
  struct Taken;
  std::unique_ptr<Taken> taken_;  // nullptr: nothing, the normal case
};

}  // namespace greenify::node
