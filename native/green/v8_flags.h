#pragma once

namespace greenify::green {

// Turns off the three parts of V8 that break when stacks are suspended (see Hazard). Process-wide
// and for good; idempotent. Code that is optimised already keeps its fast API calls: the caller
// must deoptimise it. Thread: any with an initialised V8.
void set_v8_flags();

}  // namespace greenify::green
