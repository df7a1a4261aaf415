#include "elf/facts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "elf/objects.h"
#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

namespace {

const Import* import_of(const Facts& facts, std::string_view name) {
  const auto found = std::ranges::find(facts.imports, name, &Import::name);
  return found == facts.imports.end() ? nullptr : &*found;
}

bool is_through(const Facts& facts, std::string_view name, SlotKind kind) {
  const Import* import = import_of(facts, name);
  return import != nullptr && std::ranges::count(import->kinds, kind) == 1;
}

}  // namespace

TEST_CASE("the kind of RELRO is told from the file") {
  CHECK(inspect(fixture("lazy")).relro == Relro::none);
  CHECK(inspect(fixture("partial_relro")).relro == Relro::partial);
  CHECK(inspect(fixture("full_relro")).relro == Relro::full);
  CHECK(inspect(fixture("no_plt")).relro == Relro::full);
}

TEST_CASE("who has written its notes is told from the segments, so that strip(1) changes nothing") {
  CHECK(std::ranges::count(inspect(fixture("note")).notes, "Go") == 1);
  CHECK(std::ranges::count(inspect(fixture("stripped")).notes, "GNU") == 1);
  CHECK(std::ranges::count(inspect(fixture("stripped")).notes, "Go") == 0);
}

TEST_CASE("imports come with their kinds of slots and their number") {
  CHECK(is_through(inspect(fixture("lazy")), "read", SlotKind::jump_slot));
  CHECK(is_through(inspect(fixture("no_plt")), "read", SlotKind::glob_dat));
  CHECK(is_through(inspect(fixture("table")), "read", SlotKind::absolute));
  CHECK(import_of(inspect(fixture("table")), "read")->slots > 0);
  CHECK(import_of(inspect(fixture("lazy")), "no_such_function") == nullptr);
}

TEST_CASE("a library is inspected alike with its symbols, without, and without section headers") {
  const Facts whole = inspect(fixture("full_relro"));
  CHECK_FALSE(whole.stripped);
  for (const char* name : {"stripped", "no_section_headers"}) {
    const Facts facts = inspect(fixture(name));
    CAPTURE(name);
    CHECK(facts.stripped);
    CHECK(facts.imports.size() == whole.imports.size());
    CHECK(facts.needed == whole.needed);
  }
}

TEST_CASE("names, search paths and needed libraries are those of the dynamic section") {
  const Facts facts = inspect(fixture("chain_a"));
  CHECK(std::ranges::count(facts.needed, "libchain_b.so.1") == 1);
  CHECK(std::ranges::count(facts.needed, "libchain_c.so.1") == 1);
  CHECK(facts.rpath + facts.runpath == "$ORIGIN");
  CHECK(facts.soname.empty());
  CHECK(inspect(fixture("chain_b")).soname == "libchain_b.so.1");
  CHECK(facts.exclusion.empty());
}

TEST_CASE("symbol versions are read, needed and defined ones") {
  const Facts facts = inspect(fixture("full_relro"));
  REQUIRE_FALSE(facts.needed_versions.empty());
  CHECK(facts.needed_versions[0].library == "libc.so.6");
  CHECK(facts.needed_versions[0].version.starts_with("GLIBC_"));
  CHECK(facts.defined_versions.empty());
  const link_map* libc = find_by_soname("libc.so.6");
  REQUIRE(libc != nullptr);
  const Facts system = inspect(libc->l_name);
  CHECK(std::ranges::count(system.defined_versions, facts.needed_versions[0].version) == 1);
  CHECK(system.exclusion.find("C library") != std::string_view::npos);
}

TEST_CASE("only those of the wanted symbols are listed that the file defines for others") {
  const std::vector<std::string> wanted{"read", "printf", "no_such_function"};
  CHECK(inspect(fixture("full_relro"), wanted).defined.empty());
  const Facts libc = inspect(find_by_soname("libc.so.6")->l_name, wanted);
  CHECK(libc.defined.size() == 2);
}

TEST_CASE("what is no shared object throws, as when it is loaded") {
  CHECK(fault_of([] { inspect("/no/such/library.so"); }) == fault(Fault::open_failed));
  CHECK(fault_of([] { inspect("/etc/passwd"); }) == fault(Fault::not_elf));
}

TEST_CASE("a spoilt file throws or gives facts, and nothing outside it is read") {
  const std::vector<std::byte> whole = read_file(fixture("full_relro"));
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::vector<std::byte> bytes = whole;
    const std::size_t length = std::min<std::size_t>(4, bytes.size() - at);
    std::memset(bytes.data() + at, 0xff, length);
    const TemporaryFile file(bytes);
    CAPTURE(at);
    CHECK_NOTHROW(fault_of([&] { inspect(file.path(), {}); }));
  }
}

TEST_CASE("system calls of an object's own are found by number") {
#if defined(__x86_64__)
  CHECK(inspect(fixture("raw")).system_calls == std::vector<unsigned>{0, 7});
#elif defined(__aarch64__)
  CHECK(inspect(fixture("raw")).system_calls == std::vector<unsigned>{63});
#endif
  CHECK(inspect(fixture("full_relro")).system_calls.empty());
}
