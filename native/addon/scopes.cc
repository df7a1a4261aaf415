#include "addon/scopes.h"

namespace greenify::addon {

Scope& Scope::operator+=(const Scope& other) {
  families |= other.families;
  shared |= other.shared;
  return *this;
}

Scope sum(const Scopes::Claims& claims) {
  Scope scope;
  for (const auto& [id, claim] : claims) scope += claim;
  return scope;
}

std::vector<std::string> Scopes::close(Id id) {
  std::vector<std::string> paths;
  for (auto& [path, claims] : claims_) {
    if (claims.erase(id) > 0) paths.push_back(path);
  }
  std::erase_if(claims_, [](const auto& entry) { return entry.second.empty(); });
  return paths;
}

void Scopes::add(const std::string& path, const Claims& claims) {
  for (const auto& [id, claim] : claims) claims_[path][id] += claim;
}

const Scopes::Claims& Scopes::claims_on(const std::string& path) const {
  static const Claims none;
  const auto found = claims_.find(path);
  return found == claims_.end() ? none : found->second;
}

Scope Scopes::all() const {
  Scope scope;
  for (const auto& [path, claims] : claims_) scope += sum(claims);
  return scope;
}

}  // namespace greenify::addon
