#include "elf/x86_instruction.h"

#include <algorithm>
#include <optional>

namespace greenify::elf::x86 {
namespace {

// Sizes of immediate operands that depend on the prefixes.
constexpr int kWord = -1;     // 2 bytes with the prefix 66, else 4
constexpr int kQuad = -2;     // 8 bytes with REX.W, else as kWord
constexpr int kAddress = -3;  // 4 bytes with the prefix 67, else 8

// 2.3.11: anything longer, by prefixes repeated, raises an exception.
constexpr std::size_t longest_instruction = 15;

struct Operands {
  bool mod_rm;
  int immediate;
};
using Known = std::optional<Operands>;

struct Prefixes {
  bool operand_size = false;
  bool address_size = false;
  bool wide = false;  // REX.W
};

bool is_one_of(std::uint8_t byte, std::initializer_list<std::uint8_t> bytes) {
  return std::ranges::find(bytes, byte) != bytes.end();
}

// The eight arithmetic instructions, each with six forms; in between lie prefixes and what 64-bit
// mode has not.
Known arithmetic(std::uint8_t opcode) {
  const int form = opcode & 7;
  if (form < 4) return Operands{true, 0};
  if (form < 6) return Operands{false, form == 4 ? 1 : kWord};
  return std::nullopt;
}

// Table A-2, second half. `reg`: of the ModRM byte, by which F6 and F7 are told apart.
Known from_c0(std::uint8_t opcode, int reg) {
  if (is_one_of(opcode, {0xc0, 0xc1, 0xc6})) return Operands{true, 1};
  if (opcode == 0xc7) return Operands{true, kWord};
  if (is_one_of(opcode, {0xc2, 0xca})) return Operands{false, 2};
  if (opcode == 0xc8) return Operands{false, 3};
  if (opcode >= 0xd0 && opcode <= 0xdf) {
    if (is_one_of(opcode, {0xd4, 0xd5, 0xd6})) return std::nullopt;
    return Operands{opcode != 0xd7, 0};
  }
  if (is_one_of(opcode, {0xe8, 0xe9})) return Operands{false, 4};
  if (opcode == 0xea) return std::nullopt;
  if ((opcode >= 0xe0 && opcode <= 0xe7) || opcode == 0xeb || opcode == 0xcd)
    return Operands{false, 1};
  if (opcode == 0xf6) return Operands{true, reg < 2 ? 1 : 0};
  if (opcode == 0xf7) return Operands{true, reg < 2 ? kWord : 0};
  return Operands{opcode >= 0xfe, 0};
}

// Table A-2, opcodes of one byte.
Known one_byte(std::uint8_t opcode, int reg) {
  if (opcode < 0x40) return arithmetic(opcode);
  if (opcode < 0x60) return Operands{false, 0};
  if (is_one_of(opcode, {0x60, 0x61, 0x62, 0x82, 0x9a, 0xc4, 0xc5, 0xce, 0xea}))
    return std::nullopt;
  if (opcode == 0x68) return Operands{false, kWord};
  if (opcode == 0x69 || opcode == 0x81) return Operands{true, kWord};
  if (opcode == 0x6a) return Operands{false, 1};
  if (is_one_of(opcode, {0x6b, 0x80, 0x83})) return Operands{true, 1};
  if (opcode < 0x70) return Operands{opcode == 0x63, 0};
  if (opcode < 0x80) return Operands{false, 1};
  if (opcode == 0x8f && reg != 0) return std::nullopt;  // XOP
  if (opcode < 0x90) return Operands{true, 0};
  if (opcode >= 0xa0 && opcode <= 0xa3) return Operands{false, kAddress};
  if (opcode == 0xa8) return Operands{false, 1};
  if (opcode == 0xa9) return Operands{false, kWord};
  if (opcode < 0xb0) return Operands{false, 0};
  if (opcode < 0xb8) return Operands{false, 1};
  if (opcode < 0xc0) return Operands{false, kQuad};
  return from_c0(opcode, reg);
}

// Table A-3, opcodes behind 0F.
Known two_bytes(std::uint8_t opcode) {
  if (opcode >= 0x80 && opcode <= 0x8f) return Operands{false, 4};
  if (is_one_of(opcode, {0x04, 0x0a, 0x0c, 0x0e, 0x0f, 0x36, 0x39, 0xff})) return std::nullopt;
  if (opcode >= 0x24 && opcode <= 0x27) return std::nullopt;
  if (opcode >= 0x3b && opcode <= 0x3f) return std::nullopt;
  const bool alone = (opcode >= 0x05 && opcode <= 0x0b) || (opcode >= 0x30 && opcode <= 0x37) ||
                     opcode == 0x77 || (opcode >= 0xa0 && opcode <= 0xa2) ||
                     (opcode >= 0xa8 && opcode <= 0xaa) || (opcode >= 0xc8 && opcode <= 0xcf);
  if (alone) return Operands{false, 0};
  const bool with_byte = (opcode >= 0x70 && opcode <= 0x73) ||
                         is_one_of(opcode, {0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6});
  return Operands{true, with_byte ? 1 : 0};
}

std::size_t size_of(int immediate, const Prefixes& prefixes) {
  if (immediate >= 0) return immediate;
  if (immediate == kAddress) return prefixes.address_size ? 4 : 8;
  if (immediate == kQuad && prefixes.wide) return 8;
  return prefixes.operand_size && !prefixes.wide ? 2 : 4;
}

// The ModRM byte, the SIB byte and the displacement, 2.1.3 and 2.2.1.6; 0 where they are
// incomplete.
std::size_t address_length(std::span<const std::byte> code) {
  if (code.empty()) return 0;
  const auto mod_rm = std::to_integer<std::uint8_t>(code[0]);
  const int mod = mod_rm >> 6;
  if (mod == 3) return 1;
  const bool has_sib = (mod_rm & 7) == 4;
  if (has_sib && code.size() < 2) return 0;
  const int base = has_sib ? std::to_integer<std::uint8_t>(code[1]) & 7 : mod_rm & 7;
  const std::size_t displacement = mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0;
  return 1 + (has_sib ? 1 : 0) + displacement;
}

class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> code) : code_(code) {}

  Instruction decode() {
    read_prefixes();
    const std::uint8_t opcode = take();
    if (opcode != 0x0f) return finish(one_byte(opcode, reg()), leaves(opcode));
    const std::uint8_t second = take();
    if (second == 0x38 || second == 0x3a) {
      take();
      return finish(Operands{true, second == 0x3a ? 1 : 0}, false);
    }
    return finish(two_bytes(second), second == 0x0b);  // ud2
  }

 private:
  std::uint8_t peek() const {
    return at_ < code_.size() ? std::to_integer<std::uint8_t>(code_[at_]) : 0;
  }
  std::uint8_t take() {
    const std::uint8_t byte = peek();
    at_++;
    return byte;
  }
  int reg() const { return peek() >> 3 & 7; }

  void read_prefixes() {
    for (; is_one_of(peek(), {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65});
         at_++) {
      prefixes_.operand_size |= peek() == 0x66;
      prefixes_.address_size |= peek() == 0x67;
    }
    if ((peek() & 0xf0) == 0x40) prefixes_.wide = (take() & 8) != 0;
  }

  // Calls, returns, jumps, int3 and hlt; FF is told apart by its ModRM byte.
  bool leaves(std::uint8_t opcode) const {
    if (opcode == 0xff) return reg() >= 2 && reg() <= 5;
    return is_one_of(opcode,
                     {0xc2, 0xc3, 0xca, 0xcb, 0xcc, 0xcd, 0xcf, 0xe8, 0xe9, 0xeb, 0xf1, 0xf4});
  }

  Instruction finish(Known operands, bool leaves) {
    constexpr Instruction unknown{0, false};
    if (!operands || at_ > code_.size()) return unknown;
    if (operands->mod_rm) {
      const std::size_t address = address_length(code_.subspan(at_));
      if (address == 0) return unknown;
      at_ += address;
    }
    at_ += size_of(operands->immediate, prefixes_);
    const bool fits = at_ <= std::min(code_.size(), longest_instruction);
    return fits ? Instruction{at_, leaves} : unknown;
  }

  std::span<const std::byte> code_;
  std::size_t at_ = 0;
  Prefixes prefixes_;
};

}  // namespace

Instruction decode(std::span<const std::byte> code) {
  return Decoder(code).decode();
}

}  // namespace greenify::elf::x86
