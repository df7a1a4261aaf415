// A view on an object that the dynamic linker has mapped. Only program headers and DT_* are read,
// never section headers, so stripped objects work. Every access is bounds-checked against the
// object's readable segments.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elf/dynamic.h"

namespace greenify::elf {

struct AddressRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;

  bool holds(std::uintptr_t address, std::size_t size) const {
    return address >= begin && address <= end && size <= end - address;
  }
};

// The path of a mapped object's file, absolute where the dynamic linker knows it so; of the
// executable too, whose l_name is empty.
std::string object_path(const link_map* map);

// Valid as long as the object stays mapped.
class Image {
 public:
  // Throws not_loaded where the dynamic linker does not list the object, no_dynamic, malformed.
  explicit Image(const link_map* map);

  // For an object mapped by other means: `headers` are its program headers, `base` what is to be
  // added to their addresses.
  Image(std::uintptr_t base, std::span<const Elf64_Phdr> headers, std::string path);

  std::uintptr_t base() const { return base_; }
  const std::string& path() const { return path_; }

  std::string_view soname() const;  // empty where the object has none
  std::vector<std::string_view> needed() const;

  std::span<const Elf64_Rela> plt_relocations() const { return plt_relocations_; }  // DT_JMPREL
  std::span<const Elf64_Rela> relocations() const { return relocations_; }          // DT_RELA
  const Elf64_Sym& symbol(std::uint32_t index) const;
  std::string_view name(const Elf64_Sym& symbol) const;

  // Whether a segment of the object that may be read holds it.
  bool readable(std::uintptr_t address, std::size_t size) const;
  // PT_GNU_RELRO: made read-only by the dynamic linker after relocating.
  bool in_relro(std::uintptr_t address) const { return relro_.holds(address, sizeof(void*)); }
  // From the first to behind the last byte of all segments.
  AddressRange extent() const;

 private:
  void read_segments(std::span<const Elf64_Phdr> headers);
  void read_dynamic_section(std::span<const Elf64_Phdr> headers);
  std::uintptr_t absolute(std::uint64_t dynamic_pointer) const;
  std::string_view string_at(std::uint64_t offset) const;

  std::uintptr_t base_ = 0;
  std::string path_;
  std::vector<AddressRange> segments_;
  std::vector<AddressRange> readable_segments_;
  AddressRange relro_;
  Dynamic dynamic_;
  std::span<const Elf64_Rela> plt_relocations_;
  std::span<const Elf64_Rela> relocations_;
};

}  // namespace greenify::elf
