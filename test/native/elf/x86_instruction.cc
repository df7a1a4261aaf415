#include "elf/x86_instruction.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>
#include <vector>

using namespace greenify::elf;

namespace {

// Behind the instruction there is more code, as there always is.
x86::Instruction decoded(std::initializer_list<int> code, std::size_t more = 16) {
  std::vector<std::byte> bytes;
  for (const int byte : code) bytes.push_back(static_cast<std::byte>(byte));
  bytes.resize(bytes.size() + more, std::byte{0x90});
  return x86::decode(bytes);
}

}  // namespace

// What the assembler makes of them.
TEST_CASE("each instruction is as long as the assembler makes it") {
  const std::initializer_list<std::initializer_list<int>> instructions = {
      {0x90},                                         // nop
      {0x31, 0xc0},                                   // xor eax, eax
      {0x48, 0x89, 0xfe},                             // mov rsi, rdi
      {0x48, 0x8b, 0x45, 0xe8},                       // mov rax, [rbp - 24]
      {0x48, 0x8b, 0x05, 1, 2, 3, 4},                 // mov rax, [rip + …]
      {0x4d, 0x8d, 0x44, 0x0f, 0x05},                 // lea r8, [r15 + rcx + 5]
      {0x4a, 0x8d, 0x14, 0xed, 0, 0, 0, 0},           // lea rdx, [r13 * 8]
      {0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0},  // mov rax, fs:[40]
      {0xb8, 0xe6, 0, 0, 0},                          // mov eax, 230
      {0x66, 0xb8, 0xe6, 0},                          // mov ax, 230
      {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8},           // mov rax, imm64
      {0x48, 0xc7, 0xc0, 0x23, 0, 0, 0},              // mov rax, 35
      {0x66, 0x81, 0xf9, 0x34, 0x12},                 // cmp cx, 4660
      {0x81, 0xc3, 1, 2, 3, 4},                       // add ebx, …
      {0x83, 0xf8, 0x01},                             // cmp eax, 1
      {0x05, 1, 2, 3, 4},                             // add eax, …
      {0x3c, 0x0a},                                   // cmp al, 10
      {0xf7, 0xd8},                                   // neg eax
      {0xf7, 0xc2, 1, 0, 0, 0},                       // test edx, 1
      {0xf6, 0xc2, 1},                                // test dl, 1
      {0xc1, 0xe0, 4},                                // shl eax, 4
      {0x6b, 0xc0, 10},                               // imul eax, eax, 10
      {0x69, 0xc0, 1, 2, 3, 4},                       // imul eax, eax, …
      {0x68, 1, 2, 3, 4},                             // push …
      {0x6a, 1},                                      // push 1
      {0x41, 0x57},                                   // push r15
      {0x74, 0x05},                                   // je
      {0x0f, 0x84, 1, 2, 3, 4},                       // je, far
      {0x0f, 0x05},                                   // syscall
      {0x0f, 0xb7, 0x57, 0x18},                       // movzx edx, word [rdi + 24]
      {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},              // nop [rax + rax + 0]
      {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},  // the longest of them
      {0xf2, 0x0f, 0x10, 0x05, 1, 2, 3, 4},           // movsd xmm0, [rip + …]
      {0x66, 0x0f, 0x70, 0xc0, 0x4e},                 // pshufd xmm0, xmm0, 78
      {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 0x08},           // palignr xmm0, xmm1, 8
      {0x66, 0x0f, 0x38, 0x00, 0xc1},                 // pshufb xmm0, xmm1
      {0xf0, 0x48, 0x0f, 0xb1, 0x0f},                 // lock cmpxchg [rdi], rcx
      {0x0f, 0xc8},                                   // bswap eax
      {0xa1, 1, 2, 3, 4, 5, 6, 7, 8},                 // movabs eax, [imm64]
  };
  for (const auto& instruction : instructions) {
    CAPTURE(instruction.begin()[0]);
    CHECK(decoded(instruction).length == instruction.size());
    CHECK_FALSE(decoded(instruction).leaves);
  }
}

TEST_CASE("calls, returns and jumps leave") {
  for (const auto& instruction : std::initializer_list<std::initializer_list<int>>{
           {0xc3},                    // ret
           {0xc2, 8, 0},              // ret 8
           {0xe8, 1, 2, 3, 4},        // call
           {0xff, 0x15, 1, 2, 3, 4},  // call [rip + …]
           {0xe9, 1, 2, 3, 4},        // jmp
           {0xeb, 5},                 // jmp, near
           {0xff, 0xe0},              // jmp rax
           {0x0f, 0x0b},              // ud2
           {0xcc},                    // int3
           {0xf4},                    // hlt
       }) {
    CAPTURE(instruction.begin()[0]);
    CHECK(decoded(instruction).length == instruction.size());
    CHECK(decoded(instruction).leaves);
  }
  CHECK_FALSE(decoded({0xff, 0x30}).leaves);  // push [rax]
}

TEST_CASE("what is cut off, and what 64-bit mode has not, has no length") {
  CHECK(x86::decode({}).length == 0);
  CHECK(decoded({0x48}, 0).length == 0);
  CHECK(decoded({0x48, 0x8b}, 0).length == 0);
  CHECK(decoded({0x48, 0x8b, 0x04}, 0).length == 0);
  CHECK(decoded({0xb8, 0xe6, 0}, 0).length == 0);
  for (const int opcode : {0x06, 0x27, 0x60, 0x62, 0x9a, 0xc5, 0xce, 0xd5, 0xea}) {
    CAPTURE(opcode);
    CHECK(decoded({opcode}).length == 0);
  }
}

TEST_CASE("an instruction has at most fifteen bytes, prefixes included") {
  std::vector<std::byte> code(14, std::byte{0x66});
  code.push_back(std::byte{0x90});
  CHECK(x86::decode(code).length == 15);
  code.insert(code.begin(), std::byte{0x66});
  CHECK(x86::decode(code).length == 0);
}
