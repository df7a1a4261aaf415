#include "elf/slots.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "elf/error.h"
#include "elf/symbol_table.h"

namespace greenify::elf {
namespace {

// An object's own function is called through a slot only where the object exports it.
bool is_wanted(const Elf64_Sym& symbol, Definition definition) {
  if (is_imported_function(symbol)) return true;
  return definition == Definition::anywhere && symbol.st_shndx != SHN_UNDEF;
}

class SlotSearch {
 public:
  SlotSearch(const Image& image, const WantedNames& wanted) : image_(image), wanted_(wanted) {}

  void scan(std::span<const Elf64_Rela> relocations) {
    for (const Elf64_Rela& relocation : relocations) scan(relocation);
  }

  // A linker may count DT_JMPREL's relocations among DT_RELA's, so a slot may have come up twice.
  std::vector<Slot> take() {
    std::ranges::sort(slots_, {}, &Slot::address);
    const auto repeated = std::ranges::unique(slots_, {}, &Slot::address);
    slots_.erase(repeated.begin(), repeated.end());
    return std::move(slots_);
  }

 private:
  void scan(const Elf64_Rela& relocation) {
    const auto kind = slot_kind(native_relocations(), ELF64_R_TYPE(relocation.r_info));
    if (!kind) return;
    if (*kind == SlotKind::absolute && relocation.r_addend != 0) return;
    const Elf64_Sym& symbol = image_.symbol(ELF64_R_SYM(relocation.r_info));
    const auto match = wanted_.find(image_.name(symbol));
    if (match == wanted_.end() || !is_wanted(symbol, match->second.definition)) return;
    add(image_.base() + relocation.r_offset, *kind, *match);
  }

  void add(std::uintptr_t address, SlotKind kind, const WantedNames::value_type& match) {
    if (!image_.readable(address, sizeof(std::uintptr_t))) {
      throw Error(Fault::malformed, image_.path(),
                  "the slot lies outside the object's readable segments", 0,
                  std::string(match.first));
    }
    slots_.push_back({reinterpret_cast<std::uintptr_t*>(address), kind, image_.in_relro(address),
                      match.second.index});
  }

  const Image& image_;
  const WantedNames& wanted_;
  std::vector<Slot> slots_;
};

}  // namespace

std::vector<Slot> find_slots(const Image& image, const WantedNames& wanted) {
  SlotSearch search(image, wanted);
  search.scan(image.plt_relocations());
  search.scan(image.relocations());
  return search.take();
}

}  // namespace greenify::elf
