#pragma once

#include <string>

namespace greenify::node {

// Emits a process warning (process.emitWarning) of type GreenifyWarning. Thread: loop, where
// JavaScript may run.
void warn(const char* code, const std::string& text);

// The JavaScript stack of the caller, a line a frame. Thread: loop.
std::string current_stack();

}  // namespace greenify::node
