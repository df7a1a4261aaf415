#pragma once

#include "calls/original.h"

// The green versions of libc functions: same signature, same result, same errno. Outside a green
// thread each is the original, at the price of one load and one branch. Thread: any.
namespace greenify::calls {

// descriptor.cc
ssize_t green_read(int fd, void* buffer, size_t size);
ssize_t green_write(int fd, const void* buffer, size_t size);
ssize_t green_readv(int fd, const iovec* vectors, int count);
ssize_t green_writev(int fd, const iovec* vectors, int count);
ssize_t green_read_chk(int fd, void* buffer, size_t size, size_t buffer_size);
int green_close(int fd);
// For the node executable's own slots. libuv's descriptors do not block, and V8 writes to one (to
// wake the loop) from places where nothing may be suspended: non-blocking ones go straight through.
ssize_t executable_read(int fd, void* buffer, size_t size);
ssize_t executable_write(int fd, const void* buffer, size_t size);
int green_dup(int fd);
int green_dup2(int from, int to);
int green_dup3(int from, int to, int flags);

// socket.cc
int green_connect(int fd, const sockaddr* address, socklen_t size);
ssize_t green_recv(int fd, void* buffer, size_t size, int flags);
ssize_t green_recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* from,
                       socklen_t* from_size);
ssize_t green_recv_chk(int fd, void* buffer, size_t size, size_t buffer_size, int flags);
ssize_t green_recvfrom_chk(int fd, void* buffer, size_t size, size_t buffer_size, int flags,
                           sockaddr* from, socklen_t* from_size);
ssize_t green_send(int fd, const void* buffer, size_t size, int flags);
ssize_t green_sendto(int fd, const void* buffer, size_t size, int flags, const sockaddr* to,
                     socklen_t to_size);
int green_shutdown(int fd, int how);

// poll.cc
int green_poll(pollfd* polled, nfds_t count, int timeout_ms);
int green_ppoll(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals);
int green_poll_chk(pollfd* polled, nfds_t count, int timeout_ms, size_t polled_size);
int green_ppoll_chk(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals,
                    size_t polled_size);

// sleep.cc
unsigned green_sleep(unsigned seconds);
int green_usleep(useconds_t microseconds);
int green_nanosleep(const timespec* duration, timespec* remaining);
int green_clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* remaining);

}  // namespace greenify::calls
