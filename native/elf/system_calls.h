// System calls that an object makes by itself, with instructions of its own: no import slot leads
// there, so nothing can be redirected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elf/file_image.h"

namespace greenify::elf {

// The numbers of the system calls in code for a machine (e_machine), ascending, each once. Found
// are system-call instructions before which a constant is put into the number's register, which is
// what compilers make of inline assembly; a number that a function is passed is not found. In
// theory constants and tables amid the code may look the same.
std::vector<unsigned> find_system_calls(std::span<const std::byte> code, std::uint16_t machine);

// The same of all executable segments.
std::vector<unsigned> find_system_calls(const FileImage& image);

}  // namespace greenify::elf
