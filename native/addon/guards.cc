#include "addon/guards.h"

#include "addon/rules.h"
#include "elf/error.h"
#include "elf/journal.h"
#include "elf/objects.h"
#include "elf/slots.h"

namespace greenify::addon {
namespace {

// Never destroyed: slots are guarded longer than any destructor runs.
elf::Journal& journal() {
  static elf::Journal& guards = *new elf::Journal;
  return guards;
}

bool is_user(const link_map* map) {
  static const elf::WantedNames wanted{{"greenify_abi_1", {0, elf::Definition::anywhere}}};
  try {
    return !elf::find_slots(elf::Image(map), wanted).empty();
  } catch (const elf::Error&) {
    return false;  // what cannot be read is not written to either
  }
}

void guard_object(const link_map* map) {
  if (!exclusion_of(map).empty()) return;
  try {
    journal().redirect(map, common_rules());
  } catch (const elf::Error&) {
    // Its green calls are right all the same, unless it keeps Node-API scopes open across them.
  }
}

}  // namespace

void guard(const void* address) {
  journal().forget_unmapped();
  if (const link_map* map = elf::find_by_address(address)) guard_object(map);
}

void guard_user(const link_map* map) {
  if (is_user(map)) guard_object(map);
}

void guard_users() {
  for (const link_map* map : elf::mapped_objects()) guard_user(map);
}

}  // namespace greenify::addon
