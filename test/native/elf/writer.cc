#include "elf/writer.h"

#include <doctest/doctest.h>

#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

TEST_CASE("stores into read-only pages take effect at once and outlive the writer") {
  void* memory = ::mmap(nullptr, page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  auto* slot = static_cast<std::uintptr_t*>(memory);
  const std::vector<std::uintptr_t*> slots{slot};
  {
    SlotWriter writer(slots, "test");
    CHECK(writer.exchange(slot, 7) == 0);
    CHECK(*slot == 7);
    CHECK_FALSE(writer.exchange_if(slot, 6, 8));
    CHECK(*slot == 7);
    CHECK(writer.exchange_if(slot, 7, 9));
    writer.commit();
  }
  CHECK(*slot == 9);
  ::munmap(memory, page_size());
}

// The pages are restored from the last to the first, so the second is read-only again when the
// first fails, and must be opened once more.
TEST_CASE("stores are taken back from pages that had been restored already, too") {
  const int status = run_in_child([] {
    void* memory = ::mmap(nullptr, 2 * page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::mprotect(memory, page_size(), PROT_READ | PROT_EXEC);
    auto* first = static_cast<std::uintptr_t*>(memory);
    auto* second = first + page_size() / sizeof *first;
    const std::vector<std::uintptr_t*> slots{first, second};
    SlotWriter writer(slots, "test");
    writer.exchange(first, 1);
    writer.exchange(second, 2);
    if (!forbid_mprotect(PROT_READ | PROT_EXEC)) return 1;
    if (fault_of([&] { writer.commit(); }) != fault(Fault::protect_failed)) return 2;
    return *first == 0 && *second == 0 ? 0 : 3;
  });
  CHECK(status == 0);
}
