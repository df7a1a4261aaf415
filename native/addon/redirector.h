#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
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
  std::vector<const char*> families;      // those that were asked for it
  std::string exclusion;                  // why it is never redirected; empty where it may be
  std::string failure;                    // why its slots could not be written, where it was tried
  bool was_in_use = false;  // looks functions up by name, and did so before that was redirected
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
  // Calls add up. An object that cannot be written to stays as it is, and its report says why.
  // Throws elf::Error for the node executable.
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

  // Whether the object at `path` (or of that soname) is mapped and its slots are redirected.
  bool is_patched(const std::string& path_or_soname) const;
  // What is redirected now, per mapped object of which something is.
  std::vector<ObjectReport> report() const;
  // The mapped objects of which nothing is, and those that are never redirected as others are.
  std::vector<ObjectReport> others() const;

  // Called with an object that has just been opened, before its users see it, and with the one that
  // has opened it (nullptr where that is not known).
  void loaded(const link_map* map, const link_map* opener, bool was_mapped);
  // Called when an object may have been unloaded.
  void unloaded();

  // Whether a function that a patched object looks up by name is to be the green one.
  bool is_enabled(const calls::Row& row) const;

 private:
  struct Library;

  bool may_redirect(const link_map* map) const;
  const Scopes::Claims& claims_on(const link_map* map) const;
  Families families_of(const link_map* map) const;
  std::vector<SharedLibrary> extend_scope(const std::vector<const link_map*>& roots,
                                          const Scopes::Claims& claims);
  ObjectReport describe_object(const link_map* map, Families families) const;
  ObjectReport redirected_part(const link_map* map) const;
  std::string exclusion_reason(const link_map* map) const;
  enum class Use : bool { just_opened, may_have_begun };
  void note_use(const std::string& path, Use use);
  ObjectReport redirect(const link_map* map, Families families, Use use);
  ObjectReport try_to_redirect(const link_map* map, Families families, Use use);
  UndoneObject undo(const link_map* map, const std::vector<elf::Rule>& kept);
  void redirect_executable(Families families);
  void hook_loading();

  mutable std::mutex mutex_;
  elf::Journal journal_;
  Families families_ = 0;
  Scopes scopes_;
  ObjectPatterns included_;
  ObjectPatterns excluded_;
  std::map<std::string, std::string> failures_;  // by path: why slots could not be written
  std::set<std::string> in_use_;                 // paths of what had looked functions up by name
  bool loading_hooked_ = false;
  std::vector<Library> libraries_;
};

}  // namespace greenify::addon
