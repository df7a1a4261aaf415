#include "addon/elf_error.h"

namespace greenify::addon {

Napi::Error to_javascript(Napi::Env env, const elf::Error& failure) {
  Napi::Error error = Napi::Error::New(env, failure.what());
  error.Set("code", elf::fault_code(failure.fault));
  error.Set("path", failure.path);
  if (!failure.symbol.empty()) error.Set("symbol", failure.symbol);
  if (failure.os_errno != 0) error.Set("errno", static_cast<double>(failure.os_errno));
  return error;
}

}  // namespace greenify::addon
