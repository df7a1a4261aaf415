#include "elf/file_image.h"

#include <algorithm>

#include "elf/error.h"
#include "elf/relocation.h"

namespace greenify::elf {
namespace {

// Real libraries are read not three times over; a small one may use a name more often.
constexpr std::uint64_t most_readings = 16;
constexpr std::uint64_t always_readable = 64 * 1024;

bool segment_holds(const Elf64_Phdr& segment, std::uint64_t address, std::uint64_t size) {
  return segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
         address - segment.p_vaddr <= segment.p_filesz &&
         size <= segment.p_filesz - (address - segment.p_vaddr);
}

}  // namespace

FileImage::FileImage(std::span<const std::byte> bytes, const std::string& path)
    : bytes_(bytes), path_(path), left_to_read_(bytes.size() * most_readings + always_readable) {
  check_magic();
  check_identification();
  read_header();
  program_headers_ = read<Elf64_Phdr>(header_.e_phoff, header_.e_phnum, "the program header table");
  read_dynamic_section();
  check_segments();
  check_end();
  dynamic_ = read_dynamic(dynamic_entries_, path_);
  check_tables(dynamic_, path_, [this](std::uint64_t address, std::uint64_t size) {
    return holds_memory(address, size);
  });
}

bool FileImage::holds_memory(std::uint64_t address, std::uint64_t size) const {
  return segment_holding(address, size) != nullptr;
}

std::span<const std::byte> FileImage::contents(const Elf64_Phdr& segment) const {
  if (!holds(segment.p_offset, segment.p_filesz)) return {};
  account_for(segment.p_filesz);
  return bytes_.subspan(segment.p_offset, segment.p_filesz);
}

bool FileImage::holds(std::uint64_t offset, std::uint64_t size) const {
  return offset <= bytes_.size() && size <= bytes_.size() - offset;
}

void FileImage::require(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
  if (holds(offset, size)) return;
  throw Error(Fault::truncated, path_,
              std::string(what) + " ends beyond the last of the file's " +
                  std::to_string(bytes_.size()) + " bytes");
}

void FileImage::account_for(std::uint64_t size) const {
  if (size > left_to_read_) {
    throw Error(Fault::malformed, path_,
                "its tables overlap: they lead to the same bytes too often");
  }
  left_to_read_ -= size;
}

// `count` is a 16-bit field or derived from a size that was checked, so the product cannot wrap.
template <typename T>
std::vector<T> FileImage::read(std::uint64_t offset, std::size_t count,
                               std::string_view what) const {
  require(offset, count * sizeof(T), what);
  std::vector<T> records(count);
  if (count != 0) std::memcpy(records.data(), bytes_.data() + offset, count * sizeof(T));
  return records;
}

void FileImage::check_magic() const {
  if (bytes_.empty()) throw Error(Fault::not_elf, path_, "the file is empty");
  const std::size_t length = std::min<std::size_t>(bytes_.size(), SELFMAG);
  if (std::memcmp(bytes_.data(), ELFMAG, length) != 0) {
    throw Error(Fault::not_elf, path_, "the file does not begin with the ELF magic number");
  }
}

// The identification precedes all that depends on the class, so a 32-bit file, whose header is
// shorter, is told apart before a 64-bit header is read.
void FileImage::check_identification() const {
  const auto ident = read<unsigned char>(0, EI_NIDENT, "the ELF identification");
  if (ident[EI_CLASS] != ELFCLASS64) {
    throw Error(Fault::wrong_class, path_,
                ident[EI_CLASS] == ELFCLASS32 ? "this is a 32-bit ELF file"
                                              : "the ELF class is neither 32-bit nor 64-bit");
  }
  if (ident[EI_DATA] != ELFDATA2LSB) {
    throw Error(Fault::wrong_machine, path_, "the ELF file is not little-endian");
  }
  if (ident[EI_VERSION] != EV_CURRENT) {
    throw Error(Fault::malformed, path_, "the ELF version is unknown");
  }
}

void FileImage::read_header() {
  header_ = read<Elf64_Ehdr>(0, 1, "the ELF header")[0];
  if (header_.e_machine != native_relocations().machine) {
    throw Error(Fault::wrong_machine, path_,
                "the ELF file is for machine " + std::to_string(header_.e_machine) +
                    " (e_machine), this process is " +
                    std::to_string(native_relocations().machine));
  }
  if (header_.e_type != ET_DYN) {
    throw Error(Fault::malformed, path_, "the ELF file is not a shared object (e_type is not DYN)");
  }
  if (header_.e_phentsize != sizeof(Elf64_Phdr)) {
    throw Error(Fault::malformed, path_, "e_phentsize is not the size of a 64-bit program header");
  }
}

void FileImage::read_dynamic_section() {
  const auto found =
      std::ranges::find(program_headers_, std::uint32_t{PT_DYNAMIC}, &Elf64_Phdr::p_type);
  if (found == program_headers_.end()) {
    throw Error(Fault::no_dynamic, path_, "the object has no dynamic section (PT_DYNAMIC)");
  }
  require(found->p_offset, found->p_filesz, "the dynamic section");
  dynamic_entries_ =
      read<Elf64_Dyn>(found->p_offset, found->p_filesz / sizeof(Elf64_Dyn), "the dynamic section");
}

void FileImage::check_segments() const {
  for (const Elf64_Phdr& segment : program_headers_) {
    if (segment.p_type != PT_LOAD) continue;
    require(segment.p_offset, segment.p_filesz, "a segment (PT_LOAD)");
    if (segment.p_filesz > segment.p_memsz) {
      throw Error(Fault::malformed, path_, "a segment is larger in the file than in memory");
    }
  }
}

// The section headers come last in the file, so they show whether its end is missing. Objects
// without any (e_shoff of 0) are fine.
void FileImage::check_end() const {
  if (header_.e_shoff == 0) return;
  require(header_.e_shoff, std::uint64_t{header_.e_shnum} * header_.e_shentsize,
          "the section header table");
}

std::vector<Elf64_Shdr> FileImage::section_headers() const {
  if (header_.e_shoff == 0 || header_.e_shentsize != sizeof(Elf64_Shdr)) return {};
  return read<Elf64_Shdr>(header_.e_shoff, header_.e_shnum, "the section header table");
}

std::optional<std::uint64_t> FileImage::dynamic_value(Elf64_Sxword tag) const {
  for (const Elf64_Dyn& entry : dynamic_entries_) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == tag) return entry.d_un.d_val;
  }
  return std::nullopt;
}

// There may be very many program headers, so going through them counts as well.
const Elf64_Phdr* FileImage::segment_holding(std::uint64_t address, std::uint64_t size) const {
  account_for(program_headers_.size());
  const auto found = std::ranges::find_if(program_headers_, [&](const Elf64_Phdr& segment) {
    return segment_holds(segment, address, size);
  });
  return found == program_headers_.end() ? nullptr : &*found;
}

std::span<const std::byte> FileImage::memory(std::uint64_t address, std::size_t count,
                                             std::size_t size) const {
  // No table has more records than the file has bytes, so the product cannot wrap.
  const Elf64_Phdr* segment =
      count <= bytes_.size() ? segment_holding(address, std::uint64_t{count} * size) : nullptr;
  if (segment == nullptr) {
    throw Error(Fault::malformed, path_, "a table lies outside the object's segments");
  }
  return bytes_.subspan(segment->p_offset + (address - segment->p_vaddr), count * size);
}

std::string FileImage::string_at(std::uint64_t offset) const {
  const auto strings = memory(dynamic_.strings, dynamic_.strings_size, 1);
  const auto* begin = reinterpret_cast<const char*>(strings.data());
  const void* end = offset < strings.size()
                        ? std::memchr(begin + offset, '\0', strings.size() - offset)
                        : nullptr;
  if (end == nullptr) {
    throw Error(Fault::malformed, path_,
                "a name at offset " + std::to_string(offset) + " leaves the string table");
  }
  account_for(static_cast<const char*>(end) - (begin + offset));
  return {begin + offset, static_cast<const char*>(end)};
}

}  // namespace greenify::elf
