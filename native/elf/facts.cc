#include "elf/facts.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_set>

#include "elf/error.h"
#include "elf/file_image.h"
#include "elf/file_mapping.h"
#include "elf/objects.h"
#include "elf/symbol_table.h"
#include "elf/system_calls.h"

namespace greenify::elf {
namespace {

std::string optional_string(const FileImage& image, Elf64_Sxword tag) {
  const auto offset = image.dynamic_value(tag);
  return offset ? image.string_at(*offset) : std::string();
}

std::vector<std::string> read_needed(const FileImage& image) {
  std::vector<std::string> names;
  for (const std::uint64_t offset : image.dynamic().needed) {
    names.push_back(image.string_at(offset));
  }
  return names;
}

bool has_flag(const FileImage& image, Elf64_Sxword tag, std::uint64_t flag) {
  return (image.dynamic_value(tag).value_or(0) & flag) != 0;
}

Relro read_relro(const FileImage& image) {
  const bool protected_ = std::ranges::any_of(
      image.program_headers(), [](const Elf64_Phdr& p) { return p.p_type == PT_GNU_RELRO; });
  if (!protected_) return Relro::none;
  const bool binds_now = image.dynamic_value(DT_BIND_NOW).has_value() ||
                         has_flag(image, DT_FLAGS, DF_BIND_NOW) ||
                         has_flag(image, DT_FLAGS_1, DF_1_NOW);
  return binds_now ? Relro::full : Relro::partial;
}

bool is_stripped(const FileImage& image) {
  const auto sections = image.section_headers();
  return std::ranges::find(sections, std::uint32_t{SHT_SYMTAB}, &Elf64_Shdr::sh_type) ==
         sections.end();
}

// Goes through a chain of version records, each of which says how far the next is (System V gABI
// and LSB, "Symbol Versioning"). Offsets grow, so the chain ends with the segment that holds it.
template <typename Record, typename Visit>
void follow_chain(const FileImage& image, std::uint64_t address, std::uint64_t count,
                  std::uint32_t Record::* next, Visit visit) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const Record record = image.at<Record>(address, 1)[0];
    visit(record, address);
    if (record.*next == 0) return;
    address += record.*next;
  }
}

std::vector<NeededVersion> read_needed_versions(const FileImage& image) {
  std::vector<NeededVersion> versions;
  const auto first = image.dynamic_value(DT_VERNEED);
  if (!first) return versions;
  const std::uint64_t count = image.dynamic_value(DT_VERNEEDNUM).value_or(0);
  follow_chain<Elf64_Verneed>(image, *first, count, &Elf64_Verneed::vn_next,
                              [&](const Elf64_Verneed& need, std::uint64_t address) {
                                follow_chain<Elf64_Vernaux>(
                                    image, address + need.vn_aux, need.vn_cnt,
                                    &Elf64_Vernaux::vna_next,
                                    [&](const Elf64_Vernaux& version, std::uint64_t) {
                                      if ((version.vna_flags & VER_FLG_WEAK) != 0) return;
                                      // Read anew each time, so that the copies are limited too.
                                      versions.push_back({image.string_at(need.vn_file),
                                                          image.string_at(version.vna_name)});
                                    });
                              });
  return versions;
}

std::vector<std::string> read_defined_versions(const FileImage& image) {
  std::vector<std::string> versions;
  const auto first = image.dynamic_value(DT_VERDEF);
  if (!first) return versions;
  const std::uint64_t count = image.dynamic_value(DT_VERDEFNUM).value_or(0);
  follow_chain<Elf64_Verdef>(image, *first, count, &Elf64_Verdef::vd_next,
                             [&](const Elf64_Verdef& definition, std::uint64_t address) {
                               if (definition.vd_cnt == 0) return;
                               const auto name =
                                   image.at<Elf64_Verdaux>(address + definition.vd_aux, 1)[0];
                               versions.push_back(image.string_at(name.vda_name));
                             });
  return versions;
}

class ImportReader {
 public:
  explicit ImportReader(const FileImage& image) : image_(image) {}

  void scan(std::uint64_t address, std::uint64_t size) {
    for (const Elf64_Rela& relocation : image_.at<Elf64_Rela>(address, size / sizeof(Elf64_Rela))) {
      scan(relocation);
    }
  }

  std::vector<Import> take() {
    std::vector<Import> imports;
    for (auto& [name, import] : imports_) imports.push_back(std::move(import));
    return imports;
  }

 private:
  void scan(const Elf64_Rela& relocation) {
    const auto kind = slot_kind(native_relocations(), ELF64_R_TYPE(relocation.r_info));
    if (!kind) return;
    if (*kind == SlotKind::absolute && relocation.r_addend != 0) return;
    const Elf64_Sym symbol = symbol_at(ELF64_R_SYM(relocation.r_info));
    if (!is_imported_function(symbol)) return;
    if (!slots_.insert(relocation.r_offset).second) return;
    const std::string name = image_.string_at(symbol.st_name);
    Import& import = imports_[name];
    import.name = name;
    import.slots++;
    if (std::ranges::find(import.kinds, *kind) == import.kinds.end()) import.kinds.push_back(*kind);
  }

  Elf64_Sym symbol_at(std::uint32_t index) const {
    const std::uint64_t address =
        image_.dynamic().symbols + std::uint64_t{index} * sizeof(Elf64_Sym);
    return image_.at<Elf64_Sym>(address, 1)[0];
  }

  const FileImage& image_;
  std::map<std::string, Import> imports_;
  std::unordered_set<std::uint64_t> slots_;  // a linker may list a relocation in both tables
};

std::vector<Import> read_imports(const FileImage& image) {
  ImportReader reader(image);
  const Dynamic& dynamic = image.dynamic();
  reader.scan(dynamic.plt_relocations, dynamic.plt_relocations_size);
  reader.scan(dynamic.relocations, dynamic.relocations_size);
  return reader.take();
}

// System V gABI, "Note Section": sizes of name and description, a type, then the two, each padded
// to four bytes.
void read_note_owners(std::span<const std::byte> notes, std::vector<std::string>& owners) {
  const auto padded = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data(), sizeof note);
    notes = notes.subspan(sizeof note);
    const std::size_t name_size = padded(note.n_namesz);
    if (name_size > notes.size()) return;
    const char* name = reinterpret_cast<const char*>(notes.data());
    std::string owner(name, ::strnlen(name, note.n_namesz));
    if (std::ranges::find(owners, owner) == owners.end()) owners.push_back(std::move(owner));
    notes = notes.subspan(std::min(notes.size(), name_size + padded(note.n_descsz)));
  }
}

std::vector<std::string> read_note_owners(const FileImage& image) {
  std::vector<std::string> owners;
  for (const Elf64_Phdr& segment : image.program_headers()) {
    if (segment.p_type != PT_NOTE) continue;
    read_note_owners(image.contents(segment), owners);
  }
  return owners;
}

}  // namespace

Facts inspect(const std::string& path, std::span<const std::string> wanted_symbols) {
  const FileMapping mapping(path);
  return inspect(mapping.bytes(), path, wanted_symbols);
}

Facts inspect(std::span<const std::byte> bytes, const std::string& path,
              std::span<const std::string> wanted_symbols) {
  const FileImage image(bytes, path);
  Facts facts;
  facts.soname = optional_string(image, DT_SONAME);
  facts.needed = read_needed(image);
  facts.rpath = optional_string(image, DT_RPATH);
  facts.runpath = optional_string(image, DT_RUNPATH);
  facts.no_default_libraries = has_flag(image, DT_FLAGS_1, DF_1_NODEFLIB);
  facts.needed_versions = read_needed_versions(image);
  facts.defined_versions = read_defined_versions(image);
  facts.imports = read_imports(image);
  facts.defined = find_defined(image, wanted_symbols);
  facts.relro = read_relro(image);
  facts.notes = read_note_owners(image);
  facts.stripped = is_stripped(image);
  facts.system_calls = find_system_calls(image);
  const std::string file_name = path.substr(path.rfind('/') + 1);
  facts.exclusion = excluded_by_name(facts.soname.empty() ? file_name : facts.soname);
  return facts;
}

}  // namespace greenify::elf
