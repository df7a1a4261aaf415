#include "elf/system_calls.h"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <set>

#include "elf/relocation.h"
#include "elf/x86_instruction.h"

namespace greenify::elf {
namespace {

// Larger than any number in use (asm/unistd_64.h).
constexpr std::uint32_t number_limit = 600;

// So far before the instruction its number is looked for: six arguments may be loaded in between.
constexpr std::size_t look_back = 32;

template <typename T>
T read_at(std::span<const std::byte> code, std::size_t offset) {
  T value;
  std::memcpy(&value, code.data() + offset, sizeof value);
  return value;
}

bool is_at(std::span<const std::byte> code, std::size_t offset, std::uint8_t first,
           std::uint8_t second) {
  return std::to_integer<std::uint8_t>(code[offset]) == first &&
         std::to_integer<std::uint8_t>(code[offset + 1]) == second;
}

// A constant in the register of the number, and the length of the instruction that puts it there.
struct Load {
  std::uint32_t number;
  std::size_t length;
};

// With REX.R or REX.B before them (SDM 2, 2.2.1.2) the same bytes mean R8, the fifth argument.
bool means_r8(std::span<const std::byte> code, std::size_t offset) {
  if (offset == 0) return false;
  const auto before = std::to_integer<std::uint8_t>(code[offset - 1]);
  return (before & 0xf0) == 0x40 && (before & 0x05) != 0;
}

// Intel SDM 2: `mov eax, imm32` is B8 and four bytes, `mov rax, imm32` 48 C7 C0 and four bytes,
// `xor eax, eax` 31 C0 or 33 C0.
std::optional<Load> loads_rax(std::span<const std::byte> code, std::size_t offset) {
  const std::size_t left = code.size() - offset;
  if (means_r8(code, offset)) return std::nullopt;
  if (left >= 5 && code[offset] == std::byte{0xb8})
    return Load{read_at<std::uint32_t>(code, offset + 1), 5};
  if (left >= 7 && is_at(code, offset, 0x48, 0xc7) && is_at(code, offset + 1, 0xc7, 0xc0))
    return Load{read_at<std::uint32_t>(code, offset + 3), 7};
  if (left >= 2 && (is_at(code, offset, 0x31, 0xc0) || is_at(code, offset, 0x33, 0xc0)))
    return Load{0, 2};
  return std::nullopt;
}

// Whether the instructions from one place follow each other up to the beginning of another. The
// two bytes of `syscall` often are part of an operand instead: then they pass over it.
bool leads_to(std::span<const std::byte> code, std::size_t from, std::size_t to) {
  while (from < to) {
    const x86::Instruction instruction = x86::decode(code.subspan(from));
    if (instruction.length == 0 || instruction.leaves) return false;
    from += instruction.length;
  }
  return from == to;
}

// The number of the system call at `at`, where a constant is put into its register before.
std::optional<unsigned> number_before(std::span<const std::byte> code, std::size_t at) {
  for (std::size_t back = 1; back <= std::min(at, look_back); back++) {
    const auto load = loads_rax(code.first(at), at - back);
    if (!load || load->number >= number_limit) continue;
    if (leads_to(code, at - back + load->length, at)) return load->number;
  }
  return std::nullopt;
}

void find_on_x86_64(std::span<const std::byte> code, std::set<unsigned>& numbers) {
  static constexpr std::byte instruction[] = {std::byte{0x0f}, std::byte{0x05}};  // syscall
  std::span<const std::byte> rest = code;
  while (const void* hit = ::memmem(rest.data(), rest.size(), instruction, sizeof instruction)) {
    const std::size_t at = static_cast<const std::byte*>(hit) - code.data();
    if (const auto number = number_before(code, at)) numbers.insert(*number);
    rest = code.subspan(at + 1);
  }
}

// All instructions of A64 are words (Arm ARM, C4.1).
constexpr std::size_t word_size = 4;
constexpr std::uint32_t supervisor_call = 0xd4000001;  // SVC #0

// B, BL, BR, BLR, RET: what stands before one of them need not have run just before what follows
// it.
bool always_branches(std::uint32_t word) {
  return (word & 0x7c000000) == 0x14000000 || (word & 0xfe000000) == 0xd6000000;
}

// In most instructions the lowest bits name the register that is written. Where they mean something
// else, a number is given up that could have been found.
bool may_write_x8(std::uint32_t word) {
  return (word & 0x1f) == 8;
}

// MOVZ with X8 or W8, and 16 bits that are not shifted (C6.2).
std::optional<unsigned> loads_x8(std::uint32_t word) {
  if ((word & 0x7fe0001f) != 0x52800008) return std::nullopt;
  return (word >> 5) & 0xffff;
}

std::optional<unsigned> number_before_word(std::span<const std::byte> code, std::size_t at) {
  for (std::size_t back = word_size; back <= std::min(at, look_back); back += word_size) {
    const auto word = read_at<std::uint32_t>(code, at - back);
    if (const auto number = loads_x8(word)) return number;
    if (may_write_x8(word) || always_branches(word)) return std::nullopt;
  }
  return std::nullopt;
}

void find_on_aarch64(std::span<const std::byte> code, std::set<unsigned>& numbers) {
  for (std::size_t at = 0; at + word_size <= code.size(); at += word_size) {
    if (read_at<std::uint32_t>(code, at) != supervisor_call) continue;
    const auto number = number_before_word(code, at);
    if (number && *number < number_limit) numbers.insert(*number);
  }
}

}  // namespace

std::vector<unsigned> find_system_calls(std::span<const std::byte> code, std::uint16_t machine) {
  std::set<unsigned> numbers;
  if (machine == EM_X86_64) find_on_x86_64(code, numbers);
  if (machine == EM_AARCH64) find_on_aarch64(code, numbers);
  return {numbers.begin(), numbers.end()};
}

std::vector<unsigned> find_system_calls(const FileImage& image) {
  std::set<unsigned> numbers;
  for (const Elf64_Phdr& segment : image.program_headers()) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    const auto code = image.contents(segment);
    for (const unsigned number : find_system_calls(code, native_relocations().machine)) {
      numbers.insert(number);
    }
  }
  return {numbers.begin(), numbers.end()};
}

}  // namespace greenify::elf
