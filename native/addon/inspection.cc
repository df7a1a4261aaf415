#include "addon/inspection.h"

#include <string>
#include <vector>

#include "addon/elf_error.h"
#include "elf/facts.h"

namespace greenify::addon {
namespace {

template <class Items, class Convert>
Napi::Array to_array(Napi::Env env, const Items& items, Convert convert) {
  Napi::Array array = Napi::Array::New(env, items.size());
  uint32_t index = 0;
  for (const auto& item : items) array.Set(index++, convert(item));
  return array;
}

Napi::Array to_array(Napi::Env env, const std::vector<std::string>& items) {
  return to_array(env, items, [&](const std::string& s) { return Napi::String::New(env, s); });
}

const char* name_of(elf::SlotKind kind) {
  switch (kind) {
    case elf::SlotKind::jump_slot:
      return "jump-slot";
    case elf::SlotKind::glob_dat:
      return "glob-dat";
    case elf::SlotKind::absolute:
      return "absolute";
  }
  __builtin_unreachable();
}

const char* name_of(elf::Relro relro) {
  switch (relro) {
    case elf::Relro::none:
      return "none";
    case elf::Relro::partial:
      return "partial";
    case elf::Relro::full:
      return "full";
  }
  __builtin_unreachable();
}

Napi::Object to_javascript(Napi::Env env, const elf::Import& import) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", import.name);
  object.Set("slots", static_cast<double>(import.slots));
  object.Set("kinds", to_array(env, import.kinds, [&](elf::SlotKind kind) {
               return Napi::String::New(env, name_of(kind));
             }));
  return object;
}

Napi::Object to_javascript(Napi::Env env, const elf::NeededVersion& needed) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("library", needed.library);
  object.Set("version", needed.version);
  return object;
}

Napi::Object to_javascript(Napi::Env env, const elf::Facts& facts) {
  const auto convert = [&](const auto& item) { return to_javascript(env, item); };
  Napi::Object object = Napi::Object::New(env);
  object.Set("soname", facts.soname);
  object.Set("needed", to_array(env, facts.needed));
  object.Set("rpath", facts.rpath);
  object.Set("runpath", facts.runpath);
  object.Set("noDefaultLibraries", facts.no_default_libraries);
  object.Set("neededVersions", to_array(env, facts.needed_versions, convert));
  object.Set("definedVersions", to_array(env, facts.defined_versions));
  object.Set("imports", to_array(env, facts.imports, convert));
  object.Set("defined", to_array(env, facts.defined));
  object.Set("relro", name_of(facts.relro));
  object.Set("stripped", facts.stripped);
  object.Set("systemCalls", to_array(env, facts.system_calls, [&](unsigned number) {
               return Napi::Number::New(env, number);
             }));
  object.Set("exclusion", std::string(facts.exclusion));
  return object;
}

std::vector<std::string> strings_argument(const Napi::Value& value) {
  std::vector<std::string> strings;
  if (!value.IsArray()) return strings;
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) strings.push_back(array.Get(i).ToString());
  return strings;
}

// inspect(path, symbols?)
Napi::Value inspect(const Napi::CallbackInfo& info) {
  return guarded(info, [&](Napi::Env env) {
    return to_javascript(env, elf::inspect(info[0].ToString(), strings_argument(info[1])));
  });
}

}  // namespace

void export_inspection(Napi::Env env, Napi::Object exports) {
  exports.Set("inspect", Napi::Function::New(env, inspect, "inspect"));
}

}  // namespace greenify::addon
