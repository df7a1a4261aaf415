#pragma once

#include <span>

#include "calls/table.h"
#include "elf/journal.h"

// dlopen(3), dlmopen(3), dlclose(3) and dlsym(3) of patched objects, and of the node executable:
// libraries opened later are redirected before their users see them, looked-up functions are the
// green ones, unloaded objects are forgotten. Thread: any.
namespace greenify::addon {

// Looks the originals up. Throws std::runtime_error. Idempotent.
void load_dl_originals();

struct LoadingRow {
  const char* name;
  void* replacement;
  const calls::Page* page;
};

// For every patched object.
std::span<const LoadingRow> loading_rows();
// For the node executable, whose own look-ups are none of ours.
std::span<const elf::Rule> executable_loading_rules();

}  // namespace greenify::addon
