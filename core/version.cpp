#include "core/version.h"
#include "core/version_info.h"

namespace headroom {

std::string_view version() { return HEADROOM_VERSION; }

} // namespace headroom
