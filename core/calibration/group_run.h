// What a measured run would have shown: the run played through in groups of equal requests, each group prefilled and
// decoded as one, leaping from one change of the batch to the next. Shows start-up, waves, drain and queueing for KV
// memory of offline and closed-loop runs in microseconds, so that a fit can afford it; the simulator does it request by
// request.
#pragma once

#include "core/calibration/measured_case.h"

#include <vector>

namespace headroom {

/// Mean and quantiles over requests, in seconds.
struct RunLatency {
    double mean = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0;
};

/// Whole deployment (all replicas).
struct RunResult {
    double outputTokenRate = 0, totalTokenRate = 0, requestRate = 0;
    RunLatency ttft, tpot, e2e;
};

/// The steps of a run in order. Nobody arrives by the clock in these runs, so which requests share a step does not
/// depend on how long steps take: a fit plans each case once and times it for every set of coefficients.
struct RunSchedule {
    struct Leg {
        StepBatch batch;
        double steps = 1; ///< this many steps with that batch, or about it
    };
    /// Requests that move as one; times are counts of legs.
    struct Group {
        double size = 0, prompt = 0, output = 0;
        std::size_t submitted = 0, firstToken = 0, finished = 0;
    };
    std::vector<Leg> legs;
    std::vector<Group> groups; ///< in the order they finish
    double requests = 0;       ///< of the whole run, one replica
    double played = 0;         ///< of these, by the legs; the rest goes on at their rate
    double replicas = 1;
    double wave = 1; ///< groups in flight at once
};

/// Plans a case of any load kind but request_rate. Of the model only shapes matter (how far layers look back), no
/// efficiency. Empty for a case that does not fit.
RunSchedule planRun(const MeasuredCase&, const StepModel&);

/// How long that takes. \return zeros for an empty schedule
RunResult timeRun(const RunSchedule&, const StepModel&);

/// Both at once. Total: a case that does not fit gives zeros.
RunResult playRun(const MeasuredCase&, const StepModel&);

} // namespace headroom
