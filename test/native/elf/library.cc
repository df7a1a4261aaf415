#include "elf/library.h"

#include <doctest/doctest.h>

#include <cstring>
#include <utility>

#include "elf/objects.h"
#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

TEST_CASE("a library is open as long as its handle lives") {
  {
    Library library = Library::open(fixture("no_plt"));
    CHECK(library.path() == real_path(fixture("no_plt")));
    CHECK_FALSE(library.was_mapped());
    CHECK(Library::open(fixture("no_plt")).was_mapped());
    const Library moved = std::move(library);
    CHECK(find_by_path(fixture("no_plt")) == moved.map());
  }
  CHECK(find_by_path(fixture("no_plt")) == nullptr);
}

TEST_CASE("a soname opens what is mapped under it") {
  const Library library = Library::open("libc.so.6");
  CHECK(library.was_mapped());
  CHECK(library.map() == find_by_soname("libc.so.6"));
}

TEST_CASE("what cannot be opened is a typed error, and nothing is mapped") {
  const std::vector<std::byte> whole = read_file(fixture("full_relro"));
  const TemporaryFile cut({whole.begin(), whole.begin() + whole.size() / 2});
  const TemporaryFile text(std::vector<std::byte>(100, std::byte('x')));
  const std::size_t before = mapped_objects().size();
  CHECK(fault_of([&] { Library::open(cut.path()); }) == fault(Fault::truncated));
  CHECK(fault_of([&] { Library::open(text.path()); }) == fault(Fault::not_elf));
  CHECK(fault_of([&] { Library::open("/no/such/library.so"); }) == fault(Fault::open_failed));
  CHECK(fault_of([&] { Library::open("libno_such.so.1"); }) == fault(Fault::load_failed));
  CHECK(fault_of([&] { Library::open(""); }) == fault(Fault::load_failed));
  CHECK(mapped_objects().size() == before);
}

TEST_CASE("the dynamic linker's own words are part of the error") {
  try {
    Library::open("libno_such.so.1");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::strstr(error.what(), "cannot open shared object file") != nullptr);
    CHECK(error.path == "libno_such.so.1");
  }
}
