#include "addon/redirection.h"

#include <string>

#include "addon/elf_error.h"
#include "addon/loading.h"
#include "addon/napi_values.h"
#include "addon/redirector.h"
#include "addon/sqlite_vfs.h"
#include "addon/thread_locals.h"

namespace greenify::addon {
namespace {

Napi::Object to_javascript(Napi::Env env, const FunctionReport& function) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", function.name);
  object.Set("family", function.family);
  object.Set("strategy", function.strategy);
  object.Set("slots", static_cast<double>(function.slots));
  return object;
}

Napi::Object to_javascript(Napi::Env env, const ObjectReport& report) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("path", report.path);
  object.Set("soname", report.soname);
  object.Set("functions", to_array(env, report.functions, [&](const FunctionReport& function) {
               return to_javascript(env, function);
             }));
  object.Set("unaligned", to_array(env, report.unaligned));
  object.Set("families", to_array(env, report.families, [&](const char* family) {
               return Napi::String::New(env, family);
             }));
  object.Set("exclusion", report.exclusion);
  object.Set("failure", report.failure);
  object.Set("wasInUse", report.was_in_use);
  return object;
}

Napi::Array to_javascript(Napi::Env env, const std::vector<ObjectReport>& reports) {
  return to_array(env, reports, [&](const ObjectReport& r) { return to_javascript(env, r); });
}

Napi::Object to_javascript(Napi::Env env, const SharedLibrary& library) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("path", library.path);
  object.Set("soname", library.soname);
  if (!library.needed_by.empty()) object.Set("neededBy", library.needed_by);
  return object;
}

Napi::Object to_javascript(Napi::Env env, const UndoneObject& undone) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("path", undone.path);
  object.Set("restored", static_cast<double>(undone.restored));
  object.Set("foreign", static_cast<double>(undone.foreign));
  return object;
}

Families families_argument(const Napi::Value& value) {
  Families families = 0;
  const Napi::Array names = value.As<Napi::Array>();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).ToString();
    for (const calls::Family family : calls::kFamilies) {
      if (name == calls::name_of(family)) families |= bit_of(family);
    }
  }
  return families;
}

Napi::Value enable(const Napi::CallbackInfo& info) {
  return guarded(info, [&](Napi::Env env) {
    return to_javascript(env, Redirector::instance().enable(families_argument(info[0])));
  });
}

Napi::Value patch_library(const Napi::CallbackInfo& info) {
  return guarded(info, [&](Napi::Env env) {
    const std::string path = info[0].ToString();
    return to_javascript(env, Redirector::instance().patch(path, families_argument(info[1])));
  });
}

Napi::Value unpatch_library(const Napi::CallbackInfo& info) {
  return guarded(info, [&](Napi::Env env) {
    return to_javascript(env, Redirector::instance().unpatch(info[0].ToString()));
  });
}

// scope(addons, families, shared, id): `id` is 0 for a new one
Napi::Value scope(const Napi::CallbackInfo& info) {
  return guarded(info, [&](Napi::Env env) {
    const Scope scope{families_argument(info[1]), info[2].ToBoolean()};
    const ScopeReport report = Redirector::instance().scope(strings_argument(info[0]), scope,
                                                            info[3].ToNumber().Uint32Value());
    Napi::Object result = Napi::Object::New(env);
    result.Set("id", static_cast<double>(report.id));
    result.Set("objects", to_javascript(env, report.objects));
    result.Set("shared", to_array(env, report.shared, [&](const SharedLibrary& library) {
                 return to_javascript(env, library);
               }));
    return result;
  });
}

Napi::Value end_scope(const Napi::CallbackInfo& info) {
  return guarded(info, [&](Napi::Env env) {
    const auto undone = Redirector::instance().end_scope(info[0].ToNumber().Uint32Value());
    return to_array(env, undone, [&](const UndoneObject& o) { return to_javascript(env, o); });
  });
}

// prefer(included, excluded)
Napi::Value prefer(const Napi::CallbackInfo& info) {
  Redirector::instance().prefer(strings_argument(info[0]), strings_argument(info[1]));
  return info.Env().Undefined();
}

// keepThreadLocals(path)
Napi::Value keep_thread_locals_of(const Napi::CallbackInfo& info) {
  keep_thread_locals(info[0].ToString());
  return info.Env().Undefined();
}

Napi::Value is_patched(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Redirector::instance().is_patched(info[0].ToString()));
}

// isSqlitePatched(): of the SQLite in the node executable.
Napi::Value is_sqlite_patched(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), sqlite_vfs::is_redirected());
}

Napi::Value report(const Napi::CallbackInfo& info) {
  return to_javascript(info.Env(), Redirector::instance().report());
}

Napi::Value others(const Napi::CallbackInfo& info) {
  return to_javascript(info.Env(), Redirector::instance().others());
}

Napi::Object table_row(Napi::Env env, const char* name, const char* family, const char* strategy,
                       const calls::Page& page) {
  Napi::Object entry = Napi::Object::New(env);
  entry.Set("name", name);
  entry.Set("family", family);
  entry.Set("strategy", strategy);
  entry.Set("page", page.name);
  entry.Set("behaviours", to_array(env, page.behaviours, [&](const char* behaviour) {
              return Napi::String::New(env, behaviour);
            }));
  return entry;
}

// table(): one row per redirected function: name, family, strategy, manual page and what it says
// about waiting, for another name of a function that function, and whether it is of stdio(3)'s
// streams. Loading has no family: every
// patched object gets it.
Napi::Value table(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array array = Napi::Array::New(env);
  for (const calls::Row& row : calls::rows()) {
    Napi::Object entry = table_row(env, row.name, calls::name_of(row.family),
                                   calls::name_of(row.strategy), *row.page);
    if (row.also != row.family) entry.Set("also", calls::name_of(row.also));
    if (row.alias_of != nullptr) entry.Set("aliasOf", row.alias_of);
    if (calls::is_of_streams(row)) entry.Set("ofStreams", true);
    array.Set(array.Length(), entry);
  }
  for (const LoadingRow& row : loading_rows()) {
    array.Set(array.Length(), table_row(env, row.name, "", "guard", *row.page));
  }
  return array;
}

}  // namespace

void export_redirection(Napi::Env env, Napi::Object exports) {
  exports.Set("enable", Napi::Function::New(env, enable, "enable"));
  exports.Set("patchLibrary", Napi::Function::New(env, patch_library, "patchLibrary"));
  exports.Set("unpatchLibrary", Napi::Function::New(env, unpatch_library, "unpatchLibrary"));
  exports.Set("scope", Napi::Function::New(env, scope, "scope"));
  exports.Set("endScope", Napi::Function::New(env, end_scope, "endScope"));
  exports.Set("prefer", Napi::Function::New(env, prefer, "prefer"));
  exports.Set("keepThreadLocals",
              Napi::Function::New(env, keep_thread_locals_of, "keepThreadLocals"));
  exports.Set("isPatched", Napi::Function::New(env, is_patched, "isPatched"));
  exports.Set("isSqlitePatched", Napi::Function::New(env, is_sqlite_patched, "isSqlitePatched"));
  exports.Set("report", Napi::Function::New(env, report, "report"));
  exports.Set("others", Napi::Function::New(env, others, "others"));
  exports.Set("table", Napi::Function::New(env, table, "table"));
}

}  // namespace greenify::addon
