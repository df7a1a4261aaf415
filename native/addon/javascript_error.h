#pragma once

#include <v8.h>

namespace greenify::addon {

inline v8::Local<v8::String> text(v8::Isolate* isolate, const char* characters) {
  return v8::String::NewFromUtf8(isolate, characters).ToLocalChecked();
}

// Throws an Error with a code in JavaScript. Thread: loop.
inline void throw_error(v8::Isolate* isolate, const char* code, const char* message) {
  const v8::Local<v8::Value> error = v8::Exception::Error(text(isolate, message));
  error.As<v8::Object>()
      ->Set(isolate->GetCurrentContext(), text(isolate, "code"), text(isolate, code))
      .Check();
  isolate->ThrowException(error);
}

}  // namespace greenify::addon
