#include "elf/system_calls.h"

#include <doctest/doctest.h>
#include <elf.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

using namespace greenify::elf;

namespace {

std::vector<unsigned> x86_calls_in(std::initializer_list<int> code) {
  std::vector<std::byte> bytes;
  for (const int byte : code) bytes.push_back(static_cast<std::byte>(byte));
  return find_system_calls(bytes, EM_X86_64);
}

std::vector<unsigned> arm_calls_in(const std::vector<std::uint32_t>& code) {
  return find_system_calls(std::as_bytes(std::span(code)), EM_AARCH64);
}

constexpr std::uint32_t svc = 0xd4000001;
constexpr std::uint32_t nop = 0xd503201f;
constexpr std::uint32_t mov_x8_63 = 0xd28007e8;

}  // namespace

TEST_CASE("x86-64: numbers are found in each form that compilers use") {
  CHECK(x86_calls_in({0x90, 0xb8, 0xe6, 0, 0, 0, 0x0f, 0x05, 0xc3}) == std::vector<unsigned>{230});
  CHECK(x86_calls_in({0x90, 0x48, 0xc7, 0xc0, 0x23, 0, 0, 0, 0x0f, 0x05, 0xc3}) ==
        std::vector<unsigned>{35});
  CHECK(x86_calls_in({0x90, 0x31, 0xc0, 0x0f, 0x05, 0xc3}) == std::vector<unsigned>{0});
}

TEST_CASE("x86-64: the same bytes within an operand are none") {
  CHECK(x86_calls_in({0x90, 0x31, 0xc0, 0xbe, 0x0f, 0x05, 0, 0}).empty());        // mov esi, 0x50f
  CHECK(x86_calls_in({0x90, 0x31, 0xc0, 0xe8, 0x0f, 0x05, 0xe8, 0xff}).empty());  // call
  CHECK(x86_calls_in({0x90, 0x31, 0xc0, 0xff, 0x15, 0x0f, 0x05, 9, 0}).empty());  // call [rip + …]
  CHECK(x86_calls_in({0x90, 0x31, 0xc0, 0x4d, 0x8d, 0x44, 0x0f, 0x05}).empty());  // lea r8, [… + 5]
  CHECK(x86_calls_in({0x0f, 0x05}).empty());
}

TEST_CASE("x86-64: a constant in R8, whose instruction ends like one for RAX, is none") {
  const auto code = {0xb8, 0x07, 0, 0, 0, 0x45, 0x31, 0xc0, 0x0f, 0x05};  // xor r8d, r8d
  CHECK(x86_calls_in(code) == std::vector<unsigned>{7});
}

TEST_CASE("x86-64: a number before a call or a jump is none") {
  CHECK(x86_calls_in({0x31, 0xc0, 0xe8, 1, 0, 0, 0, 0x0f, 0x05}).empty());
  CHECK(x86_calls_in({0x31, 0xc0, 0xeb, 2, 0x0f, 0x05}).empty());
  CHECK(x86_calls_in({0x31, 0xc0, 0x74, 2, 0x0f, 0x05}) == std::vector<unsigned>{0});  // je
}

TEST_CASE("arm64: numbers are found in each form that compilers use") {
  CHECK(arm_calls_in({mov_x8_63, svc}) == std::vector<unsigned>{63});
  CHECK(arm_calls_in({0x52800c88, nop, nop, svc}) == std::vector<unsigned>{100});  // mov w8, #100
  CHECK(arm_calls_in({0xd2800008, 0xd2800000, svc}) == std::vector<unsigned>{0});  // mov x0, #0
  CHECK(arm_calls_in({mov_x8_63, svc, 0x52800c88, svc}) == std::vector<unsigned>{63, 100});
}

TEST_CASE("arm64: a number that the register does not have any more is none") {
  CHECK(arm_calls_in({mov_x8_63, 0xaa0003e8, svc}).empty());  // mov x8, x0
  CHECK(arm_calls_in({mov_x8_63, 0xf2a00028, svc}).empty());  // movk x8, #1, lsl #16
  CHECK(arm_calls_in({0xd2a00028, svc}).empty());             // mov x8, #0x10000
}

TEST_CASE("arm64: a number before a call or a jump is none") {
  CHECK(arm_calls_in({mov_x8_63, 0x94000001, svc}).empty());                       // bl
  CHECK(arm_calls_in({mov_x8_63, 0x14000001, svc}).empty());                       // b
  CHECK(arm_calls_in({mov_x8_63, 0xd65f03c0, svc}).empty());                       // ret
  CHECK(arm_calls_in({mov_x8_63, 0x54000040, svc}) == std::vector<unsigned>{63});  // b.eq
}

TEST_CASE("arm64: a call without a number, and code that ends amid a word") {
  CHECK(arm_calls_in({svc}).empty());
  CHECK(arm_calls_in({nop, nop, svc}).empty());
  const std::vector<std::uint32_t> code{mov_x8_63, svc};
  const auto bytes = std::as_bytes(std::span(code));
  CHECK(find_system_calls(bytes.first(7), EM_AARCH64).empty());
}
