#pragma once

#include <link.h>

#include <span>
#include <string>
#include <vector>

#include "addon/scopes.h"
#include "calls/table.h"
#include "elf/journal.h"

// Which functions are redirected in which objects, and to what. Thread: any.
namespace greenify::addon {

// What every patched object gets, whatever the families: its Node-API scopes may close out of
// order, and it must not run the environment's loop on a green stack.
std::span<const elf::Rule> common_rules();

// All that an object gets for these families.
std::vector<elf::Rule> rules_for(const link_map* map, Families families);
bool is_wanted(const calls::Row& row, Families families);

// The node executable, and where libuv and Node's own code are shared libraries, those.
const std::vector<const link_map*>& node_objects();
bool is_node(const link_map* map);

// Why an object is never redirected as a whole; empty where it may be.
std::string exclusion_of(const link_map* map);
// The same for what is not Node.
std::string library_exclusion_of(const link_map* map);

}  // namespace greenify::addon
