// The relocation types through which an object reaches functions of other objects, per machine.
//
// System V psABI, x86-64 supplement, table "Relocation Types"; ELF for the Arm 64-bit
// Architecture, "Dynamic relocations". Both machines use Elf64_Rela only.
#pragma once

#include <elf.h>

#include <cstdint>
#include <optional>

namespace greenify::elf {

enum class SlotKind {
  jump_slot,  // .got.plt: calls through the procedure linkage table, perhaps bound lazily
  glob_dat,   // .got: -fno-plt calls and addresses taken in code
  absolute,   // data: tables of function pointers
};

struct RelocationTypes {
  std::uint16_t machine;  // e_machine
  std::uint32_t jump_slot;
  std::uint32_t glob_dat;
  std::uint32_t absolute;
  std::uint32_t relative;  // names no symbol: a pointer within the object
};

inline constexpr RelocationTypes x86_64_relocations{
    EM_X86_64, R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT, R_X86_64_64, R_X86_64_RELATIVE};
inline constexpr RelocationTypes aarch64_relocations{
    EM_AARCH64, R_AARCH64_JUMP_SLOT, R_AARCH64_GLOB_DAT, R_AARCH64_ABS64, R_AARCH64_RELATIVE};

constexpr const RelocationTypes& native_relocations() {
#if defined(__x86_64__)
  return x86_64_relocations;
#elif defined(__aarch64__)
  return aarch64_relocations;
#else
#error "greenify knows the relocation types of x86-64 and arm64 only"
#endif
}

// nullopt: a type that names no import (relative, TLS, copy, ...).
constexpr std::optional<SlotKind> slot_kind(const RelocationTypes& types, std::uint32_t type) {
  if (type == types.jump_slot) return SlotKind::jump_slot;
  if (type == types.glob_dat) return SlotKind::glob_dat;
  if (type == types.absolute) return SlotKind::absolute;
  return std::nullopt;
}

}  // namespace greenify::elf
