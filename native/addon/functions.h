#pragma once

#include <v8.h>

#include <cmath>
#include <cstdint>
#include <span>

#include "addon/javascript_error.h"
#include "hub/hub.h"

// How plain V8 callbacks are given to JavaScript. Thread: loop.
namespace greenify::addon {

using Arguments = const v8::FunctionCallbackInfo<v8::Value>&;

struct Function {
  const char* name;
  v8::FunctionCallback callback;
};

inline void set_functions(v8::Isolate* isolate, v8::Local<v8::Context> context,
                          v8::Local<v8::Object> object, std::span<const Function> functions) {
  for (const Function& function : functions) {
    object
        ->Set(context, text(isolate, function.name),
              v8::Function::New(context, function.callback).ToLocalChecked())
        .Check();
  }
}

// JavaScript's milliseconds, fractions and Infinity included, in nanoseconds.
inline int64_t nanoseconds(v8::Local<v8::Value> milliseconds) {
  const double ns = std::ceil(milliseconds.As<v8::Number>()->Value() * 1e6);
  return ns < 9.2e18 ? static_cast<int64_t>(ns) : hub::kNever;
}

}  // namespace greenify::addon
