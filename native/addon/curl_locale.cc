#include "addon/curl_locale.h"

#include <langinfo.h>
#include <locale.h>

#include "elf/objects.h"
#include "green/thread.h"

namespace greenify::addon::curl_locale {
namespace {

// The locale that the environment names; nullptr where that is not installed. Made once and never
// freed: threads have it for as long as they live.
locale_t environment_locale() {
  static const locale_t made = newlocale(LC_ALL_MASK, "", nullptr);
  return made;
}

// setlocale(3) about version 4's transfers: asks for the name, sets "", and afterwards the name
// again if that was "C". Here all three are about the green thread: what it has of its own goes
// before the process's.
char* thread_setlocale(int category, const char* name) {
  if (green::current() == nullptr || category != LC_ALL) return setlocale(category, name);
  if (name == nullptr) {
    const locale_t own = uselocale(nullptr);
    if (own == LC_GLOBAL_LOCALE) return setlocale(LC_ALL, nullptr);
    return nl_langinfo_l(NL_LOCALE_NAME(LC_CTYPE), own);
  }
  if (*name == '\0' && environment_locale() == nullptr) return nullptr;
  uselocale(*name == '\0' ? environment_locale() : LC_GLOBAL_LOCALE);
  return const_cast<char*>(name);
}

// uselocale(3) in version 5, which looks before the first transfer of each kernel thread whether
// that has a locale of its own, gives it one if not, and remembers that it did. It always has one
// here, so that it looks again before the next transfer, in whichever green thread that is.
locale_t thread_uselocale(locale_t wanted) {
  const locale_t before = uselocale(wanted);
  if (wanted != nullptr || before != LC_GLOBAL_LOCALE) return before;
  if (environment_locale() == nullptr) return before;
  uselocale(environment_locale());
  return environment_locale();
}

const elf::Rule kRules[] = {
    {"setlocale", reinterpret_cast<void*>(thread_setlocale)},
    {"uselocale", reinterpret_cast<void*>(thread_uselocale)},
};

}  // namespace

std::span<const elf::Rule> rules_for(const link_map* map) {
  if (!elf::object_path(map).ends_with("/node_libcurl.node")) return {};
  return kRules;
}

}  // namespace greenify::addon::curl_locale
