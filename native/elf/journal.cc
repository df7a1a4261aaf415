#include "elf/journal.h"

#include <algorithm>
#include <utility>

#include "elf/objects.h"
#include "elf/writer.h"

namespace greenify::elf {
namespace {

WantedNames wanted_names(std::span<const Rule> rules) {
  WantedNames wanted;
  wanted.reserve(rules.size());
  for (std::size_t index = 0; index < rules.size(); ++index) {
    wanted.emplace(rules[index].name, WantedName{index, rules[index].definition});
  }
  return wanted;
}

std::vector<SlotReport> empty_reports(std::span<const Rule> rules) {
  std::vector<SlotReport> reports;
  reports.reserve(rules.size());
  for (const Rule& rule : rules) reports.push_back({.name = rule.name});
  return reports;
}

std::uintptr_t load(const std::uintptr_t* slot) {
  return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

bool is_aligned(const std::uintptr_t* slot) {
  return reinterpret_cast<std::uintptr_t>(slot) % alignof(std::uintptr_t) == 0;
}

struct Change {
  Slot slot;
  std::uintptr_t replacement;
};

// A slot that holds 0 is a weak import that nobody provides: the library asks whether the function
// is there, and a replacement would make that a lie.
std::vector<Change> plan_changes(std::span<const Slot> slots, std::span<const Rule> rules,
                                 std::vector<SlotReport>& reports) {
  std::vector<Change> changes;
  for (const Slot& slot : slots) {
    SlotReport& report = reports[slot.wanted];
    const auto replacement = reinterpret_cast<std::uintptr_t>(rules[slot.wanted].replacement);
    report.relro |= slot.relro;
    if (!is_aligned(slot.address)) {
      ++report.unaligned;
    } else if (load(slot.address) == replacement) {
      ++report.already;
    } else if (load(slot.address) != 0) {
      ++report.redirected;
      changes.push_back({slot, replacement});
    }
  }
  return changes;
}

std::vector<std::uintptr_t*> addresses_of(std::span<const Change> changes) {
  std::vector<std::uintptr_t*> addresses;
  addresses.reserve(changes.size());
  for (const Change& change : changes) addresses.push_back(change.slot.address);
  return addresses;
}

// The previous value stays what it was where a replacement replaces another of ours, and is taken
// anew where somebody else had written to the slot since.
void redirect_entry(SlotWriter& writer, Entry& entry, std::uintptr_t replacement) noexcept {
  const std::uintptr_t before = writer.exchange(entry.slot, replacement);
  if (before != entry.replacement) entry.previous = before;
  entry.replacement = replacement;
}

}  // namespace

bool Journal::Object::is(const link_map* other) const {
  return map == other && base == other->l_addr && dynamic == other->l_ld && name == other->l_name;
}

const Journal::Object* Journal::find(const link_map* map) const {
  const auto found =
      std::ranges::find_if(objects_, [map](const Object& object) { return object.is(map); });
  return found == objects_.end() ? nullptr : &*found;
}

Journal::Object* Journal::find(const link_map* map) {
  return const_cast<Object*>(std::as_const(*this).find(map));
}

Journal::Entries& Journal::entries_of(const link_map* map) {
  if (Object* object = find(map)) return object->entries;
  // What is recorded under this address now is an object that was unloaded.
  std::erase_if(objects_, [map](const Object& object) { return object.map == map; });
  return objects_.emplace_back(Object{map, map->l_addr, map->l_ld, map->l_name, {}}).entries;
}

std::vector<SlotReport> Journal::redirect(const link_map* map, std::span<const Rule> rules) {
  return redirect(map, Image(map), rules);
}

std::vector<SlotReport> Journal::redirect(const link_map* map, const Image& image,
                                          std::span<const Rule> rules) {
  const std::vector<Slot> slots = find_slots(image, wanted_names(rules));
  std::vector<SlotReport> reports = empty_reports(rules);

  const std::lock_guard lock(mutex_);
  const std::vector<Change> changes = plan_changes(slots, rules, reports);
  if (changes.empty()) return reports;

  Entries& entries = entries_of(map);
  Entries updated = entries;
  for (const auto& [slot, replacement] : changes) {
    Entry& entry = updated[slot.address];
    entry.name = rules[slot.wanted].name;
    entry.slot = slot.address;
    entry.kind = slot.kind;
    entry.relro = slot.relro;
  }
  SlotWriter writer(addresses_of(changes), image.path());
  for (const auto& [slot, replacement] : changes) {
    redirect_entry(writer, updated.find(slot.address)->second, replacement);
  }
  writer.commit();
  entries.swap(updated);
  return reports;
}

std::vector<UndoReport> Journal::undo(const link_map* map) {
  return undo_where(map, [](const std::string&) { return true; });
}

std::vector<UndoReport> Journal::undo(const link_map* map,
                                      std::span<const std::string_view> names) {
  return undo_where(map, [names](const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  });
}

std::vector<UndoReport> Journal::undo_where(
    const link_map* map, const std::function<bool(const std::string&)>& selected) {
  const std::lock_guard lock(mutex_);
  Object* object = find(map);
  if (object == nullptr) return {};

  std::vector<std::uintptr_t*> ours;
  std::map<std::string, UndoReport> reports;
  for (const auto& [slot, entry] : object->entries) {
    if (!selected(entry.name)) continue;
    reports.try_emplace(entry.name, UndoReport{.name = entry.name});
    if (load(slot) == entry.replacement) ours.push_back(slot);
  }
  SlotWriter writer(ours, object_path(map));
  for (std::uintptr_t* slot : ours) {
    const Entry& entry = object->entries.find(slot)->second;
    writer.exchange_if(slot, entry.replacement, entry.previous);
  }
  writer.commit();

  std::erase_if(object->entries, [&](const auto& item) {
    const Entry& entry = item.second;
    if (!selected(entry.name)) return false;
    UndoReport& report = reports.find(entry.name)->second;
    const bool restored = load(entry.slot) == entry.previous;
    ++(restored ? report.restored : report.foreign);
    return restored;
  });

  std::vector<UndoReport> list;
  for (auto& [name, report] : reports) list.push_back(std::move(report));
  return list;
}

void Journal::forget(const link_map* map) {
  const std::lock_guard lock(mutex_);
  std::erase_if(objects_, [map](const Object& object) { return object.map == map; });
}

std::size_t Journal::forget_unmapped() {
  const std::lock_guard lock(mutex_);
  std::vector<const link_map*> mapped;
  visit_objects([&](const link_map* map) {
    if (find(map) != nullptr) mapped.push_back(map);
  });
  return std::erase_if(objects_, [&mapped](const Object& object) {
    return std::ranges::find(mapped, object.map) == mapped.end();
  });
}

std::vector<Entry> Journal::entries(const link_map* map) const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> list;
  const Object* object = find(map);
  if (object == nullptr) return list;
  for (const auto& [slot, entry] : object->entries) list.push_back(entry);
  return list;
}

}  // namespace greenify::elf
