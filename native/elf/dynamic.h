// The dynamic section, as far as redirection needs it. Shared by the reader of files and the reader
// of mapped objects.
#pragma once

#include <elf.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace greenify::elf {

// Addresses are as found: link-time addresses in a file, perhaps relocated ones in memory.
struct Dynamic {
  std::uint64_t symbols = 0;  // DT_SYMTAB; its length is not recorded anywhere in DT_*
  std::uint64_t strings = 0;
  std::uint64_t strings_size = 0;
  std::uint64_t plt_relocations = 0;
  std::uint64_t plt_relocations_size = 0;
  std::uint64_t relocations = 0;
  std::uint64_t relocations_size = 0;
  std::optional<std::uint64_t> soname;  // offset in the string table
  std::vector<std::uint64_t> needed;    // offsets in the string table, in order
};

// Reads up to DT_NULL. Throws malformed where it is missing, an entry size or kind is not this
// machine's, or there is no symbol or string table. DT_RELR is passed over: it holds relative
// relocations only, which name no symbol.
Dynamic read_dynamic(std::span<const Elf64_Dyn> entries, const std::string& path);

// Throws malformed unless `readable(address, size)` holds for every table and each begins on an
// 8-byte boundary where it is made of structures.
void check_tables(const Dynamic& dynamic, const std::string& path,
                  const std::function<bool(std::uint64_t address, std::uint64_t size)>& readable);

}  // namespace greenify::elf
