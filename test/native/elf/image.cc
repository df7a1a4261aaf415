#include "elf/image.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "elf/objects.h"
#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

namespace {

std::vector<std::string> imported_names(std::span<const Elf64_Rela> relocations,
                                        const Image& image) {
  std::vector<std::string> names;
  for (const Elf64_Rela& relocation : relocations) {
    names.emplace_back(image.name(image.symbol(ELF64_R_SYM(relocation.r_info))));
  }
  return names;
}

bool contains(const std::vector<std::string>& names, const char* name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

TEST_CASE("the image of a loaded library lists its imports, stripped or not") {
  for (const char* name : {"lazy", "full_relro", "stripped", "no_section_headers"}) {
    CAPTURE(name);
    const Library library = Library::open(fixture(name));
    const Image image(library.map());
    const auto names = imported_names(image.plt_relocations(), image);
    CHECK(contains(names, "read"));
    CHECK(contains(names, "poll"));
    CHECK(image.path() == fixture(name));
    CHECK(image.base() == library.map()->l_addr);
  }
}

TEST_CASE("-fno-plt imports are found among the other relocations") {
  const Library library = Library::open(fixture("no_plt"));
  const Image image(library.map());
  CHECK(contains(imported_names(image.relocations(), image), "read"));
}

TEST_CASE("soname and needed libraries come from the dynamic section") {
  const Library library = Library::open(fixture("chain_a"));
  const Image image(library.map());
  CHECK(image.soname().empty());
  CHECK(image.needed() ==
        std::vector<std::string_view>{"libchain_b.so.1", "libchain_c.so.1", "libc.so.6"});
  CHECK(Image(find_by_soname("libchain_b.so.1")).soname() == "libchain_b.so.1");
}

TEST_CASE("the executable and the vDSO, whose dynamic section is read-only, can be read") {
  CHECK(!Image(executable()).needed().empty());
  const link_map* vdso = find_by_soname("linux-vdso.so.1");
  REQUIRE(vdso != nullptr);
  CHECK(Image(vdso).soname() == "linux-vdso.so.1");
  CHECK(Image(vdso).relocations().empty());
}

TEST_CASE("a dynamic section that nobody relocated is read all the same") {
  const UnrelocatedObject object(fixture("table"));
  const Image image = object.image();
  CHECK(contains(imported_names(image.relocations(), image), "read"));
}

TEST_CASE("a table may lie across two segments that adjoin") {
  UnrelocatedObject object(fixture("table"));
  const auto is_readable = [](const Elf64_Phdr& header) {
    return header.p_type == PT_LOAD && (header.p_flags & PF_R) != 0;
  };
  std::vector<Elf64_Phdr> headers(object.headers().begin(), object.headers().end());
  const auto whole = std::ranges::find_if(headers, is_readable);
  Elf64_Phdr rest = *whole;
  const std::uintptr_t strings =
      reinterpret_cast<std::uintptr_t>(object.image().name(object.image().symbol(1)).data());
  whole->p_memsz = strings + 1 - object.base() - whole->p_vaddr;
  rest.p_vaddr += whole->p_memsz;
  rest.p_memsz -= whole->p_memsz;
  headers.insert(whole + 1, rest);
  const Image image(object.base(), headers, "split");
  CHECK(contains(imported_names(image.relocations(), image), "read"));
}

TEST_CASE("the object's extent holds its segments and its RELRO range") {
  const Library library = Library::open(fixture("full_relro"));
  const Image image(library.map());
  const AddressRange extent = image.extent();
  CHECK(extent.begin == image.base());
  for (const Elf64_Rela& relocation : image.plt_relocations()) {
    const std::uintptr_t slot = image.base() + relocation.r_offset;
    CHECK(image.readable(slot, sizeof slot));
    CHECK(extent.holds(slot, sizeof slot));
    CHECK(image.in_relro(slot));
  }
  CHECK_FALSE(image.readable(extent.end, 1));
  CHECK_FALSE(image.in_relro(extent.begin));
}

TEST_CASE("a library without RELRO has no RELRO range") {
  const Library library = Library::open(fixture("lazy"));
  const Image image(library.map());
  CHECK_FALSE(image.in_relro(image.base() + image.plt_relocations().front().r_offset));
}

TEST_CASE("an object that the dynamic linker does not list is not loaded") {
  link_map stranger = *executable();
  stranger.l_ld += 1;
  CHECK(fault_of([&] { Image image(&stranger); }) == fault(Fault::not_loaded));
  stranger.l_ld = nullptr;
  CHECK(fault_of([&] { Image image(&stranger); }) == fault(Fault::no_dynamic));
}

TEST_CASE("damage in memory is an error, never a read outside the object") {
  UnrelocatedObject object(fixture("table"));
  auto header = std::ranges::find(object.headers(), std::uint32_t{PT_DYNAMIC}, &Elf64_Phdr::p_type);
  auto* dynamic = reinterpret_cast<Elf64_Dyn*>(object.base() + header->p_vaddr);
  const auto entry = [dynamic](Elf64_Sxword tag) -> Elf64_Dyn& {
    Elf64_Dyn* found = dynamic;
    while (found->d_tag != tag) ++found;
    return *found;
  };
  SUBCASE("no dynamic section") {
    header->p_type = PT_NULL;
    CHECK(fault_of([&] { object.image(); }) == fault(Fault::no_dynamic));
  }
  SUBCASE("dynamic section outside") {
    header->p_vaddr += 1 << 30;
    CHECK(fault_of([&] { object.image(); }) == fault(Fault::malformed));
  }
  SUBCASE("string table outside") {
    entry(DT_STRTAB).d_un.d_ptr = 1 << 30;
    CHECK(fault_of([&] { object.image(); }) == fault(Fault::malformed));
  }
  SUBCASE("string table that ends within a name") {
    entry(DT_STRSZ).d_un.d_val = 2;
    const Image image = object.image();
    CHECK(fault_of([&] { image.needed(); }) == fault(Fault::malformed));
  }
  SUBCASE("symbol outside") {
    const Image image = object.image();
    CHECK(fault_of([&] { image.symbol(UINT32_MAX); }) == fault(Fault::malformed));
  }
  SUBCASE("segment that wraps") {
    object.headers().front().p_type = PT_LOAD;
    object.headers().front().p_memsz = UINT64_MAX;
    CHECK(fault_of([&] { object.image(); }) == fault(Fault::malformed));
  }
}
