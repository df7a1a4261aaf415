#include "elf/slots.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

namespace {

std::vector<Slot> slots_of(const std::string& name, const WantedNames& wanted) {
  const Library library = Library::open(fixture(name));
  return find_slots(Image(library.map()), wanted);
}

std::vector<SlotKind> kinds_of(const std::vector<Slot>& slots) {
  std::vector<SlotKind> kinds;
  for (const Slot& slot : slots) kinds.push_back(slot.kind);
  return kinds;
}

}  // namespace

TEST_CASE("each way of importing has its kind of slot") {
  CHECK(kinds_of(slots_of("lazy", {{"read", 0}})) == std::vector{SlotKind::jump_slot});
  CHECK(kinds_of(slots_of("full_relro", {{"read", 0}})) == std::vector{SlotKind::jump_slot});
  CHECK(kinds_of(slots_of("no_plt", {{"read", 0}})) == std::vector{SlotKind::glob_dat});
  CHECK(kinds_of(slots_of("stripped", {{"poll", 0}})) == std::vector{SlotKind::jump_slot});
}

TEST_CASE("all slots of one function are found, in address order") {
  const auto slots = slots_of("table", {{"read", 7}, {"poll", 8}});
  const auto of_read =
      std::ranges::count_if(slots, [](const Slot& slot) { return slot.wanted == 7; });
  // Two tables with three entries, one address in code.
  CHECK(of_read == 4 + slots_for_calls);
  CHECK(std::ranges::is_sorted(slots, {}, &Slot::address));
  CHECK(std::ranges::all_of(slots, &Slot::relro));
}

TEST_CASE("names are exact: fortified functions are functions of their own") {
  CHECK(slots_of("fortified", {{"read", 0}}).empty());
  CHECK(slots_of("fortified", {{"__read_chk", 0}}).size() == 1);
  CHECK(slots_of("fortified", {{"__recv_chk", 0}, {"__poll_chk", 1}}).size() == 2);
  CHECK(slots_of("lazy", {{"rea", 0}, {"read_", 1}, {"", 2}}).empty());
}

TEST_CASE("what the object defines itself is its own") {
  CHECK(slots_of("edges", {{"poll", 0}}).empty());
  const auto own = slots_of("edges", {{"poll", {3, Definition::anywhere}}});
  REQUIRE(own.size() == 1);  // where it calls it through a slot, and that is asked for
  CHECK(own.front().wanted == 3);
}

TEST_CASE("data, and pointers into the middle of a function, are no slots") {
  CHECK(slots_of("edges", {{"environ", 0}}).empty());
  CHECK(slots_of("edges", {{"write", 0}}).size() == slots_for_calls);
}

TEST_CASE("a symbol that is undefined but has a value is an import") {
  UnrelocatedObject object(fixture("full_relro"));
  const Image image = object.image();
  // As in an executable that is not position-independent and takes the function's address.
  for (const Elf64_Rela& relocation : image.plt_relocations()) {
    const_cast<Elf64_Sym&>(image.symbol(ELF64_R_SYM(relocation.r_info))).st_value = 0x401000;
  }
  CHECK(find_slots(image, {{"read", 0}}).size() == 1);
}

TEST_CASE("a slot that both tables list comes up once") {
  UnrelocatedObject object(fixture("full_relro"));
  const Image image = object.image();
  REQUIRE(image.plt_relocations().size() >= 2);
  auto& relocations = const_cast<Elf64_Rela&>(image.relocations().front());
  const auto named_read = std::ranges::find_if(image.plt_relocations(), [&](const auto& entry) {
    return image.name(image.symbol(ELF64_R_SYM(entry.r_info))) == "read";
  });
  relocations = *named_read;
  CHECK(find_slots(image, {{"read", 0}}).size() == 1);
}

TEST_CASE("a slot outside the object is malformed, and the error names the function") {
  UnrelocatedObject object(fixture("full_relro"));
  const Image image = object.image();
  for (const Elf64_Rela& relocation : image.plt_relocations()) {
    const_cast<Elf64_Rela&>(relocation).r_offset = 1 << 30;
  }
  try {
    find_slots(image, {{"read", 0}});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.fault == Fault::malformed);
    CHECK(error.symbol == "read");
  }
}

// A text relocation: the dynamic linker makes such a segment writable for a moment only.
TEST_CASE("a slot in a segment that may not be read is malformed") {
  UnrelocatedObject object(fixture("full_relro"));
  const auto code = std::ranges::find_if(object.headers(), [](const Elf64_Phdr& header) {
    return header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0;
  });
  REQUIRE(code != object.headers().end());
  code->p_flags = PF_X;
  const Image image = object.image();
  for (const Elf64_Rela& relocation : image.plt_relocations()) {
    const_cast<Elf64_Rela&>(relocation).r_offset = code->p_vaddr;
  }
  CHECK(fault_of([&] { find_slots(image, {{"read", 0}}); }) == fault(Fault::malformed));
}

TEST_CASE("a hundred thousand relocations by name take milliseconds") {
  const Library library = Library::open(fixture("many"));
  const Image image(library.map());
  REQUIRE(image.relocations().size() >= 100'000);
  const auto start = std::chrono::steady_clock::now();
  const auto slots = find_slots(image, {{"read", 0}, {"poll", 1}, {"recv", 2}});
  const auto elapsed = std::chrono::steady_clock::now() - start;
  CHECK(slots.size() == 1 + slots_for_calls);
  CHECK(elapsed < std::chrono::milliseconds(500));
}
