// The version of this program.
#pragma once

#include <string_view>

namespace headroom {

/// "0.1.0"
std::string_view version();

} // namespace headroom
