#include "fuzz/mutator.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <random>
#include <vector>

// libFuzzer's own mutations of bytes.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t limit);

namespace greenify::fuzz {
namespace {

constexpr std::size_t entry_limit = 128;   // of program headers and of the dynamic section
constexpr std::size_t record_limit = 128;  // of a table

struct Field {
  std::size_t offset;
  std::size_t width;
};

// What a table consists of: records of one size.
struct Layout {
  std::size_t size;
  std::initializer_list<Field> fields;
};

constexpr Layout file_header{sizeof(Elf64_Ehdr),
                             {{offsetof(Elf64_Ehdr, e_phoff), 8},
                              {offsetof(Elf64_Ehdr, e_phnum), 2},
                              {offsetof(Elf64_Ehdr, e_shoff), 8},
                              {offsetof(Elf64_Ehdr, e_shnum), 2},
                              {offsetof(Elf64_Ehdr, e_shentsize), 2},
                              {offsetof(Elf64_Ehdr, e_phentsize), 2},
                              {offsetof(Elf64_Ehdr, e_type), 2},
                              {offsetof(Elf64_Ehdr, e_machine), 2},
                              {EI_CLASS, 1},
                              {EI_DATA, 1},
                              {EI_VERSION, 1}}};
constexpr Layout program_header{sizeof(Elf64_Phdr),
                                {{offsetof(Elf64_Phdr, p_type), 4},
                                 {offsetof(Elf64_Phdr, p_flags), 4},
                                 {offsetof(Elf64_Phdr, p_offset), 8},
                                 {offsetof(Elf64_Phdr, p_vaddr), 8},
                                 {offsetof(Elf64_Phdr, p_filesz), 8},
                                 {offsetof(Elf64_Phdr, p_memsz), 8}}};
constexpr Layout dynamic_entry{sizeof(Elf64_Dyn), {{0, 8}, {8, 8}}};
constexpr Layout symbol{sizeof(Elf64_Sym),
                        {{0, 4}, {offsetof(Elf64_Sym, st_info), 1}, {6, 2}, {8, 8}, {16, 8}}};
constexpr Layout relocation{sizeof(Elf64_Rela), {{0, 8}, {8, 4}, {12, 4}, {16, 8}}};
// Headers, buckets and chains of hash tables; versions, whose records have fields of 2 and 4 bytes.
constexpr Layout words{4, {{0, 4}, {0, 2}, {2, 2}}};
constexpr Layout characters{1, {{0, 1}}};

const Layout* layout_of(std::int64_t tag) {
  switch (tag) {
    case DT_SYMTAB:
      return &symbol;
    case DT_RELA:
    case DT_JMPREL:
      return &relocation;
    case DT_HASH:
    case DT_GNU_HASH:
    case DT_VERNEED:
    case DT_VERDEF:
      return &words;
    case DT_STRTAB:
      return &characters;
    default:
      return nullptr;
  }
}

constexpr auto known_tags = std::initializer_list<std::uint64_t>{
    DT_NULL,   DT_NEEDED,  DT_PLTRELSZ, DT_HASH,    DT_STRTAB,     DT_SYMTAB, DT_RELA,
    DT_RELASZ, DT_RELAENT, DT_STRSZ,    DT_SYMENT,  DT_SONAME,     DT_RPATH,  DT_REL,
    DT_PLTREL, DT_JMPREL,  DT_BIND_NOW, DT_RUNPATH, DT_FLAGS,      DT_VERDEF, DT_VERDEFNUM,
    DT_RELR,   DT_VERNEED, DT_GNU_HASH, DT_FLAGS_1, DT_VERNEEDNUM,
};
constexpr auto known_segments =
    std::initializer_list<std::uint64_t>{PT_NULL, PT_LOAD, PT_DYNAMIC, PT_GNU_RELRO, PT_TLS};

class ElfMutator {
 public:
  ElfMutator(std::span<std::uint8_t> memory, std::size_t size, unsigned seed)
      : memory_(memory), size_(size), random_(seed) {}

  std::size_t mutate() {
    read_structure();
    // Several at once now and then: some checks take two changes to get by.
    do mutate_once();
    while (one_in(3));
    return size_;
  }

 private:
  void mutate_once() {
    switch (below(16)) {
      case 0:
        return change_field(0, file_header);
      case 1:
      case 2:
      case 3:
        return change_record(headers_at_, header_count_, program_header);
      case 4:
      case 5:
      case 6:
        return change_record(dynamic_at_, dynamic_count_, dynamic_entry);
      case 7:
        return change_kind();
      case 8:
        return copy_record();
      case 9:
        return resize();
      case 10:
        return mutate_bytes();
      case 11:
        return move_table();
      default:
        return change_table();
    }
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool one_in(unsigned count) { return below(count) == 0; }
  template <typename T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

  std::uint64_t load(std::size_t at, std::size_t width) const {
    std::uint64_t value = 0;
    if (at <= size_ && width <= size_ - at) std::memcpy(&value, memory_.data() + at, width);
    return value;
  }
  void store(std::size_t at, std::size_t width, std::uint64_t value) {
    if (at <= size_ && width <= size_ - at) std::memcpy(memory_.data() + at, &value, width);
  }

  void read_structure() {
    headers_at_ = load(offsetof(Elf64_Ehdr, e_phoff), 8);
    header_count_ = std::min(load(offsetof(Elf64_Ehdr, e_phnum), 2), entry_limit);
    for (std::size_t i = 0; i < header_count_; ++i) {
      const std::size_t at = headers_at_ + i * sizeof(Elf64_Phdr);
      if (load(at, 4) != PT_DYNAMIC) continue;
      dynamic_at_ = load(at + offsetof(Elf64_Phdr, p_offset), 8);
      const std::uint64_t size = load(at + offsetof(Elf64_Phdr, p_filesz), 8);
      dynamic_count_ = std::min(size / sizeof(Elf64_Dyn), entry_limit);
    }
  }

  std::optional<std::size_t> offset_of(std::uint64_t address) const {
    for (std::size_t i = 0; i < header_count_; ++i) {
      const std::size_t at = headers_at_ + i * sizeof(Elf64_Phdr);
      const std::uint64_t begin = load(at + offsetof(Elf64_Phdr, p_vaddr), 8);
      const std::uint64_t size = load(at + offsetof(Elf64_Phdr, p_filesz), 8);
      if (load(at, 4) != PT_LOAD || address < begin || address - begin >= size) continue;
      return load(at + offsetof(Elf64_Phdr, p_offset), 8) + (address - begin);
    }
    return std::nullopt;
  }

  // At the limits of what is checked, and near to what other fields say.
  std::uint64_t new_value(std::uint64_t old) {
    const std::uint64_t step = one_of<std::uint64_t>({1, 4, 8, 16, 24, 56, 4096});
    switch (below(9)) {
      case 0:
        return one_of<std::uint64_t>({0, 1, 2, 8, 0x7fffffff, 0xffffffff, 1ull << 63, ~0ull});
      case 1:
        return size_ - below(64);
      case 2:
        return ~0ull - below(64);
      case 3:
        return old + step;
      case 4:
        return old - step;
      case 5:
        return old ^ 1ull << below(64);
      case 6:
        return below(size_ + 1);
      case 7:
        return load(dynamic_at_ + below(dynamic_count_ + 1) * sizeof(Elf64_Dyn) + 8, 8);
      default:
        return below(256);
    }
  }

  void change_field(std::size_t at, const Layout& layout) {
    const Field& field = layout.fields.begin()[below(layout.fields.size())];
    store(at + field.offset, field.width, new_value(load(at + field.offset, field.width)));
  }

  void change_record(std::size_t table, std::size_t count, const Layout& layout) {
    if (count != 0) change_field(table + below(count) * layout.size, layout);
  }

  // A program header's or a dynamic entry's, to another that means something.
  void change_kind() {
    if (one_in(3) && header_count_ != 0) {
      const std::size_t at = headers_at_ + below(header_count_) * sizeof(Elf64_Phdr);
      return store(at, 4, one_of(known_segments));
    }
    if (dynamic_count_ == 0) return;
    store(dynamic_at_ + below(dynamic_count_) * sizeof(Elf64_Dyn), 8, one_of(known_tags));
  }

  void copy_record() {
    const bool of_dynamic = one_in(2);
    const std::size_t table = of_dynamic ? dynamic_at_ : headers_at_;
    const std::size_t count = of_dynamic ? dynamic_count_ : header_count_;
    const std::size_t size = of_dynamic ? sizeof(Elf64_Dyn) : sizeof(Elf64_Phdr);
    if (count == 0) return;
    const std::size_t from = table + below(count) * size;
    const std::size_t to = table + below(count) * size;
    for (std::size_t i = 0; i < size; i += 8) store(to + i, 8, load(from + i, 8));
  }

  // One that the dynamic section points to.
  struct Table {
    std::size_t entry;  // of the dynamic section
    std::size_t offset;
    const Layout* layout;
  };

  std::optional<Table> choose_table() {
    const std::size_t first = dynamic_count_ == 0 ? 0 : below(dynamic_count_);
    for (std::size_t i = 0; i < dynamic_count_; ++i) {
      const std::size_t entry = dynamic_at_ + (first + i) % dynamic_count_ * sizeof(Elf64_Dyn);
      const Layout* layout = layout_of(static_cast<std::int64_t>(load(entry, 8)));
      const auto offset = layout != nullptr ? offset_of(load(entry + 8, 8)) : std::nullopt;
      if (offset && *offset < size_) return Table{entry, *offset, layout};
    }
    return std::nullopt;
  }

  void change_table() {
    if (const auto table = choose_table()) {
      change_record(table->offset, record_limit, *table->layout);
    }
  }

  // To the end of the file, where reading one byte too far is noticed.
  void move_table() {
    const auto table = choose_table();
    const auto last = last_segment();
    if (!table || !last) return;
    const std::size_t at = std::min((size_ + 7) / 8 * 8, memory_.size());
    const std::size_t length = std::min(
        {below(record_limit) * table->layout->size, size_ - table->offset, memory_.size() - at});
    std::memset(memory_.data() + size_, 0, at - size_);
    std::memmove(memory_.data() + at, memory_.data() + table->offset, length);
    size_ = at + length;
    const std::uint64_t begin = load(*last + offsetof(Elf64_Phdr, p_offset), 8);
    store(*last + offsetof(Elf64_Phdr, p_filesz), 8, size_ - begin);
    store(*last + offsetof(Elf64_Phdr, p_memsz), 8, size_ - begin);
    const std::uint64_t address = load(*last + offsetof(Elf64_Phdr, p_vaddr), 8) + at - begin;
    store(table->entry + 8, 8, address);
    set_size(load(table->entry, 8), length);
  }

  // The program header of the segment that begins last in the file.
  std::optional<std::size_t> last_segment() const {
    std::optional<std::size_t> last;
    std::uint64_t last_begin = 0;
    for (std::size_t i = 0; i < header_count_; ++i) {
      const std::size_t at = headers_at_ + i * sizeof(Elf64_Phdr);
      const std::uint64_t begin = load(at + offsetof(Elf64_Phdr, p_offset), 8);
      if (load(at, 4) != PT_LOAD || begin < last_begin || begin > size_) continue;
      last = at;
      last_begin = begin;
    }
    return last;
  }

  // What the dynamic section says of a table's size.
  void set_size(std::uint64_t table_tag, std::uint64_t size) {
    const std::uint64_t tag = table_tag == DT_STRTAB   ? DT_STRSZ
                              : table_tag == DT_RELA   ? DT_RELASZ
                              : table_tag == DT_JMPREL ? DT_PLTRELSZ
                                                       : DT_NULL;
    for (std::size_t i = 0; tag != DT_NULL && i < dynamic_count_; ++i) {
      const std::size_t entry = dynamic_at_ + i * sizeof(Elf64_Dyn);
      if (load(entry, 8) == tag) store(entry + 8, 8, size);
    }
  }

  void resize() {
    const std::size_t size =
        one_in(2) ? below(memory_.size() + 1) : std::min(size_ + below(64), memory_.size());
    if (size > size_) std::memset(memory_.data() + size_, 0, size - size_);
    size_ = std::max<std::size_t>(size, 1);
  }

  // Of a short part, whose size stays.
  void mutate_bytes() {
    if (size_ == 0) return;
    const std::size_t at = below(size_);
    const std::size_t size = std::min<std::size_t>(size_ - at, 1 + below(32));
    LLVMFuzzerMutate(memory_.data() + at, size, size);
  }

  std::span<std::uint8_t> memory_;
  std::size_t size_;
  std::minstd_rand random_;
  std::size_t headers_at_ = 0;
  std::size_t header_count_ = 0;
  std::size_t dynamic_at_ = 0;
  std::size_t dynamic_count_ = 0;
};

}  // namespace

std::size_t mutate_elf(std::span<std::uint8_t> memory, std::size_t size, unsigned seed) {
  return ElfMutator(memory, size, seed).mutate();
}

}  // namespace greenify::fuzz
