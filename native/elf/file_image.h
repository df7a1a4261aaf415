// A view on the bytes of an ELF file that is not mapped as an object. Nothing in a file need be
// aligned or true, so everything is copied out, and nothing outside the bytes is read.
//
// In a file made to do harm tables may overlap and chains of records come by the same bytes again
// and again, so that a few pages take hours to read, or all memory. What is read in all is
// therefore limited to a multiple of the file's size, far above what a linker's output needs.
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
  const Elf64_Ehdr& header() const { return header_; }
  const std::vector<Elf64_Phdr>& program_headers() const { return program_headers_; }
  std::vector<Elf64_Shdr> section_headers() const;  // empty where the file has none

  const Dynamic& dynamic() const { return dynamic_; }
  std::optional<std::uint64_t> dynamic_value(Elf64_Sxword tag) const;  // of the first such entry

  // The name at an offset of the dynamic string table. Throws malformed, as do all that follow.
  std::string string_at(std::uint64_t offset) const;

  // Whether a segment holds these link-time addresses, with bytes of the file behind them.
  bool holds_memory(std::uint64_t address, std::uint64_t size) const;

  // What the file holds of a segment; nothing where it is said to lie beyond the file's end, as
  // none of type PT_LOAD is.
  std::span<const std::byte> contents(const Elf64_Phdr& segment) const;

  // `count` records at a link-time address, which a segment must hold.
  template <typename T>
  std::vector<T> at(std::uint64_t address, std::size_t count) const {
    if (count == 0) return {};
    const std::span<const std::byte> source = memory(address, count, sizeof(T));
    account_for(source.size());
    std::vector<T> records(count);
    std::memcpy(static_cast<void*>(records.data()), source.data(), source.size());
    return records;
  }

 private:
  bool holds(std::uint64_t offset, std::uint64_t size) const;
  void require(std::uint64_t offset, std::uint64_t size, std::string_view what) const;
  void account_for(std::uint64_t size) const;
  template <typename T>
  std::vector<T> read(std::uint64_t offset, std::size_t count, std::string_view what) const;
  const Elf64_Phdr* segment_holding(std::uint64_t address, std::uint64_t size) const;
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
  mutable std::uint64_t left_to_read_;  // counted for nothing but the limit
};

}  // namespace greenify::elf
