#pragma once

#include <v8.h>

// V8's continuation-preserved embedder data: one value per isolate in which AsyncLocalStorage keeps
// its frame (Node 24 on; Node 22 with --experimental-async-context-frame). Empty where V8 has none.
namespace greenify::node {

#if V8_MAJOR_VERSION >= 14
using AsyncFrame = v8::Local<v8::Data>;
using SavedAsyncFrame = v8::Global<v8::Data>;
#else
using AsyncFrame = v8::Local<v8::Value>;
using SavedAsyncFrame = v8::Global<v8::Value>;
#endif

inline AsyncFrame async_frame([[maybe_unused]] v8::Isolate* isolate) {
#if V8_MAJOR_VERSION >= 14
  return isolate->GetContinuationPreservedEmbedderDataV2();
#elif V8_MAJOR_VERSION >= 12
  return isolate->GetContinuationPreservedEmbedderData();
#else
  return {};
#endif
}

inline void set_async_frame([[maybe_unused]] v8::Isolate* isolate,
                            [[maybe_unused]] AsyncFrame frame) {
#if V8_MAJOR_VERSION >= 14
  isolate->SetContinuationPreservedEmbedderDataV2(frame);
#elif V8_MAJOR_VERSION >= 12
  isolate->SetContinuationPreservedEmbedderData(frame);
#endif
}

}  // namespace greenify::node
