#include <grp.h>
#include <netdb.h>
#include <pwd.h>

#include "calls/answers.h"
#include "calls/green_calls.h"

// Name look-ups: getaddrinfo(3), getnameinfo(3), gethostbyname(3), getpwnam(3), getgrnam(3),
// getservbyname(3). They wait inside libc (DNS, NSS modules), where no import slot is: the whole
// call goes to an offload thread.
namespace greenify::calls {

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
  return look_up_host<hostent>(
      [=] { return original.gethostbyname(name); },
      [=](auto... room) { return original.gethostbyname_r(name, room...); });
}

hostent* green_gethostbyname2(const char* name, int family) {
  return look_up_host<hostent>(
      [=] { return original.gethostbyname2(name, family); },
      [=](auto... room) { return original.gethostbyname2_r(name, family, room...); });
}

hostent* green_gethostbyaddr(const void* address, socklen_t size, int family) {
  return look_up_host<hostent>(
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

passwd* green_getpwent() {
  return look_up_next<passwd>([] { return original.getpwent(); },
                              [](auto... room) { return original.getpwent_r(room...); });
}

int green_getpwent_r(passwd* entry, char* buffer, size_t size, passwd** result) {
  return offloaded_if_green([=] { return original.getpwent_r(entry, buffer, size, result); });
}

group* green_getgrent() {
  return look_up_next<group>([] { return original.getgrent(); },
                             [](auto... room) { return original.getgrent_r(room...); });
}

int green_getgrent_r(group* entry, char* buffer, size_t size, group** result) {
  return offloaded_if_green([=] { return original.getgrent_r(entry, buffer, size, result); });
}

servent* green_getservent() {
  return look_up_next<servent>([] { return original.getservent(); },
                               [](auto... room) { return original.getservent_r(room...); });
}

int green_getservent_r(servent* entry, char* buffer, size_t size, servent** result) {
  return offloaded_if_green([=] { return original.getservent_r(entry, buffer, size, result); });
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
