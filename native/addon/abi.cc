#include "addon/abi.h"

#include <dlfcn.h>
#include <greenify_abi.h>

#include <string>
#include <string_view>

#include "addon/guards.h"
#include "addon/rules.h"
#include "calls/blocking.h"
#include "calls/table.h"
#include "green/thread.h"

namespace greenify::addon {
namespace {

int in_green_thread() {
  return green::current() != nullptr;
}

// An exception cannot be caught where the stack has changed kernel threads: noexcept ends the
// process where it was thrown.
void offload(void (*call)(void*), void* argument) {
  calls::offloaded_if_green([&]() noexcept {
    call(argument);
    return 0;
  });
}

greenify_function find(const char* name) {
  if (std::string_view(name) == "greenify_offload")
    return reinterpret_cast<greenify_function>(offload);
  const calls::Row* row = calls::row_named(name);
  if (row == nullptr || *row->original == nullptr) return nullptr;
  return reinterpret_cast<greenify_function>(row->replacement);
}

const char* own_path() {
  Dl_info info{};
  return dladdr(reinterpret_cast<void*>(in_green_thread), &info) == 0 ? "" : info.dli_fname;
}

const greenify_abi& own_abi() {
  static const greenify_abi abi{sizeof(greenify_abi), 0, own_path(), in_green_thread, find, guard};
  return abi;
}

}  // namespace

bool publish_abi() {
  // Asks the dynamic linker once for all, before constructors come here under its lock (guard()).
  node_objects();
  const greenify_abi* found = nullptr;
  if (__atomic_compare_exchange_n(&greenify_abi_1, &found, &own_abi(), false, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE)) {
    guard_users();
    return true;
  }
  if (found == &own_abi()) return false;
  throw SecondCopyError(std::string(own_abi().path) +
                        ": another copy of greenify has green threads in this process, " +
                        found->path +
                        "; see \"npm ls greenify\", and have one version for all (npm dedupe, or "
                        "\"overrides\" in package.json)");
}

void withdraw_abi() {
  __atomic_store_n(&greenify_abi_1, nullptr, __ATOMIC_RELEASE);
}

}  // namespace greenify::addon
