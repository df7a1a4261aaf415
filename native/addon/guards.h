#pragma once

#include <string_view>

// Objects that call green functions by name, without being patched, get what every patched object
// gets whatever the families (addon/rules.h). No report shows it. Thread: any.
namespace greenify::addon {

// The object of that address.
void guard(const void* address);
// Those that are mapped and refer to the symbol.
void guard_users_of(std::string_view symbol);

}  // namespace greenify::addon
