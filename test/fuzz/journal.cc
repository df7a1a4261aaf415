// Redirecting the slots of a mapped object, whatever its tables say, and putting them back.
#include "elf/journal.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <set>
#include <string>

#include "elf/error.h"
#include "elf/protection.h"
#include "fuzz/mapped_object.h"
#include "fuzz/mutator.h"

using namespace greenify;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

int replacement_of(int argument) {
  return argument + 1;
}

// Copies: slots may lie in the string table, where storing into them changes the names.
std::deque<std::string> imported_names(const elf::Image& image) {
  std::set<std::string> names;
  for (const auto& relocations : {image.plt_relocations(), image.relocations()}) {
    for (const Elf64_Rela& relocation : relocations) {
      names.emplace(image.name(image.symbol(ELF64_R_SYM(relocation.r_info))));
    }
  }
  return {names.begin(), names.end()};
}

struct Page {
  std::uintptr_t begin;
  int protection;
  bool operator==(const Page&) const = default;
};

// The kernel joins neighbours of one protection, so that only pages can be compared.
std::vector<Page> pages_of(const fuzz::MappedObject& object) {
  const elf::AddressRange extent = object.extent();
  std::vector<Page> pages;
  for (const auto& [range, protection] : elf::read_protections(extent, "/fuzz/libinput.so")) {
    const std::uintptr_t end = std::min(range.end, extent.end);
    for (auto at = std::max(range.begin, extent.begin); at < end; at += 4096) {
      pages.push_back({at, protection});
    }
  }
  return pages;
}

std::size_t count_redirected(std::span<const elf::SlotReport> reports) {
  std::size_t count = 0;
  for (const elf::SlotReport& report : reports) count += report.redirected;
  return count;
}

void redirect_and_undo(const fuzz::MappedObject& object, const link_map* map) {
  const elf::Image image = object.image();
  const std::deque<std::string> names = imported_names(image);
  std::vector<elf::Rule> rules;
  for (const std::string& name : names) {
    rules.push_back({name.c_str(), reinterpret_cast<void*>(replacement_of)});
  }
  const auto bytes = object.bytes();
  const auto pages = pages_of(object);

  elf::Journal journal;
  const auto reports = journal.redirect(map, image, rules);
  const auto entries = journal.entries(map);
  require(reports.size() == rules.size() && entries.size() == count_redirected(reports));
  for (const elf::Entry& entry : entries) {
    require(*entry.slot == reinterpret_cast<std::uintptr_t>(replacement_of));
    require(entry.previous != 0 && entry.previous != *entry.slot);
  }
  require((object.bytes() == bytes) == entries.empty());
  require(pages_of(object) == pages);

  journal.undo(map);
  require(journal.entries(map).empty());
  require(object.bytes() == bytes);
  require(pages_of(object) == pages);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::MappedObject object(std::as_bytes(std::span(data, size)));
  object.protect_relro();
  char path[] = "/fuzz/libinput.so";
  link_map map{};
  map.l_addr = object.base();
  map.l_name = path;
  try {
    redirect_and_undo(object, &map);
  } catch (const elf::Error&) {
    // What an object that is no good is answered with.
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t limit, unsigned seed) {
  return fuzz::mutate_elf({data, limit}, size, seed);
}
