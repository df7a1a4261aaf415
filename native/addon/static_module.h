#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace greenify::addon {

// NODE_MODULE_VERSION of an addon that registers itself by a static constructor (NODE_MODULE of
// node.h): the node::node_module in its data, which node_module_register() is given, begins with
// it. nullopt where there is no such structure. Throws elf::Error.
std::optional<int> static_module_abi(const std::string& path);

// The same over bytes already read. Reads nothing outside `bytes`.
std::optional<int> static_module_abi(std::span<const std::byte> bytes, const std::string& path);

}  // namespace greenify::addon
