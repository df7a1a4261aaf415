// A view on the bytes of an ELF file that is not mapped as an object. Nothing in a file need be
// aligned or true, so everything is copied out, and nothing outside the bytes is read.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elf/dynamic.h"

namespace greenify::elf {

// Valid as long as bytes and path are.
class FileImage {
 public:
  // Throws Error unless the bytes are a complete shared object for this machine.
  FileImage(std::span<const std::byte> bytes, const std::string& path);

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  const Elf64_Ehdr& header() const { return header_; }
  const std::vector<Elf64_Phdr>& program_headers() const { return program_headers_; }
  std::vector<Elf64_Shdr> section_headers() const;  // empty where the file has none

  const Dynamic& dynamic() const { return dynamic_; }
  std::optional<std::uint64_t> dynamic_value(Elf64_Sxword tag) const;  // of the first such entry

  // The name at an offset of the dynamic string table. Throws malformed.
  std::string string_at(std::uint64_t offset) const;

  // `count` records at a link-time address. Throws malformed where no segment holds them.
  template <typename T>
  std::vector<T> at(std::uint64_t address, std::size_t count) const {
    if (count == 0) return {};
    const std::span<const std::byte> source = memory(address, count, sizeof(T));
    std::vector<T> records(count);
    std::memcpy(static_cast<void*>(records.data()), source.data(), source.size());
    return records;
  }

 private:
  bool holds(std::uint64_t offset, std::uint64_t size) const;
  void require(std::uint64_t offset, std::uint64_t size, std::string_view what) const;
  template <typename T>
  std::vector<T> read(std::uint64_t offset, std::size_t count, std::string_view what) const;
  std::span<const std::byte> memory(std::uint64_t address, std::size_t count,
                                    std::size_t size) const;

  void check_magic() const;
  void check_identification() const;
  void read_header();
  void check_segments() const;
  void check_end() const;
  void read_dynamic_section();

  std::span<const std::byte> bytes_;
  const std::string& path_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> program_headers_;
  std::vector<Elf64_Dyn> dynamic_entries_;
  Dynamic dynamic_;
};

}  // namespace greenify::elf
