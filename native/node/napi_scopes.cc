#include "node/napi_scopes.h"

#include <v8.h>

#include <cstdint>
#include <cstring>
#include <optional>

#include "green/hazard.h"
#include "green/thread.h"

namespace greenify::node {
namespace {

// A scope that was open when its addon was patched is Node's own and must be closed by Node. Ours
// are told apart by the lowest bit, which is never set in a pointer to an object.
constexpr uintptr_t kOurs = 1;

template <class Scope, class Handle>
Handle to_handle(Scope* scope) {
  return reinterpret_cast<Handle>(reinterpret_cast<uintptr_t>(scope) | kOurs);
}

template <class Scope, class Handle>
Scope* to_ours(Handle handle) {
  const auto bits = reinterpret_cast<uintptr_t>(handle);
  return (bits & kOurs) != 0 ? reinterpret_cast<Scope*>(bits & ~kOurs) : nullptr;
}

// v8::HandleScope forbids operator new; as a member it may live on the heap, as it does in Node.
struct HandleScope {
  explicit HandleScope(v8::Isolate* isolate) : scope(isolate) {}
  v8::HandleScope scope;
};

struct EscapableHandleScope {
  explicit EscapableHandleScope(v8::Isolate* isolate) : scope(isolate) {}
  v8::EscapableHandleScope scope;
  bool escaped = false;
};

// node_api.h: a napi_value is a v8::Local in disguise, of the same size.
static_assert(sizeof(napi_value) == sizeof(v8::Local<v8::Value>));

v8::Local<v8::Value> to_local(napi_value value) {
  v8::Local<v8::Value> local;
  std::memcpy(static_cast<void*>(&local), &value, sizeof(value));
  return local;
}

napi_value to_value(v8::Local<v8::Value> local) {
  napi_value value;
  std::memcpy(&value, static_cast<void*>(&local), sizeof(value));
  return value;
}

}  // namespace

napi_status green_napi_open_handle_scope(napi_env env, napi_handle_scope* result) {
  if (env == nullptr || result == nullptr || !green::answered(green::Hazard::napi_scopes)) {
    return napi_open_handle_scope(env, result);
  }
  *result = to_handle<HandleScope, napi_handle_scope>(new HandleScope(v8::Isolate::GetCurrent()));
  return napi_ok;
}

napi_status green_napi_close_handle_scope(napi_env env, napi_handle_scope scope) {
  HandleScope* ours = to_ours<HandleScope>(scope);
  if (env == nullptr || ours == nullptr) return napi_close_handle_scope(env, scope);
  delete ours;
  return napi_ok;
}

napi_status green_napi_open_escapable_handle_scope(napi_env env,
                                                   napi_escapable_handle_scope* result) {
  if (env == nullptr || result == nullptr || !green::answered(green::Hazard::napi_scopes)) {
    return napi_open_escapable_handle_scope(env, result);
  }
  *result = to_handle<EscapableHandleScope, napi_escapable_handle_scope>(
      new EscapableHandleScope(v8::Isolate::GetCurrent()));
  return napi_ok;
}

napi_status green_napi_close_escapable_handle_scope(napi_env env,
                                                    napi_escapable_handle_scope scope) {
  EscapableHandleScope* ours = to_ours<EscapableHandleScope>(scope);
  if (env == nullptr || ours == nullptr) return napi_close_escapable_handle_scope(env, scope);
  delete ours;
  return napi_ok;
}

napi_status green_napi_escape_handle(napi_env env, napi_escapable_handle_scope scope,
                                     napi_value escapee, napi_value* result) {
  EscapableHandleScope* ours = to_ours<EscapableHandleScope>(scope);
  if (env == nullptr || ours == nullptr || escapee == nullptr || result == nullptr) {
    return napi_escape_handle(env, ours == nullptr ? scope : nullptr, escapee, result);
  }
  if (ours->escaped) return napi_escape_called_twice;
  ours->escaped = true;
  *result = to_value(ours->scope.Escape(to_local(escapee)));
  return napi_ok;
}

napi_status green_napi_open_callback_scope(napi_env env, napi_value resource,
                                           napi_async_context context,
                                           napi_callback_scope* result) {
  const napi_status status = napi_open_callback_scope(env, resource, context, result);
  if (status == napi_ok && green::answered(green::Hazard::napi_scopes)) green::enter_no_yield();
  return status;
}

napi_status green_napi_close_callback_scope(napi_env env, napi_callback_scope scope) {
  const napi_status status = napi_close_callback_scope(env, scope);
  if (status == napi_ok && green::answered(green::Hazard::napi_scopes)) green::leave_no_yield();
  return status;
}

}  // namespace greenify::node
