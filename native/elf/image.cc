#include "elf/image.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <utility>

#include "elf/error.h"

namespace greenify::elf {
namespace {

const Elf64_Phdr* find_header(std::span<const Elf64_Phdr> headers, std::uint32_t type) {
  const auto found = std::ranges::find(headers, type, &Elf64_Phdr::p_type);
  return found == headers.end() ? nullptr : &*found;
}

AddressRange memory_of(const Elf64_Phdr& header, std::uintptr_t base) {
  const std::uintptr_t begin = base + header.p_vaddr;
  return {begin, begin + header.p_memsz};
}

struct HeaderSearch {
  std::uintptr_t dynamic;
  std::span<const Elf64_Phdr> found;
};

// An object is told by where its dynamic section lies: l_addr is 0 for every non-PIE executable
// and may be so for prelinked libraries.
int match_headers(dl_phdr_info* info, std::size_t, void* data) {
  auto& search = *static_cast<HeaderSearch*>(data);
  const std::span headers(info->dlpi_phdr, info->dlpi_phnum);
  const Elf64_Phdr* dynamic = find_header(headers, PT_DYNAMIC);
  if (dynamic == nullptr || info->dlpi_addr + dynamic->p_vaddr != search.dynamic) return 0;
  search.found = headers;
  return 1;
}

std::span<const Elf64_Phdr> headers_of(const link_map* map) {
  if (map->l_ld == nullptr) {
    throw Error(Fault::no_dynamic, object_path(map), "the mapped object has no dynamic section");
  }
  HeaderSearch search{reinterpret_cast<std::uintptr_t>(map->l_ld), {}};
  if (dl_iterate_phdr(match_headers, &search) == 0) {
    throw Error(Fault::not_loaded, object_path(map), "the dynamic linker lists no such object");
  }
  return search.found;
}

// A table may lie across two segments of which one ends where the next begins: patchelf(1) makes
// such files.
void add_range(std::vector<AddressRange>& ranges, const AddressRange& range) {
  if (!ranges.empty() && ranges.back().end == range.begin) {
    ranges.back().end = range.end;
  } else {
    ranges.push_back(range);
  }
}

template <typename T>
std::span<const T> table_at(std::uintptr_t address, std::size_t size) {
  return {reinterpret_cast<const T*>(address), size / sizeof(T)};
}

}  // namespace

std::string object_path(const link_map* map) {
  if (map->l_name[0] != '\0' || map->l_prev != nullptr) return map->l_name;
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length < 0 ? std::string("/proc/self/exe") : std::string(path, length);
}

Image::Image(const link_map* map) : Image(map->l_addr, headers_of(map), object_path(map)) {}

Image::Image(std::uintptr_t base, std::span<const Elf64_Phdr> headers, std::string path)
    : base_(base), path_(std::move(path)) {
  read_segments(headers);
  read_dynamic_section(headers);
}

void Image::read_segments(std::span<const Elf64_Phdr> headers) {
  for (const Elf64_Phdr& header : headers) {
    const AddressRange memory = memory_of(header, base_);
    if (memory.end < memory.begin) {
      throw Error(Fault::malformed, path_, "a segment wraps around the address space");
    }
    if (header.p_type == PT_GNU_RELRO) relro_ = memory;
    if (header.p_type != PT_LOAD) continue;
    segments_.push_back(memory);
    if ((header.p_flags & PF_R) != 0) add_range(readable_segments_, memory);
  }
}

void Image::read_dynamic_section(std::span<const Elf64_Phdr> headers) {
  const Elf64_Phdr* header = find_header(headers, PT_DYNAMIC);
  if (header == nullptr) {
    throw Error(Fault::no_dynamic, path_, "the mapped object has no dynamic section");
  }
  const AddressRange memory = memory_of(*header, base_);
  if (memory.begin % alignof(Elf64_Dyn) != 0 || !readable(memory.begin, header->p_memsz)) {
    throw Error(Fault::malformed, path_, "PT_DYNAMIC lies outside the object's segments");
  }
  dynamic_ = read_dynamic(table_at<Elf64_Dyn>(memory.begin, header->p_memsz), path_);
  for (std::uint64_t* pointer :
       {&dynamic_.symbols, &dynamic_.strings, &dynamic_.plt_relocations, &dynamic_.relocations}) {
    *pointer = absolute(*pointer);
  }
  check_tables(dynamic_, path_, [this](std::uint64_t address, std::uint64_t size) {
    return readable(address, size);
  });
  plt_relocations_ = table_at<Elf64_Rela>(dynamic_.plt_relocations, dynamic_.plt_relocations_size);
  relocations_ = table_at<Elf64_Rela>(dynamic_.relocations, dynamic_.relocations_size);
}

// glibc relocates the pointers of a mapped dynamic section in place, except where that section is
// read-only (the vDSO); musl never does. A link-time address of a relocated object is too small to
// lie in its segments, so what does lie there is absolute.
std::uintptr_t Image::absolute(std::uint64_t dynamic_pointer) const {
  return readable(dynamic_pointer, 1) ? dynamic_pointer : base_ + dynamic_pointer;
}

bool Image::readable(std::uintptr_t address, std::size_t size) const {
  return std::ranges::any_of(readable_segments_, [&](const AddressRange& segment) {
    return segment.holds(address, size);
  });
}

AddressRange Image::extent() const {
  AddressRange extent = segments_.front();  // not empty: the dynamic section lies in a segment
  for (const AddressRange& segment : segments_) {
    extent.begin = std::min(extent.begin, segment.begin);
    extent.end = std::max(extent.end, segment.end);
  }
  return extent;
}

const Elf64_Sym& Image::symbol(std::uint32_t index) const {
  const std::uintptr_t address = dynamic_.symbols + std::uintptr_t{index} * sizeof(Elf64_Sym);
  if (!readable(address, sizeof(Elf64_Sym))) {
    throw Error(Fault::malformed, path_,
                "symbol " + std::to_string(index) + " lies outside the object's segments");
  }
  return *reinterpret_cast<const Elf64_Sym*>(address);
}

std::string_view Image::name(const Elf64_Sym& symbol) const {
  return string_at(symbol.st_name);
}

std::string_view Image::string_at(std::uint64_t offset) const {
  const auto* strings = reinterpret_cast<const char*>(dynamic_.strings);
  const void* end = offset < dynamic_.strings_size
                        ? std::memchr(strings + offset, '\0', dynamic_.strings_size - offset)
                        : nullptr;
  if (end == nullptr) {
    throw Error(Fault::malformed, path_,
                "a name at offset " + std::to_string(offset) + " leaves the string table");
  }
  return {strings + offset, static_cast<const char*>(end)};
}

std::string_view Image::soname() const {
  return dynamic_.soname ? string_at(*dynamic_.soname) : std::string_view();
}

std::vector<std::string_view> Image::needed() const {
  std::vector<std::string_view> names;
  for (const std::uint64_t offset : dynamic_.needed) names.push_back(string_at(offset));
  return names;
}

}  // namespace greenify::elf
