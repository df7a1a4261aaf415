#pragma once

#include <napi.h>

namespace greenify::addon {

// Puts the functions that redirect and report on `exports`. None of them can switch stacks.
void export_redirection(Napi::Env env, Napi::Object exports);

}  // namespace greenify::addon
