#pragma once

#include <stdexcept>
#include <string>

namespace greenify::green {

// This build of Node is not laid out as expected: nothing has been changed when it is thrown.
class ProbeError : public std::runtime_error {
 public:
  explicit ProbeError(const std::string& what) : std::runtime_error(what) {}
};

// No green thread could be made (out of address space or mappings).
class ThreadLimitError : public std::runtime_error {
 public:
  explicit ThreadLimitError(const std::string& what) : std::runtime_error(what) {}
};

}  // namespace greenify::green
