// What JavaScript learns of ELF files that are not loaded.
#pragma once

#include <napi.h>

namespace greenify::addon {

void export_inspection(Napi::Env env, Napi::Object exports);

}  // namespace greenify::addon
