#include "fuzz/mapped_object.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace greenify::fuzz {
namespace {

constexpr std::size_t page_size = 4096;
constexpr std::size_t memory_size = 16 * page_size;
constexpr std::size_t header_limit = 32;

// The same memory for every input, with pages around it that nobody may touch.
std::byte* memory() {
  static std::byte* const begin = [] {
    void* mapped =
        ::mmap(nullptr, memory_size + 2 * page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) std::abort();
    return static_cast<std::byte*>(mapped) + page_size;
  }();
  return begin;
}

void set_protection(std::uintptr_t begin, std::uintptr_t end, int protection) {
  if (::mprotect(reinterpret_cast<void*>(begin), end - begin, protection) != 0) std::abort();
}

void open_memory() {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory());
  set_protection(begin, begin + memory_size, PROT_READ | PROT_WRITE);
}

bool may_be_read(const Elf64_Phdr& header) {
  return header.p_type == PT_LOAD && (header.p_flags & PF_R) != 0;
}

}  // namespace

MappedObject::MappedObject(std::span<const std::byte> file)
    : base_(reinterpret_cast<std::uintptr_t>(memory())) {
  static const bool is_open = (open_memory(), true);
  static_cast<void>(is_open);
  ASAN_UNPOISON_MEMORY_REGION(memory(), memory_size);
  std::memset(memory(), 0, memory_size);
  read_headers(file);
  load(file);
  ASAN_POISON_MEMORY_REGION(memory(), memory_size);
  for (const Elf64_Phdr& header : headers_) {
    if (may_be_read(header)) ASAN_UNPOISON_MEMORY_REGION(memory_of(header), header.p_memsz);
  }
}

MappedObject::~MappedObject() {
  if (is_protected_) open_memory();
}

void MappedObject::read_headers(std::span<const std::byte> file) {
  Elf64_Ehdr header;
  if (file.size() < sizeof header) return;
  std::memcpy(&header, file.data(), sizeof header);
  const std::size_t count = std::min<std::size_t>(header.e_phnum, header_limit);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = header.e_phoff % file.size() + i * sizeof(Elf64_Phdr);
    if (at + sizeof(Elf64_Phdr) > file.size()) return;
    std::memcpy(&headers_.emplace_back(), file.data() + at, sizeof(Elf64_Phdr));
  }
}

// Of what is no segment, nothing was checked when it was loaded.
void MappedObject::load(std::span<const std::byte> file) {
  for (Elf64_Phdr& header : headers_) {
    if (header.p_type != PT_LOAD) continue;
    header.p_vaddr %= memory_size;
    header.p_memsz = std::min<std::uint64_t>(header.p_memsz, memory_size - header.p_vaddr);
    header.p_filesz = std::min(header.p_filesz, header.p_memsz);
    if (header.p_offset > file.size()) continue;
    const std::size_t size =
        std::min<std::uint64_t>(header.p_filesz, file.size() - header.p_offset);
    std::memcpy(memory_of(header), file.data() + header.p_offset, size);
  }
}

std::byte* MappedObject::memory_of(const Elf64_Phdr& header) const {
  return memory() + header.p_vaddr;
}

void MappedObject::protect_relro() {
  for (const Elf64_Phdr& header : headers_) {
    if (header.p_type != PT_GNU_RELRO) continue;
    // Whole pages, rounded down at both ends (ld.so, _dl_protect_relro).
    const std::uint64_t begin = header.p_vaddr % memory_size & -page_size;
    const std::uint64_t size = std::min<std::uint64_t>(header.p_memsz, memory_size);
    const std::uint64_t end =
        std::min<std::uint64_t>(header.p_vaddr % memory_size + size, memory_size) & -page_size;
    if (begin >= end) continue;
    set_protection(base_ + begin, base_ + end, PROT_READ);
    is_protected_ = true;
  }
}

elf::AddressRange MappedObject::extent() const {
  return {base_, base_ + memory_size};
}

std::vector<std::byte> MappedObject::bytes() const {
  std::vector<std::byte> all;
  for (const Elf64_Phdr& header : headers_) {
    if (!may_be_read(header)) continue;
    all.insert(all.end(), memory_of(header), memory_of(header) + header.p_memsz);
  }
  return all;
}

}  // namespace greenify::fuzz
