// A plan simulated at several loads: points beside the curves over the arrival rate. Small runs: an eye's check of the
// closed forms, not a measurement.
#pragma once

#include "core/plan/plan.h"
#include "core/sim/result.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace headroom {

struct SimulatedLoad {
    RequestRate rate;
    std::shared_ptr<const sim::SimResult> result; ///< of kLoadReplications runs, without rows
};

struct LoadStudy {
    std::shared_ptr<const Plan> plan;
    std::vector<SimulatedLoad> loads; ///< in order of their rate
    bool complete = false;
};

inline constexpr int kLoadReplications = 5;
/// Of each run: all loads together are a few tenths of a second.
inline constexpr std::uint64_t kLoadRequests = 2000;

/// Whether these are results of `plan`, or of one that differs in its arrival rate (and name) only.
bool isLoadStudyOf(const LoadStudy&, const Plan&);

/// Simulates the plan at seven shares of its capacity, on this thread. Empty for a plan that has no load to vary (closed
/// loop, trace), does not fit or cannot run.
/// \param coarse called once, with every other load, when these are done
/// \param stop ends it within 50 ms with the loads done so far, `complete` unset
LoadStudy simulateLoads(std::shared_ptr<const Plan>, const std::stop_token& stop = {},
    const std::function<void(const LoadStudy&)>& coarse = {});

} // namespace headroom
