#pragma once

#include <napi.h>

#include <stdexcept>

#include "elf/error.h"

namespace greenify::addon {

// With the code, path, symbol and errno of the failure.
Napi::Error to_javascript(Napi::Env env, const elf::Error& failure);

// Runs a function of the ELF room; its errors become JavaScript's.
template <class Function>
Napi::Value guarded(const Napi::CallbackInfo& info, Function function) {
  const Napi::Env env = info.Env();
  try {
    return function(env);
  } catch (const elf::Error& failure) {
    to_javascript(env, failure).ThrowAsJavaScriptException();
  } catch (const std::runtime_error& failure) {
    Napi::Error::New(env, failure.what()).ThrowAsJavaScriptException();
  }
  return env.Undefined();
}

}  // namespace greenify::addon
