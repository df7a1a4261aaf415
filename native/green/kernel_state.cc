#include "green/kernel_state.h"

#include <cxxabi.h>
#include <netdb.h>

#include <cerrno>

namespace greenify::green {
namespace {

// Itanium C++ ABI 2.2.2: the layout behind __cxa_get_globals().
struct EhGlobals {
  void* caught_exceptions;
  unsigned int uncaught_exceptions;
};

EhGlobals& eh_globals() {
  return *reinterpret_cast<EhGlobals*>(abi::__cxa_get_globals());
}

}  // namespace

KernelState KernelState::capture() {
  const int error = errno;
  const EhGlobals& eh = eh_globals();
  return {error, h_errno, uselocale(nullptr), eh.caught_exceptions, eh.uncaught_exceptions};
}

void KernelState::apply() const {
  eh_globals() = {caught_exceptions, uncaught_exceptions};
  if (locale != nullptr) uselocale(locale);
  h_errno = host_error;
  errno = error;
}

}  // namespace greenify::green
