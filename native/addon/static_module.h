#pragma once

#include <optional>
#include <string>

namespace greenify::addon {

// NODE_MODULE_VERSION of an addon that registers itself by a static constructor (NODE_MODULE of
// node.h): the node::node_module in its data, which node_module_register() is given, begins with
// it. nullopt where there is no such structure. Throws elf::Error.
std::optional<int> static_module_abi(const std::string& path);

}  // namespace greenify::addon
