#include "elf/parts.h"

#include <doctest/doctest.h>

#include <cstring>

#include "elf/objects.h"
#include "elf/support.h"

using namespace greenify::elf;

namespace {

int written = 1;
thread_local int counted = 42;

std::uintptr_t address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

}  // namespace

TEST_CASE("the segments of an object are told by what may be done with them") {
  const Parts parts = parts_of(executable()->l_addr);
  const auto code = reinterpret_cast<std::uintptr_t>(&address_of);
  CHECK(any_holds(parts.writable, address_of(&written), sizeof written));
  CHECK(any_holds(parts.readable, address_of("constant"), sizeof "constant"));
  CHECK_FALSE(any_holds(parts.writable, address_of("constant"), sizeof "constant"));
  CHECK(any_holds(parts.executable, code, 1));
  CHECK_FALSE(any_holds(parts.executable, address_of(&written), sizeof written));
  int on_the_stack = 0;
  CHECK_FALSE(any_holds(parts.readable, address_of(&on_the_stack), sizeof on_the_stack));
}

TEST_CASE("thread-local storage is found, and what it begins as") {
  counted++;
  const Parts parts = parts_of(executable()->l_addr);
  const auto [begin, end] = parts.thread_local_block;
  REQUIRE(parts.thread_local_block.holds(address_of(&counted), sizeof counted));
  CHECK(end - begin == parts.thread_local_size);
  CHECK(parts.thread_local_module == 1);  // the executable's, by the ABI
  const std::size_t offset = address_of(&counted) - begin;
  int initial = 0;
  std::memcpy(&initial, reinterpret_cast<const void*>(parts.thread_local_image.begin + offset),
              sizeof initial);
  CHECK(initial == 42);
}

TEST_CASE("what the dynamic linker does not list has no parts") {
  const Parts parts = parts_of(1);
  CHECK(parts.readable.empty());
  CHECK(parts.thread_local_size == 0);
}
