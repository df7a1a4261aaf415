#include "node/openssl_errors.h"

#include <dlfcn.h>

#include <string>
#include <vector>

namespace greenify::node {
namespace {

// Of OpenSSL 3. Where the executable does not export them (a Node built with a shared OpenSSL that
// is older, or without any) there is nothing to keep apart.
struct Functions {
  unsigned long (*peek_error)();
  unsigned long (*get_error_all)(const char** file, int* line, const char** function,
                                 const char** data, int* flags);
  void (*clear_error)();
  void (*create)();
  void (*set_debug)(const char* file, int line, const char* function);
  void (*set_error)(int library, int reason, const char* format, ...);
  bool complete;
};

template <class Function>
bool look_up(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  return function != nullptr;
}

Functions look_up_all() {
  Functions found{};
  found.complete = look_up(found.peek_error, "ERR_peek_error") &&
                   look_up(found.get_error_all, "ERR_get_error_all") &&
                   look_up(found.clear_error, "ERR_clear_error") &&
                   look_up(found.create, "ERR_new") && look_up(found.set_debug, "ERR_set_debug") &&
                   look_up(found.set_error, "ERR_set_error");
  return found;
}

const Functions openssl = look_up_all();

bool is_queue_empty() {
  return !openssl.complete || openssl.peek_error() == 0;
}

struct Error {
  unsigned long code;
  std::string file;
  int line;
  std::string function;
  std::string data;
};

// <openssl/err.h>, ERR_GET_LIB and ERR_GET_REASON: an error of the system has the highest bit of 32
// and its errno.
constexpr unsigned long kSystemFlag = 0x8000'0000;
constexpr int kSystemLibrary = 2;

int library_of(unsigned long code) {
  return (code & kSystemFlag) != 0 ? kSystemLibrary : static_cast<int>((code >> 23) & 0xff);
}

int reason_of(unsigned long code) {
  return static_cast<int>(code & ((code & kSystemFlag) != 0 ? 0x7fff'ffff : 0x7f'ffff));
}

}  // namespace

struct OpenSslErrors::Taken {
  std::vector<Error> errors;
};

OpenSslErrors::OpenSslErrors() {
  if (is_queue_empty()) return;
  taken_ = std::make_unique<Taken>();
  const char *file, *function, *data;
  int line, flags;
  while (const unsigned long code = openssl.get_error_all(&file, &line, &function, &data, &flags)) {
    taken_->errors.push_back({code, file, line, function, data});
  }
}

OpenSslErrors::~OpenSslErrors() = default;

void OpenSslErrors::forget() {
  if (!is_queue_empty()) openssl.clear_error();
}

void OpenSslErrors::put_back() {
  if (taken_ == nullptr) return;
  for (const Error& error : taken_->errors) {
    openssl.create();
    openssl.set_debug(error.file.c_str(), error.line, error.function.c_str());
    if (error.data.empty()) {
      openssl.set_error(library_of(error.code), reason_of(error.code), nullptr);
    } else {
      openssl.set_error(library_of(error.code), reason_of(error.code), "%s", error.data.c_str());
    }
  }
}

}  // namespace greenify::node
