// An object as a loader would have mapped it, made of the bytes of a file of unknown origin.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "elf/image.h"

namespace greenify::fuzz {

// A loader has checked the program headers, and mapped what they say: they are cut down to what
// fits here, and all else is as in the file. Memory between the segments and behind them, and what
// may not be read, is poisoned for AddressSanitizer.
class MappedObject {
 public:
  explicit MappedObject(std::span<const std::byte> file);
  ~MappedObject();
  MappedObject(const MappedObject&) = delete;
  MappedObject& operator=(const MappedObject&) = delete;

  std::span<const Elf64_Phdr> headers() const { return headers_; }
  std::uintptr_t base() const { return base_; }
  elf::Image image() const { return elf::Image(base_, headers_, "/fuzz/libinput.so"); }

  // Gives the pages of PT_GNU_RELRO the protection that the dynamic linker leaves them with.
  void protect_relro();

  elf::AddressRange extent() const;
  std::vector<std::byte> bytes() const;  // of the segments that may be read, one after the other

 private:
  void read_headers(std::span<const std::byte> file);
  void load(std::span<const std::byte> file);
  std::byte* memory_of(const Elf64_Phdr& header) const;

  std::vector<Elf64_Phdr> headers_;
  std::uintptr_t base_;
  bool is_protected_ = false;
};

}  // namespace greenify::fuzz
