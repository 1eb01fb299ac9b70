// The sustainable rate of a replica.
#pragma once

#include "core/queueing/station_tables.h"

namespace headroom {

/// Rate and decodes of one replica with `occupied` seats always taken.
struct Saturation {
    double rate = 0, decodes = 0;
};

/// Sustainable rate with so many seats taken (MODEL.md 2): B sequences decode, the other seats hold prompts in
/// progress. A request takes (m / B) decode steps' worth of time and its prompt's; the token budget holds B at B* or
/// below. For the policies whose prompts and decodes share a replica.
Saturation saturate(const StationTables&, double occupied);

} // namespace headroom
