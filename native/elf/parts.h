// What a mapped object's program headers say about its memory.
#pragma once

#include <link.h>

#include <vector>

#include "elf/image.h"

namespace greenify::elf {

struct Parts {
  std::vector<AddressRange> readable;
  std::vector<AddressRange> writable;
  std::vector<AddressRange> executable;

  // PT_TLS: what the thread-local storage of each thread begins as, the rest of it being zeros; its
  // size, 0 where there is none; and the number of the object among those that have some.
  AddressRange thread_local_image;
  std::size_t thread_local_size = 0;
  std::size_t thread_local_module = 0;
  // The calling thread's, once it has used it; dl_iterate_phdr(3).
  AddressRange thread_local_block;
};

// Empty for what the dynamic linker does not list.
Parts parts_of(std::uintptr_t base);

// Whether one of `ranges` holds it.
bool any_holds(const std::vector<AddressRange>& ranges, std::uintptr_t address, std::size_t size);

}  // namespace greenify::elf
