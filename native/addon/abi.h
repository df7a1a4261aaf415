#pragma once

#include <stdexcept>

// What other native code of the process finds of greenify: include/greenify_abi.h.
namespace greenify::addon {

// Slots and the word in which native code looks for greenify are process-wide; two copies that hand
// V8 from stack to stack would not know of each other's.
struct SecondCopyError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Makes this copy of greenify the one that native code finds. Gives whether it was not before.
// Throws SecondCopyError. Thread: any.
bool publish_abi();
// Takes that back: no green thread will come of it. Thread: any.
void withdraw_abi();

}  // namespace greenify::addon
