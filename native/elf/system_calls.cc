#include "elf/system_calls.h"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <set>

#include "elf/relocation.h"

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

// Intel SDM 2: `mov eax, imm32` is B8 and four bytes, `mov rax, imm32` 48 C7 C0 and four bytes,
// `xor eax, eax` 31 C0 or 33 C0.
std::optional<std::uint32_t> loads_rax(std::span<const std::byte> code, std::size_t offset,
                                       std::size_t end) {
  const auto byte = std::to_integer<std::uint8_t>(code[offset]);
  if (byte == 0xb8 && offset + 5 <= end) return read_at<std::uint32_t>(code, offset + 1);
  if (byte == 0xc7 && offset + 6 <= end && is_at(code, offset - 1, 0x48, 0xc7) &&
      is_at(code, offset, 0xc7, 0xc0)) {
    return read_at<std::uint32_t>(code, offset + 2);
  }
  if (offset + 2 > end) return std::nullopt;
  if (is_at(code, offset, 0x31, 0xc0) || is_at(code, offset, 0x33, 0xc0)) return 0;
  return std::nullopt;
}

// The same two bytes often are part of a displacement or of an immediate number. Then a zero byte
// follows, with which no compiler's code goes on; or the opcode of a relative call or jump stands
// before them, or a ModRM byte that means "relative to the instruction pointer", or one that a SIB
// byte and a displacement of one byte follow.
bool is_operand(std::span<const std::byte> code, std::size_t at) {
  if (at + 2 < code.size() && code[at + 2] == std::byte{0}) return true;
  if (at == 0) return false;
  const auto before = std::to_integer<std::uint8_t>(code[at - 1]);
  return before == 0xe8 || before == 0xe9 || (before & 0xc7) == 0x05 || (before & 0xc7) == 0x44;
}

void find_on_x86_64(std::span<const std::byte> code, std::set<unsigned>& numbers) {
  static constexpr unsigned char instruction[] = {0x0f, 0x05};  // syscall
  const auto* begin = reinterpret_cast<const unsigned char*>(code.data());
  const auto* from = begin;
  const auto* end = begin + code.size();
  while (const void* hit = ::memmem(from, end - from, instruction, sizeof instruction)) {
    from = static_cast<const unsigned char*>(hit) + 1;
    const std::size_t at = from - 1 - begin;
    if (is_operand(code, at)) continue;
    for (std::size_t back = at; back > 1 && at - back < look_back;) {
      const auto number = loads_rax(code, --back, at);
      if (!number || *number >= number_limit) continue;
      numbers.insert(*number);
      break;
    }
  }
}

// Arm ARM C6.2: SVC #0 is D4000001; MOVZ with X8 or W8 and a 16-bit immediate.
void find_on_aarch64(std::span<const std::byte> code, std::set<unsigned>& numbers) {
  const std::size_t count = code.size() / 4;
  for (std::size_t i = 0; i < count; ++i) {
    if (read_at<std::uint32_t>(code, i * 4) != 0xd4000001) continue;
    for (std::size_t back = i; back > 0 && (i - back) * 4 < look_back;) {
      const auto word = read_at<std::uint32_t>(code, --back * 4);
      if ((word & 0x7fe0001f) != 0x52800008) continue;
      const unsigned number = (word >> 5) & 0xffff;
      if (number < number_limit) numbers.insert(number);
      break;
    }
  }
}

}  // namespace

std::vector<unsigned> find_system_calls(std::span<const std::byte> code) {
  std::set<unsigned> numbers;
  if (native_relocations().machine == EM_X86_64) find_on_x86_64(code, numbers);
  if (native_relocations().machine == EM_AARCH64) find_on_aarch64(code, numbers);
  return {numbers.begin(), numbers.end()};
}

std::vector<unsigned> find_system_calls(const FileImage& image) {
  std::set<unsigned> numbers;
  for (const Elf64_Phdr& segment : image.program_headers()) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    const auto code = image.bytes().subspan(segment.p_offset, segment.p_filesz);
    for (const unsigned number : find_system_calls(code)) numbers.insert(number);
  }
  return {numbers.begin(), numbers.end()};
}

}  // namespace greenify::elf
