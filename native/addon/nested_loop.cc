#include "addon/nested_loop.h"

#include <v8.h>

#include "addon/javascript_error.h"
#include "green/thread.h"
#include "hub/hub.h"

namespace greenify::addon {

int refuse_nested_run(uv_loop_t* loop, uv_run_mode mode) {
  if (green::current() == nullptr || loop != hub::Hub::here()->loop()) return uv_run(loop, mode);
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  const v8::HandleScope handles(isolate);
  throw_error(
      isolate, "ERR_GREENIFY_NESTED_LOOP",
      "an addon tried to run the event loop from inside a green thread (deasync does so); use "
      "await_(promise) there instead");
  return 0;
}

}  // namespace greenify::addon
