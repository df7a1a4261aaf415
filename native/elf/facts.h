// What an ELF file says of itself, without loading it: what it needs, what it imports and how, and
// what stands in the way of redirecting it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "elf/relocation.h"

namespace greenify::elf {

// A function of another object, and the slots through which it is reached.
struct Import {
  std::string name;
  std::vector<SlotKind> kinds;  // each once
  std::size_t slots = 0;
};

// A symbol version of another object without which the dynamic linker refuses to load this one.
struct NeededVersion {
  std::string library;  // soname
  std::string version;  // for example "GLIBC_2.34"
};

enum class Relro {
  none,
  partial,  // the table of lazily bound functions stays writable
  full,     // all slots are read-only once the object is loaded
};

struct Facts {
  std::string soname;  // empty where it has none
  std::vector<std::string> needed;
  std::string rpath;  // DT_RPATH and DT_RUNPATH as they are, colons and $ORIGIN included
  std::string runpath;
  bool no_default_libraries = false;  // DF_1_NODEFLIB
  std::vector<NeededVersion> needed_versions;
  std::vector<std::string> defined_versions;
  std::vector<Import> imports;
  std::vector<std::string> defined;  // those of `wanted_symbols` that it exports
  Relro relro = Relro::none;
  std::vector<std::string> notes;      // who wrote its PT_NOTE records: "GNU", "Go"; each once
  bool stripped = false;               // no symbol table but the dynamic one
  std::vector<unsigned> system_calls;  // see find_system_calls
  std::string_view exclusion;          // why it is never redirected; empty where it may be
};

// Throws Error unless the file is a complete shared object for this machine.
Facts inspect(const std::string& path, std::span<const std::string> wanted_symbols = {});

// The same over bytes already read. Reads nothing outside `bytes`.
Facts inspect(std::span<const std::byte> bytes, const std::string& path,
              std::span<const std::string> wanted_symbols = {});

}  // namespace greenify::elf
