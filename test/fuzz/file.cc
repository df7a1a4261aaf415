// An ELF file of unknown origin, as `greenify doctor` and the resolver read it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "addon/static_module.h"
#include "elf/error.h"
#include "elf/facts.h"
#include "fuzz/mutator.h"
#include "fuzz/wanted.h"

using namespace greenify;

namespace {

const std::string path = "/fuzz/libinput.so";

// However the tables of a file overlap, what is made of them stays in proportion.
void check_size(const elf::Facts& facts, std::size_t file_size) {
  std::size_t size = 0;
  for (const elf::Import& import : facts.imports) size += import.name.size();
  for (const std::string& name : facts.needed) size += name.size();
  for (const auto& needed : facts.needed_versions) {
    size += needed.library.size() + needed.version.size();
  }
  for (const std::string& version : facts.defined_versions) size += version.size();
  if (size > 32 * file_size + 128 * 1024) std::abort();
}

template <typename Action>
void tolerating_errors(Action&& action) {
  try {
    action();
  } catch (const elf::Error&) {
    // What a file that is no good is answered with.
  }
}

}  // namespace

// libFuzzer gives each input in an allocation of exactly its size, so one byte too far is seen.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  tolerating_errors([&] { check_size(elf::inspect(bytes, path, fuzz::wanted_names()), size); });
  tolerating_errors([&] { addon::static_module_abi(bytes, path); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t limit, unsigned seed) {
  return fuzz::mutate_elf({data, limit}, size, seed);
}
