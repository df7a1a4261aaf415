// What can go wrong while reading or changing an ELF object, as one typed error.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace greenify::elf {

enum class Fault {
  open_failed,
  not_elf,
  truncated,
  wrong_class,
  wrong_machine,
  no_dynamic,
  malformed,
  protect_failed,
  not_loaded,
  load_failed,
};

// A stable code for programs, for example "ERR_GREENIFY_ELF_TRUNCATED".
const char* fault_code(Fault fault) noexcept;

// The message reads "<path>: <reason>. <what to do next>".
class Error : public std::runtime_error {
 public:
  Error(Fault fault, std::string path, std::string_view reason, int os_errno = 0,
        std::string symbol = {});

  Fault fault;
  std::string path;
  std::string symbol;  // empty where the fault is not about one symbol
  int os_errno;        // 0 where no system call failed
};

}  // namespace greenify::elf
