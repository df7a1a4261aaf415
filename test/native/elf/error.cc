#include "elf/error.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <set>
#include <string>

using namespace greenify::elf;

TEST_CASE("an error says which path, why, and what to do next") {
  const Error error(Fault::open_failed, "/no/such.so", "the file cannot be opened", ENOENT);
  CHECK(std::string(error.what()) ==
        "/no/such.so: the file cannot be opened (No such file or directory, errno 2). Check that "
        "the path names a regular file that this process may read.");
  CHECK(error.fault == Fault::open_failed);
  CHECK(error.path == "/no/such.so");
  CHECK(error.os_errno == ENOENT);
}

TEST_CASE("an error about one symbol names it") {
  const Error error(Fault::malformed, "/lib/a.so", "the slot lies outside", 0, "read");
  CHECK(std::string(error.what()).starts_with("/lib/a.so: read: the slot lies outside. "));
  CHECK(error.symbol == "read");
}

TEST_CASE("every fault has a code of its own") {
  std::set<std::string> codes;
  for (int fault = 0; fault <= static_cast<int>(Fault::load_failed); ++fault) {
    codes.insert(fault_code(static_cast<Fault>(fault)));
  }
  CHECK(codes.size() == static_cast<std::size_t>(Fault::load_failed) + 1);
  CHECK(codes.contains("ERR_GREENIFY_ELF_TRUNCATED"));
}
