#include "elf/symbol_table.h"

#include <algorithm>
#include <cstdint>

namespace greenify::elf {
namespace {

// System V gABI, "Hash Table": nbucket, nchain, and there is one chain entry per symbol.
std::size_t count_by_hash(const FileImage& image, std::uint64_t address) {
  return image.at<std::uint32_t>(address, 2)[1];
}

// The last chain is that of the largest bucket; its end is marked by bit 0 (GNU hash ELF sections).
std::size_t count_by_gnu_hash(const FileImage& image, std::uint64_t address) {
  const auto header = image.at<std::uint32_t>(address, 4);  // buckets, first symbol, bloom, shift
  const std::uint64_t buckets_at =
      address + 4 * sizeof(std::uint32_t) + std::uint64_t{header[2]} * sizeof(std::uint64_t);
  const auto buckets = image.at<std::uint32_t>(buckets_at, header[0]);
  const std::uint32_t first = header[1];
  if (buckets.empty()) return first;
  std::uint64_t last = *std::ranges::max_element(buckets);
  if (last < first) return first;
  const std::uint64_t chains_at = buckets_at + buckets.size() * sizeof(std::uint32_t);
  const auto ends_chain = [&](std::uint64_t symbol) {
    const std::uint64_t at = chains_at + (symbol - first) * sizeof(std::uint32_t);
    return (image.at<std::uint32_t>(at, 1)[0] & 1) != 0;
  };
  while (!ends_chain(last)) ++last;
  return last + 1;
}

bool is_exported(const Elf64_Sym& symbol) {
  return symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL;
}

}  // namespace

std::size_t count_symbols(const FileImage& image) {
  if (const auto hash = image.dynamic_value(DT_HASH)) return count_by_hash(image, *hash);
  const auto gnu_hash = image.dynamic_value(DT_GNU_HASH);
  return gnu_hash ? count_by_gnu_hash(image, *gnu_hash) : 0;
}

std::vector<std::string> find_defined(const FileImage& image, std::span<const std::string> wanted) {
  std::vector<std::string> found;
  if (wanted.empty()) return found;
  for (const Elf64_Sym& symbol :
       image.at<Elf64_Sym>(image.dynamic().symbols, count_symbols(image))) {
    if (!is_exported(symbol)) continue;
    std::string name = image.string_at(symbol.st_name);
    if (std::ranges::find(wanted, name) != wanted.end()) found.push_back(std::move(name));
  }
  return found;
}

}  // namespace greenify::elf
