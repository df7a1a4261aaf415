// Judging an ELF file before the dynamic linker maps it: ld.so trusts what it reads, and dies with
// SIGBUS on a file whose segments end beyond its last byte.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace greenify::elf {

// Throws Error unless the file is a complete shared object for this machine.
void check_file(const std::string& path);

// The same over bytes already read; `path` is for messages only. Reads nothing outside `bytes`.
void check_bytes(std::span<const std::byte> bytes, const std::string& path);

}  // namespace greenify::elf
