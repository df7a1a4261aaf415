#include "elf/objects.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>

#include "elf/error.h"

namespace greenify::elf {
namespace {

using Visitor = std::function<void(const link_map*)>;

// dl_iterate_phdr(3) is called for its lock alone, which every change of the list takes.
int visit_list(dl_phdr_info*, std::size_t, void* visitor) {
  for (const link_map* map = _r_debug.r_map; map != nullptr; map = map->l_next) {
    (*static_cast<const Visitor*>(visitor))(map);
  }
  return 1;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

template <typename Predicate>
const link_map* find_if(Predicate matches) {
  const std::vector<const link_map*> objects = mapped_objects();
  const auto found = std::ranges::find_if(objects, matches);
  return found == objects.end() ? nullptr : *found;
}

struct Excluded {
  std::string_view stem;  // of the soname, up to ".so"
  std::string_view reason;
};

constexpr std::string_view c_library = "part of the C library: its functions are redirected whole";
constexpr std::string_view name_service =
    "a module of the C library's name service, which calls it with locks held";
constexpr std::string_view dynamic_linker = "the dynamic linker";
constexpr std::string_view runtime = "the compiler's runtime library";
constexpr std::string_view sanitizer =
    "a sanitizer's runtime library, which replaces libc's functions";
constexpr std::string_view kernel = "mapped by the kernel: it imports nothing";
constexpr std::string_view own = "greenify itself";

constexpr auto excluded_stems = std::to_array<Excluded>({
    {"libc", c_library},
    {"libm", c_library},
    {"libmvec", c_library},
    {"libpthread", c_library},
    {"libdl", c_library},
    {"librt", c_library},
    {"libutil", c_library},
    {"libanl", c_library},
    {"libresolv", c_library},
    {"libgcc_s", runtime},
    {"libstdc++", runtime},
    {"libatomic", runtime},
    {"libasan", sanitizer},
    {"liblsan", sanitizer},
    {"libtsan", sanitizer},
    {"libubsan", sanitizer},
    {"linux-vdso", kernel},
});

struct NamedObject {
  const link_map* map;
  std::string soname;
  std::string file;

  // As the dynamic linker matches a name in DT_NEEDED.
  bool answers_to(std::string_view needed) const {
    return soname == needed || file == needed || map->l_name == needed;
  }
};

std::vector<NamedObject> named_objects() {
  std::vector<NamedObject> named;
  for (const link_map* map : mapped_objects()) {
    named.push_back({map, object_soname(map), std::string(file_name(object_path(map)))});
  }
  return named;
}

void append_needed(const NamedObject& object, std::span<const NamedObject> mapped,
                   std::vector<const NamedObject*>& list) {
  const Image image(object.map);
  for (const std::string_view name : image.needed()) {
    const auto found = std::ranges::find_if(
        mapped, [name](const NamedObject& other) { return other.answers_to(name); });
    if (found == mapped.end() || std::ranges::find(list, &*found) != list.end()) continue;
    list.push_back(&*found);
  }
}

bool contains(const std::vector<const link_map*>& maps, const link_map* map) {
  return std::ranges::find(maps, map) != maps.end();
}

// Those of `own`, but no roots, that somebody has opened by dlopen(3) before they were needed: an
// object is appended to the dynamic linker's list when it is mapped, so what a DT_NEEDED has
// brought in stands behind the first that needs it.
std::vector<SharedObject> opened_ones(const std::vector<const link_map*>& own,
                                      const std::vector<const link_map*>& roots,
                                      std::span<const NamedObject> mapped) {
  std::vector<SharedObject> opened;
  std::vector<const NamedObject*> needed;  // by those that stand before
  for (const NamedObject& object : mapped) {
    const bool was_needed = std::ranges::find(needed, &object) != needed.end();
    if (!was_needed && contains(own, object.map) && !contains(roots, object.map))
      opened.push_back({object.map, nullptr});
    append_needed(object, mapped, needed);
  }
  return opened;
}

// One of `own`, but no root, that an object outside of `own` needs.
std::optional<SharedObject> shared_one(const std::vector<const link_map*>& own,
                                       const std::vector<const link_map*>& roots,
                                       std::span<const NamedObject> mapped) {
  for (const NamedObject& outside : mapped) {
    if (contains(own, outside.map)) continue;
    std::vector<const NamedObject*> list;
    append_needed(outside, mapped, list);
    for (const NamedObject* needed : list) {
      if (!contains(own, needed->map) || contains(roots, needed->map)) continue;
      return SharedObject{needed->map, outside.map};
    }
  }
  return std::nullopt;
}

}  // namespace

void visit_objects(const Visitor& visit) {
  dl_iterate_phdr(visit_list, const_cast<Visitor*>(&visit));
}

std::vector<const link_map*> mapped_objects() {
  std::vector<const link_map*> objects;
  visit_objects([&objects](const link_map* map) { objects.push_back(map); });
  return objects;
}

// The first of the base namespace, from before main until the process ends.
const link_map* executable() {
  return _r_debug.r_map;
}

bool is_executable(const link_map* map) {
  return map == executable();
}

std::string object_soname(const link_map* map) {
  try {
    const std::string_view soname = Image(map).soname();
    if (!soname.empty()) return std::string(soname);
  } catch (const Error&) {
    // An object that cannot be read goes by its file's name; redirecting it tells why.
  }
  return std::string(file_name(object_path(map)));
}

std::string real_path(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) == nullptr ? path : std::string(resolved);
}

const link_map* find_by_handle(void* dlopen_handle) {
  link_map* map = nullptr;
  return ::dlinfo(dlopen_handle, RTLD_DI_LINKMAP, &map) == 0 ? map : nullptr;
}

const link_map* find_by_path(const std::string& path) {
  const std::string wanted = real_path(path);
  return find_if([&](const link_map* map) { return real_path(object_path(map)) == wanted; });
}

const link_map* find_by_soname(std::string_view soname) {
  return find_if([&](const link_map* map) { return object_soname(map) == soname; });
}

const link_map* find_by_address(const void* address) {
  Dl_info info;
  void* map = nullptr;
  return ::dladdr1(address, &info, &map, RTLD_DL_LINKMAP) != 0 ? static_cast<link_map*>(map)
                                                               : nullptr;
}

std::vector<const link_map*> closure(const link_map* root) {
  const std::vector<NamedObject> mapped = named_objects();
  const auto start = std::ranges::find(mapped, root, &NamedObject::map);
  if (start == mapped.end()) {
    throw Error(Fault::not_loaded, "link map", "the dynamic linker lists no such object");
  }
  std::vector<const NamedObject*> list{&*start};
  for (std::size_t next = 0; next < list.size(); ++next) {
    if (excluded_by_name(list[next]->soname).empty()) append_needed(*list[next], mapped, list);
  }
  std::vector<const link_map*> maps;
  for (const NamedObject* object : list) maps.push_back(object->map);
  return maps;
}

Needed needed_by(const std::vector<const link_map*>& roots) {
  const std::vector<NamedObject> mapped = named_objects();
  Needed needed{roots, {}};
  for (const link_map* root : roots) {
    for (const link_map* map : closure(root)) {
      if (!contains(needed.own, map)) needed.own.push_back(map);
    }
  }
  needed.shared = opened_ones(needed.own, roots, mapped);
  for (const SharedObject& opened : needed.shared) std::erase(needed.own, opened.map);
  while (const std::optional<SharedObject> taken = shared_one(needed.own, roots, mapped)) {
    std::erase(needed.own, taken->map);
    needed.shared.push_back(*taken);
  }
  return needed;
}

std::string_view excluded_by_name(std::string_view soname) {
  const std::string_view stem = soname.substr(0, soname.find(".so"));
  if (stem.starts_with("ld-linux")) return dynamic_linker;
  if (stem.starts_with("libnss_")) return name_service;
  const auto found = std::ranges::find(excluded_stems, stem, &Excluded::stem);
  return found == excluded_stems.end() ? std::string_view() : found->reason;
}

std::string_view exclusion_reason(const link_map* map, const void* own_address) {
  if (map == find_by_address(own_address)) return own;
  return excluded_by_name(object_soname(map));
}

}  // namespace greenify::elf
