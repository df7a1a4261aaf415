#include "addon/inspection.h"

#include <algorithm>
#include <string>

#include "addon/elf_error.h"
#include "addon/napi_values.h"
#include "addon/static_module.h"
#include "elf/facts.h"

namespace greenify::addon {
namespace {

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
  object.Set("notes", to_array(env, facts.notes));
  object.Set("stripped", facts.stripped);
  object.Set("systemCalls", to_array(env, facts.system_calls, [&](unsigned number) {
               return Napi::Number::New(env, number);
             }));
  object.Set("exclusion", std::string(facts.exclusion));
  return object;
}

bool registers_itself(const elf::Facts& facts) {
  return std::ranges::any_of(facts.imports, [](const elf::Import& import) {
    return import.name == "node_module_register";
  });
}

// inspect(path, symbols?)
Napi::Value inspect(const Napi::CallbackInfo& info) {
  return guarded(info, [&](Napi::Env env) {
    const std::string path = info[0].ToString();
    const elf::Facts facts = elf::inspect(path, strings_argument(info[1]));
    Napi::Object object = to_javascript(env, facts);
    if (!registers_itself(facts)) return object;
    if (const auto abi = static_module_abi(path)) object.Set("registeredAbi", *abi);
    return object;
  });
}

}  // namespace

void export_inspection(Napi::Env env, Napi::Object exports) {
  exports.Set("inspect", Napi::Function::New(env, inspect, "inspect"));
}

}  // namespace greenify::addon
