#include "elf/relocation.h"

#include <doctest/doctest.h>

using namespace greenify::elf;

// The numbers as the psABI documents give them, so that a slip in either table shows on any host.
TEST_CASE("x86-64 relocation types") {
  CHECK(x86_64_relocations.machine == 62);
  CHECK(slot_kind(x86_64_relocations, 7) == SlotKind::jump_slot);
  CHECK(slot_kind(x86_64_relocations, 6) == SlotKind::glob_dat);
  CHECK(slot_kind(x86_64_relocations, 1) == SlotKind::absolute);
}

TEST_CASE("arm64 relocation types") {
  CHECK(aarch64_relocations.machine == 183);
  CHECK(slot_kind(aarch64_relocations, 1026) == SlotKind::jump_slot);
  CHECK(slot_kind(aarch64_relocations, 1025) == SlotKind::glob_dat);
  CHECK(slot_kind(aarch64_relocations, 257) == SlotKind::absolute);
}

TEST_CASE("relative, copy, TLS and IRELATIVE relocations are no slots") {
  for (const unsigned type : {R_X86_64_RELATIVE, R_X86_64_COPY, R_X86_64_DTPMOD64, R_X86_64_TPOFF64,
                              R_X86_64_IRELATIVE}) {
    CHECK_FALSE(slot_kind(x86_64_relocations, type));
  }
  for (const unsigned type : {R_AARCH64_RELATIVE, R_AARCH64_COPY, R_AARCH64_TLS_DTPMOD,
                              R_AARCH64_TLSDESC, R_AARCH64_IRELATIVE}) {
    CHECK_FALSE(slot_kind(aarch64_relocations, type));
  }
}
