#include <grp.h>
#include <netdb.h>
#include <pwd.h>

#include <cerrno>
#include <deque>
#include <vector>

#include "calls/blocking.h"
#include "calls/green_calls.h"

// Name look-ups: getaddrinfo(3), getnameinfo(3), gethostbyname(3), getpwnam(3), getgrnam(3),
// getservbyname(3). They wait inside libc (DNS, NSS modules), where no import slot is: the whole
// call goes to an offload thread.
namespace greenify::calls {
namespace {

constexpr size_t kFirstBuffer = 1024;
constexpr size_t kLargestBuffer = 16 * 1024 * 1024;

// The non-reentrant forms answer with a pointer to storage of libc's own, one for the process. A
// program with one thread may use it until it asks again; here others ask meanwhile, so each green
// thread has its own, by its index, and each kind of answer in it (hostent, passwd, …) its own too.
template <class Entry>
struct Answer {
  Entry entry;
  std::vector<char> buffer;
};

template <class Entry>
Answer<Entry>& answer_of_current_thread() {
  static thread_local std::deque<Answer<Entry>> answers;
  const size_t index = green::current()->index;
  while (answers.size() <= index) answers.emplace_back();
  return answers[index];
}

// Asks a reentrant form, ask(entry, buffer, size, result), with growing buffers. 0 or an error
// number.
template <class Entry, class Ask>
int ask_with_room(Answer<Entry>& answer, Entry** result, Ask ask) {
  if (answer.buffer.empty()) answer.buffer.resize(kFirstBuffer);
  for (;;) {
    const int error = ask(&answer.entry, answer.buffer.data(), answer.buffer.size(), result);
    if (error != ERANGE || answer.buffer.size() >= kLargestBuffer) return error;
    answer.buffer.resize(answer.buffer.size() * 2);
  }
}

template <class Entry, class Plain, class Ask>
Entry* look_up(Plain plain, Ask ask) {
  if (green::current() == nullptr) return plain();
  if (!green::may_suspend()) {
    count_pin();
    return plain();
  }
  Answer<Entry>& answer = answer_of_current_thread<Entry>();
  Entry* result = nullptr;
  const int before = errno;
  const int error = offloaded([&] { return ask_with_room(answer, &result, ask); });
  errno = error != 0 ? error : before;
  return result;
}

// The same for hosts, which report through h_errno.
template <class Plain, class Ask>
hostent* look_up_host(Plain plain, Ask ask) {
  return look_up<hostent>(plain, [&](hostent* entry, char* buffer, size_t size, hostent** result) {
    int host_error = 0;
    const int error = ask(entry, buffer, size, result, &host_error);
    if (*result == nullptr && error != ERANGE) h_errno = host_error;
    return error;
  });
}

}  // namespace

int green_getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                      addrinfo** result) {
  return offloaded_if_green([=] { return original.getaddrinfo(node, service, hints, result); });
}

int green_getnameinfo(const sockaddr* address, socklen_t address_size, char* host,
                      socklen_t host_size, char* service, socklen_t service_size, int flags) {
  return offloaded_if_green([=] {
    return original.getnameinfo(address, address_size, host, host_size, service, service_size,
                                flags);
  });
}

hostent* green_gethostbyname(const char* name) {
  return look_up_host([=] { return original.gethostbyname(name); },
                      [=](auto... room) { return original.gethostbyname_r(name, room...); });
}

hostent* green_gethostbyname2(const char* name, int family) {
  return look_up_host(
      [=] { return original.gethostbyname2(name, family); },
      [=](auto... room) { return original.gethostbyname2_r(name, family, room...); });
}

hostent* green_gethostbyaddr(const void* address, socklen_t size, int family) {
  return look_up_host(
      [=] { return original.gethostbyaddr(address, size, family); },
      [=](auto... room) { return original.gethostbyaddr_r(address, size, family, room...); });
}

int green_gethostbyname_r(const char* name, hostent* entry, char* buffer, size_t size,
                          hostent** result, int* host_error) {
  return offloaded_if_green(
      [=] { return original.gethostbyname_r(name, entry, buffer, size, result, host_error); });
}

int green_gethostbyname2_r(const char* name, int family, hostent* entry, char* buffer, size_t size,
                           hostent** result, int* host_error) {
  return offloaded_if_green([=] {
    return original.gethostbyname2_r(name, family, entry, buffer, size, result, host_error);
  });
}

int green_gethostbyaddr_r(const void* address, socklen_t address_size, int family, hostent* entry,
                          char* buffer, size_t size, hostent** result, int* host_error) {
  return offloaded_if_green([=] {
    return original.gethostbyaddr_r(address, address_size, family, entry, buffer, size, result,
                                    host_error);
  });
}

passwd* green_getpwnam(const char* name) {
  return look_up<passwd>([=] { return original.getpwnam(name); },
                         [=](auto... room) { return original.getpwnam_r(name, room...); });
}

passwd* green_getpwuid(uid_t uid) {
  return look_up<passwd>([=] { return original.getpwuid(uid); },
                         [=](auto... room) { return original.getpwuid_r(uid, room...); });
}

int green_getpwnam_r(const char* name, passwd* entry, char* buffer, size_t size, passwd** result) {
  return offloaded_if_green([=] { return original.getpwnam_r(name, entry, buffer, size, result); });
}

int green_getpwuid_r(uid_t uid, passwd* entry, char* buffer, size_t size, passwd** result) {
  return offloaded_if_green([=] { return original.getpwuid_r(uid, entry, buffer, size, result); });
}

group* green_getgrnam(const char* name) {
  return look_up<group>([=] { return original.getgrnam(name); },
                        [=](auto... room) { return original.getgrnam_r(name, room...); });
}

group* green_getgrgid(gid_t gid) {
  return look_up<group>([=] { return original.getgrgid(gid); },
                        [=](auto... room) { return original.getgrgid_r(gid, room...); });
}

int green_getgrnam_r(const char* name, group* entry, char* buffer, size_t size, group** result) {
  return offloaded_if_green([=] { return original.getgrnam_r(name, entry, buffer, size, result); });
}

int green_getgrgid_r(gid_t gid, group* entry, char* buffer, size_t size, group** result) {
  return offloaded_if_green([=] { return original.getgrgid_r(gid, entry, buffer, size, result); });
}

int green_getgrouplist(const char* user, gid_t group, gid_t* groups, int* count) {
  return offloaded_if_green([=] { return original.getgrouplist(user, group, groups, count); });
}

servent* green_getservbyname(const char* name, const char* protocol) {
  return look_up<servent>(
      [=] { return original.getservbyname(name, protocol); },
      [=](auto... room) { return original.getservbyname_r(name, protocol, room...); });
}

servent* green_getservbyport(int port, const char* protocol) {
  return look_up<servent>(
      [=] { return original.getservbyport(port, protocol); },
      [=](auto... room) { return original.getservbyport_r(port, protocol, room...); });
}

int green_getservbyname_r(const char* name, const char* protocol, servent* entry, char* buffer,
                          size_t size, servent** result) {
  return offloaded_if_green(
      [=] { return original.getservbyname_r(name, protocol, entry, buffer, size, result); });
}

int green_getservbyport_r(int port, const char* protocol, servent* entry, char* buffer, size_t size,
                          servent** result) {
  return offloaded_if_green(
      [=] { return original.getservbyport_r(port, protocol, entry, buffer, size, result); });
}

}  // namespace greenify::calls
