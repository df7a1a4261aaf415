#include "addon/sqlite_vfs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "calls/green_calls.h"
#include "elf/objects.h"
#include "elf/parts.h"

namespace greenify::addon::sqlite_vfs {
namespace {

using Function = void (*)();
using Sleep = int (*)(void* vfs, int microseconds);

// sqlite3.h, struct sqlite3_vfs; members are only ever added behind these.
struct Vfs {
  int version;
  int file_size;
  int longest_path;
  Vfs* next;
  const char* name;
  void* data;
  std::array<Function, 9> before_sleep;  // xOpen … xRandomness
  Sleep sleep;
};

constexpr int kNewestVersion = 3;
constexpr int kLongestPath = 512;  // os_unix.c, MAX_PATHNAME

// os_unix.c: those that Linux has, all of which sleep with the same function.
constexpr std::array<std::string_view, 4> kNames{"unix", "unix-none", "unix-dotfile", "unix-excl"};

std::atomic<Sleep> original_sleep = nullptr;

// Gives, as SQLite's own, how long it has slept.
int green_sleep(void* vfs, int microseconds) {
  constexpr int64_t kNsPerMicrosecond = 1'000;
  if (calls::sleep_if_green(microseconds * kNsPerMicrosecond)) return microseconds;
  return original_sleep.load(std::memory_order_relaxed)(vfs, microseconds);
}

template <class Pointer>
uintptr_t address_of(Pointer pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

bool has_known_name(const Vfs& vfs, const elf::Parts& parts) {
  constexpr size_t kLongestName = sizeof "unix-dotfile";
  if (!elf::any_holds(parts.readable, address_of(vfs.name), kLongestName)) return false;
  return std::ranges::find(kNames, std::string_view(vfs.name)) != kNames.end();
}

bool is_vfs(const Vfs& vfs, const elf::Parts& parts) {
  if (vfs.version < 1 || vfs.version > kNewestVersion || vfs.longest_path != kLongestPath)
    return false;
  const auto is_code = [&](auto function) {
    return elf::any_holds(parts.executable, address_of(function), 1);
  };
  const auto is_code_or_left_out = [&](Function function) {
    return function == nullptr || is_code(function);
  };
  return has_known_name(vfs, parts) && is_code(vfs.sleep) &&
         std::ranges::all_of(vfs.before_sleep, is_code_or_left_out);
}

std::vector<Vfs*> find_in(const elf::AddressRange& range, const elf::Parts& parts) {
  std::vector<Vfs*> found;
  constexpr uintptr_t kAlignment = alignof(Vfs);
  uintptr_t place = (range.begin + kAlignment - 1) & ~(kAlignment - 1);
  for (; range.holds(place, sizeof(Vfs)); place += kAlignment) {
    auto* const vfs = reinterpret_cast<Vfs*>(place);
    if (is_vfs(*vfs, parts)) found.push_back(vfs);
  }
  return found;
}

std::vector<Vfs*> find_all() {
  const elf::Parts parts = elf::parts_of(elf::executable()->l_addr);
  std::vector<Vfs*> found;
  for (const elf::AddressRange& range : parts.writable) {
    const std::vector<Vfs*> in_range = find_in(range, parts);
    found.insert(found.end(), in_range.begin(), in_range.end());
  }
  return found;
}

}  // namespace

void redirect_sleep() {
  if (is_redirected()) return;
  const std::vector<Vfs*> found = find_all();
  const auto sleeps_otherwise = [&](const Vfs* vfs) { return vfs->sleep != found[0]->sleep; };
  // Anything else than those four is no SQLite that this was written for.
  if (found.size() != kNames.size() || std::ranges::any_of(found, sleeps_otherwise)) return;
  original_sleep = found[0]->sleep;
  for (Vfs* vfs : found) std::atomic_ref(vfs->sleep).store(green_sleep);
}

bool is_redirected() {
  return original_sleep.load(std::memory_order_relaxed) != nullptr;
}

}  // namespace greenify::addon::sqlite_vfs
