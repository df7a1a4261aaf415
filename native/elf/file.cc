#include "elf/file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "elf/dynamic.h"
#include "elf/error.h"
#include "elf/relocation.h"

namespace greenify::elf {
namespace {

// The bytes of a file, read by copying out: nothing in a file need be aligned.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }

  void require(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
    if (holds(offset, size)) return;
    throw Error(Fault::truncated, path_,
                std::string(what) + " ends beyond the last of the file's " +
                    std::to_string(bytes_.size()) + " bytes");
  }

  // `count` is a 16-bit field or derived from a size that was checked, so the product cannot wrap.
  template <typename T>
  std::vector<T> read(std::uint64_t offset, std::size_t count, std::string_view what) const {
    require(offset, count * sizeof(T), what);
    std::vector<T> records(count);
    if (count != 0) std::memcpy(records.data(), bytes_.data() + offset, count * sizeof(T));
    return records;
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string& path_;
};

void check_magic(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.empty()) throw Error(Fault::not_elf, path, "the file is empty");
  const std::size_t length = std::min<std::size_t>(bytes.size(), SELFMAG);
  if (std::memcmp(bytes.data(), ELFMAG, length) != 0) {
    throw Error(Fault::not_elf, path, "the file does not begin with the ELF magic number");
  }
}

// The identification precedes all that depends on the class, so a 32-bit file, whose header is
// shorter, is told apart before a 64-bit header is read.
void check_identification(const Reader& reader, const std::string& path) {
  const auto ident = reader.read<unsigned char>(0, EI_NIDENT, "the ELF identification");
  if (ident[EI_CLASS] != ELFCLASS64) {
    throw Error(Fault::wrong_class, path,
                ident[EI_CLASS] == ELFCLASS32 ? "this is a 32-bit ELF file"
                                              : "the ELF class is neither 32-bit nor 64-bit");
  }
  if (ident[EI_DATA] != ELFDATA2LSB) {
    throw Error(Fault::wrong_machine, path, "the ELF file is not little-endian");
  }
  if (ident[EI_VERSION] != EV_CURRENT) {
    throw Error(Fault::malformed, path, "the ELF version is unknown");
  }
}

Elf64_Ehdr read_header(const Reader& reader, const std::string& path) {
  const Elf64_Ehdr header = reader.read<Elf64_Ehdr>(0, 1, "the ELF header")[0];
  if (header.e_machine != native_relocations().machine) {
    throw Error(Fault::wrong_machine, path,
                "the ELF file is for machine " + std::to_string(header.e_machine) +
                    " (e_machine), this process is " +
                    std::to_string(native_relocations().machine));
  }
  if (header.e_type != ET_DYN) {
    throw Error(Fault::malformed, path, "the ELF file is not a shared object (e_type is not DYN)");
  }
  if (header.e_phentsize != sizeof(Elf64_Phdr)) {
    throw Error(Fault::malformed, path, "e_phentsize is not the size of a 64-bit program header");
  }
  return header;
}

// The section headers come last in the file, so they show whether its end is missing. Objects
// without any (e_shoff of 0) are fine.
void check_end(const Reader& reader, const Elf64_Ehdr& header) {
  if (header.e_shoff == 0) return;
  reader.require(header.e_shoff, std::uint64_t{header.e_shnum} * header.e_shentsize,
                 "the section header table");
}

void check_segments(const Reader& reader, const std::vector<Elf64_Phdr>& headers,
                    const std::string& path) {
  for (const Elf64_Phdr& segment : headers) {
    if (segment.p_type != PT_LOAD) continue;
    reader.require(segment.p_offset, segment.p_filesz, "a segment (PT_LOAD)");
    if (segment.p_filesz > segment.p_memsz) {
      throw Error(Fault::malformed, path, "a segment is larger in the file than in memory");
    }
  }
}

std::vector<Elf64_Dyn> read_dynamic_entries(const Reader& reader,
                                            const std::vector<Elf64_Phdr>& headers,
                                            const std::string& path) {
  const auto header = std::ranges::find(headers, std::uint32_t{PT_DYNAMIC}, &Elf64_Phdr::p_type);
  if (header == headers.end()) {
    throw Error(Fault::no_dynamic, path, "the object has no dynamic section (PT_DYNAMIC)");
  }
  reader.require(header->p_offset, header->p_filesz, "the dynamic section");
  return reader.read<Elf64_Dyn>(header->p_offset, header->p_filesz / sizeof(Elf64_Dyn),
                                "the dynamic section");
}

bool in_segment(const std::vector<Elf64_Phdr>& headers, std::uint64_t address, std::uint64_t size) {
  return std::ranges::any_of(headers, [&](const Elf64_Phdr& segment) {
    return segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
           address - segment.p_vaddr <= segment.p_filesz &&
           size <= segment.p_filesz - (address - segment.p_vaddr);
  });
}

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path)
      // A FIFO must not make us wait for its writer.
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0) throw Error(Fault::open_failed, path, "the file cannot be opened", errno);
  }
  ~FileDescriptor() { ::close(fd_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  std::size_t regular_file_size(const std::string& path) const {
    struct stat status;
    if (::fstat(fd_, &status) != 0) {
      throw Error(Fault::open_failed, path, "the file cannot be examined", errno);
    }
    if (S_ISDIR(status.st_mode)) {
      throw Error(Fault::open_failed, path, "the path names a directory", EISDIR);
    }
    if (!S_ISREG(status.st_mode)) {
      throw Error(Fault::open_failed, path, "the path names no regular file", EINVAL);
    }
    return static_cast<std::size_t>(status.st_size);
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

// Mapped, not read: of a library of 100 MB a few pages are looked at. Whoever cuts the file short
// meanwhile kills the process, here as in the dynamic linker, which maps it too.
class FileMapping {
 public:
  explicit FileMapping(const std::string& path) {
    const FileDescriptor file(path);
    size_ = file.regular_file_size(path);
    if (size_ == 0) return;
    address_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (address_ == MAP_FAILED) {
      throw Error(Fault::open_failed, path, "the file cannot be mapped", errno);
    }
  }
  ~FileMapping() {
    if (size_ != 0) ::munmap(address_, size_);
  }
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;

  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(address_), size_};
  }

 private:
  void* address_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

void check_bytes(std::span<const std::byte> bytes, const std::string& path) {
  check_magic(bytes, path);
  const Reader reader(bytes, path);
  check_identification(reader, path);
  const Elf64_Ehdr header = read_header(reader, path);
  const auto headers =
      reader.read<Elf64_Phdr>(header.e_phoff, header.e_phnum, "the program header table");
  const auto entries = read_dynamic_entries(reader, headers, path);
  check_segments(reader, headers, path);
  check_end(reader, header);
  const Dynamic dynamic = read_dynamic(entries, path);
  check_tables(dynamic, path, [&](std::uint64_t address, std::uint64_t size) {
    return in_segment(headers, address, size);
  });
}

void check_file(const std::string& path) {
  const FileMapping mapping(path);
  check_bytes(mapping.bytes(), path);
}

}  // namespace greenify::elf
