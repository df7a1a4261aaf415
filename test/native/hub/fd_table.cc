#include "hub/fd_table.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <vector>

using namespace greenify::hub;

namespace {

// A descriptor table on a real epoll instance, with the waking that the hub does.
class Table {
 public:
  ~Table() { ::close(epoll_fd_); }

  FdTable::Watch watch(FdWaiter& waiter) { return table_.watch(waiter); }
  void unwatch(FdWaiter& waiter) { table_.unwatch(waiter); }

  // The waiters that are woken by what is ready now, in order.
  std::vector<FdWaiter*> collect() {
    std::vector<FdWaiter*> woken;
    for (const epoll_event& event : events()) {
      table_.fire(event, [&](FdWaiter& waiter) { wake(waiter, woken); });
    }
    return woken;
  }

  std::vector<FdWaiter*> evict(int fd) {
    std::vector<FdWaiter*> woken;
    table_.evict(fd, [&](FdWaiter& waiter) { wake(waiter, woken); });
    return woken;
  }

  std::vector<epoll_event> events() const {
    std::vector<epoll_event> events(16);
    events.resize(static_cast<size_t>(::epoll_wait(epoll_fd_, events.data(), 16, 0)));
    return events;
  }

  void fire(const epoll_event& event, std::vector<FdWaiter*>& woken) {
    table_.fire(event, [&](FdWaiter& waiter) { wake(waiter, woken); });
  }

 private:
  // As the hub does: a wait that is over is taken out of every list it is in.
  void wake(FdWaiter& waiter, std::vector<FdWaiter*>& woken) {
    woken.push_back(&waiter);
    for (FdWaiter& member : waiter.wait->descriptors) table_.unwatch(member);
  }

  const int epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  FdTable table_{epoll_fd_};
};

class Sockets {
 public:
  Sockets() { ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()); }
  ~Sockets() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int near() const { return ends_[0]; }
  void send() const { CHECK(::write(ends_[1], "x", 1) == 1); }
  void hang_up() const { ::shutdown(ends_[1], SHUT_RDWR); }
  void receive() const {
    char byte;
    CHECK(::read(ends_[0], &byte, 1) == 1);
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// A wait for one descriptor.
struct Single {
  Single(int fd, uint32_t events) {
    waiter.fd = fd;
    waiter.events = events;
    waiter.wait = &wait;
    wait.descriptors = {&waiter, 1};
  }
  Single(const Single&) = delete;
  Single& operator=(const Single&) = delete;
  FdWaiter waiter;
  Wait wait;
};

using Woken = std::vector<FdWaiter*>;

}  // namespace

TEST_CASE("a waiter is woken when its descriptor is ready, and told by what") {
  Table table;
  const Sockets sockets;
  Single reader(sockets.near(), EPOLLIN);
  CHECK(table.watch(reader.waiter) == FdTable::Watch::armed);
  CHECK(table.collect().empty());
  sockets.send();
  CHECK(table.collect() == Woken{&reader.waiter});
  CHECK(reader.waiter.fired == EPOLLIN);
}

TEST_CASE("one registration is one wake: nothing fires until somebody waits again") {
  Table table;
  const Sockets sockets;
  Single reader(sockets.near(), EPOLLIN);
  table.watch(reader.waiter);
  sockets.send();
  CHECK(table.collect().size() == 1);
  CHECK(table.events().empty());  // still readable, but disarmed
  CHECK(table.watch(reader.waiter) == FdTable::Watch::armed);
  CHECK(table.collect().size() == 1);
}

TEST_CASE("everybody who waits for what happened is woken, in the order of arrival") {
  Table table;
  const Sockets sockets;
  Single first(sockets.near(), EPOLLIN), second(sockets.near(), EPOLLIN),
      third(sockets.near(), EPOLLIN);
  for (Single* reader : {&first, &second, &third}) table.watch(reader->waiter);
  sockets.send();
  CHECK(table.collect() == Woken{&first.waiter, &second.waiter, &third.waiter});
}

TEST_CASE("who waits for something else stays, and is woken by that") {
  Table table;
  const Sockets sockets;
  Single reader(sockets.near(), EPOLLIN), writer(sockets.near(), EPOLLOUT);
  table.watch(reader.waiter);
  table.watch(writer.waiter);
  CHECK(table.collect() == Woken{&writer.waiter});
  CHECK(table.collect().empty());
  sockets.send();
  CHECK(table.collect() == Woken{&reader.waiter});
}

TEST_CASE("a hang-up wakes everybody, as it does in poll") {
  Table table;
  const Sockets sockets;
  Single urgent(sockets.near(), EPOLLPRI);
  table.watch(urgent.waiter);
  sockets.hang_up();
  CHECK(table.collect() == Woken{&urgent.waiter});
  CHECK((urgent.waiter.fired & EPOLLHUP) != 0);
}

TEST_CASE("a waiter that was taken out is not woken") {
  Table table;
  const Sockets sockets;
  Single leaver(sockets.near(), EPOLLIN), stayer(sockets.near(), EPOLLIN);
  table.watch(leaver.waiter);
  table.watch(stayer.waiter);
  table.unwatch(leaver.waiter);
  table.unwatch(leaver.waiter);
  sockets.send();
  CHECK(table.collect() == Woken{&stayer.waiter});
}

TEST_CASE("a wait that lists one descriptor twice is woken once") {
  Table table;
  const Sockets sockets;
  std::array<FdWaiter, 2> waiters;
  Wait wait;
  wait.descriptors = waiters;
  for (FdWaiter& waiter : waiters) {
    waiter.fd = sockets.near();
    waiter.events = EPOLLIN;
    waiter.wait = &wait;
    table.watch(waiter);
  }
  Single other(sockets.near(), EPOLLIN);
  table.watch(other.waiter);
  sockets.send();
  CHECK(table.collect() == Woken{&waiters[0], &other.waiter});
}

TEST_CASE("regular files are always ready, and are not watched") {
  Table table;
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  Single reader(fd, EPOLLIN);
  CHECK(table.watch(reader.waiter) == FdTable::Watch::unpollable);
  CHECK(table.evict(fd).empty());
  ::close(fd);
}

TEST_CASE("descriptors that are not open are refused by name") {
  Table table;
  const int closed = ::dup(STDIN_FILENO);
  ::close(closed);
  Single reader(closed, EPOLLIN), nobody(-1, EPOLLIN);
  CHECK(table.watch(reader.waiter) == FdTable::Watch::bad_fd);
  CHECK(table.watch(nobody.waiter) == FdTable::Watch::bad_fd);
  table.unwatch(nobody.waiter);
}

TEST_CASE("evicting a descriptor wakes all who wait for it and nobody else") {
  Table table;
  const Sockets closing, staying;
  Single reader(closing.near(), EPOLLIN), writer(closing.near(), EPOLLPRI);
  Single other(staying.near(), EPOLLIN);
  for (Single* single : {&reader, &writer, &other}) table.watch(single->waiter);
  CHECK(table.evict(closing.near()) == Woken{&reader.waiter, &writer.waiter});
  CHECK(reader.waiter.fired == kClosed);
  closing.send();
  CHECK(table.collect().empty());
  staying.send();
  CHECK(table.collect() == Woken{&other.waiter});
}

TEST_CASE("evicting a descriptor that nobody ever watched does nothing") {
  Table table;
  CHECK(table.evict(-1).empty());
  CHECK(table.evict(100'000).empty());
}

// The number is open again when the event of its former life is read.
TEST_CASE("an event of a descriptor's former life does not reach who waits for its successor") {
  Table table;
  const Sockets sockets;
  Single former(sockets.near(), EPOLLIN), successor(sockets.near(), EPOLLIN);
  table.watch(former.waiter);
  sockets.send();
  const std::vector<epoll_event> stale = table.events();
  REQUIRE(stale.size() == 1);
  CHECK(table.evict(sockets.near()) == Woken{&former.waiter});
  sockets.receive();
  CHECK(table.watch(successor.waiter) == FdTable::Watch::armed);

  Woken woken;
  table.fire(stale.front(), woken);
  CHECK(woken.empty());
  sockets.send();
  CHECK(table.collect() == Woken{&successor.waiter});
}

TEST_CASE("a duplicate that outlives an evicted descriptor reports nothing for its number") {
  Table table;
  const Sockets sockets;
  const int fd = ::dup(sockets.near());
  Single reader(fd, EPOLLIN);
  table.watch(reader.waiter);
  table.evict(fd);
  ::close(fd);
  sockets.send();
  CHECK(table.events().empty());
}

TEST_CASE("descriptors with high numbers are watched as well as those with low ones") {
  Table table;
  const Sockets sockets;
  const int high = ::fcntl(sockets.near(), F_DUPFD_CLOEXEC, 900);
  Single low_reader(sockets.near(), EPOLLIN), high_reader(high, EPOLLIN);
  table.watch(low_reader.waiter);
  table.watch(high_reader.waiter);
  sockets.send();
  CHECK(table.collect().size() == 2);
  ::close(high);
}
