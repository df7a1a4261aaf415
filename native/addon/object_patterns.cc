#include "addon/object_patterns.h"

#include <fnmatch.h>

#include <algorithm>

#include "elf/objects.h"

namespace greenify::addon {

void ObjectPatterns::add(const std::vector<std::string>& patterns) {
  patterns_.insert(patterns.begin(), patterns.end());
}

bool ObjectPatterns::match(const link_map* map) const {
  if (patterns_.empty()) return false;
  const std::string soname = elf::object_soname(map);
  const std::string path = elf::object_path(map);
  const std::string file = path.substr(path.find_last_of('/') + 1);
  return std::ranges::any_of(patterns_, [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), soname.c_str(), 0) == 0 ||
           fnmatch(pattern.c_str(), file.c_str(), 0) == 0;
  });
}

}  // namespace greenify::addon
