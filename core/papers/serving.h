// Runs of the simulator as papers set them up: one system, one workload, the largest rate that meets a condition.
#pragma once

#include "core/papers/step_laws.h"
#include "core/sim/simulate.h"

#include <cstdint>
#include <functional>

namespace headroom::papers {

/// One serving system of a paper: physics, KV slots, policy.
struct System {
    sim::Physics physics;   ///< shares a step out evenly over the stages
    std::int64_t slots = 0; ///< token slots of KV memory of a replica
    BatchPolicy policy = BatchPolicy::chunked;
    Reservation reservation = Reservation::paged;
    int stages = 1; ///< of its pipeline; as many batches are in flight, but static ones, which share out theirs evenly
    int maxSequences = 256;    ///< of each of them
    double tokenBudget = 2048; ///< of each of them
    int blockTokens = 16;
    double maxContext = 2048;
    int replicas = 1, prefillReplicas = 0;
    const sim::BatchingRow* row = nullptr; ///< in place of the policy
    sim::StaticStart staticStart = sim::StaticStart::padded;
};

struct Lengths {
    LengthDistribution prompt, output;
};
/// Lognormal of a mean and a coefficient of variation.
LengthDistribution lognormal(double mean, double cv);
/// Lognormal through a median and a 90th percentile.
LengthDistribution lognormalThrough(double median, double p90);
/// Through a least, a median, a 90th percentile, perhaps a 99th, and a most: in between, the logarithm grows evenly with
/// the probability.
LengthDistribution throughQuantiles(double least, double median, double p90, double most);
LengthDistribution throughQuantiles(double least, double median, double p90, double p99, double most);
LengthDistribution uniformBetween(double least, double most);
LengthDistribution fixedLength(double tokens);

/// Poisson arrivals, no network or frontend time, nothing left out of the statistics but `warmup` of them.
sim::Scenario scenario(const System&, const Lengths&, double requestsPerSecond, std::uint64_t requests);

/// The largest rate in [low, high] for which the result is good, by bisection in the logarithm; low if even that is
/// not. \param requestsAt how many requests to offer at a rate
double largestRate(const System&, const Lengths&, double low, double high,
    const std::function<bool(const sim::SimResult&)>& good, const std::function<std::uint64_t(double)>& requestsAt);

/// Means over a run: requests in service, and where the KV slots are, as shares.
struct MemoryStates {
    double running = 0;
    double used = 0, reserved = 0, internal = 0, external = 0;
};
/// Offers `seconds` of arrivals and looks at all but the first fifth.
MemoryStates memoryStates(const System&, const Lengths&, double requestsPerSecond, double seconds);

} // namespace headroom::papers
