// Finding the import slots of an object: the words that the dynamic linker fills with the addresses
// of other objects' functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "elf/image.h"
#include "elf/relocation.h"

namespace greenify::elf {

struct Slot {
  std::uintptr_t* address;
  SlotKind kind;
  bool relro;
  std::size_t wanted;  // the index that the name has in the table of wanted names
};

// Which functions of a name are meant: those of other objects, or also the object's own where it
// calls it through a slot (because it exports it).
enum class Definition : std::uint8_t { elsewhere, anywhere };

struct WantedName {
  WantedName(std::size_t place, Definition meant = Definition::elsewhere)
      : index(place), definition(meant) {}

  std::size_t index;
  Definition definition;
};

using WantedNames = std::unordered_map<std::string_view, WantedName>;

// All slots of functions with these names, in address order, each once. Names are exact, symbol
// versions ignored. Left out are functions that the object defines itself (unless asked for), data
// of the same name, and pointers into the middle of a function (absolute with an addend).
std::vector<Slot> find_slots(const Image& image, const WantedNames& wanted);

}  // namespace greenify::elf
