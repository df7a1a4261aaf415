// The dynamic symbol table of a file, whose length only the hash tables tell.
#pragma once

#include <elf.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "elf/file_image.h"

namespace greenify::elf {

// Functions of other objects. st_value does not matter: an executable that is not
// position-independent gives the address of its own PLT entry there, as the function's one address
// in the process, and still imports the function. An STT_NOTYPE symbol is what some linkers leave
// of an import.
inline bool is_imported_function(const Elf64_Sym& symbol) {
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return symbol.st_shndx == SHN_UNDEF &&
         (type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC);
}

// How many symbols a file has, from DT_HASH or DT_GNU_HASH. 0 where it has neither. Throws
// malformed.
std::size_t count_symbols(const FileImage& image);

// Those of `wanted` that the file defines for others.
std::vector<std::string> find_defined(const FileImage& image, std::span<const std::string> wanted);

}  // namespace greenify::elf
