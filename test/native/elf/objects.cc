#include "elf/objects.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "elf/support.h"

using namespace greenify::elf;
using namespace greenify::elf::test;

TEST_CASE("the executable comes first and has a path") {
  const auto objects = mapped_objects();
  REQUIRE(!objects.empty());
  CHECK(objects.front() == executable());
  CHECK(is_executable(objects.front()));
  CHECK(object_path(executable()) == real_path("/proc/self/exe"));
  CHECK_FALSE(is_executable(find_by_soname("libc.so.6")));
}

TEST_CASE("a library is found by handle, path, soname and address") {
  const Library library = Library::open(fixture("chain_b"));
  CHECK(find_by_handle(library.handle()) == library.map());
  CHECK(find_by_path(fixture("chain_b")) == library.map());
  CHECK(find_by_path(fixture("chain_b") + ".1") == library.map());  // a symbolic link to it
  CHECK(find_by_soname("libchain_b.so.1") == library.map());
  CHECK(find_by_soname("libchain_d.so") != nullptr);  // no soname: found by its file's name
  CHECK(find_by_address(::dlsym(library.handle(), "chain_b")) == library.map());
}

TEST_CASE("what is not mapped is not found") {
  CHECK(find_by_path("/no/such/library.so") == nullptr);
  CHECK(find_by_soname("libno_such.so.1") == nullptr);
  int on_the_stack = 0;
  CHECK(find_by_address(&on_the_stack) == nullptr);
}

TEST_CASE("the closure is breadth first, each object once, libc not followed") {
  const Library library = Library::open(fixture("chain_a"));
  std::vector<std::string> names;
  for (const link_map* map : closure(library.map())) names.push_back(object_soname(map));
  CHECK(names == std::vector<std::string>{"libchain_a.so", "libchain_b.so.1", "libchain_c.so.1",
                                          "libc.so.6", "libchain_d.so"});
}

TEST_CASE("what objects need is their own, unless one outside needs it too") {
  using Names = std::set<std::string>;
  const Library library = Library::open(fixture("chain_a"));  // a needs b and c, which both need d
  const link_map* b = find_by_soname("libchain_b.so.1");
  const link_map* c = find_by_soname("libchain_c.so.1");
  const auto own = [](const std::vector<const link_map*>& roots) {
    Names names;
    for (const link_map* map : needed_by(roots).own) names.insert(object_soname(map));
    return names;
  };
  CHECK(own({library.map()}) ==
        Names{"libchain_a.so", "libchain_b.so.1", "libchain_c.so.1", "libchain_d.so"});
  CHECK(own({b}) == Names{"libchain_b.so.1"});
  CHECK(own({b, c}) == Names{"libchain_b.so.1", "libchain_c.so.1", "libchain_d.so"});
  CHECK(own({}) == Names{});

  const std::vector<SharedObject> shared = needed_by({b}).shared;
  const auto d = std::ranges::find(shared, find_by_soname("libchain_d.so"), &SharedObject::map);
  REQUIRE(d != shared.end());
  CHECK(d->needed_by == c);
}

TEST_CASE("what was mapped before all that need it, somebody has opened by himself") {
  const Library opened = Library::open(fixture("chain_d"));
  const Library library = Library::open(fixture("chain_b"));  // needs d
  const Needed needed = needed_by({library.map()});
  CHECK(needed.own == std::vector<const link_map*>{library.map()});
  const auto d = std::ranges::find(needed.shared, opened.map(), &SharedObject::map);
  REQUIRE(d != needed.shared.end());
  CHECK(d->needed_by == nullptr);
  CHECK(needed_by({opened.map()}).own == std::vector<const link_map*>{opened.map()});
}

TEST_CASE("the closure of an unmapped object is an error") {
  const link_map stranger{};
  CHECK(fault_of([&] { closure(&stranger); }) == fault(Fault::not_loaded));
}

TEST_CASE("libc, the runtimes, the dynamic linker, the vDSO and ourselves are excluded, with why") {
  const Library library = Library::open(fixture("full_relro"));
  const void* own = ::dlsym(library.handle(), "fixture_read");
  for (const char* soname :
       {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "linux-vdso.so.1"}) {
    CAPTURE(soname);
    const link_map* map = find_by_soname(soname);
    REQUIRE(map != nullptr);
    CHECK_FALSE(exclusion_reason(map, own).empty());
  }
  for (const link_map* map : mapped_objects()) {
    if (!object_soname(map).starts_with("ld-linux")) continue;
    CHECK(exclusion_reason(map, own) == "the dynamic linker");
  }
  CHECK(exclusion_reason(library.map(), own) == "greenify itself");
  CHECK(exclusion_reason(library.map(), nullptr).empty());
  CHECK(exclusion_reason(executable(), own).empty());
}
