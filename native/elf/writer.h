// Storing into slots, all or none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "elf/protection.h"

namespace greenify::elf {

class SlotWriter {
 public:
  // `slots` in address order. Throws protect_failed before anything is changed.
  SlotWriter(std::span<std::uintptr_t* const> slots, std::string path);

  // Stores at once and atomically, for calls may be going through the slot on any thread.
  std::uintptr_t exchange(std::uintptr_t* slot, std::uintptr_t value) noexcept;  // what was there
  bool exchange_if(std::uintptr_t* slot, std::uintptr_t expected, std::uintptr_t value) noexcept;

  // Gives the pages back their protection. Throws protect_failed where that fails; the stores are
  // then taken back.
  void commit();

 private:
  struct Store {
    std::uintptr_t* slot;
    std::uintptr_t before;
    std::uintptr_t after;
  };

  WritablePages pages_;
  std::vector<Store> stores_;
};

}  // namespace greenify::elf
