// What the closed form of a station cannot promise to be right about, and says so.
#pragma once

#include "core/queueing/station_tables.h"

#include <string_view>

namespace headroom {

/// Why the answer at a load is known to be off, by how much, and what holds nevertheless: one clause. Empty = at that load
/// E2E and TTFT agree with the simulator, medians to 10 % and p95 to 15 % (MODEL.md 2). Each limit was read off runs of
/// both; tests/laws/closed_form_and_simulation_test.cpp keeps it so.
/// \param utilization offered load over capacity; from 1 on times are infinite, and only the capacity can be wrong
std::string_view reasonNotCovered(const StationTables&, double utilization);

} // namespace headroom
