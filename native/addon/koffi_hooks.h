#pragma once

#include <link.h>

#include <span>

#include "elf/journal.h"

// koffi runs every synchronous call on one stack of its own (per environment), from the same top,
// and keeps the state of calls last in, first out. Through its import slots this watches where it
// keeps them, and gives each green thread that waits in a call a stack of its own. Thread: loop,
// where not said otherwise.
namespace greenify::addon::koffi {

// What koffi's object gets besides the rules of every patched one; nothing for other objects. Both
// versions are known by what they export, whatever their file is called. Thread: any.
std::span<const elf::Rule> rules_for(const link_map* map);

}  // namespace greenify::addon::koffi
