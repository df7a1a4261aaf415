#include "node/callback_depth.h"

#include <malloc.h>
#include <node.h>

#include <vector>

#include "green/error.h"

namespace greenify::node {

size_t* find_callback_depth(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  ::node::Environment* environment = ::node::GetCurrentEnvironment(context);
  auto* words = reinterpret_cast<size_t*>(environment);
  const size_t count = malloc_usable_size(environment) / sizeof(size_t);
  const auto snapshot = [&] { return std::vector<size_t>(words, words + count); };
  const auto scope_resource = v8::Object::New(isolate);

  const std::vector<size_t> closed = snapshot();
  std::vector<size_t> once, twice;
  {
    const ::node::CallbackScope outer(isolate, scope_resource, {0, 0});
    once = snapshot();
    const ::node::CallbackScope inner(isolate, scope_resource, {0, 0});
    twice = snapshot();
  }
  const std::vector<size_t> closed_again = snapshot();

  size_t* found = nullptr;
  for (size_t i = 0; i < count; i++) {
    const bool follows =
        once[i] == closed[i] + 1 && twice[i] == closed[i] + 2 && closed_again[i] == closed[i];
    if (!follows) continue;
    if (found != nullptr) throw green::ProbeError("Node's callback-scope depth is ambiguous");
    found = words + i;
  }
  if (found == nullptr) throw green::ProbeError("Node's callback-scope depth was not found");
  return found;
}

}  // namespace greenify::node
