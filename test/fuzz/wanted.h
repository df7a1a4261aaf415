// Names that redirection looks for, as some of them.
#pragma once

#include <span>
#include <string>

namespace greenify::fuzz {

std::span<const std::string> wanted_names();

}  // namespace greenify::fuzz
