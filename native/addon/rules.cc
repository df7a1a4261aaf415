#include "addon/rules.h"

#include <dlfcn.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "addon/curl_locale.h"
#include "addon/koffi_hooks.h"
#include "addon/loading.h"
#include "addon/nested_loop.h"
#include "elf/objects.h"
#include "node/napi_scopes.h"

namespace greenify::addon {
namespace {

using elf::Rule;

const Rule kCommonRules[] = {
    {"uv_run", reinterpret_cast<void*>(refuse_nested_run)},
    {"napi_open_handle_scope", reinterpret_cast<void*>(node::green_napi_open_handle_scope)},
    {"napi_close_handle_scope", reinterpret_cast<void*>(node::green_napi_close_handle_scope)},
    {"napi_open_escapable_handle_scope",
     reinterpret_cast<void*>(node::green_napi_open_escapable_handle_scope)},
    {"napi_close_escapable_handle_scope",
     reinterpret_cast<void*>(node::green_napi_close_escapable_handle_scope)},
    {"napi_escape_handle", reinterpret_cast<void*>(node::green_napi_escape_handle)},
    {"napi_open_callback_scope", reinterpret_cast<void*>(node::green_napi_open_callback_scope)},
    {"napi_close_callback_scope", reinterpret_cast<void*>(node::green_napi_close_callback_scope)},
};

const void* own_address() {
  return reinterpret_cast<const void*>(&kCommonRules);
}

// A preloaded allocator takes its locks for a moment only, and the green locks themselves allocate.
bool is_allocator(const link_map* map) {
  return map == elf::find_by_address(dlsym(RTLD_DEFAULT, "malloc"));
}

}  // namespace

std::span<const Rule> common_rules() {
  return kCommonRules;
}

const std::vector<const link_map*>& node_objects() {
  static const std::vector<const link_map*>& objects = *[] {
    auto* found = new std::vector<const link_map*>{elf::executable()};
    for (const char* name : {"uv_run", "node_module_register"}) {
      const link_map* map = elf::find_by_address(dlsym(RTLD_DEFAULT, name));
      if (map != nullptr && std::ranges::find(*found, map) == found->end()) found->push_back(map);
    }
    return found;
  }();
  return objects;
}

bool is_node(const link_map* map) {
  return std::ranges::find(node_objects(), map) != node_objects().end();
}

std::string library_exclusion_of(const link_map* map) {
  const std::string_view reason = elf::exclusion_reason(map, own_address());
  if (reason.empty() && is_allocator(map)) return "the allocator: green locks allocate themselves";
  return std::string(reason);
}

std::string exclusion_of(const link_map* map) {
  return is_node(map) ? "Node itself: an allow-list of its calls is redirected, and nothing else"
                      : library_exclusion_of(map);
}

// Locks come with every family: while one green thread waits inside a library that holds a lock,
// others may want it.
bool is_wanted(const calls::Row& row, Families families) {
  const Families asked = bit_of(row.family) | bit_of(row.also);
  return (families & asked) != 0 || row.family == calls::Family::lock;
}

std::vector<Rule> rules_for(const link_map* map, Families families) {
  std::vector<Rule> rules;
  for (const auto own_rules : {koffi::rules_for(map), curl_locale::rules_for(map)})
    rules.insert(rules.end(), own_rules.begin(), own_rules.end());
  rules.insert(rules.end(), std::begin(kCommonRules), std::end(kCommonRules));
  for (const LoadingRow& row : loading_rows()) rules.push_back({row.name, row.replacement});
  for (const calls::Row& row : calls::rows()) {
    if (is_wanted(row, families) && *row.original != nullptr)
      rules.push_back({row.name, row.replacement});
  }
  return rules;
}

}  // namespace greenify::addon
