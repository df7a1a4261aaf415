#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "calls/table.h"

// Which objects are green beside those that everything is: by real path, mapped or not.
namespace greenify::addon {

// A set of families, as bits.
using Families = uint32_t;

constexpr Families bit_of(calls::Family family) {
  return 1u << static_cast<unsigned>(family);
}

// What is asked for an object.
struct Scope {
  Families families = 0;
  bool shared = false;  // with the libraries that objects outside of the scope need too

  Scope& operator+=(const Scope& other);
};

// An object may belong to several scopes, each of which can end; what they ask adds up.
// Thread: one at a time.
class Scopes {
 public:
  using Id = uint32_t;
  using Claims = std::map<Id, Scope>;

  // Of what is redirected by name. It is never closed as a whole.
  static constexpr Id kLibraries = 0;

  Id open() { return ++last_; }
  // Ends a scope. Gives the objects that belonged to it.
  std::vector<std::string> close(Id id);

  void add(const std::string& path, const Claims& claims);
  // Takes an object out of every scope.
  void forget(const std::string& path) { claims_.erase(path); }

  // Empty where the object belongs to none.
  const Claims& claims_on(const std::string& path) const;
  // Of every object together.
  Scope all() const;

 private:
  std::map<std::string, Claims> claims_;
  Id last_ = kLibraries;
};

Scope sum(const Scopes::Claims& claims);

}  // namespace greenify::addon
