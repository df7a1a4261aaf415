#include "elf/dynamic.h"

#include <cstddef>
#include <string_view>

#include "elf/error.h"

namespace greenify::elf {
namespace {

[[noreturn]] void malformed(const std::string& path, std::string_view reason) {
  throw Error(Fault::malformed, path, reason);
}

void require(bool holds, const std::string& path, std::string_view reason) {
  if (!holds) malformed(path, reason);
}

// False at DT_NULL.
bool take(Dynamic& dynamic, const Elf64_Dyn& entry, const std::string& path) {
  const std::uint64_t value = entry.d_un.d_val;
  switch (entry.d_tag) {
    case DT_NULL:
      return false;
    case DT_SYMTAB:
      dynamic.symbols = value;
      break;
    case DT_STRTAB:
      dynamic.strings = value;
      break;
    case DT_STRSZ:
      dynamic.strings_size = value;
      break;
    case DT_JMPREL:
      dynamic.plt_relocations = value;
      break;
    case DT_PLTRELSZ:
      dynamic.plt_relocations_size = value;
      break;
    case DT_RELA:
      dynamic.relocations = value;
      break;
    case DT_RELASZ:
      dynamic.relocations_size = value;
      break;
    case DT_SONAME:
      dynamic.soname = value;
      break;
    case DT_NEEDED:
      dynamic.needed.push_back(value);
      break;
    case DT_SYMENT:
      require(value == sizeof(Elf64_Sym), path, "DT_SYMENT is not the size of a 64-bit symbol");
      break;
    case DT_RELAENT:
      require(value == sizeof(Elf64_Rela), path,
              "DT_RELAENT is not the size of a 64-bit relocation with addend");
      break;
    case DT_PLTREL:
      require(value == DT_RELA, path, "DT_PLTREL asks for relocations without addend");
      break;
    case DT_REL:
      malformed(path, "DT_REL: this machine's relocations have addends (DT_RELA)");
    default:
      break;
  }
  return true;
}

bool holds_relocations(std::uint64_t address, std::uint64_t size) {
  return address % alignof(Elf64_Rela) == 0 && size % sizeof(Elf64_Rela) == 0;
}

}  // namespace

Dynamic read_dynamic(std::span<const Elf64_Dyn> entries, const std::string& path) {
  Dynamic dynamic;
  std::size_t index = 0;
  while (index < entries.size() && take(dynamic, entries[index], path)) ++index;
  require(index < entries.size(), path, "the dynamic section does not end with DT_NULL");
  require(dynamic.symbols != 0, path, "the dynamic section names no symbol table (DT_SYMTAB)");
  require(dynamic.strings != 0 && dynamic.strings_size != 0, path,
          "the dynamic section names no string table (DT_STRTAB, DT_STRSZ)");
  return dynamic;
}

void check_tables(const Dynamic& dynamic, const std::string& path,
                  const std::function<bool(std::uint64_t, std::uint64_t)>& readable) {
  require(dynamic.symbols % alignof(Elf64_Sym) == 0 && readable(dynamic.symbols, sizeof(Elf64_Sym)),
          path, "DT_SYMTAB points outside the object's segments");
  require(readable(dynamic.strings, dynamic.strings_size), path,
          "DT_STRTAB points outside the object's segments");
  const std::uint64_t plt_size = dynamic.plt_relocations_size;
  require(plt_size == 0 || (holds_relocations(dynamic.plt_relocations, plt_size) &&
                            readable(dynamic.plt_relocations, plt_size)),
          path, "DT_JMPREL points outside the object's segments");
  const std::uint64_t size = dynamic.relocations_size;
  require(size == 0 ||
              (holds_relocations(dynamic.relocations, size) && readable(dynamic.relocations, size)),
          path, "DT_RELA points outside the object's segments");
}

}  // namespace greenify::elf
