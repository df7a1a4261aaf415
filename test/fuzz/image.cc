// The dynamic section of an object that is mapped: what redirection reads of it.
#include "elf/image.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "elf/error.h"
#include "elf/slots.h"
#include "fuzz/mapped_object.h"
#include "fuzz/mutator.h"

using namespace greenify;

namespace {

// Every byte is touched, so that AddressSanitizer sees where the text lies.
std::size_t sum_of(std::string_view text) {
  std::size_t sum = 0;
  for (const char character : text) sum += static_cast<unsigned char>(character);
  return sum;
}

std::size_t read_names(const elf::Image& image) {
  std::size_t sum = sum_of(image.soname());
  for (const std::string_view name : image.needed()) sum += sum_of(name);
  return sum;
}

elf::WantedNames imported_names(const elf::Image& image) {
  elf::WantedNames names;
  for (const auto& relocations : {image.plt_relocations(), image.relocations()}) {
    for (const Elf64_Rela& relocation : relocations) {
      const Elf64_Sym& symbol = image.symbol(ELF64_R_SYM(relocation.r_info));
      names.emplace(image.name(symbol), elf::WantedName{names.size(), elf::Definition::anywhere});
    }
  }
  return names;
}

void read_all(const fuzz::MappedObject& object) {
  const elf::Image image = object.image();
  volatile std::size_t sum = read_names(image);
  for (const elf::Slot& slot : elf::find_slots(image, imported_names(image))) {
    std::uintptr_t value;
    std::memcpy(&value, slot.address, sizeof value);  // not every slot is aligned
    sum = sum + value;
  }
  if (image.extent().begin < object.base()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MappedObject object(std::as_bytes(std::span(data, size)));
  try {
    read_all(object);
  } catch (const elf::Error&) {
    // What an object that is no good is answered with.
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t limit, unsigned seed) {
  return fuzz::mutate_elf({data, limit}, size, seed);
}
