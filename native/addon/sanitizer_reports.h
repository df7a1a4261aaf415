#pragma once

namespace greenify::addon {

// In a build for sanitizers, has LeakSanitizer look for leaks when the process exits, and report
// them without changing how it ends.
void report_leaks_at_exit();

}  // namespace greenify::addon
