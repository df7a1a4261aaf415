// Redirecting import slots, and a record of it from which every slot can be put back.
#pragma once

#include <link.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elf/image.h"
#include "elf/slots.h"

namespace greenify::elf {

struct Rule {
  const char* name;  // of an imported function; of rules with the same name the first counts
  void* replacement;
  Definition definition = Definition::elsewhere;
};

struct SlotReport {
  std::string name;
  std::size_t redirected = 0;  // slots changed by this call
  std::size_t already = 0;     // slots that held the replacement before it
  std::size_t unaligned = 0;   // slots left alone: a store to them would not be atomic
  bool relro = false;          // at least one slot lies in RELRO

  bool absent() const { return redirected + already + unaligned == 0; }
};

struct UndoReport {
  std::string name;
  std::size_t restored = 0;  // slots that hold their previous value again
  std::size_t foreign = 0;   // slots left alone: somebody else has changed them since
};

struct Entry {
  std::string name;
  std::uintptr_t* slot = nullptr;
  std::uintptr_t previous = 0;
  std::uintptr_t replacement = 0;
  SlotKind kind = SlotKind::jump_slot;
  bool relro = false;
};

// Thread-safe. A `link_map` given to any function but `forget` must stay mapped during the call.
class Journal {
 public:
  // One report per rule, in the order of the rules. Idempotent. Throws Error; then every slot holds
  // what it held before. A lazily bound slot that another thread is just binding may be bound over
  // the replacement; calling again redirects it.
  std::vector<SlotReport> redirect(const link_map* map, std::span<const Rule> rules);

  // The same for an object mapped by other means, of which `map` names base and file.
  std::vector<SlotReport> redirect(const link_map* map, const Image& image,
                                   std::span<const Rule> rules);

  // Puts the previous values back where the slots still hold the replacement. Slots that do not are
  // reported and stay in the journal, so that a later undo can finish. One report per name.
  std::vector<UndoReport> undo(const link_map* map);
  std::vector<UndoReport> undo(const link_map* map, std::span<const std::string_view> names);

  // For an object that was unloaded: drops its entries. Neither the object nor `map` is touched.
  void forget(const link_map* map);
  // Does so for every object the dynamic linker no longer lists; answers how many.
  std::size_t forget_unmapped();

  std::vector<Entry> entries(const link_map* map) const;

 private:
  using Entries = std::map<std::uintptr_t*, Entry>;

  // The dynamic linker reuses the memory of a link_map, so its address alone names no object.
  struct Object {
    const link_map* map;
    std::uintptr_t base;
    const void* dynamic;
    std::string name;
    Entries entries;

    bool is(const link_map* other) const;
  };

  Object* find(const link_map* map);
  const Object* find(const link_map* map) const;
  Entries& entries_of(const link_map* map);  // a new record where there is none
  std::vector<UndoReport> undo_where(const link_map* map,
                                     const std::function<bool(const std::string& name)>& selected);

  mutable std::mutex mutex_;
  std::vector<Object> objects_;
};

}  // namespace greenify::elf
