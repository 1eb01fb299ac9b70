// A step-by-step simulation of replicas with continuous batching, for tests only: the plainest engine that follows
// MODEL.md 4, slow and easy to check, to hold the closed forms against.
#pragma once

#include "core/queueing/batch_queue.h"

#include <cstdint>
#include <vector>

namespace headroom::reference {

struct Percentiles {
    double mean = 0, p50 = 0, p95 = 0, p99 = 0; ///< seconds
};

struct Outcome {
    Percentiles ttft, tpot, e2e;
    double meanInSystem = 0, meanRunning = 0; ///< in one replica, averaged over time
    double throughput = 0;                    ///< req/s, all replicas
    double seatWait = 0;                      ///< mean wait until scheduled first, seconds
    double attainment = 0;                    ///< share that met the input's targets
};

/// \param rate of all replicas together, req/s; in a closed loop the input's concurrency counts instead
/// \param requests measured, after a warm-up of a fifth as many
Outcome simulate(const StationInput&, const StepFunction&, double rate, std::size_t requests, std::uint64_t seed);

} // namespace headroom::reference
