#pragma once

#include <v8.h>

namespace greenify::addon {

// Puts what greenify/multiprocessing needs of the system on `exports.sharing`: FIFOs that hold
// tokens, file locks, and waiting for both. Plain V8 callbacks, as those of threads.h.
void export_sharing(v8::Isolate* isolate, v8::Local<v8::Context> context,
                    v8::Local<v8::Object> exports);

}  // namespace greenify::addon
