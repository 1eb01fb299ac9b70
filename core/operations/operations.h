// Running the service: replica counts, availability, degradation, response cache, rate limits, rollback (topics 1.5,
// 8.5 and 10).
#pragma once

#include "core/units.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace headroom {

/// Replicas that keep utilization at or below `target` (topic 8.5): ceil(lambda / (mu * target)), at least 1.
/// \return absent when no number is enough (mu or target not above 0)
std::optional<int> replicasFor(RequestRate arrivals, RequestRate perReplica, double target);

/// lambda / (replicas * mu); infinite without replicas when anything arrives.
double utilization(RequestRate arrivals, RequestRate perReplica, int replicas);

/// Share of time in which one replica is up: MTBF / (MTBF + MTTR).
double replicaAvailability(Seconds mtbf, Seconds mttr);

/// P(at least `needed` of `replicas` are up), independent failures (binomial).
double fleetAvailability(int replicas, int needed, double replicaAvailability);

/// Replicas to run so that `needed` are up with the wanted availability: needed + k with the least k.
/// \return absent when even 1,000 spares are not enough
std::optional<int> replicasForAvailability(int needed, double replicaAvailability, double wanted);

/// One way to lighten the load at the price of quality (topic 10.4).
struct DegradationStep {
    std::string name;
    double qualityChange = 0; ///< dS, usually negative
    double loadFactor = 1;    ///< the load that remains: 0.75 for "-25 %"
    friend bool operator==(const DegradationStep&, const DegradationStep&) = default;
};

/// What a choice of steps comes to: factors multiply, quality changes add.
struct Degradation {
    std::vector<std::size_t> steps; ///< indices, ascending; empty = nothing needs to be done
    double utilization = 0;
    double qualityChange = 0;
    friend bool operator==(const Degradation&, const Degradation&) = default;
};

/// The least loss of quality that brings the utilization to `target`, within the bound |dS| <= qualityBound; of equal
/// losses the one with fewer steps, then with the lower utilization. At most 20 steps are looked at.
/// \return absent when no choice is enough
std::optional<Degradation> leastDegradation(
    std::span<const DegradationStep>, double utilization, double target, double qualityBound);

/// Requests that reach the model behind a response cache (topic 10.2).
RequestRate behindResponseCache(RequestRate arrivals, double hitRate);

/// What a bad release spends before it is rolled back (topic 10.5).
struct RollbackCost {
    Requests bad;
    double budgetShare = 0; ///< of the window's error budget
    friend bool operator==(const RollbackCost&, const RollbackCost&) = default;
};
/// \param badFraction of requests that the release spoils  \param target share that must be good
RollbackCost rollbackCost(
    RequestRate arrivals, double badFraction, Seconds detection, Seconds switching, double target, Seconds window);

/// A token bucket (topic 10.3): `rate` a second, at most `burst` saved up. Times must not go back.
class TokenBucket {
public:
    TokenBucket(RequestRate rate, double burst);
    /// Takes `amount` at time `now` (seconds since the start) if it is there.
    bool take(double now, double amount = 1);
    /// Filled to this at time `now`.
    double level(double now) const;
    /// The first time at or after `now` at which `amount` is there; infinite when it is above the burst or nothing
    /// flows in.
    double readyAt(double now, double amount = 1) const;

private:
    double m_rate, m_burst; ///< requests per second; requests
    double m_level, m_time;
};

/// How long arrivals above the rate are let through before the bucket is empty; infinite when they are not above it.
Seconds burstLasts(RequestRate arrivals, RequestRate bucketRate, double burst);

} // namespace headroom
