#include "green/v8_slots.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "green/error.h"

namespace greenify::green {
namespace {

using GetStackStart = void* (*)();

// v8::base::Stack::GetStackStart() is exported by every Node build but declared in no public
// header.
GetStackStart stack_start_function() {
  void* symbol = dlsym(RTLD_DEFAULT, "_ZN2v84base5Stack13GetStackStartEv");
  if (symbol == nullptr) throw ProbeError("v8::base::Stack::GetStackStart is not exported");
  return reinterpret_cast<GetStackStart>(symbol);
}

struct TlsBlock {
  char* begin = nullptr;
  size_t size = 0;
};

struct TlsSearch {
  uintptr_t address;  // inside the object that is looked for
  TlsBlock found;
};

// dl_iterate_phdr(3): dlpi_tls_data is the calling thread's instance of the object's PT_TLS
// segment.
int match_object(dl_phdr_info* info, size_t, void* data) {
  auto& search = *static_cast<TlsSearch*>(data);
  size_t tls_size = 0;
  bool contains = false;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) & header = info->dlpi_phdr[i];
    if (header.p_type == PT_TLS) tls_size = header.p_memsz;
    if (header.p_type != PT_LOAD) continue;
    const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    contains |= search.address >= begin && search.address < begin + header.p_memsz;
  }
  if (!contains) return 0;
  search.found = {static_cast<char*>(info->dlpi_tls_data), tls_size};
  return 1;
}

// The calling thread's thread-local block of the object that contains V8 (the node executable, or
// libnode). The stack-start function, not a v8.h one: the address of a non-PIE import may be a PLT
// entry.
TlsBlock v8_tls_block(GetStackStart anchor) {
  TlsSearch search{reinterpret_cast<uintptr_t>(anchor), {}};
  dl_iterate_phdr(match_object, &search);
  if (search.found.begin == nullptr || search.found.size == 0) {
    throw ProbeError("the object that contains V8 has no thread-local block");
  }
  return search.found;
}

struct Probe {
  v8::Isolate* isolate;
  GetStackStart stack_start;
  std::vector<size_t> id_offsets;  // 4-byte cells that went from 0 to a positive number
  std::vector<size_t>
      start_offsets;  // 8-byte cells that went from 0 to what GetStackStart returned
  int id = 0;
  std::string error;
};

template <class Cell, class Accept>
std::vector<size_t> changed_cells(const std::vector<char>& before, const std::vector<char>& after,
                                  Accept accept) {
  std::vector<size_t> offsets;
  for (size_t at = 0; at + sizeof(Cell) <= before.size(); at += sizeof(Cell)) {
    Cell old_value, new_value;
    std::memcpy(&old_value, before.data() + at, sizeof(Cell));
    std::memcpy(&new_value, after.data() + at, sizeof(Cell));
    if (old_value == 0 && accept(new_value)) offsets.push_back(at);
  }
  return offsets;
}

// Runs on a fresh kernel thread: V8 has written none of its slots there yet.
void watch_slots(Probe& probe) {
  const TlsBlock block = v8_tls_block(probe.stack_start);
  const auto snapshot = [&] { return std::vector<char>(block.begin, block.begin + block.size); };

  const std::vector<char> untouched = snapshot();
  v8::Locker::IsLocked(probe.isolate);  // asks for this thread's id, and so allocates it
  const std::vector<char> with_id = snapshot();
  probe.id_offsets = changed_cells<int>(untouched, with_id, [](int value) { return value > 0; });

  void* start = probe.stack_start();
  const std::vector<char> with_start = snapshot();
  probe.start_offsets =
      changed_cells<void*>(with_id, with_start, [start](void* value) { return value == start; });

  if (probe.id_offsets.size() == 1) {
    std::memcpy(&probe.id, with_id.data() + probe.id_offsets[0], sizeof(int));
  }
}

void* probe_main(void* argument) {
  auto& probe = *static_cast<Probe*>(argument);
  try {
    watch_slots(probe);
  } catch (const std::exception& failure) {
    probe.error = failure.what();
  }
  return nullptr;
}

Probe run_probe(v8::Isolate* isolate) {
  Probe probe{isolate, stack_start_function(), {}, {}, 0, {}};
  pthread_t thread;
  if (pthread_create(&thread, nullptr, probe_main, &probe) != 0) {
    throw ProbeError("no probe thread could be started");
  }
  pthread_join(thread, nullptr);
  if (!probe.error.empty()) throw ProbeError(probe.error);
  return probe;
}

// The second id need not be the first plus one: V8's platform threads take ids at the same time.
SlotOffsets agree(const Probe& first, const Probe& second) {
  if (first.id_offsets.size() != 1 || first.id_offsets != second.id_offsets ||
      second.id <= first.id) {
    throw ProbeError("V8's thread-id slot was not found");
  }
  if (first.start_offsets.size() != 1 || first.start_offsets != second.start_offsets) {
    throw ProbeError("V8's stack-start slot was not found");
  }
  return {first.id_offsets[0], first.start_offsets[0]};
}

}  // namespace

const SlotOffsets& probe_slots(v8::Isolate* isolate) {
  static std::mutex mutex;
  static bool known = false;
  static SlotOffsets offsets;
  const std::lock_guard lock(mutex);
  if (!known) {
    const Probe first = run_probe(isolate);
    const Probe second = run_probe(isolate);
    offsets = agree(first, second);
    known = true;
  }
  return offsets;
}

Slots Slots::of_this_thread(v8::Isolate* isolate) {
  const SlotOffsets& offsets = probe_slots(isolate);
  const GetStackStart stack_start = stack_start_function();
  const TlsBlock block = v8_tls_block(stack_start);
  const Slots slots{reinterpret_cast<int*>(block.begin + offsets.thread_id),
                    reinterpret_cast<void**>(block.begin + offsets.stack_start)};

  void* start = stack_start();
  const bool start_agrees = *slots.stack_start == start;
  const bool id_agrees = *slots.thread_id > 0 && v8::Locker::IsLocked(isolate) &&
                         allocate_thread_id(slots, isolate) > *slots.thread_id;
  if (!start_agrees || !id_agrees) {
    throw ProbeError("V8's slots on the loop thread disagree with what V8 says");
  }
  return slots;
}

int allocate_thread_id(const Slots& slots, v8::Isolate* isolate) {
  const int mine = *slots.thread_id;
  *slots.thread_id = 0;
  v8::Locker::IsLocked(isolate);
  const int fresh = *slots.thread_id;
  *slots.thread_id = mine;
  return fresh;
}

uintptr_t current_stack_limit(v8::Isolate* isolate) {
  // V8's stack guard is at the start of the isolate's data (word 2 in V8 11.3 to 14.6).
  constexpr size_t kWords = 32;
  const auto* words = reinterpret_cast<const uintptr_t*>(isolate);
  const std::vector<uintptr_t> before(words, words + kWords);
  const uintptr_t marker = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) - 96 * 1024 - 8;
  isolate->SetStackLimit(marker);
  uintptr_t limit = 0;
  for (size_t i = 0; i < kWords && limit == 0; i++) {
    if (words[i] == marker && before[i] != marker) limit = before[i];
  }
  if (limit == 0) throw ProbeError("V8's stack limit was not found");
  isolate->SetStackLimit(limit);
  return limit;
}

}  // namespace greenify::green
