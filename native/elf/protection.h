// Making pages writable for a moment, and giving them back the protection they had.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "elf/image.h"

namespace greenify::elf {

// A part of the address space with one protection (PROT_*).
struct ProtectedRange {
  AddressRange range;
  int protection;
};

// What /proc/self/maps says about `within`, in address order. Throws protect_failed.
std::vector<ProtectedRange> read_protections(const AddressRange& within, const std::string& path);

// The pages that hold `slots` (in address order), writable while this lives.
class WritablePages {
 public:
  // Throws protect_failed; all pages are then as before.
  WritablePages(std::span<std::uintptr_t* const> slots, std::string path);
  // Restores what is still open.
  ~WritablePages();

  WritablePages(const WritablePages&) = delete;
  WritablePages& operator=(const WritablePages&) = delete;

  // Throws protect_failed where the old protection cannot be given back; `reopen` then makes the
  // pages writable again, so that the caller can take back its stores.
  void restore();
  void reopen();

 private:
  void close_quietly() noexcept;

  std::string path_;
  std::vector<ProtectedRange> pages_;  // those that were not writable
  std::size_t open_ = 0;               // the first open_ of pages_ are writable now
};

}  // namespace greenify::elf
