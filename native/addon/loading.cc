#include "addon/loading.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "addon/redirector.h"
#include "calls/pages.h"
#include "calls/table.h"
#include "elf/objects.h"
#include "green/thread.h"

extern "C" {
// dlsym_<architecture>.S: asks greenify_find_green, and jumps to the original where that knows
// nothing. A jump: RTLD_NEXT and RTLD_DEFAULT depend on who calls.
[[gnu::visibility("hidden")]] void* greenify_dlsym(void* handle, const char* name);
[[gnu::visibility("hidden")]] void* (*greenify_original_dlsym)(void*, const char*) = nullptr;
[[gnu::visibility("hidden")]] void* greenify_find_green(void* handle, const char* name);
}

namespace greenify::addon {
namespace {

struct {
  void* (*dlopen)(const char*, int);
  void* (*dlmopen)(Lmid_t, const char*, int);
  int (*dlclose)(void*);
} original_dl;

// dlmopen(3): another namespace has a libc of its own, with an errno and locks of its own, that the
// green functions know nothing of. What is opened there stays as it is.
bool is_in_base_namespace(void* handle) {
  Lmid_t space = LM_ID_NEWLM;
  return dlinfo(handle, RTLD_DI_LMID, &space) == 0 && space == LM_ID_BASE;
}

// Constructors run inside the original, under the dynamic linker's lock: nothing is suspended
// there.
template <class Open>
void* open_and_redirect(const void* caller, Open open) {
  const std::vector<const link_map*> before = elf::mapped_objects();
  void* handle;
  {
    const green::NoYieldZone constructors;
    handle = open();
  }
  if (handle == nullptr || !is_in_base_namespace(handle)) return handle;
  const link_map* map = elf::find_by_handle(handle);
  if (map == nullptr || elf::is_executable(map)) return handle;
  const bool was_mapped = std::ranges::find(before, map) != before.end();
  Redirector::instance().loaded(map, elf::find_by_address(caller), was_mapped);
  return handle;
}

bool is_loaded(const char* name) {
  void* handle = original_dl.dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) {
    dlerror();
    return false;
  }
  original_dl.dlclose(handle);
  return true;
}

// dlopen(3) looks for a bare name where the *calling* object says (RPATH, RUNPATH), and the caller
// is now us: gives what would have been found there, or the name itself. dlinfo(3),
// RTLD_DI_SERINFO: a link_map is a handle, and its search path comes in order, the defaults last.
std::string found_for(const void* caller, const char* name) {
  const link_map* object = elf::find_by_address(caller);
  if (object == nullptr || std::strchr(name, '/') != nullptr || is_loaded(name)) return name;
  void* handle = const_cast<link_map*>(object);
  Dl_serinfo size{};
  if (dlinfo(handle, RTLD_DI_SERINFOSIZE, &size) != 0) return name;
  std::vector<char> storage(size.dls_size);
  auto* paths = reinterpret_cast<Dl_serinfo*>(storage.data());
  *paths = size;
  if (dlinfo(handle, RTLD_DI_SERINFO, paths) != 0) return name;
  for (unsigned i = 0; i < paths->dls_cnt; i++) {
    const std::string candidate = std::string(paths->dls_serpath[i].dls_name) + "/" + name;
    if (access(candidate.c_str(), R_OK) == 0) return candidate;
  }
  return name;
}

void* green_dlopen(const char* path, int flags) {
  if (path == nullptr) return original_dl.dlopen(path, flags);
  const void* caller = __builtin_return_address(0);
  const std::string found = found_for(caller, path);
  return open_and_redirect(caller, [&] { return original_dl.dlopen(found.c_str(), flags); });
}

void* green_dlmopen(Lmid_t space, const char* path, int flags) {
  return open_and_redirect(__builtin_return_address(0),
                           [&] { return original_dl.dlmopen(space, path, flags); });
}

int green_dlclose(void* handle) {
  const int result = original_dl.dlclose(handle);
  Redirector::instance().unloaded();
  return result;
}

// Whether `found`, what dlsym(3) gives for a row's name, is libc's own function: also by way of the
// executable's PLT entry, which is the address everybody gets where the executable takes it (Node
// 22, 24).
bool is_libcs_own(const void* found, const calls::Row& row) {
  return found == *row.original || elf::find_by_address(found) == elf::executable();
}

template <class Function>
elf::Rule rule(const char* name, Function* replacement) {
  return {name, reinterpret_cast<void*>(replacement)};
}

}  // namespace

void load_dl_originals() {
  // glibc before 2.34 has them in libdl.so.2.
  for (const char* library : {"libc.so.6", "libdl.so.2"}) {
    void* handle = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
    if (handle == nullptr || original_dl.dlopen != nullptr) continue;
    const auto look_up = [handle](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    };
    look_up(original_dl.dlopen, "dlopen");
    look_up(original_dl.dlmopen, "dlmopen");
    look_up(original_dl.dlclose, "dlclose");
    look_up(greenify_original_dlsym, "dlsym");
  }
  if (original_dl.dlopen == nullptr) throw std::runtime_error("libc has no dlopen");
}

std::span<const elf::Rule> executable_loading_rules() {
  static const elf::Rule rules[] = {rule("dlopen", green_dlopen), rule("dlclose", green_dlclose)};
  return rules;
}

std::span<const LoadingRow> loading_rows() {
  static const LoadingRow rows[] = {
      {"dlopen", reinterpret_cast<void*>(green_dlopen), &calls::kDlopen},
      {"dlmopen", reinterpret_cast<void*>(green_dlmopen), &calls::kDlmopen},
      {"dlclose", reinterpret_cast<void*>(green_dlclose), &calls::kDlclose},
      {"dlsym", reinterpret_cast<void*>(greenify_dlsym), &calls::kDlsym}};
  return rows;
}

}  // namespace greenify::addon

// The green version of a function that a patched object looks up by name; nullptr where there is
// none, or where the name means something else than libc's function.
void* greenify_find_green(void* handle, const char* name) {
  using namespace greenify::addon;
  if (name == nullptr) return nullptr;
  const greenify::calls::Row* row = greenify::calls::row_named(name);
  if (row == nullptr || !Redirector::instance().is_enabled(*row)) return nullptr;
  void* const wanted = handle == RTLD_NEXT ? RTLD_DEFAULT : handle;
  void* const plain = greenify_original_dlsym(wanted, name);
  return plain != nullptr && is_libcs_own(plain, *row) ? row->replacement : nullptr;
}
