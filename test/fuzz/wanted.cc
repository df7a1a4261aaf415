#include "fuzz/wanted.h"

#include <array>

namespace greenify::fuzz {

std::span<const std::string> wanted_names() {
  static const auto names = std::to_array<std::string>(
      {"read", "write", "poll", "recv", "malloc", "free", "node_module_register", "napi_register"});
  return names;
}

}  // namespace greenify::fuzz
