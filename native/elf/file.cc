#include "elf/file.h"

#include "elf/file_image.h"
#include "elf/file_mapping.h"

namespace greenify::elf {

void check_bytes(std::span<const std::byte> bytes, const std::string& path) {
  const FileImage image(bytes, path);
}

void check_file(const std::string& path) {
  const FileMapping mapping(path);
  check_bytes(mapping.bytes(), path);
}

}  // namespace greenify::elf
