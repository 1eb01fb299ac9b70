// What Python's json module writes is not always JSON: bare Infinity and NaN are read as null.
#pragma once

#include "core/error.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace headroom {

/// The text with the bare words of Python's json module replaced by null. Lines stay where they are.
/// \param name stands in messages
/// Errors: values nested deeper than 64, before a parser meets them (NAME:LINE).
Result<std::string> strictJson(std::string_view json, const std::string& name);

/// The line of a byte, from 1.
std::size_t lineOf(std::string_view text, std::size_t at);

} // namespace headroom
