// A synchronous addon, written as if blocking did not matter. With greenify.h it does not: in a
// green thread the green_ functions suspend only that; elsewhere, and without greenify, they are
// libc's own.
//
//   query(host, port, text) → what the server has answered when it closes, as a string
//   digest(buffer, rounds) → a number: work that takes the processor for long
//   isGreen() → whether the caller is in a green thread

#include <errno.h>
#include <greenify.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

enum { kAnswerSize = 64 * 1024 };

// Without a handle on the error: the caller is to return at once, and JavaScript throws.
static napi_value fail(napi_env env, const char* call, const char* reason) {
  napi_throw_error(env, call, reason);
  return NULL;
}

static int connect_to(const struct addrinfo* address) {
  const int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
  if (fd < 0) return -1;
  if (green_connect(fd, address->ai_addr, address->ai_addrlen) == 0) return fd;
  const int error = errno;
  green_close(fd);
  errno = error;
  return -1;
}

// Reads to the end, or until the buffer is full.
static ssize_t receive_all(int fd, char* buffer, size_t size) {
  size_t received = 0;
  while (received < size) {
    const ssize_t part = green_recv(fd, buffer + received, size - received, 0);
    if (part < 0) return -1;
    if (part == 0) break;
    received += (size_t)part;
  }
  return (ssize_t)received;
}

static ssize_t exchange(int fd, const char* text, char* answer) {
  if (green_send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) return -1;
  return receive_all(fd, answer, kAnswerSize);
}

static napi_value query(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  char host[256], port[8], text[1024];
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[0], host, sizeof host, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[1], port, sizeof port, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[2], text, sizeof text, NULL) != napi_ok) {
    return fail(env, "ERR_INVALID_ARG_TYPE", "query(host, port, text) takes three strings");
  }
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found;
  const int problem = green_getaddrinfo(host, port, &hints, &found);
  if (problem != 0) return fail(env, "getaddrinfo", gai_strerror(problem));
  const int fd = connect_to(found);
  freeaddrinfo(found);
  if (fd < 0) return fail(env, "connect", strerror(errno));
  // Not on the stack: that of a green thread is smaller than that of the process.
  char* answer = malloc(kAnswerSize);
  const ssize_t size = answer == NULL ? -1 : exchange(fd, text, answer);
  const int error = errno;
  green_close(fd);
  napi_value result = NULL;
  if (size >= 0) napi_create_string_utf8(env, answer, (size_t)size, &result);
  free(answer);
  return size < 0 ? fail(env, "query", strerror(error)) : result;
}

struct work {
  const uint8_t* data;
  size_t size;
  uint32_t rounds;
  uint32_t digest;
};

// FNV-1a over the data, again and again. Runs on another kernel thread while its green thread is
// away: no Node-API here.
static void compute(void* argument) {
  struct work* work = argument;
  uint32_t digest = 2166136261u;
  for (uint32_t round = 0; round < work->rounds; round++) {
    for (size_t i = 0; i < work->size; i++) digest = (digest ^ work->data[i]) * 16777619u;
  }
  work->digest = digest;
}

static napi_value digest(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  struct work work = {0};
  void* data;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      napi_get_buffer_info(env, arguments[0], &data, &work.size) != napi_ok ||
      napi_get_value_uint32(env, arguments[1], &work.rounds) != napi_ok) {
    return fail(env, "ERR_INVALID_ARG_TYPE", "digest(buffer, rounds) takes a buffer and a number");
  }
  work.data = data;
  greenify_offload(compute, &work);
  napi_value result = NULL;
  napi_create_uint32(env, work.digest, &result);
  return result;
}

static napi_value is_green(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result = NULL;
  napi_get_boolean(env, greenify_in_green_thread() != 0, &result);
  return result;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"query", NULL, query, NULL, NULL, NULL, napi_default, NULL},
      {"digest", NULL, digest, NULL, NULL, NULL, napi_default, NULL},
      {"isGreen", NULL, is_green, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  return exports;
}
