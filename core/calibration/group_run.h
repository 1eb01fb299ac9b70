// What a measured run would have shown: the run played through in groups of equal requests, each group prefilled and
// decoded as one, leaping from one change of the batch to the next. Shows start-up, waves, drain and queueing for KV
// memory of offline and closed-loop runs in microseconds, so that a fit can afford it; the simulator does it request by
// request.
#pragma once

#include "core/calibration/measured_case.h"

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

/// Plays a case of any load kind but request_rate. Total: a case that does not fit gives zeros.
RunResult playRun(const MeasuredCase&, const StepModel&);

} // namespace headroom
