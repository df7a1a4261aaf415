#pragma once

#include <link.h>

// Objects that call green functions by name, without being patched, get what every patched object
// gets whatever the families (addon/rules.h). No report shows it. Thread: any.
namespace greenify::addon {

// The object of that address, which is one of them.
void guard(const void* address);
// An object, if it is one of them: it refers to the word of include/greenify_abi.h.
void guard_user(const link_map* map);
// All that are mapped.
void guard_users();

}  // namespace greenify::addon
