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

// A file that needs symbol versions: `count` libraries, whose lists of versions are all the same
// one, of records with the same name of 40,000 characters, one more than there are libraries.
std::vector<std::byte> versioned_file(std::size_t count) {
  constexpr std::size_t name_size = 40'000;
  constexpr std::size_t dynamic_at = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
  constexpr std::size_t strings_at = dynamic_at + 6 * sizeof(Elf64_Dyn);
  constexpr std::size_t symbols_at = strings_at + name_size + 8;
  constexpr std::size_t needs_at = symbols_at + sizeof(Elf64_Sym);
  const std::size_t versions_at = needs_at + count * sizeof(Elf64_Verneed);
  const std::size_t size = versions_at + (count + 1) * sizeof(Elf64_Vernaux);
  std::vector<std::byte> bytes(size);
  const auto put = [&](std::size_t at, const auto& record) {
    std::memcpy(bytes.data() + at, &record, sizeof record);
  };
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = native_relocations().machine;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 2;
  put(0, header);
  put(sizeof header, Elf64_Phdr{PT_LOAD, PF_R, 0, 0, 0, size, size, 1});
  const std::size_t dynamic_size = strings_at - dynamic_at;
  put(sizeof header + sizeof(Elf64_Phdr),
      Elf64_Phdr{PT_DYNAMIC, PF_R, dynamic_at, dynamic_at, 0, dynamic_size, dynamic_size, 8});
  const Elf64_Dyn entries[] = {{DT_SYMTAB, {symbols_at}},   {DT_STRTAB, {strings_at}},
                               {DT_STRSZ, {name_size + 1}}, {DT_VERNEED, {needs_at}},
                               {DT_VERNEEDNUM, {count}},    {DT_NULL, {0}}};
  put(dynamic_at, entries);
  std::memset(bytes.data() + strings_at, 'x', name_size);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = needs_at + i * sizeof(Elf64_Verneed);
    put(at, Elf64_Verneed{1, UINT16_MAX, name_size, static_cast<Elf64_Word>(versions_at - at),
                          sizeof(Elf64_Verneed)});
  }
  for (std::size_t i = 0; i <= count; ++i) {
    const Elf64_Word next = i < count ? sizeof(Elf64_Vernaux) : 0;
    put(versions_at + i * sizeof(Elf64_Vernaux), Elf64_Vernaux{0, 0, 0, 0, next});
  }
  return bytes;
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

TEST_CASE("a small file whose records lead to the same bytes again and again is refused") {
  CHECK(inspect(versioned_file(1), "few.so").needed_versions.size() == 2);
  CHECK(fault_of([] { inspect(versioned_file(500), "many.so"); }) == fault(Fault::malformed));
}

TEST_CASE("system calls of an object's own are found by number") {
#if defined(__x86_64__)
  CHECK(inspect(fixture("raw")).system_calls == std::vector<unsigned>{0, 7});
#elif defined(__aarch64__)
  CHECK(inspect(fixture("raw")).system_calls == std::vector<unsigned>{63});
#endif
  CHECK(inspect(fixture("full_relro")).system_calls.empty());
}
