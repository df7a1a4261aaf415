#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "addon/object_patterns.h"
#include "addon/scopes.h"
#include "calls/table.h"
#include "elf/journal.h"

// What is redirected in this process, and to what: joins elf (where slots are) to calls (what goes
// into them). Slots are process-wide, and so is this. Thread: any, all of it.
namespace greenify::addon {

struct FunctionReport {
  std::string name;
  const char* family;  // "" for functions that every patched object gets
  const char* strategy;
  size_t slots;  // that hold the green version now
};

struct ObjectReport {
  std::string path;
  std::string soname;
  std::vector<FunctionReport> functions;  // those the object imports
  std::vector<std::string> unaligned;     // imports whose slot cannot be written atomically
};

struct UndoneObject {
  std::string path;
  size_t restored;
  size_t foreign;  // slots that somebody else has changed since, and that were left alone
};

// A library that a scope has left alone, because others use it too.
struct SharedLibrary {
  std::string path;
  std::string soname;
  std::string needed_by;  // the path of an object outside; empty where somebody has opened it
};

struct ScopeReport {
  Scopes::Id id;
  std::vector<ObjectReport> objects;
  std::vector<SharedLibrary> shared;
};

class Redirector {
 public:
  static Redirector& instance();

  // Redirects the families in every mapped object and in every one that Node loads from now on.
  // Calls add up. Throws elf::Error.
  std::vector<ObjectReport> enable(Families families);
  // The families enable() was called with.
  Families enabled() const;

  // One library, by path or soname; it is kept open until unpatch(). Throws elf::Error.
  ObjectReport patch(const std::string& path_or_soname, Families families);
  UndoneObject unpatch(const std::string& path_or_soname);

  // Redirects the families in these addons and in the libraries that nobody else uses (`shared`:
  // in all they need, and what of the node executable belongs to the families): those that are
  // mapped at once, the others when they are loaded, and so on for what they open later. `id`: of
  // the scope that is extended by them; a new one without. Throws elf::Error.
  ScopeReport scope(const std::vector<std::string>& addons, const Scope& scope, Scopes::Id id);
  // Ends a scope: puts back what nobody else has asked for, but for the node executable's slots:
  // they change nothing outside of green threads.
  std::vector<UndoneObject> end_scope(Scopes::Id id);
  // Objects whose soname or file name is like one of these (fnmatch(3)): `included` belong to
  // scopes although others need them, `excluded` are left alone from now on.
  void prefer(const std::vector<std::string>& included, const std::vector<std::string>& excluded);

  // Objects that call green functions by name, without being patched, get what every patched object
  // gets whatever the families; no report shows it. That of the address, or those that are mapped
  // and refer to the symbol.
  void guard(const void* address);
  void guard_users_of(std::string_view symbol);

  // Whether the object at `path` (or of that soname) is mapped and its slots are redirected.
  bool is_patched(const std::string& path_or_soname) const;
  // What is redirected now, per mapped object.
  std::vector<ObjectReport> report() const;

  // Called with an object that has just been opened, before its users see it, and with the one that
  // has opened it (nullptr where that is not known).
  void loaded(const link_map* map, const link_map* opener, bool was_mapped);
  // Called when an object may have been unloaded.
  void unloaded();

  // Whether a function that a patched object looks up by name is to be the green one.
  bool is_enabled(const calls::Row& row) const;

 private:
  struct Library;

  void guard_object(const link_map* map);
  bool may_redirect(const link_map* map) const;
  const Scopes::Claims& claims_on(const link_map* map) const;
  Families families_of(const link_map* map) const;
  std::vector<SharedLibrary> extend_scope(const std::vector<const link_map*>& roots,
                                          const Scopes::Claims& claims);
  ObjectReport redirect(const link_map* map, Families families);
  UndoneObject undo(const link_map* map, const std::vector<elf::Rule>& kept);
  void redirect_executable(Families families);
  void hook_loading();

  mutable std::mutex mutex_;
  elf::Journal journal_;
  elf::Journal guards_;
  Families families_ = 0;
  Scopes scopes_;
  ObjectPatterns included_;
  ObjectPatterns excluded_;
  bool loading_hooked_ = false;
  std::vector<Library> libraries_;
};

}  // namespace greenify::addon
