#include "calls/table.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "calls/green_calls.h"
#include "calls/original.h"

namespace greenify::calls {

Originals original{};

namespace {

template <class Function>
Row row(const char* name, Family family, Strategy strategy, Function* green, Function** plain,
        const char* page) {
  return {name, family, strategy, reinterpret_cast<void*>(green), reinterpret_cast<void**>(plain),
          page};
}

// clang-format off
const Row kRows[] = {
    row("read",            Family::socket, Strategy::hub,     green_read,            &original.read,            "read(2)"),
    row("__read_chk",      Family::socket, Strategy::hub,     green_read_chk,        &original.read_chk,        "read(2)"),
    row("readv",           Family::socket, Strategy::hub,     green_readv,           &original.readv,           "readv(2)"),
    row("write",           Family::socket, Strategy::hub,     green_write,           &original.write,           "write(2)"),
    row("writev",          Family::socket, Strategy::hub,     green_writev,          &original.writev,          "readv(2)"),
    row("connect",         Family::socket, Strategy::hub,     green_connect,         &original.connect,         "connect(2)"),
    row("recv",            Family::socket, Strategy::hub,     green_recv,            &original.recv,            "recv(2)"),
    row("__recv_chk",      Family::socket, Strategy::hub,     green_recv_chk,        &original.recv_chk,        "recv(2)"),
    row("recvfrom",        Family::socket, Strategy::hub,     green_recvfrom,        &original.recvfrom,        "recv(2)"),
    row("__recvfrom_chk",  Family::socket, Strategy::hub,     green_recvfrom_chk,    &original.recvfrom_chk,    "recv(2)"),
    row("send",            Family::socket, Strategy::hub,     green_send,            &original.send,            "send(2)"),
    row("sendto",          Family::socket, Strategy::hub,     green_sendto,          &original.sendto,          "send(2)"),
    row("poll",            Family::socket, Strategy::hub,     green_poll,            &original.poll,            "poll(2)"),
    row("__poll_chk",      Family::socket, Strategy::hub,     green_poll_chk,        &original.poll_chk,        "poll(2)"),
    row("ppoll",           Family::socket, Strategy::hub,     green_ppoll,           &original.ppoll,           "poll(2)"),
    row("__ppoll_chk",     Family::socket, Strategy::hub,     green_ppoll_chk,       &original.ppoll_chk,       "poll(2)"),
    row("close",           Family::socket, Strategy::waker,   green_close,           &original.close,           "close(2)"),
    row("dup2",            Family::socket, Strategy::waker,   green_dup2,            &original.dup2,            "dup(2)"),
    row("dup3",            Family::socket, Strategy::waker,   green_dup3,            &original.dup3,            "dup(2)"),
    row("dup",             Family::socket, Strategy::forward, green_dup,             &original.dup,             "dup(2)"),
    row("shutdown",        Family::socket, Strategy::forward, green_shutdown,        &original.shutdown,        "shutdown(2)"),
    row("sleep",           Family::sleep,  Strategy::timer,   green_sleep,           &original.sleep,           "sleep(3)"),
    row("usleep",          Family::sleep,  Strategy::timer,   green_usleep,          &original.usleep,          "usleep(3)"),
    row("nanosleep",       Family::sleep,  Strategy::timer,   green_nanosleep,       &original.nanosleep,       "nanosleep(2)"),
    row("clock_nanosleep", Family::sleep,  Strategy::timer,   green_clock_nanosleep, &original.clock_nanosleep, "clock_nanosleep(2)"),
};
// clang-format on

}  // namespace

std::span<const Row> rows() {
  return kRows;
}

const char* name_of(Family family) {
  return family == Family::socket ? "socket" : "sleep";
}

const char* name_of(Strategy strategy) {
  switch (strategy) {
    case Strategy::hub:
      return "hub";
    case Strategy::timer:
      return "timer";
    case Strategy::waker:
      return "waker";
    case Strategy::forward:
      return "forward";
  }
  return "";
}

void load_originals() {
  void* libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  if (libc == nullptr) throw std::runtime_error("libc.so.6 is not loaded: greenify needs glibc");
  for (const Row& row : kRows) {
    *row.original = dlsym(libc, row.name);
    if (*row.original == nullptr)
      throw std::runtime_error(std::string("libc.so.6 has no ") + row.name);
  }
}

}  // namespace greenify::calls
