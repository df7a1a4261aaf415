#include "elf/file.h"

#include <doctest/doctest.h>
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

int fault_in(const std::vector<std::byte>& bytes) {
  return fault_of([&] { check_bytes(bytes, "bytes"); });
}

// A real library whose headers a test may spoil.
struct Spoiled {
  std::vector<std::byte> bytes = read_file(fixture("full_relro"));

  template <typename T>
  T& at(std::size_t offset) {
    return *reinterpret_cast<T*>(bytes.data() + offset);
  }
  Elf64_Ehdr& header() { return at<Elf64_Ehdr>(0); }
  Elf64_Phdr& program_header(std::uint32_t type) {
    std::size_t offset = header().e_phoff;
    while (at<Elf64_Phdr>(offset).p_type != type) offset += sizeof(Elf64_Phdr);
    return at<Elf64_Phdr>(offset);
  }
  Elf64_Dyn& dynamic(Elf64_Sxword tag) {
    std::size_t offset = program_header(PT_DYNAMIC).p_offset;
    while (at<Elf64_Dyn>(offset).d_tag != tag) offset += sizeof(Elf64_Dyn);
    return at<Elf64_Dyn>(offset);
  }
};

}  // namespace

TEST_CASE("complete shared objects pass, with and without section headers") {
  for (const char* name : {"lazy", "full_relro", "no_plt", "fortified", "table", "edges",
                           "stripped", "no_section_headers", "chain_a"}) {
    CAPTURE(name);
    CHECK_NOTHROW(check_file(fixture(name)));
  }
}

TEST_CASE("a text file, an empty file and a stump of the magic number are told apart") {
  CHECK(fault_in(bytes_of("#!/bin/sh\necho hello\n")) == fault(Fault::not_elf));
  CHECK(fault_in({}) == fault(Fault::not_elf));
  CHECK(fault_in(bytes_of("\177E")) == fault(Fault::truncated));
  const TemporaryFile empty({});
  CHECK(fault_of([&] { check_file(empty.path()); }) == fault(Fault::not_elf));
}

TEST_CASE("a path that names no readable regular file is refused with its errno") {
  const auto errno_of = [](const std::string& path) {
    try {
      check_file(path);
    } catch (const Error& error) {
      CHECK(error.fault == Fault::open_failed);
      CHECK(error.path == path);
      return error.os_errno;
    }
    return 0;
  };
  CHECK(errno_of("/no/such/library.so") == ENOENT);
  CHECK(errno_of("/tmp") == EISDIR);
  CHECK(errno_of("/dev/null") == EINVAL);
  std::string directory = "/tmp/greenify-elf-XXXXXX";
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  const std::string fifo = directory + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(errno_of(fifo) == EINVAL);
  ::unlink(fifo.c_str());
  ::rmdir(directory.c_str());
}

// Each prefix is in a heap block of its own exact size, so that the address sanitizer notices a
// read beyond its end.
TEST_CASE("a library cut short at any length is truncated, and nothing beyond its end is read") {
  const std::vector<std::byte> whole = read_file(fixture("full_relro"));
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const auto prefix = std::make_unique<std::byte[]>(length);
    std::memcpy(prefix.get(), whole.data(), length);
    const int found = fault_of([&] { check_bytes({prefix.get(), length}, "prefix"); });
    if (found == fault(Fault::truncated)) continue;
    CAPTURE(length);
    CHECK(found == fault(Fault::truncated));
  }
}

TEST_CASE("other classes, byte orders and machines are told apart") {
  Spoiled file;
  SUBCASE("32-bit") {
    file.header().e_ident[EI_CLASS] = ELFCLASS32;
    CHECK(fault_in(file.bytes) == fault(Fault::wrong_class));
    // A 32-bit header is shorter than a 64-bit one; a file of nothing else must not look truncated.
    file.bytes.resize(sizeof(Elf32_Ehdr));
    CHECK(fault_in(file.bytes) == fault(Fault::wrong_class));
  }
  SUBCASE("big-endian") {
    file.header().e_ident[EI_DATA] = ELFDATA2MSB;
    CHECK(fault_in(file.bytes) == fault(Fault::wrong_machine));
  }
  SUBCASE("RISC-V") {
    file.header().e_machine = EM_RISCV;
    CHECK(fault_in(file.bytes) == fault(Fault::wrong_machine));
  }
  SUBCASE("an executable") {
    file.header().e_type = ET_EXEC;
    CHECK(fault_in(file.bytes) == fault(Fault::malformed));
  }
}

TEST_CASE("headers that point nowhere") {
  Spoiled file;
  SUBCASE("e_phoff beyond the file") {
    file.header().e_phoff = file.bytes.size() + 1;
    CHECK(fault_in(file.bytes) == fault(Fault::truncated));
  }
  SUBCASE("e_phoff that wraps") {
    file.header().e_phoff = UINT64_MAX - 8;
    CHECK(fault_in(file.bytes) == fault(Fault::truncated));
  }
  SUBCASE("huge e_phnum") {
    file.header().e_phnum = 0xffff;
    CHECK(fault_in(file.bytes) == fault(Fault::truncated));
  }
  SUBCASE("no program headers") {
    file.header().e_phnum = 0;
    CHECK(fault_in(file.bytes) == fault(Fault::no_dynamic));
  }
  SUBCASE("no dynamic section") {
    file.program_header(PT_DYNAMIC).p_type = PT_NULL;
    CHECK(fault_in(file.bytes) == fault(Fault::no_dynamic));
  }
  SUBCASE("dynamic section beyond the file") {
    file.program_header(PT_DYNAMIC).p_offset = UINT64_MAX - 15;
    CHECK(fault_in(file.bytes) == fault(Fault::truncated));
  }
  SUBCASE("dynamic section without end") {
    file.program_header(PT_DYNAMIC).p_filesz = 2 * sizeof(Elf64_Dyn);
    CHECK(fault_in(file.bytes) == fault(Fault::malformed));
  }
  SUBCASE("segment larger in the file than in memory") {
    file.program_header(PT_LOAD).p_memsz = 1;
    CHECK(fault_in(file.bytes) == fault(Fault::malformed));
  }
}

TEST_CASE("dynamic entries that point nowhere") {
  Spoiled file;
  for (const Elf64_Sxword tag : {DT_STRTAB, DT_SYMTAB, DT_RELA, DT_JMPREL}) {
    CAPTURE(tag);
    Spoiled spoiled;
    spoiled.dynamic(tag).d_un.d_ptr = 0x7fff'ffff'fff8;
    CHECK(fault_in(spoiled.bytes) == fault(Fault::malformed));
  }
  for (const Elf64_Sxword tag : {DT_STRSZ, DT_RELASZ, DT_PLTRELSZ}) {
    CAPTURE(tag);
    Spoiled spoiled;
    spoiled.dynamic(tag).d_un.d_val = UINT64_MAX - 7;
    CHECK(fault_in(spoiled.bytes) == fault(Fault::malformed));
  }
  for (const Elf64_Sxword tag : {DT_STRTAB, DT_SYMTAB, DT_STRSZ}) {
    CAPTURE(tag);
    Spoiled spoiled;
    spoiled.dynamic(tag).d_tag = DT_DEBUG;
    CHECK(fault_in(spoiled.bytes) == fault(Fault::malformed));
  }
  for (const Elf64_Sxword tag : {DT_SYMENT, DT_RELAENT, DT_PLTREL}) {
    CAPTURE(tag);
    Spoiled spoiled;
    spoiled.dynamic(tag).d_un.d_val = 8;
    CHECK(fault_in(spoiled.bytes) == fault(Fault::malformed));
  }
}

// The outcome does not matter; that no byte outside is read does (address sanitizer).
TEST_CASE("random damage never makes the check leave the file") {
  const std::vector<std::byte> whole = read_file(fixture("full_relro"));
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> damaged = whole;
    for (int hit = 0; hit < 4; ++hit) {
      damaged[random() % (hit % 2 == 0 ? 1024 : damaged.size())] = std::byte(random());
    }
    fault_in(damaged);
  }
}
