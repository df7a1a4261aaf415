// The bytes of a file, mapped for reading.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace greenify::elf {

// Mapped, not read: of a library of 100 MB a few pages are looked at. Whoever cuts the file short
// meanwhile kills the process, here as in the dynamic linker, which maps it too.
class FileMapping {
 public:
  // Throws open_failed, unless the path names a regular file that can be read.
  explicit FileMapping(const std::string& path);
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(address_), size_};
  }

 private:
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace greenify::elf
