// Machine code of unknown origin: the length of instructions, and the search for system calls.
#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "elf/system_calls.h"
#include "elf/x86_instruction.h"

using namespace greenify::elf;

namespace {

// Intel SDM 2, 2.3.11: longer ones raise #GP.
constexpr std::size_t longest_instruction = 15;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_lengths(std::span<const std::byte> code) {
  for (std::size_t at = 0; at < code.size(); ++at) {
    const auto rest = code.subspan(at);
    const x86::Instruction instruction = x86::decode(rest);
    require(instruction.length <= std::min(rest.size(), longest_instruction));
    if (instruction.length == 0) continue;
    // What follows an instruction does not change it, and without its last byte it is none.
    const x86::Instruction alone = x86::decode(rest.first(instruction.length));
    require(alone.length == instruction.length && alone.leaves == instruction.leaves);
    require(x86::decode(rest.first(instruction.length - 1)).length == 0);
  }
}

void check_system_calls(std::span<const std::byte> code, std::uint16_t machine) {
  const auto numbers = find_system_calls(code, machine);
  require(std::ranges::adjacent_find(numbers, std::greater_equal()) == numbers.end());
  // More code behind it hides no call.
  const auto fewer = find_system_calls(code.first(code.size() / 2), machine);
  require(std::ranges::includes(numbers, fewer));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto code = std::as_bytes(std::span(data, size));
  check_lengths(code);
  check_system_calls(code, EM_X86_64);
  check_system_calls(code, EM_AARCH64);
  return 0;
}
