// The objects that the dynamic linker has mapped (of the base namespace).
#pragma once

#include <link.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "elf/image.h"  // object_path

namespace greenify::elf {

// Calls `visit` for each object in load order, the executable first, under the dynamic linker's
// lock: nothing is loaded or unloaded meanwhile. `visit` must not call dlopen(3) and its kin. An
// object that another thread is just loading may come up before it is relocated.
void visit_objects(const std::function<void(const link_map*)>& visit);

// The same as a list, without the lock: an object that another thread then unloads is gone.
std::vector<const link_map*> mapped_objects();

const link_map* executable();
bool is_executable(const link_map* map);

// DT_SONAME, or the file name where there is none.
std::string object_soname(const link_map* map);

// realpath(3), or the path as given where that fails.
std::string real_path(const std::string& path);

// nullptr where no mapped object matches.
const link_map* find_by_handle(void* dlopen_handle);
const link_map* find_by_path(const std::string& path);  // compared as realpath(3)
const link_map* find_by_soname(std::string_view soname);
const link_map* find_by_address(const void* address);  // in a segment of the object

// `root` and everything reachable through DT_NEEDED, breadth first, each once. Names that no mapped
// object answers to are passed over. Excluded objects are listed, but not followed.
std::vector<const link_map*> closure(const link_map* root);

// A library that objects need (DT_NEEDED), and that others use as well.
struct SharedObject {
  const link_map* map;
  // One of the others; nullptr where nobody else needs it, but somebody has opened it by dlopen(3):
  // it was mapped before all that need it.
  const link_map* needed_by;
};

struct Needed {
  std::vector<const link_map*> own;  // the roots, and what nobody else uses
  std::vector<SharedObject> shared;
};

// What `roots` need, directly or not, among the mapped objects. Who opens a library by dlopen(3)
// that was already mapped is not known.
Needed needed_by(const std::vector<const link_map*>& roots);

// Why an object with this soname is never redirected; empty where it may be.
std::string_view excluded_by_name(std::string_view soname);

// Why an object is never redirected; empty where it may be. `own_address` is any address in the
// object that does the redirecting.
std::string_view exclusion_reason(const link_map* map, const void* own_address);

}  // namespace greenify::elf
