// What went on at one moment of a run, from its rows and its time series: what scrubbing through it shows.
#pragma once

#include "core/sim/result.h"
#include "core/sim/scenario.h"

#include <cstdint>
#include <optional>

namespace headroom::sim {

struct Instant {
    std::uint64_t waiting = 0;    ///< at the engine, before the first step
    std::uint64_t prefilling = 0; ///< scheduled, no token yet
    std::uint64_t decoding = 0;
    std::uint64_t elsewhere = 0;      ///< on the network, in retrieval or post-processing
    std::uint64_t completed = 0;      ///< ended well by then
    double kvFraction = 0;            ///< mean over the interval of the time series that holds the moment
    double outputTokensPerSecond = 0; ///< likewise
};

/// Until when the rows hold every request: later moments have no Instant. The end of the run when all rows were kept.
double rowsReach(const SimResult&);

/// The state at `t` seconds since the start of the run; absent without rows, before 0 and after rowsReach().
std::optional<Instant> instantAt(const SimResult&, const FixedLatency&, double t);

/// The next moment after `t` (or the last one before it) at which a request changes its state; absent if there is none.
enum class Direction { forward, backward };
std::optional<double> nearestChange(const SimResult&, const FixedLatency&, double t, Direction);

} // namespace headroom::sim
