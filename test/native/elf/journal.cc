#include "elf/journal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "elf/objects.h"
#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

namespace {

const std::vector<Rule> read_and_poll{{"read", address_of(fake_read)},
                                      {"poll", address_of(fake_poll)}};
const std::vector<Rule> read_only{{"read", address_of(fake_read)}};

ssize_t call_read(const Library& library) {
  return function<Read>(library, "fixture_read")(no_descriptor, nullptr, 0);
}

int call_poll(const Library& library) {
  pollfd fds[4]{};
  return function<Poll>(library, "fixture_poll")(fds, 0, 0);
}

std::size_t redirected(const std::vector<SlotReport>& reports) {
  std::size_t sum = 0;
  for (const SlotReport& report : reports) sum += report.redirected;
  return sum;
}

std::size_t already(const std::vector<SlotReport>& reports) {
  std::size_t sum = 0;
  for (const SlotReport& report : reports) sum += report.already;
  return sum;
}

void store(std::uintptr_t* slot, std::uintptr_t value) {
  std::memcpy(slot, &value, sizeof value);
}

}  // namespace

TEST_CASE("every build of a library is redirected, and restored to the exact bytes") {
  for (const char* name : {"lazy", "partial_relro", "full_relro", "no_plt", "table", "stripped",
                           "no_section_headers"}) {
    CAPTURE(name);
    const Library library = Library::open(fixture(name));
    Journal journal;
    const auto bytes = writable_segments(library.map());
    const std::string mappings = mappings_of(library.path());

    const auto reports = journal.redirect(library.map(), read_and_poll);
    CHECK(reports.size() == 2);
    CHECK(std::ranges::none_of(reports, &SlotReport::absent));
    CHECK(call_read(library) == replaced_read);
    CHECK(call_poll(library) == replaced_poll);
    CHECK(mappings_of(library.path()) == mappings);
    CHECK(writable_segments(library.map()) != bytes);

    const auto undone = journal.undo(library.map());
    CHECK(undone.size() == 2);
    CHECK(writable_segments(library.map()) == bytes);
    CHECK(mappings_of(library.path()) == mappings);
    CHECK(journal.entries(library.map()).empty());
    CHECK(call_read(library) == -1);
    CHECK(call_poll(library) == 0);
  }
}

TEST_CASE("fortified calls are redirected under their own names") {
  const Library library = Library::open(fixture("fortified"));
  Journal journal;
  const auto bytes = writable_segments(library.map());
  const std::vector<Rule> rules{{"__read_chk", address_of(fake_read)},
                                {"__recv_chk", address_of(fake_read)},
                                {"__poll_chk", address_of(fake_poll)}};
  CHECK(redirected(journal.redirect(library.map(), rules)) == 3);
  // A size that the compiler does not know, or the call would be checked at compile time.
  char out[64];
  volatile std::size_t size = sizeof out;
  CHECK(function<Read>(library, "fixture_read")(no_descriptor, out, size) == replaced_read);
  CHECK(function<Read>(library, "fixture_recv")(no_descriptor, out, size) == replaced_read);
  CHECK(call_poll(library) == replaced_poll);
  journal.undo(library.map());
  CHECK(writable_segments(library.map()) == bytes);
}

TEST_CASE("all slots of one function are redirected: calls, addresses and tables") {
  const Library library = Library::open(fixture("table"));
  Journal journal;
  const auto reports = journal.redirect(library.map(), read_only);
  CHECK(reports.at(0).redirected == 4 + slots_for_calls);
  CHECK(reports.at(0).relro);
  CHECK(call_read(library) == replaced_read);
  CHECK(function<Read>(library, "fixture_read_by_operations")(-1, nullptr, 0) == replaced_read);
  auto* by_array =
      function<ssize_t(int, int, void*, std::size_t)>(library, "fixture_read_by_array");
  CHECK(by_array(0, -1, nullptr, 0) == replaced_read);
  CHECK(by_array(1, -1, nullptr, 0) == replaced_read);
  CHECK(address_of(function<Read*()>(library, "fixture_read_address")()) == address_of(fake_read));
  journal.undo(library.map());
  CHECK(by_array(1, -1, nullptr, 0) == -1);
}

// In a child, because a mistake here sends the call anywhere.
TEST_CASE("a slot not yet bound goes back to the lazy binder, which then binds it") {
  const int status = run_in_child([] {
    void* lazy = ::dlopen(fixture("lazy").c_str(), RTLD_LAZY);
    const link_map* map = find_by_handle(lazy);
    Journal journal;
    journal.redirect(map, read_only);
    auto* read = reinterpret_cast<Read*>(::dlsym(lazy, "fixture_read"));
    if (read(-1, nullptr, 0) != replaced_read) return 1;
    const Entry entry = journal.entries(map).at(0);
    // The previous value leads into the library's own PLT, not into libc.
    if (!Image(map).readable(entry.previous, 1)) return 2;
    journal.undo(map);
    if (*entry.slot != entry.previous) return 3;
    if (read(-1, nullptr, 0) != -1) return 4;
    return *entry.slot == entry.previous ? 5 : 0;  // bound by that call
  });
  CHECK(status == 0);
}

TEST_CASE("redirecting twice changes nothing and journals nothing twice") {
  const Library library = Library::open(fixture("table"));
  Journal journal;
  journal.redirect(library.map(), read_and_poll);
  const auto again = journal.redirect(library.map(), read_and_poll);
  CHECK(redirected(again) == 0);
  CHECK(already(again) == 5 + 2 * slots_for_calls);
  CHECK(journal.entries(library.map()).size() == 5 + 2 * slots_for_calls);
  journal.undo(library.map());
  CHECK(call_read(library) == -1);
}

TEST_CASE("a replacement that replaces another of ours keeps the first previous value") {
  const Library library = Library::open(fixture("full_relro"));
  Journal journal;
  const auto bytes = writable_segments(library.map());
  journal.redirect(library.map(), read_only);
  const std::vector<Rule> other{{"read", address_of(other_fake_read)}};
  CHECK(redirected(journal.redirect(library.map(), other)) == 1);
  CHECK(call_read(library) == replaced_read + 1);
  journal.undo(library.map());
  CHECK(writable_segments(library.map()) == bytes);
}

TEST_CASE("single functions can be undone by name") {
  const Library library = Library::open(fixture("full_relro"));
  Journal journal;
  journal.redirect(library.map(), read_and_poll);
  const std::vector<std::string_view> names{"read", "never_redirected"};
  const auto reports = journal.undo(library.map(), names);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].name == "read");
  CHECK(reports[0].restored == 1);
  CHECK(call_read(library) == -1);
  CHECK(call_poll(library) == replaced_poll);
  journal.undo(library.map());
  CHECK(call_poll(library) == 0);
}

TEST_CASE("absent functions are reported as such, in the order of the rules") {
  const Library library = Library::open(fixture("full_relro"));
  Journal journal;
  const std::vector<Rule> rules{{"recv", address_of(fake_read)}, {"read", address_of(fake_read)}};
  const auto reports = journal.redirect(library.map(), rules);
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].name == "recv");
  CHECK(reports[0].absent());
  CHECK_FALSE(reports[1].absent());
  journal.undo(library.map());
}

TEST_CASE("a slot that another hooker changed is left alone, reported, and undone later") {
  const Library library = Library::open(fixture("lazy"));  // no RELRO: the test may store itself
  Journal journal;
  journal.redirect(library.map(), read_and_poll);
  const auto entries = journal.entries(library.map());
  const auto of_read = std::ranges::find(entries, "read", &Entry::name);
  store(of_read->slot, reinterpret_cast<std::uintptr_t>(&other_fake_read));

  auto reports = journal.undo(library.map());
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].name == "poll");
  CHECK(reports[0].restored == 1);
  CHECK(reports[1].name == "read");
  CHECK(reports[1].foreign == 1);
  CHECK(call_read(library) == replaced_read + 1);
  CHECK(call_poll(library) == 0);

  store(of_read->slot, of_read->replacement);  // the other hooker goes, as it found the slot
  reports = journal.undo(library.map());
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].restored == 1);
  CHECK(call_read(library) == -1);
}

TEST_CASE("redirecting over another hooker gives the slot back to that hooker") {
  const Library library = Library::open(fixture("lazy"));
  Journal journal;
  journal.redirect(library.map(), read_only);
  const Entry first = journal.entries(library.map()).at(0);
  store(first.slot, reinterpret_cast<std::uintptr_t>(&other_fake_read));
  CHECK(redirected(journal.redirect(library.map(), read_only)) == 1);
  CHECK(call_read(library) == replaced_read);
  journal.undo(library.map());
  CHECK(call_read(library) == replaced_read + 1);
  store(first.slot, first.previous);
}

TEST_CASE("a slot that its owner put back already counts as restored") {
  const Library library = Library::open(fixture("lazy"));
  Journal journal;
  journal.redirect(library.map(), read_only);
  const Entry entry = journal.entries(library.map()).at(0);
  store(entry.slot, entry.previous);
  CHECK(journal.undo(library.map()).at(0).restored == 1);
  CHECK(journal.entries(library.map()).empty());
}

TEST_CASE("weak imports that nobody provides, and slots at odd addresses, are left alone") {
  const Library library = Library::open(fixture("edges"));
  Journal journal;
  const std::vector<Rule> rules{{"greenify_nobody_defines_this", address_of(fake_read)},
                                {"read", address_of(fake_read)}};
  const auto reports = journal.redirect(library.map(), rules);
  CHECK(reports.at(0).absent());
  CHECK(reports.at(1).unaligned == 1);
  CHECK(function<int()>(library, "fixture_has_weak")() == 0);
  CHECK(journal.entries(library.map()).size() == slots_for_calls);
}

TEST_CASE("an unloaded object is forgotten, and nothing is written where it was") {
  Journal journal;
  const link_map* map = nullptr;
  std::uintptr_t slot = 0;
  {
    const Library library = Library::open(fixture("full_relro"));
    map = library.map();
    journal.redirect(map, read_only);
    slot = reinterpret_cast<std::uintptr_t>(journal.entries(map).at(0).slot);
  }
  REQUIRE(find_by_path(fixture("full_relro")) == nullptr);
  // Whatever is mapped there next, with our value in the very place, is none of our business.
  void* place = reinterpret_cast<void*>(slot & ~(page_size() - 1));
  auto* begin = static_cast<std::uintptr_t*>(
      ::mmap(place, page_size(), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  REQUIRE(begin == place);
  const std::span words(begin, page_size() / sizeof *begin);
  const auto ours = reinterpret_cast<std::uintptr_t>(&fake_read);
  std::ranges::fill(words, ours);
  CHECK(journal.forget_unmapped() == 1);
  journal.forget(map);
  CHECK(std::ranges::count(words, ours) == static_cast<std::ptrdiff_t>(words.size()));
  ::munmap(place, page_size());
}

TEST_CASE("an unloaded object can be forgotten by the address its link_map had") {
  Journal journal;
  const link_map* map = nullptr;
  {
    const Library library = Library::open(fixture("full_relro"));
    map = library.map();
    journal.redirect(map, read_only);
  }
  journal.forget(map);
  CHECK(journal.forget_unmapped() == 0);
}

TEST_CASE("an object loaded anew, perhaps at the same place, is redirected anew") {
  Journal journal;
  for (int round = 0; round < 3; ++round) {
    const Library library = Library::open(fixture("stripped"));
    REQUIRE_FALSE(library.was_mapped());
    CHECK(call_read(library) == -1);
    CHECK(redirected(journal.redirect(library.map(), read_only)) == 1);
    CHECK(journal.entries(library.map()).size() == 1);
    CHECK(call_read(library) == replaced_read);
  }
  CHECK(journal.forget_unmapped() >= 1);  // fewer than rounds where a link_map was reused
  CHECK(journal.forget_unmapped() == 0);
}

TEST_CASE("mapped objects are not forgotten") {
  const Library library = Library::open(fixture("full_relro"));
  Journal journal;
  journal.redirect(library.map(), read_only);
  CHECK(journal.forget_unmapped() == 0);
  CHECK(journal.entries(library.map()).size() == 1);
  journal.undo(library.map());
}

TEST_CASE("two copies of a library are two objects") {
  const TemporaryFile copy(read_file(fixture("full_relro")));
  const Library first = Library::open(fixture("full_relro"));
  const Library second = Library::open(copy.path());
  Journal journal;
  journal.redirect(second.map(), read_only);
  CHECK(call_read(first) == -1);
  CHECK(call_read(second) == replaced_read);
  CHECK(journal.entries(first.map()).empty());
  CHECK(journal.undo(first.map()).empty());
  journal.undo(second.map());
  CHECK(call_read(second) == -1);
}

TEST_CASE("threads may call through a slot while others redirect and undo it") {
  const Library library = Library::open(fixture("full_relro"));
  Journal journal;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> callers;
  for (int index = 0; index < 2; ++index) {
    callers.emplace_back([&] {
      while (!stop) {
        const ssize_t result = call_read(library);
        if (result != -1 && result != replaced_read) ++wrong;
      }
    });
  }
  std::vector<std::jthread> patchers;
  for (int index = 0; index < 2; ++index) {
    patchers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        journal.redirect(library.map(), read_only);
        journal.undo(library.map());
      }
    });
  }
  patchers.clear();
  stop = true;
  callers.clear();
  CHECK(wrong == 0);
  CHECK(call_read(library) == -1);
}
