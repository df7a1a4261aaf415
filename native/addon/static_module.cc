#include "addon/static_module.h"

#include <node.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "elf/file_image.h"
#include "elf/file_mapping.h"
#include "elf/relocation.h"

namespace greenify::addon {
namespace {

using Module = node::node_module;

// No version of Node comes near these (node_version.h; node.h, enum NM_F_…).
constexpr int kVersionLimit = 1000;
constexpr unsigned kFlagsLimit = 0x100;
constexpr std::size_t kNameLimit = 256;

// Where the file's pointers are, and what they point to, as link-time addresses.
using Pointers = std::unordered_map<std::uint64_t, std::uint64_t>;

Pointers read_pointers(const elf::FileImage& image) {
  Pointers pointers;
  const elf::Dynamic& dynamic = image.dynamic();
  const auto relocations =
      image.at<Elf64_Rela>(dynamic.relocations, dynamic.relocations_size / sizeof(Elf64_Rela));
  for (const Elf64_Rela& relocation : relocations) {
    if (ELF64_R_TYPE(relocation.r_info) != elf::native_relocations().relative) continue;
    pointers.emplace(relocation.r_offset, relocation.r_addend);
  }
  return pointers;
}

bool is_name(const elf::FileImage& image, std::uint64_t address) {
  for (std::size_t length = 0; length < kNameLimit; ++length) {
    if (!image.holds_memory(address + length, 1)) return false;
    const char character = image.at<char>(address + length, 1)[0];
    if (character == '\0') return length > 0;
    if (std::isprint(static_cast<unsigned char>(character)) == 0) return false;
  }
  return false;
}

// Whether a pointer of the file may be the nm_filename of a module, by all that stands around it.
std::optional<int> abi_of_module(const elf::FileImage& image, const Pointers& pointers,
                                 const Pointers::value_type& file_name) {
  const std::uint64_t address = file_name.first - offsetof(Module, nm_filename);
  if (!image.holds_memory(address, sizeof(Module))) return std::nullopt;
  const auto name = pointers.find(address + offsetof(Module, nm_modname));
  const bool has_function = pointers.contains(address + offsetof(Module, nm_register_func)) ||
                            pointers.contains(address + offsetof(Module, nm_context_register_func));
  if (name == pointers.end() || !has_function) return std::nullopt;
  const auto words = image.at<std::uint32_t>(address, 4);  // version, flags, handle
  const bool plausible = words[0] > 0 && words[0] < kVersionLimit && words[1] < kFlagsLimit &&
                         words[2] == 0 && words[3] == 0;
  if (!plausible || !is_name(image, file_name.second) || !is_name(image, name->second)) {
    return std::nullopt;
  }
  return static_cast<int>(words[0]);
}

}  // namespace

std::optional<int> static_module_abi(const std::string& path) {
  const elf::FileMapping mapping(path);
  return static_module_abi(mapping.bytes(), path);
}

std::optional<int> static_module_abi(std::span<const std::byte> bytes, const std::string& path) {
  const elf::FileImage image(bytes, path);
  const Pointers pointers = read_pointers(image);
  for (const auto& pointer : pointers) {
    if (const auto abi = abi_of_module(image, pointers, pointer)) return abi;
  }
  return std::nullopt;
}

}  // namespace greenify::addon
