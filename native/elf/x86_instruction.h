// How long instructions of x86-64 machine code are (Intel SDM 2, chapter 2 and appendix A).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace greenify::elf::x86 {

struct Instruction {
  std::size_t length;
  // The code behind it need not run next, and not with the same registers: a call, a return or an
  // unconditional jump.
  bool leaves;
};

// The instruction at the beginning of `code`; of length 0 where it is incomplete or not known. The
// vector extensions (VEX, EVEX, XOP) and what 64-bit mode has not are not known.
Instruction decode(std::span<const std::byte> code);

}  // namespace greenify::elf::x86
