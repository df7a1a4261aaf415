#include "elf/error.h"

#include <system_error>
#include <utility>

namespace greenify::elf {
namespace {

struct Description {
  const char* code;
  const char* advice;
};

Description describe(Fault fault) {
  switch (fault) {
    case Fault::open_failed:
      return {"ERR_GREENIFY_ELF_OPEN_FAILED",
              "Check that the path names a regular file that this process may read"};
    case Fault::not_elf:
      return {"ERR_GREENIFY_ELF_NOT_ELF",
              "Give the path of a shared library (.so) or a native addon (.node)"};
    case Fault::truncated:
      return {"ERR_GREENIFY_ELF_TRUNCATED",
              "The file is incomplete: download, install or build it again"};
    case Fault::wrong_class:
      return {"ERR_GREENIFY_ELF_WRONG_CLASS",
              "A 64-bit process loads 64-bit libraries only: install the 64-bit build"};
    case Fault::wrong_machine:
      return {"ERR_GREENIFY_ELF_WRONG_MACHINE",
              "Install the build for this machine's architecture"};
    case Fault::no_dynamic:
      return {"ERR_GREENIFY_ELF_NO_DYNAMIC",
              "A static object imports nothing, so there is nothing to redirect in it"};
    case Fault::malformed:
      return {"ERR_GREENIFY_ELF_MALFORMED",
              "Compare with what readelf -lWd says of the file, and install or build it again"};
    case Fault::protect_failed:
      return {"ERR_GREENIFY_ELF_PROTECT_FAILED",
              "Look for a policy that forbids mprotect (SELinux, seccomp, mseal) or for "
              "vm.max_map_count being reached"};
    case Fault::not_loaded:
      return {"ERR_GREENIFY_ELF_NOT_LOADED", "Load the library first, or give its path"};
    case Fault::load_failed:
      return {"ERR_GREENIFY_ELF_LOAD_FAILED",
              "Check that the library and all it needs are found (ldd, LD_LIBRARY_PATH)"};
  }
  __builtin_unreachable();
}

std::string compose(Fault fault, const std::string& path, std::string_view reason, int os_errno,
                    const std::string& symbol) {
  std::string message = path + ": ";
  if (!symbol.empty()) message += symbol + ": ";
  message += reason;
  if (os_errno != 0) {
    message += " (" + std::generic_category().message(os_errno) + ", errno " +
               std::to_string(os_errno) + ")";
  }
  return message + ". " + describe(fault).advice + ".";
}

}  // namespace

const char* fault_code(Fault fault) noexcept {
  return describe(fault).code;
}

Error::Error(Fault fault, std::string path, std::string_view reason, int os_errno,
             std::string symbol)
    : std::runtime_error(compose(fault, path, reason, os_errno, symbol)),
      fault(fault),
      path(std::move(path)),
      symbol(std::move(symbol)),
      os_errno(os_errno) {}

}  // namespace greenify::elf
