#include "addon/redirector.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <utility>

#include "addon/curl_locale.h"
#include "addon/koffi_hooks.h"
#include "addon/loading.h"
#include "addon/nested_loop.h"
#include "addon/sqlite_vfs.h"
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

bool refers_to(const link_map* map, const elf::WantedNames& wanted) {
  try {
    return !elf::find_slots(elf::Image(map), wanted).empty();
  } catch (const elf::Error&) {
    return false;  // what cannot be read is not written to either
  }
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

FunctionReport describe(const std::string& name, size_t slots) {
  const calls::Row* row = calls::row_named(name);
  if (row == nullptr) return {name, "", "guard", slots};
  return {name, calls::name_of(row->family), calls::name_of(row->strategy), slots};
}

std::vector<Rule> rules_for(const link_map* map, Families families) {
  std::vector<Rule> rules;
  for (const auto own_rules : {koffi::rules_for(map), curl_locale::rules_for(map)})
    rules.insert(rules.end(), own_rules.begin(), own_rules.end());
  rules.insert(rules.end(), std::begin(kCommonRules), std::end(kCommonRules));
  for (const LoadingRow& row : loading_rows()) rules.push_back({row.name, row.replacement});
  for (const calls::Row& row : calls::rows()) {
    if (wanted(row, families) && *row.original != nullptr)
      rules.push_back({row.name, row.replacement});
  }
  return rules;
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

// Never destroyed: slots that point here outlive every destructor. What asks the dynamic linker is
// asked before anybody can come here from a constructor, under its lock.
Redirector& Redirector::instance() {
  static Redirector& redirector = *[] {
    node_objects();
    return new Redirector;
  }();
  return redirector;
}

ObjectReport Redirector::redirect(const link_map* map, Families families) {
  ObjectReport report{elf::object_path(map), elf::object_soname(map), {}, {}};
  for (const elf::SlotReport& slot : journal_.redirect(map, rules_for(map, families))) {
    if (slot.absent()) continue;
    report.functions.push_back(describe(slot.name, slot.redirected + slot.already));
    if (slot.unaligned > 0) report.unaligned.push_back(slot.name);
  }
  return report;
}

// Puts back what is not among `kept`.
UndoneObject Redirector::undo(const link_map* map, const std::vector<Rule>& kept) {
  const std::vector<elf::Entry> entries = journal_.entries(map);
  std::vector<std::string_view> names;
  for (const elf::Entry& entry : entries) {
    const bool keep =
        std::ranges::any_of(kept, [&](const Rule& r) { return r.name == entry.name; });
    if (!keep) names.push_back(entry.name);
  }
  UndoneObject undone{elf::object_path(map), 0, 0};
  for (const elf::UndoReport& slot : journal_.undo(map, names)) {
    undone.restored += slot.restored;
    undone.foreign += slot.foreign;
  }
  return undone;
}

void Redirector::redirect_executable(Families families) {
  std::vector<Rule> rules;
  for (const calls::ExecutableRow& allowed : calls::executable_rows()) {
    if ((families & (bit_of(allowed.family) | bit_of(allowed.also))) == 0) continue;
    rules.push_back({allowed.name, allowed.replacement});
  }
  if ((families & bit_of(calls::Family::sleep)) != 0) sqlite_vfs::redirect_sleep();
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
  Scopes::Claims claims = claims_on(root);
  if (claims.empty() && opener != nullptr) {
    // What was there before belongs to others too.
    for (const auto& [id, claim] : claims_on(opener)) {
      if (!was_mapped || claim.shared) claims.emplace(id, claim);
    }
  }
  if (!claims.empty()) extend_scope({root}, claims);
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

void Redirector::guard(const void* address) {
  guards_.forget_unmapped();
  if (const link_map* map = elf::find_by_address(address)) guard_object(map);
}

void Redirector::guard_users_of(std::string_view symbol) {
  const elf::WantedNames wanted{{symbol, {0, elf::Definition::anywhere}}};
  for (const link_map* map : elf::mapped_objects()) {
    if (is_redirectable(map) && refers_to(map, wanted)) guard_object(map);
  }
}

void Redirector::guard_object(const link_map* map) {
  if (!is_redirectable(map)) return;
  try {
    guards_.redirect(map, kCommonRules);
  } catch (const elf::Error&) {
    // Its green calls are right all the same, unless it keeps Node-API scopes open across them.
  }
}

bool Redirector::may_redirect(const link_map* map) const {
  return is_redirectable(map) && !excluded_.match(map);
}

const Scopes::Claims& Redirector::claims_on(const link_map* map) const {
  return scopes_.claims_on(elf::real_path(elf::object_path(map)));
}

Families Redirector::families_of(const link_map* map) const {
  return families_ | sum(claims_on(map)).families;
}

// Takes the roots and what only they, and others in a scope, use into the scopes. Gives the rest.
std::vector<SharedLibrary> Redirector::extend_scope(const std::vector<const link_map*>& roots,
                                                    const Scopes::Claims& claims) {
  const elf::Needed needed = elf::needed_by(roots);
  const auto take = [&](const link_map* map) {
    scopes_.add(elf::real_path(elf::object_path(map)), claims);
  };
  for (const link_map* map : needed.own) take(map);
  std::vector<SharedLibrary> left;
  for (const elf::SharedObject& other : needed.shared) {
    if (!may_redirect(other.map)) continue;
    const link_map* user = other.needed_by == nullptr ? other.map : other.needed_by;
    if (sum(claims).shared || !claims_on(user).empty() || included_.match(other.map)) {
      take(other.map);
      continue;
    }
    left.push_back({elf::object_path(other.map), elf::object_soname(other.map),
                    other.needed_by == nullptr ? "" : elf::object_path(other.needed_by)});
  }
  return left;
}

ScopeReport Redirector::scope(const std::vector<std::string>& addons, const Scope& scope,
                              Scopes::Id id) {
  const std::lock_guard lock(mutex_);
  journal_.forget_unmapped();
  hook_loading();
  if (id == Scopes::kLibraries) id = scopes_.open();
  const Scopes::Claims claims{{id, scope}};
  std::vector<const link_map*> roots;
  for (const std::string& addon : addons) {
    scopes_.add(elf::real_path(addon), claims);
    if (const link_map* map = elf::find_by_path(addon)) roots.push_back(map);
  }
  ScopeReport report{id, {}, extend_scope(roots, claims)};
  if (scope.shared) redirect_executable(scope.families);
  std::set<const link_map*> seen;
  for (const link_map* root : roots) {
    for (const link_map* map : elf::closure(root)) {
      if (claims_on(map).empty() || !may_redirect(map) || !seen.insert(map).second) continue;
      report.objects.push_back(redirect(map, families_of(map)));
    }
  }
  return report;
}

std::vector<UndoneObject> Redirector::end_scope(Scopes::Id id) {
  const std::lock_guard lock(mutex_);
  journal_.forget_unmapped();
  std::vector<UndoneObject> undone;
  for (const std::string& path : scopes_.close(id)) {
    const link_map* map = elf::find_by_path(path);
    if (map == nullptr) continue;
    const Families families = families_of(map);
    undone.push_back(undo(map, families == 0 ? std::vector<Rule>{} : rules_for(map, families)));
  }
  return undone;
}

void Redirector::prefer(const std::vector<std::string>& included,
                        const std::vector<std::string>& excluded) {
  const std::lock_guard lock(mutex_);
  included_.add(included);
  excluded_.add(excluded);
}

bool Redirector::is_enabled(const calls::Row& row) const {
  const std::lock_guard lock(mutex_);
  return wanted(row, families_ | scopes_.all().families);
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
  journal_.forget_unmapped();
  if (const std::string_view reason = elf::exclusion_reason(library.map(), own_address());
      !reason.empty()) {
    throw elf::Error(elf::Fault::malformed, library.path(),
                     std::string("is never redirected (") + std::string(reason) +
                         "); patch the library that calls it");
  }
  ObjectReport report = redirect(library.map(), families);
  // What it opens later is treated as it is.
  scopes_.add(library.path(), {{Scopes::kLibraries, {families, false}}});
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
  UndoneObject undone = undo(map, {});
  const std::string path = elf::real_path(undone.path);
  scopes_.forget(path);
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
  const std::vector<Rule> rules = rules_for(map, families);
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
