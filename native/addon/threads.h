#pragma once

#include <v8.h>

namespace greenify::addon {

// Puts the functions that can switch stacks on `exports`. They are plain V8 callbacks: Node-API
// keeps counts per call that would not survive a switch.
void export_threads(v8::Isolate* isolate, v8::Local<v8::Context> context,
                    v8::Local<v8::Object> exports);

}  // namespace greenify::addon
