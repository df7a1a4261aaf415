#include "green/spare_states.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "green/own_memory.h"

namespace greenify::green {
namespace {

// The two classes of V8's execution/v8threads.h, the same in V8 11.3 to 14.6. Nothing there is
// exported by every Node build, so the manager is searched for, and what is found has to prove by
// its contents that it is one.
struct ThreadState {
  int id;  // not positive while it is spare; in some versions a bool follows
  char* data;
  ThreadState* next;
  ThreadState* previous;
  const void* manager;
};

// What follows the mutex, whose size depends on the version: at least a word, at most a
// pthread_mutex_t and a counter.
struct ThreadManager {
  int owner;
  int lazily_archived;  // not positive while a thread that has been restored holds the lock
  ThreadState* lazily_archived_state;
  ThreadState* free_anchor;
  ThreadState* in_use_anchor;
  v8::Isolate* isolate;
};

constexpr size_t kLargestMutex = 48;
constexpr size_t kKeptStates = 16;

template <class T>
bool read_object(const T* address, T& into) {
  return copy_readable(address, &into, sizeof(T)) == sizeof(T);
}

bool is_ring_member(const ThreadState* state, const void* manager, ThreadState& copy) {
  ThreadState next, previous;
  return read_object(state, copy) && copy.manager == manager && read_object(copy.next, next) &&
         next.manager == manager && next.previous == state &&
         read_object(copy.previous, previous) && previous.manager == manager &&
         previous.next == state;
}

// An anchor is never used as a state, so it has neither an id nor data.
bool is_anchor(const ThreadState* anchor, const void* manager) {
  ThreadState copy;
  return is_ring_member(anchor, manager, copy) && copy.id <= 0 && copy.data == nullptr;
}

bool is_settled(const ThreadManager& manager, v8::Isolate* isolate, int v8_id) {
  return manager.isolate == isolate && manager.owner == v8_id && manager.lazily_archived <= 0 &&
         manager.lazily_archived_state == nullptr;
}

// The manager's fields in the object, if it is a manager.
const ThreadManager* fields_in(const char* object, v8::Isolate* isolate, int v8_id) {
  char copy[kLargestMutex + sizeof(ThreadManager)];
  const size_t size = copy_readable(object, copy, sizeof(copy));
  for (size_t at = sizeof(void*); at + sizeof(ThreadManager) <= size; at += sizeof(void*)) {
    ThreadManager fields;
    std::memcpy(&fields, copy + at, sizeof(fields));
    if (is_settled(fields, isolate, v8_id) && fields.free_anchor != fields.in_use_anchor &&
        is_anchor(fields.free_anchor, object) && is_anchor(fields.in_use_anchor, object)) {
      return reinterpret_cast<const ThreadManager*>(object + at);
    }
  }
  return nullptr;
}

// What may be pointers to heap objects among the words of the isolate, each once.
std::vector<char*> pointers_of(v8::Isolate* isolate) {
  constexpr size_t kSearched = 128 * 1024;  // the isolate is smaller; what follows it does no harm
  std::vector<char*> words(kSearched / sizeof(char*));
  words.resize(copy_readable(isolate, words.data(), kSearched) / sizeof(char*));
  std::erase_if(words, [](const char* word) {
    const uintptr_t value = reinterpret_cast<uintptr_t>(word);
    return value < 65536 || value % alignof(max_align_t) != 0 || value >> 47 != 0;
  });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

// The fields of the isolate's manager if exactly one object may be it, else nullptr.
const ThreadManager* find_manager(v8::Isolate* isolate, int v8_id) {
  std::vector<const ThreadManager*> found;
  for (const char* object : pointers_of(isolate)) {
    const ThreadManager* fields = fields_in(object, isolate, v8_id);
    if (fields != nullptr) found.push_back(fields);
  }
  return found.size() == 1 ? found.front() : nullptr;
}

bool is_spare(const ThreadState* state, const ThreadState* anchor) {
  return state->manager == anchor->manager && state->id <= 0 && state->data != nullptr &&
         state->next->previous == state && state->previous->next == state;
}

// As ~ThreadState and its operator delete do; operators new and delete are the process's own.
void destroy(ThreadState* state) {
  state->next->previous = state->previous;
  state->previous->next = state->next;
  ::operator delete[](state->data);
  ::operator delete(state);
}

// V8 takes from the front, so the back is what has been spare for longest.
void free_spare_states(ThreadState* anchor) {
  ThreadState* state = anchor->next;
  for (size_t kept = 0; kept < kKeptStates && state != anchor; kept++) state = state->next;
  while (state != anchor && is_spare(state, anchor)) {
    ThreadState* const next = state->next;
    destroy(state);
    state = next;
  }
}

}  // namespace

void SpareStates::release(int v8_id) {
  if (!searched_) manager_ = find_manager(isolate_, v8_id);
  searched_ = true;
  if (manager_ != nullptr) {
    const auto& manager = *static_cast<const ThreadManager*>(manager_);
    if (is_settled(manager, isolate_, v8_id)) free_spare_states(manager.free_anchor);
  }
}

}  // namespace greenify::green
