#pragma once

#include <napi.h>

#include <string>
#include <vector>

// Lists from and to JavaScript. Thread: loop.
namespace greenify::addon {

template <class Items, class Convert>
Napi::Array to_array(Napi::Env env, const Items& items, Convert convert) {
  Napi::Array array = Napi::Array::New(env, std::size(items));
  uint32_t index = 0;
  for (const auto& item : items) array.Set(index++, convert(item));
  return array;
}

inline Napi::Array to_array(Napi::Env env, const std::vector<std::string>& items) {
  return to_array(env, items, [&](const std::string& s) { return Napi::String::New(env, s); });
}

// What is no array is an empty one: arguments may be left out.
inline std::vector<std::string> strings_argument(const Napi::Value& value) {
  std::vector<std::string> strings;
  if (!value.IsArray()) return strings;
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) strings.push_back(array.Get(i).ToString());
  return strings;
}

}  // namespace greenify::addon
