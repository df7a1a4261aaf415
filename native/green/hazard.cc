#include "green/hazard.h"

#ifdef GREENIFY_HAZARD_SWITCHES

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace greenify::green {
namespace {

constexpr std::string_view kNames[] = {
    "stack_start", "stack_limit", "loop_stack_limit", "fast_api_calls",   "wasm_code_gc",
    "left_trim",   "async_stack", "async_frame",      "async_frame_root", "callback_depth",
    "napi_scopes", "gc_zone",     "termination",      "abandoned",
};

uint32_t unanswered_bits() {
  const char* list = std::getenv("GREENIFY_UNANSWERED");
  const std::string padded = std::string(",") + (list != nullptr ? list : "") + ",";
  uint32_t bits = 0;
  for (size_t i = 0; i < std::size(kNames); i++) {
    const std::string wanted = "," + std::string(kNames[i]) + ",";
    if (padded.find(wanted) != std::string::npos) bits |= 1u << i;
  }
  return bits;
}

}  // namespace

bool answered(Hazard hazard) {
  static const uint32_t unanswered = unanswered_bits();
  return (unanswered >> static_cast<unsigned>(hazard) & 1) == 0;
}

}  // namespace greenify::green

#endif
