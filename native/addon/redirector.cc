#include "addon/redirector.h"

#include <dlfcn.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <utility>

#include "addon/koffi_hooks.h"
#include "addon/loading.h"
#include "addon/nested_loop.h"
#include "calls/executable.h"
#include "elf/error.h"
#include "elf/library.h"
#include "elf/objects.h"
#include "elf/slots.h"
#include "green/thread.h"
#include "node/napi_scopes.h"

namespace greenify::addon {
namespace {

using elf::Rule;

// What every patched object gets, whatever the families: its Node-API scopes may close out of
// order, and it must not run the environment's loop on a green stack.
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

// The node executable, and where libuv and Node's own code are shared libraries, those.
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

bool is_redirectable(const link_map* map) {
  return !is_node(map) && !is_allocator(map) && elf::exclusion_reason(map, own_address()).empty();
}

// Locks come with every family: while one green thread waits inside a library that holds a lock,
// others may want it.
bool wanted(const calls::Row& row, Families families) {
  const Families asked = bit_of(row.family) | bit_of(row.also);
  return (families & asked) != 0 || row.family == calls::Family::lock;
}

const calls::Row* row_named(const std::string& name) {
  const auto rows = calls::rows();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const calls::Row& r) { return name == r.name; });
  return row == rows.end() ? nullptr : &*row;
}

FunctionReport describe(const std::string& name, size_t slots) {
  const calls::Row* row = row_named(name);
  if (row == nullptr) return {name, "", "guard", slots};
  return {name, calls::name_of(row->family), calls::name_of(row->strategy), slots};
}

std::vector<Rule> rules_for(Families families) {
  std::vector<Rule> rules(std::begin(kCommonRules), std::end(kCommonRules));
  for (const LoadingRow& row : loading_rows()) rules.push_back({row.name, row.replacement});
  for (const calls::Row& row : calls::rows()) {
    if (wanted(row, families) && *row.original != nullptr)
      rules.push_back({row.name, row.replacement});
  }
  return rules;
}

// Whether the soname or the file name of an object is like one of `patterns`, fnmatch(3).
bool is_like_one_of(const std::set<std::string>& patterns, const link_map* map) {
  if (patterns.empty()) return false;
  const std::string soname = elf::object_soname(map);
  const std::string path = elf::object_path(map);
  const std::string file = path.substr(path.find_last_of('/') + 1);
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), soname.c_str(), 0) == 0 ||
           fnmatch(pattern.c_str(), file.c_str(), 0) == 0;
  });
}

const link_map* find_mapped(const std::string& path_or_soname) {
  const bool is_path = path_or_soname.find('/') != std::string::npos;
  return is_path ? elf::find_by_path(path_or_soname) : elf::find_by_soname(path_or_soname);
}

}  // namespace

struct Redirector::Library {
  std::string path;
  elf::Library open;
};

// Never destroyed: slots that point here outlive every destructor.
Redirector& Redirector::instance() {
  static Redirector& redirector = *new Redirector;
  return redirector;
}

ObjectReport Redirector::redirect(const link_map* map, Families families) {
  ObjectReport report{elf::object_path(map), elf::object_soname(map), {}, {}};
  std::vector<Rule> rules = rules_for(families);
  const auto koffi_rules = koffi::rules_for(map);
  rules.insert(rules.begin(), koffi_rules.begin(), koffi_rules.end());
  for (const elf::SlotReport& slot : journal_.redirect(map, rules)) {
    if (slot.absent()) continue;
    report.functions.push_back(describe(slot.name, slot.redirected + slot.already));
    if (slot.unaligned > 0) report.unaligned.push_back(slot.name);
  }
  return report;
}

void Redirector::redirect_executable(Families families) {
  std::vector<Rule> rules;
  for (const calls::ExecutableRow& allowed : calls::executable_rows()) {
    if ((families & (bit_of(allowed.family) | bit_of(allowed.also))) == 0) continue;
    rules.push_back({allowed.name, allowed.replacement});
  }
  if (rules.empty()) return;
  for (const link_map* map : node_objects()) journal_.redirect(map, rules);
}

void Redirector::hook_loading() {
  if (loading_hooked_) return;
  load_dl_originals();
  bool found = false;
  for (const link_map* map : node_objects()) {
    found |= !journal_.redirect(map, executable_loading_rules()).front().absent();
  }
  if (!found) {
    throw elf::Error(
        elf::Fault::malformed, elf::object_path(elf::executable()),
        "this build of Node does not import dlopen, so addons loaded later cannot be redirected", 0,
        "dlopen");
  }
  loading_hooked_ = true;
}

std::vector<ObjectReport> Redirector::enable(Families families) {
  const std::lock_guard lock(mutex_);
  journal_.forget_unmapped();
  hook_loading();
  families_ |= families;
  redirect_executable(families_);
  std::vector<ObjectReport> reports;
  for (const link_map* map : elf::mapped_objects()) {
    if (!may_redirect(map)) continue;
    ObjectReport report = redirect(map, families_of(map));
    if (!report.functions.empty()) reports.push_back(std::move(report));
  }
  return reports;
}

Families Redirector::enabled() const {
  const std::lock_guard lock(mutex_);
  return families_;
}

void Redirector::loaded(const link_map* root, const link_map* opener, bool was_mapped) {
  const std::lock_guard lock(mutex_);
  journal_.forget_unmapped();
  const Scope* scope = scope_of(root);
  // What was there before belongs to others too.
  if (scope == nullptr && opener != nullptr && !was_mapped) scope = scope_of(opener);
  if (scope != nullptr) extend_scope({root}, *scope);
  for (const link_map* map : elf::closure(root)) {
    const Families families = families_of(map);
    if (families == 0 || !may_redirect(map)) continue;
    try {
      redirect(map, families);
    } catch (const elf::Error&) {
      // dlopen(3) must not fail for it; the object stays as it is, and reports say so.
    }
  }
}

bool Redirector::may_redirect(const link_map* map) const {
  return is_redirectable(map) && !is_like_one_of(excluded_, map);
}

const Redirector::Scope* Redirector::scope_of(const link_map* map) const {
  if (scopes_.empty()) return nullptr;
  const auto found = scopes_.find(elf::real_path(elf::object_path(map)));
  return found == scopes_.end() ? nullptr : &found->second;
}

Families Redirector::families_of(const link_map* map) const {
  const Scope* scope = scope_of(map);
  return scope == nullptr ? families_ : families_ | scope->families;
}

// Takes the roots and what only they, and others in a scope, need into the scope. Gives the rest.
std::vector<SharedLibrary> Redirector::extend_scope(const std::vector<const link_map*>& roots,
                                                    Scope scope) {
  const elf::Needed needed = elf::needed_by(roots);
  const auto take = [&](const link_map* map) {
    Scope& entry = scopes_.try_emplace(elf::real_path(elf::object_path(map)), scope).first->second;
    entry.families |= scope.families;
    entry.shared |= scope.shared;
  };
  for (const link_map* map : needed.own) take(map);
  std::vector<SharedLibrary> left;
  for (const elf::SharedObject& other : needed.shared) {
    if (!may_redirect(other.map)) continue;
    if (scope.shared || scope_of(other.needed_by) != nullptr ||
        is_like_one_of(included_, other.map)) {
      take(other.map);
      continue;
    }
    left.push_back({elf::object_path(other.map), elf::object_soname(other.map),
                    elf::object_path(other.needed_by)});
  }
  return left;
}

ScopeReport Redirector::scope(const std::vector<std::string>& addons, Families families,
                              bool shared) {
  const std::lock_guard lock(mutex_);
  journal_.forget_unmapped();
  hook_loading();
  library_families_ |= families;
  const Scope scope{families, shared};
  std::vector<const link_map*> roots;
  for (const std::string& addon : addons) {
    scopes_.try_emplace(elf::real_path(addon), scope).first->second.families |= families;
    if (const link_map* map = elf::find_by_path(addon)) roots.push_back(map);
  }
  ScopeReport report{{}, extend_scope(roots, scope)};
  if (shared) redirect_executable(families);
  std::set<const link_map*> seen;
  for (const link_map* root : roots) {
    for (const link_map* map : elf::closure(root)) {
      if (scope_of(map) == nullptr || !may_redirect(map) || !seen.insert(map).second) continue;
      report.objects.push_back(redirect(map, families_of(map)));
    }
  }
  return report;
}

void Redirector::prefer(const std::vector<std::string>& included,
                        const std::vector<std::string>& excluded) {
  const std::lock_guard lock(mutex_);
  included_.insert(included.begin(), included.end());
  excluded_.insert(excluded.begin(), excluded.end());
}

bool Redirector::is_enabled(const calls::Row& row) const {
  const std::lock_guard lock(mutex_);
  return wanted(row, families_ | library_families_);
}

void Redirector::unloaded() {
  const std::lock_guard lock(mutex_);
  journal_.forget_unmapped();
}

ObjectReport Redirector::patch(const std::string& path_or_soname, Families families) {
  if (const link_map* map = find_mapped(path_or_soname); map != nullptr && is_node(map)) {
    throw elf::Error(
        elf::Fault::malformed, path_or_soname,
        "is the node executable, of which only an allow-list may be redirected; use monkeyPatch()");
  }
  // Not under the lock: constructors of the library may open others, of which loaded() is told.
  elf::Library library = elf::Library::open(path_or_soname);
  const std::lock_guard lock(mutex_);
  load_dl_originals();
  library_families_ |= families;
  journal_.forget_unmapped();
  if (const std::string_view reason = elf::exclusion_reason(library.map(), own_address());
      !reason.empty()) {
    throw elf::Error(elf::Fault::malformed, library.path(),
                     std::string("is never redirected (") + std::string(reason) +
                         "); patch the library that calls it");
  }
  ObjectReport report = redirect(library.map(), families);
  // What it opens later is treated as it is.
  scopes_.try_emplace(library.path(), Scope{0, false}).first->second.families |= families;
  const bool held = std::any_of(libraries_.begin(), libraries_.end(),
                                [&](const Library& other) { return other.path == library.path(); });
  if (!held) {
    std::string path = library.path();
    libraries_.push_back({std::move(path), std::move(library)});
  }
  return report;
}

UndoneObject Redirector::unpatch(const std::string& path_or_soname) {
  std::vector<Library> closing;  // outlives the lock: closing a library runs its destructors
  const std::lock_guard lock(mutex_);
  const link_map* map = find_mapped(path_or_soname);
  if (map == nullptr) {
    throw elf::Error(elf::Fault::not_loaded, path_or_soname,
                     "is not loaded, so there is nothing to restore; give the path or soname "
                     "patchLib() was given");
  }
  UndoneObject undone{elf::object_path(map), 0, 0};
  for (const elf::UndoReport& slot : journal_.undo(map)) {
    undone.restored += slot.restored;
    undone.foreign += slot.foreign;
  }
  const std::string path = elf::real_path(undone.path);
  scopes_.erase(path);
  const auto held = std::find_if(libraries_.begin(), libraries_.end(),
                                 [&](const Library& library) { return library.path == path; });
  if (held != libraries_.end()) {
    closing.push_back(std::move(*held));
    libraries_.erase(held);
  }
  return undone;
}

bool Redirector::is_patched(const std::string& path_or_soname) const {
  const std::lock_guard lock(mutex_);
  const link_map* map = find_mapped(path_or_soname);
  if (map == nullptr) return false;
  if (!journal_.entries(map).empty()) return true;
  // An addon may leave all its waiting to a library: nothing of it is left to redirect.
  const Families families = families_of(map);
  if (families == 0 || !may_redirect(map)) return false;
  const std::vector<Rule> rules = rules_for(families);
  elf::WantedNames wanted;
  for (size_t i = 0; i < rules.size(); i++) wanted.emplace(rules[i].name, i);
  return elf::find_slots(elf::Image(map), wanted).empty();
}

std::vector<ObjectReport> Redirector::report() const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectReport> reports;
  for (const link_map* map : elf::mapped_objects()) {
    if (!is_redirectable(map)) continue;
    ObjectReport report{elf::object_path(map), elf::object_soname(map), {}, {}};
    for (const elf::Entry& entry : journal_.entries(map)) {
      auto& functions = report.functions;
      const auto known =
          std::find_if(functions.begin(), functions.end(),
                       [&](const FunctionReport& f) { return f.name == entry.name; });
      if (known != functions.end()) {
        known->slots++;
      } else {
        functions.push_back(describe(entry.name, 1));
      }
    }
    if (!report.functions.empty()) reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace greenify::addon
