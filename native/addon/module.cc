#include <napi.h>
#include <v8.h>

#include <cstring>

#include "addon/inspection.h"
#include "addon/redirection.h"
#include "addon/sanitizer_reports.h"
#include "addon/sharing.h"
#include "addon/threads.h"
#include "calls/table.h"

namespace greenify::addon {
namespace {

// node_api.h: a napi_value is a v8::Local in disguise, of the same size.
v8::Local<v8::Object> to_local(Napi::Object object) {
  const napi_value value = object;
  v8::Local<v8::Object> local;
  static_assert(sizeof value == sizeof local);
  std::memcpy(static_cast<void*>(&local), &value, sizeof value);
  return local;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  report_leaks_at_exit();
  calls::load_originals();
  export_threads(isolate, isolate->GetCurrentContext(), to_local(exports));
  export_sharing(isolate, isolate->GetCurrentContext(), to_local(exports));
  export_redirection(env, exports);
  export_inspection(env, exports);
  return exports;
}

}  // namespace
}  // namespace greenify::addon

using greenify::addon::initialise;

NODE_API_MODULE(greenify, initialise)
