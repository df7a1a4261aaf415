#include "addon/redirector.h"

#include <algorithm>
#include <set>
#include <utility>

#include "addon/guards.h"
#include "addon/loading.h"
#include "addon/rules.h"
#include "addon/sqlite_vfs.h"
#include "calls/executable.h"
#include "elf/error.h"
#include "elf/library.h"
#include "elf/objects.h"
#include "elf/slots.h"
#include "green/thread.h"

namespace greenify::addon {
namespace {

using elf::Rule;

FunctionReport describe(const std::string& name, size_t slots) {
  const calls::Row* row = calls::row_named(name);
  if (row == nullptr) return {name, "", "guard", slots};
  return {name, calls::name_of(row->family), calls::name_of(row->strategy), slots};
}

bool is_new_look_up(const elf::SlotReport& slot) {
  return slot.name == "dlsym" && slot.redirected > 0;
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

ObjectReport Redirector::describe_object(const link_map* map, Families families) const {
  ObjectReport report;
  report.path = elf::object_path(map);
  report.soname = elf::object_soname(map);
  report.exclusion = exclusion_reason(map);
  if (!report.exclusion.empty()) return report;
  for (const calls::Family family : calls::kFamilies) {
    if ((families & bit_of(family)) != 0) report.families.push_back(calls::name_of(family));
  }
  const auto failure = failures_.find(report.path);
  if (failure != failures_.end()) report.failure = failure->second;
  report.was_in_use = in_use_.contains(report.path);
  return report;
}

// What patches of packages exclude, too.
std::string Redirector::exclusion_reason(const link_map* map) const {
  return excluded_.match(map) ? "the patch of a package leaves it alone" : exclusion_of(map);
}

void Redirector::note_use(const std::string& path, Use use) {
  if (use == Use::may_have_begun) {
    in_use_.insert(path);
  } else {
    in_use_.erase(path);
  }
}

ObjectReport Redirector::redirect(const link_map* map, Families families, Use use) {
  const auto slots = journal_.redirect(map, rules_for(map, families));
  if (std::ranges::any_of(slots, is_new_look_up)) note_use(elf::object_path(map), use);
  ObjectReport report = describe_object(map, families_of(map) | families);
  for (const elf::SlotReport& slot : slots) {
    if (slot.absent()) continue;
    report.functions.push_back(describe(slot.name, slot.redirected + slot.already));
    if (slot.unaligned > 0) report.unaligned.push_back(slot.name);
  }
  return report;
}

ObjectReport Redirector::try_to_redirect(const link_map* map, Families families, Use use) {
  const std::string path = elf::object_path(map);
  failures_.erase(path);
  try {
    return redirect(map, families, use);
  } catch (const elf::Error& failure) {
    failures_[path] = failure.what();
    return redirected_part(map);
  }
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
  guard_user(map);
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
    ObjectReport report = try_to_redirect(map, families_of(map), Use::may_have_begun);
    if (!report.functions.empty() || !report.failure.empty()) reports.push_back(std::move(report));
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
    // dlopen(3) must not fail for it.
    if (families != 0 && may_redirect(map)) try_to_redirect(map, families, Use::just_opened);
  }
}

bool Redirector::may_redirect(const link_map* map) const {
  return exclusion_reason(map).empty();
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
      report.objects.push_back(redirect(map, families_of(map), Use::may_have_begun));
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
  return is_wanted(row, families_ | scopes_.all().families);
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
  if (const std::string reason = library_exclusion_of(library.map()); !reason.empty()) {
    throw elf::Error(elf::Fault::malformed, library.path(),
                     "is never redirected (" + reason + "); patch the library that calls it");
  }
  const Use use = library.was_mapped() ? Use::may_have_begun : Use::just_opened;
  ObjectReport report = redirect(library.map(), families, use);
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

ObjectReport Redirector::redirected_part(const link_map* map) const {
  ObjectReport report = describe_object(map, families_of(map));
  for (const elf::Entry& entry : journal_.entries(map)) {
    const auto known = std::ranges::find(report.functions, entry.name, &FunctionReport::name);
    if (known != report.functions.end()) {
      known->slots++;
    } else {
      report.functions.push_back(describe(entry.name, 1));
    }
  }
  return report;
}

std::vector<ObjectReport> Redirector::report() const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectReport> reports;
  for (const link_map* map : elf::mapped_objects()) {
    if (!exclusion_of(map).empty()) continue;
    ObjectReport report = redirected_part(map);
    if (!report.functions.empty()) reports.push_back(std::move(report));
  }
  return reports;
}

std::vector<ObjectReport> Redirector::others() const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectReport> reports;
  for (const link_map* map : elf::mapped_objects()) {
    ObjectReport report = redirected_part(map);
    if (report.functions.empty() || !exclusion_of(map).empty())
      reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace greenify::addon
