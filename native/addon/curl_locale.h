#pragma once

#include <link.h>

#include <span>

#include "elf/journal.h"

// libcurl converts host names that are not ASCII according to the locale, and Node has none set.
// node-libcurl therefore sets the environment's about each transfer: version 4 that of the process,
// with setlocale(3), back when the transfer ends, so that transfers that wait at the same time
// would take it from one another, and everybody else would see it; version 5 that of the kernel
// thread, with uselocale(3), once, so that the first green thread alone would have it. Here it
// becomes the green thread's. Thread: any.
namespace greenify::addon::curl_locale {

// What node-libcurl's object gets besides the rules of every patched one; nothing for other
// objects.
std::span<const elf::Rule> rules_for(const link_map* map);

}  // namespace greenify::addon::curl_locale
