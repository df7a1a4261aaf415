#include "green/v8_flags.h"

#include <v8.h>

#include "green/hazard.h"

namespace greenify::green {

void set_v8_flags() {
  // wasm/wasm-engine.cc, CheckNoArchivedThreads: collecting wasm code beside an archived thread is
  // fatal.
  if (answered(Hazard::wasm_code_gc)) v8::V8::SetFlagsFromString("--no-wasm-code-gc");
  // execution/frames.cc, StackFrameIterator::Reset: inside a fast API call every archived thread's
  // frames are taken to start at that call's, so its own are neither visited nor updated.
  if (answered(Hazard::fast_api_calls)) v8::V8::SetFlagsFromString("--no-turbo-fast-api-calls");
  // heap/heap.cc, Heap::CanMoveObjectStart: handles to a left-trimmed array are only cleared in the
  // running thread.
  if (answered(Hazard::left_trim)) v8::V8::SetFlagsFromString("--no-move-object-start");
}

}  // namespace greenify::green
