#include "elf/parts.h"

#include <algorithm>

namespace greenify::elf {
namespace {

void add(Parts& parts, const dl_phdr_info& info, const ElfW(Phdr) & header) {
  const std::uintptr_t begin = info.dlpi_addr + header.p_vaddr;
  const AddressRange range{begin, begin + header.p_memsz};
  if (header.p_type == PT_LOAD) {
    if ((header.p_flags & PF_R) != 0) parts.readable.push_back(range);
    if ((header.p_flags & PF_W) != 0) parts.writable.push_back(range);
    if ((header.p_flags & PF_X) != 0) parts.executable.push_back(range);
  }
  if (header.p_type != PT_TLS) return;
  const auto block = reinterpret_cast<std::uintptr_t>(info.dlpi_tls_data);
  parts.thread_local_image = {begin, begin + header.p_filesz};
  parts.thread_local_size = header.p_memsz;
  parts.thread_local_module = info.dlpi_tls_modid;
  if (block != 0) parts.thread_local_block = {block, block + header.p_memsz};
}

}  // namespace

Parts parts_of(std::uintptr_t base) {
  struct Search {
    std::uintptr_t base;
    Parts parts;
  } search{base, {}};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        auto& found = *static_cast<Search*>(data);
        if (info->dlpi_addr != found.base) return 0;
        for (int i = 0; i < info->dlpi_phnum; i++) add(found.parts, *info, info->dlpi_phdr[i]);
        return 1;
      },
      &search);
  return search.parts;
}

bool any_holds(const std::vector<AddressRange>& ranges, std::uintptr_t address, std::size_t size) {
  return std::ranges::any_of(ranges,
                             [=](const AddressRange& range) { return range.holds(address, size); });
}

}  // namespace greenify::elf
