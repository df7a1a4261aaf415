#include "elf/library.h"

#include <dlfcn.h>

#include <utility>

#include "elf/error.h"
#include "elf/file.h"
#include "elf/image.h"
#include "elf/objects.h"

namespace greenify::elf {

Library Library::open(const std::string& path_or_soname) {
  // dlopen(3) takes an empty name for the executable.
  if (path_or_soname.empty()) throw Error(Fault::load_failed, "''", "the name is empty");
  if (path_or_soname.find('/') != std::string::npos) check_file(path_or_soname);
  const char* name = path_or_soname.c_str();
  if (void* handle = ::dlopen(name, RTLD_NOW | RTLD_NOLOAD)) {
    return Library(handle, true, path_or_soname);
  }
  if (void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
    return Library(handle, false, path_or_soname);
  }
  const char* reason = ::dlerror();
  throw Error(Fault::load_failed, path_or_soname,
              reason != nullptr ? reason : "the dynamic linker gives no reason");
}

Library::Library(void* handle, bool was_mapped, const std::string& requested)
    : handle_(handle), map_(find_by_handle(handle)), was_mapped_(was_mapped) {
  if (map_ == nullptr) {
    close();
    throw Error(Fault::not_loaded, requested, "the dynamic linker gives no link map for it");
  }
  path_ = real_path(object_path(map_));
}

Library::Library(Library&& other) noexcept {
  *this = std::move(other);
}

Library& Library::operator=(Library&& other) noexcept {
  if (this == &other) return *this;
  close();
  handle_ = std::exchange(other.handle_, nullptr);
  map_ = std::exchange(other.map_, nullptr);
  path_ = std::move(other.path_);
  was_mapped_ = other.was_mapped_;
  return *this;
}

Library::~Library() {
  close();
}

void Library::close() noexcept {
  if (handle_ != nullptr) ::dlclose(std::exchange(handle_, nullptr));
}

}  // namespace greenify::elf
