#include "elf/protection.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "elf/error.h"

namespace greenify::elf {
namespace {

constexpr const char* maps_path = "/proc/self/maps";

// proc(5): "address-address perms offset dev inode pathname".
ProtectedRange parse_line(const char* line, const std::string& path) {
  ProtectedRange parsed{};
  char permissions[4];
  if (std::sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4c", &parsed.range.begin, &parsed.range.end,
                  permissions) != 3) {
    throw Error(Fault::protect_failed, path, std::string(maps_path) + " has an unknown format");
  }
  if (permissions[0] == 'r') parsed.protection |= PROT_READ;
  if (permissions[1] == 'w') parsed.protection |= PROT_WRITE;
  if (permissions[2] == 'x') parsed.protection |= PROT_EXEC;
  return parsed;
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_maps(const std::string& path) {
  File maps(std::fopen(maps_path, "re"), &std::fclose);
  if (maps == nullptr) {
    throw Error(Fault::protect_failed, path, std::string(maps_path) + " cannot be read", errno);
  }
  return maps;
}

// What getline(3) allocates; a path may be of any length.
struct Line {
  char* text = nullptr;
  std::size_t capacity = 0;

  ~Line() { std::free(text); }
};

std::uintptr_t page_size() {
  static const auto size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

AddressRange page_of(const std::uintptr_t* slot) {
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(slot) & ~(page_size() - 1);
  return {begin, begin + page_size()};
}

// 0, or the errno of mprotect(2).
int protect(const AddressRange& range, int protection) noexcept {
  const int result =
      ::mprotect(reinterpret_cast<void*>(range.begin), range.end - range.begin, protection);
  return result == 0 ? 0 : errno;
}

// Joined with its neighbour, so that as few mappings as possible are split on the way.
void append_page(std::vector<ProtectedRange>& pages, const AddressRange& page, int protection) {
  if (!pages.empty() && pages.back().range.end == page.begin &&
      pages.back().protection == protection) {
    pages.back().range.end = page.end;
    return;
  }
  pages.push_back({page, protection});
}

// `protections` and `slots` are both in address order.
std::vector<ProtectedRange> pages_to_open(std::span<std::uintptr_t* const> slots,
                                          std::span<const ProtectedRange> protections,
                                          const std::string& path) {
  std::vector<ProtectedRange> pages;
  auto mapping = protections.begin();
  for (const std::uintptr_t* slot : slots) {
    const AddressRange page = page_of(slot);
    if (!pages.empty() && page.begin < pages.back().range.end) continue;
    while (mapping != protections.end() && mapping->range.end <= page.begin) ++mapping;
    if (mapping == protections.end() || mapping->range.begin > page.begin) {
      throw Error(Fault::protect_failed, path, "a slot's page is not mapped");
    }
    if ((mapping->protection & PROT_WRITE) == 0) append_page(pages, page, mapping->protection);
  }
  return pages;
}

}  // namespace

// stdio, because the file may have tens of thousands of lines (two for each green thread's stack)
// and only those up to `within` are wanted.
std::vector<ProtectedRange> read_protections(const AddressRange& within, const std::string& path) {
  std::vector<ProtectedRange> found;
  const File maps = open_maps(path);
  Line line;
  while (::getline(&line.text, &line.capacity, maps.get()) >= 0) {
    const ProtectedRange mapping = parse_line(line.text, path);
    if (mapping.range.begin >= within.end) break;
    if (mapping.range.end > within.begin) found.push_back(mapping);
  }
  return found;
}

WritablePages::WritablePages(std::span<std::uintptr_t* const> slots, std::string path)
    : path_(std::move(path)) {
  if (slots.empty()) return;
  const AddressRange within{page_of(slots.front()).begin, page_of(slots.back()).end};
  pages_ = pages_to_open(slots, read_protections(within, path_), path_);
  try {
    reopen();
  } catch (const Error&) {
    close_quietly();  // no destructor runs for an object that was never constructed
    throw;
  }
}

WritablePages::~WritablePages() {
  close_quietly();
}

void WritablePages::reopen() {
  for (; open_ < pages_.size(); ++open_) {
    const ProtectedRange& page = pages_[open_];
    const int failed = protect(page.range, page.protection | PROT_WRITE);
    if (failed == 0) continue;
    throw Error(Fault::protect_failed, path_, "a page with slots cannot be made writable", failed);
  }
}

void WritablePages::restore() {
  for (; open_ > 0; --open_) {
    const ProtectedRange& page = pages_[open_ - 1];
    const int failed = protect(page.range, page.protection);
    if (failed == 0) continue;
    throw Error(Fault::protect_failed, path_,
                "a page with slots cannot be given back its protection", failed);
  }
}

void WritablePages::close_quietly() noexcept {
  for (; open_ > 0; --open_) protect(pages_[open_ - 1].range, pages_[open_ - 1].protection);
}

}  // namespace greenify::elf
