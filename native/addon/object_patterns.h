#pragma once

#include <link.h>

#include <set>
#include <string>
#include <vector>

namespace greenify::addon {

// Objects by soname or file name, with the wildcards of fnmatch(3). Thread: one at a time.
class ObjectPatterns {
 public:
  void add(const std::vector<std::string>& patterns);
  bool match(const link_map* map) const;

 private:
  std::set<std::string> patterns_;
};

}  // namespace greenify::addon
