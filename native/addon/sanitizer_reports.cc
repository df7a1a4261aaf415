#include "addon/sanitizer_reports.h"

#include "green/sanitizer.h"

#ifdef GREENIFY_ADDRESS_SANITIZER

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

// compiler-rt's ubsan/ubsan_monitor.h and sanitizer_common.h; they are in no public header.
extern "C" {
void __ubsan_get_current_report_data(const char** kind, const char** message, const char** file,
                                     unsigned* line, unsigned* column, char** memory);
void __sanitizer_report_error_summary(const char* summary);

// Called by UndefinedBehaviorSanitizer's runtime, which writes to standard error wherever
// AddressSanitizer's is told to write: what it has to say goes there, too.
[[gnu::visibility("default")]] void __ubsan_on_report() {
  const char *kind, *message, *file;
  unsigned line, column;
  char* memory;
  __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &memory);
  const std::string where = std::string(file) + ":" + std::to_string(line);
  const std::string summary = "UndefinedBehaviorSanitizer: " + where + ": " + message;
  __sanitizer_report_error_summary(summary.c_str());
  __sanitizer_print_stack_trace();
}
}

namespace greenify::addon {
namespace {

// LeakSanitizer stops the threads by ptrace(2), and ends a process in which it cannot.
bool is_traced() {
  const std::string field = "TracerPid:\t";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return line != field + "0";
  }
  return false;
}

}  // namespace

// LeakSanitizer's own check at exit would replace the exit code. A forked child lacks the threads
// that it knows of.
void report_leaks_at_exit() {
  static const pid_t process = getpid();
  [[maybe_unused]] static const int once = std::atexit([] {
    if (getpid() == process && !is_traced()) __lsan_do_recoverable_leak_check();
  });
}

}  // namespace greenify::addon

#else

namespace greenify::addon {

void report_leaks_at_exit() {}

}  // namespace greenify::addon

#endif
