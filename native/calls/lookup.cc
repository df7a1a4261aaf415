#include <unordered_map>

#include "calls/table.h"

namespace greenify::calls {

const Row* row_named(std::string_view name) {
  static const auto& by_name = *[] {
    auto* rows = new std::unordered_map<std::string_view, const Row*>;
    for (const Row& row : calls::rows()) rows->emplace(row.name, &row);
    return rows;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace greenify::calls
