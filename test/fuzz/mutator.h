// Changes to an ELF file that keep most of it what it was: bytes changed anywhere mostly hit code
// or padding, or end the reading in the first check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace greenify::fuzz {

// Changes the first `size` bytes of `memory` in place; how many there are then.
std::size_t mutate_elf(std::span<std::uint8_t> memory, std::size_t size, unsigned seed);

}  // namespace greenify::fuzz
