#include "elf/protection.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstddef>

#include "elf/journal.h"
#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

namespace {

const std::vector<Rule> read_only{{"read", address_of(fake_read)}};

// 0 where the redirection fails as it should and the library is as before.
int redirect_without(int protection) {
  const Library library = Library::open(fixture("full_relro"));
  const auto bytes = writable_segments(library.map());
  Journal journal;
  if (!forbid_mprotect(protection)) return 1;
  try {
    journal.redirect(library.map(), read_only);
    return 2;
  } catch (const Error& error) {
    if (error.fault != Fault::protect_failed || error.os_errno != EACCES) return 3;
    if (error.path != library.path()) return 4;
  }
  if (!journal.entries(library.map()).empty()) return 5;
  return writable_segments(library.map()) == bytes ? 0 : 6;
}

}  // namespace

TEST_CASE("where pages cannot be made writable, an error says so and nothing is changed") {
  CHECK(run_in_child([] { return redirect_without(PROT_READ | PROT_WRITE); }) == 0);
}

TEST_CASE("where the old protection cannot be given back, the stores are taken back") {
  CHECK(run_in_child([] { return redirect_without(PROT_READ); }) == 0);
}

TEST_CASE("protections are read for exactly the range asked for") {
  const std::size_t page = page_size();
  auto* memory = static_cast<std::byte*>(
      ::mmap(nullptr, 4 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::mprotect(memory + page, page, PROT_NONE);
  ::mprotect(memory + 2 * page, page, PROT_READ | PROT_WRITE);
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const auto found = read_protections({begin + page, begin + 4 * page}, "test");
  REQUIRE(found.size() >= 3);
  CHECK(found[0].range.begin == begin + page);
  CHECK(found[0].protection == PROT_NONE);
  CHECK(found[1].protection == (PROT_READ | PROT_WRITE));
  CHECK(found[2].protection == PROT_READ);
  ::munmap(memory, 4 * page);
}

TEST_CASE("pages get back the protection that each had, whatever it was") {
  const std::size_t page = page_size();
  auto* memory = static_cast<std::byte*>(
      ::mmap(nullptr, 3 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::mprotect(memory, page, PROT_READ | PROT_EXEC);
  ::mprotect(memory + page, page, PROT_READ | PROT_WRITE);
  const auto slot = [memory, page](std::size_t index) {
    return reinterpret_cast<std::uintptr_t*>(memory + index * page);
  };
  const std::vector<std::uintptr_t*> slots{slot(0), slot(0) + 1, slot(1), slot(2)};
  {
    WritablePages pages(slots, "test");
    for (std::uintptr_t* each : slots) *each = 1;
    pages.restore();
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const auto found = read_protections({begin, begin + 3 * page}, "test");
    REQUIRE(found.size() == 3);
    CHECK(found[0].protection == (PROT_READ | PROT_EXEC));
    CHECK(found[1].protection == (PROT_READ | PROT_WRITE));
    CHECK(found[2].protection == PROT_READ);
  }
  ::munmap(memory, 3 * page);
}

TEST_CASE("a slot on a page that is not mapped is an error") {
  const std::size_t page = page_size();
  auto* memory = static_cast<std::uintptr_t*>(
      ::mmap(nullptr, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::munmap(memory, page);
  const std::vector<std::uintptr_t*> slots{memory};
  CHECK(fault_of([&] { WritablePages pages(slots, "test"); }) == fault(Fault::protect_failed));
}
