#include "addon/koffi_hooks.h"

#include <napi.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "addon/koffi_stack.h"
#include "elf/image.h"
#include "elf/objects.h"
#include "elf/parts.h"
#include "green/loop_thread.h"
#include "green/thread.h"

namespace greenify::addon::koffi {
namespace {

// koffi's: changes to the stack the call was made from and runs a callback's JavaScript there.
// `stack_end` is in the record that CallStack changes.
using SwitchAndRelay = void (*)(void* call, intptr_t callback, void* arguments, void* saved_sp,
                                uintptr_t* stack_end);

// A koffi that is mapped: process-wide, and there may be several versions.
struct Object {
  uintptr_t base = 0;
  Range extent{};
  SwitchAndRelay switch_and_relay = nullptr;
};
constexpr size_t kMostObjects = 16;
std::array<Object, kMostObjects> objects;
std::atomic<size_t> object_count{0};
std::mutex objects_mutex;

const Object* object_at(const void* address) {
  const size_t count = object_count.load(std::memory_order_acquire);
  const auto end = objects.begin() + static_cast<ptrdiff_t>(count);
  const auto found = std::find_if(objects.begin(), end, [&](const Object& object) {
    return object.extent.holds(reinterpret_cast<uintptr_t>(address));
  });
  return found == end ? nullptr : &*found;
}

// An instance of koffi: one per environment that has loaded it.
struct Instance {
  napi_env env;
  bool has_instance_data = false;  // version 2
  int attempts = 0;
  std::unique_ptr<CallStack> stack{};
};

// Those of this kernel thread, few: searched one by one.
thread_local std::vector<Instance>* instances = nullptr;

Instance& instance_of(napi_env env) {
  if (instances == nullptr) instances = new std::vector<Instance>;
  for (Instance& instance : *instances) {
    if (instance.env == env) return instance;
  }
  return instances->emplace_back(Instance{env});
}

void forget(std::vector<Instance>::iterator instance) {
  instances->erase(instance);
  if (!instances->empty()) return;
  delete instances;
  instances = nullptr;
}

// After so many attempts outside green threads, and so many in all, this is no koffi we know: its
// calls in green threads really block, and are counted.
constexpr int kAttemptsAnywhere = 1024;
constexpr int kAttempts = 4096;

bool is_to_be_searched(Instance& instance, bool anywhere) {
  if (instance.stack != nullptr || green::LoopThread::here() == nullptr) return false;
  const int most = anywhere ? kAttemptsAnywhere : kAttempts;
  if (green::current() == nullptr && (!anywhere || instance.attempts >= most)) return false;
  return instance.attempts++ < kAttempts;
}

// Version 3 keeps with each callback on which stack it may be called; that is any of the region's
// now. `stack` is that pair of addresses.
void widen_callback(uintptr_t* stack, const CallStack& calls) {
  stack[0] = calls.bounds().begin;
  stack[1] = calls.bounds().end;
}

// The same for those that were registered before the instance was moved.
void widen_callbacks(const std::vector<elf::AddressRange>& segments, const CallStack& calls) {
  const Range home = calls.memory().whole_stack;
  for (const elf::AddressRange& segment : segments) {
    auto* word = reinterpret_cast<uintptr_t*>((segment.begin + 7) & ~uintptr_t{7});
    auto* const last = reinterpret_cast<uintptr_t*>(segment.end) - 1;
    for (; word < last; word++) {
      if (word[0] != home.begin || word[1] <= home.begin || word[1] > home.end) continue;
      widen_callback(word, calls);
    }
  }
}

// Version 2 keeps its innermost call in a thread_local, which a kernel thread gets when it first
// uses it; version 3 beside the memory of the calls.
constexpr size_t kBesideMemory = 1024;

CallStack::Nearby nearby_of(const Memory& memory, const Object& object) {
  if (memory.has_lengths()) {
    return [base = object.base] {
      const elf::AddressRange block = elf::parts_of(base).thread_local_block;
      return Range{block.begin, block.end};
    };
  }
  const auto record = reinterpret_cast<uintptr_t>(memory.stack);
  return [beside = readable_part({record, record + kBesideMemory})] { return beside; };
}

void adopt(Instance& instance, const Object& object, const std::optional<Memory>& memory) {
  if (!memory) return;
  instance.stack = CallStack::adopt(*memory, instance.env, nearby_of(*memory, object));
  if (instance.stack == nullptr || memory->has_lengths()) return;
  widen_callbacks(elf::parts_of(object.base).writable, *instance.stack);
}

// -- What koffi calls instead of Node-API's and libc's functions.

// Version 2 begins every call with this one.
napi_status watched_get_instance_data(napi_env env, void** data) {
  const napi_status status = napi_get_instance_data(env, data);
  Instance& instance = instance_of(env);
  instance.has_instance_data = true;
  if (status != napi_ok || *data == nullptr || !is_to_be_searched(instance, false)) return status;
  const Object* object = object_at(__builtin_return_address(0));
  if (object != nullptr) adopt(instance, *object, find_memory(*data));
  return status;
}

// Version 3 begins every call that has arguments with this one.
napi_status watched_get_cb_info(napi_env env, napi_callback_info info, size_t* count,
                                napi_value* arguments, napi_value* receiver, void** data) {
  const napi_status status = napi_get_cb_info(env, info, count, arguments, receiver, data);
  if (status != napi_ok || data == nullptr || *data == nullptr) return status;
  Instance& instance = instance_of(env);
  if (instance.has_instance_data || !is_to_be_searched(instance, true)) return status;
  const Object* object = object_at(__builtin_return_address(0));
  if (object != nullptr) adopt(instance, *object, find_memory_of_function(*data));
  return status;
}

// Version 3 makes its reference to a callback's function when the rest of the callback's record is
// written: the stack, the type and, behind them, the reference.
napi_status watched_create_reference(napi_env env, napi_value value, uint32_t count,
                                     napi_ref* reference) {
  const Instance& instance = instance_of(env);
  const Object* object = object_at(reference);
  if (object != nullptr && instance.stack != nullptr && !instance.has_instance_data) {
    uintptr_t* const stack = reinterpret_cast<uintptr_t*>(reference) - 3;
    if (stack[0] == instance.stack->memory().stack[0]) widen_callback(stack, *instance.stack);
  }
  return napi_create_reference(env, value, count, reference);
}

CallStack* stack_of_record(const uintptr_t* stack_end) {
  if (instances == nullptr) return nullptr;
  for (const Instance& instance : *instances) {
    if (instance.stack == nullptr) continue;
    const uintptr_t* stack = instance.stack->memory().stack;
    if (stack_end == stack || stack_end == stack + 1) return instance.stack.get();
  }
  return nullptr;
}

// Where calls cannot be kept apart, JavaScript that C calls back must not be suspended above the
// frames of its caller.
void watched_switch_and_relay(void* call, intptr_t callback, void* arguments, void* saved_sp,
                              uintptr_t* stack_end) {
  const SwitchAndRelay relay = object_at(__builtin_return_address(0))->switch_and_relay;
  CallStack* const stack = stack_of_record(stack_end);
  if (stack != nullptr && stack->learn_call(call)) {
    return relay(call, callback, arguments, saved_sp, stack_end);
  }
  const green::NoYieldZone shared_stack;
  relay(call, callback, arguments, saved_sp, stack_end);
}

// At the end of its environment an instance gives its memory back: what it has now is ours, and
// what it had at first is given back instead. Version 3 remembers the mapping of its first stack.
int watched_munmap(void* address, size_t size) {
  if (instances == nullptr) return munmap(address, size);
  const auto begin = reinterpret_cast<uintptr_t>(address);
  const auto owner =
      std::find_if(instances->begin(), instances->end(), [&](const Instance& instance) {
        return instance.stack != nullptr && instance.stack->bounds().holds(begin);
      });
  if (owner == instances->end()) return munmap(address, size);
  const Memory memory = owner->stack->memory();
  const bool is_stack = memory.has_lengths() && begin == memory.stack[0];
  const Range home = is_stack ? memory.whole_stack : memory.whole_heap;
  if (!is_stack) forget(owner);
  return munmap(reinterpret_cast<void*>(home.begin), home.size());
}

template <class Function>
elf::Rule rule(const char* name, Function* replacement) {
  return {name, reinterpret_cast<void*>(replacement)};
}

// The address of a function or label that the object defines, exports, and refers to itself through
// a slot; nullptr where there is none.
void* exported(const elf::Image& image, std::span<const Elf64_Rela> relocations,
               std::string_view name) {
  for (const Elf64_Rela& relocation : relocations) {
    const Elf64_Sym& symbol = image.symbol(ELF64_R_SYM(relocation.r_info));
    if (symbol.st_shndx == SHN_UNDEF || image.name(symbol) != name) continue;
    return reinterpret_cast<void*>(image.base() + symbol.st_value);
  }
  return nullptr;
}

// A place that is not taken, or no longer: workers unload what only they have loaded.
Object* place_for(const Range& extent) {
  const size_t count = object_count.load(std::memory_order_relaxed);
  for (size_t i = 0; i < count; i++) {
    const auto* begin = reinterpret_cast<const void*>(objects[i].extent.begin);
    if (extent.holds(objects[i].extent.begin) || elf::find_by_address(begin) == nullptr)
      return &objects[i];
  }
  if (count == kMostObjects) return nullptr;
  object_count.store(count + 1, std::memory_order_release);
  return &objects[count];
}

bool remember(const elf::Image& image, void* switch_and_relay) {
  const std::lock_guard lock(objects_mutex);
  const Range extent{image.extent().begin, image.extent().end};
  Object* const place = place_for(extent);
  if (place == nullptr) return false;
  *place = {image.base(), extent, reinterpret_cast<SwitchAndRelay>(switch_and_relay)};
  return true;
}

}  // namespace

std::span<const elf::Rule> rules_for(const link_map* map) {
  static const elf::Rule rules[] = {
      rule("napi_get_instance_data", watched_get_instance_data),
      rule("napi_get_cb_info", watched_get_cb_info),
      rule("napi_create_reference", watched_create_reference),
      {"SwitchAndRelay", reinterpret_cast<void*>(watched_switch_and_relay),
       elf::Definition::anywhere},
      rule("munmap", watched_munmap),
  };
  const elf::Image image(map);
  void* const relay = exported(image, image.plt_relocations(), "SwitchAndRelay");
  if (relay == nullptr || exported(image, image.relocations(), "Trampoline0") == nullptr) return {};
  return remember(image, relay) ? std::span(rules) : std::span<const elf::Rule>();
}

}  // namespace greenify::addon::koffi
