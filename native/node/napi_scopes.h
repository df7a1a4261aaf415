#pragma once

#include <node_api.h>

// Node-API counts the handle scopes and callback scopes that are open per addon instance and aborts
// when the count differs at the end of a call, which it does when suspended calls end in another
// order than they began. These take the place of the functions of the same names in the import
// slots of patched addons. Thread: loop.
namespace greenify::node {

napi_status green_napi_open_handle_scope(napi_env env, napi_handle_scope* result);
napi_status green_napi_close_handle_scope(napi_env env, napi_handle_scope scope);
napi_status green_napi_open_escapable_handle_scope(napi_env env,
                                                   napi_escapable_handle_scope* result);
napi_status green_napi_close_escapable_handle_scope(napi_env env,
                                                    napi_escapable_handle_scope scope);
napi_status green_napi_escape_handle(napi_env env, napi_escapable_handle_scope scope,
                                     napi_value escapee, napi_value* result);

// An open callback scope belongs to the environment's bookkeeping as a whole: the thread that
// opened it is not suspended until it is closed (a no-yield zone).
napi_status green_napi_open_callback_scope(napi_env env, napi_value resource,
                                           napi_async_context context, napi_callback_scope* result);
napi_status green_napi_close_callback_scope(napi_env env, napi_callback_scope scope);

}  // namespace greenify::node
