// A library held open.
#pragma once

#include <link.h>

#include <string>

namespace greenify::elf {

class Library {
 public:
  // A path (it contains '/') is judged by check_file first; anything else is a soname and is looked
  // up as by dlopen(3). A library that is mapped already is not loaded again. Throws Error.
  static Library open(const std::string& path_or_soname);

  Library(Library&& other) noexcept;
  Library& operator=(Library&& other) noexcept;
  ~Library();  // dlclose

  void* handle() const { return handle_; }
  const link_map* map() const { return map_; }
  const std::string& path() const { return path_; }  // realpath(3) of the mapped file
  bool was_mapped() const { return was_mapped_; }

 private:
  Library(void* handle, bool was_mapped, const std::string& requested);
  void close() noexcept;

  void* handle_ = nullptr;
  const link_map* map_ = nullptr;
  std::string path_;
  bool was_mapped_ = false;
};

}  // namespace greenify::elf
