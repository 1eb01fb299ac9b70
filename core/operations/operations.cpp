#include "core/operations/operations.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom {

std::optional<int> replicasFor(RequestRate arrivals, RequestRate perReplica, double target)
{
    if (arrivals <= RequestRate{})
        return 1;
    if (perReplica <= RequestRate{} || target <= 0)
        return std::nullopt;
    const double exact = arrivals / perReplica / target;
    constexpr double kMost = 1e9; // beyond any fleet, and safely an int
    if (!(exact < kMost))
        return std::nullopt;
    // 26 / 0.65 must be 40 and not 41: a relative 1e-12 is below what any rate is known to.
    return std::max(1, static_cast<int>(std::ceil(exact * (1 - 1e-12))));
}

double utilization(RequestRate arrivals, RequestRate perReplica, int replicas)
{
    if (arrivals <= RequestRate{})
        return 0;
    const RequestRate capacity = static_cast<double>(replicas) * perReplica;
    return capacity > RequestRate{} ? arrivals / capacity : std::numeric_limits<double>::infinity();
}

double replicaAvailability(Seconds mtbf, Seconds mttr)
{
    const Seconds cycle = mtbf + mttr;
    return cycle > Seconds{} ? mtbf / cycle : 1;
}

double fleetAvailability(int replicas, int needed, double up)
{
    if (needed <= 0)
        return 1;
    if (needed > replicas || up <= 0)
        return 0;
    if (up >= 1)
        return 1;
    // Terms relative to the largest, so that neither 0.999^5000 nor binomials overflow.
    const int mode = std::clamp(static_cast<int>(up * (replicas + 1)), 0, replicas);
    const double odds = up / (1 - up);
    double total = 1, enough = mode >= needed ? 1 : 0, term = 1;
    for (int k = mode + 1; k <= replicas; ++k) {
        term *= odds * (replicas - k + 1) / k;
        total += term;
        enough += k >= needed ? term : 0;
    }
    term = 1;
    for (int k = mode - 1; k >= 0; --k) {
        term *= (k + 1) / (odds * (replicas - k));
        total += term;
        enough += k >= needed ? term : 0;
    }
    return std::min(enough / total, 1.0);
}

std::optional<int> replicasForAvailability(int needed, double up, double wanted)
{
    constexpr int kMostSpares = 1000;
    for (int spares = 0; spares <= kMostSpares; ++spares) {
        if (fleetAvailability(needed + spares, needed, up) >= wanted)
            return needed + spares;
    }
    return std::nullopt;
}

namespace {

/// The steps whose bits are set, together.
Degradation combine(std::span<const DegradationStep> steps, unsigned chosen, double utilization)
{
    Degradation out{{}, utilization, 0};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if ((chosen >> i & 1U) == 0)
            continue;
        out.steps.push_back(i);
        out.utilization *= steps[i].loadFactor;
        out.qualityChange += steps[i].qualityChange;
    }
    return out;
}

/// Sums of a few hundredths: below this they are the same number.
constexpr double kSameQuality = 1e-9;

bool isBetter(const Degradation& a, const Degradation& b)
{
    const double lossA = std::abs(a.qualityChange), lossB = std::abs(b.qualityChange);
    if (std::abs(lossA - lossB) > kSameQuality)
        return lossA < lossB;
    if (a.steps.size() != b.steps.size())
        return a.steps.size() < b.steps.size();
    return a.utilization < b.utilization;
}

} // namespace

std::optional<Degradation> leastDegradation(
    std::span<const DegradationStep> steps, double utilization, double target, double qualityBound)
{
    constexpr std::size_t kMostSteps = 20; // 2^20 choices
    const auto looked = steps.first(std::min(steps.size(), kMostSteps));
    std::optional<Degradation> best;
    for (unsigned chosen = 0; chosen < 1U << looked.size(); ++chosen) {
        Degradation candidate = combine(looked, chosen, utilization);
        if (candidate.utilization > target || std::abs(candidate.qualityChange) > qualityBound + kSameQuality)
            continue;
        if (!best || isBetter(candidate, *best))
            best = std::move(candidate);
    }
    return best;
}

RequestRate behindResponseCache(RequestRate arrivals, double hitRate)
{
    return (1 - std::clamp(hitRate, 0.0, 1.0)) * arrivals;
}

RollbackCost rollbackCost(
    RequestRate arrivals, double badFraction, Seconds detection, Seconds switching, double target, Seconds window)
{
    RollbackCost out;
    out.bad = badFraction * (arrivals * (detection + switching));
    const Requests budget = (1 - target) * (arrivals * window);
    if (out.bad > Requests{})
        out.budgetShare = budget > Requests{} ? out.bad / budget : std::numeric_limits<double>::infinity();
    return out;
}

TokenBucket::TokenBucket(RequestRate rate, double burst) : m_rate(rate.si()), m_burst(burst), m_level(burst), m_time(0)
{}

double TokenBucket::level(double now) const
{
    HR_ASSERT(now >= m_time);
    return std::min(m_burst, m_level + m_rate * (now - m_time));
}

bool TokenBucket::take(double now, double amount)
{
    m_level = level(now);
    m_time = now;
    // What has trickled in over many small intervals may miss a whole request by rounding.
    constexpr double kRounding = 1e-9;
    if (m_level + kRounding < amount)
        return false;
    m_level = std::max(0.0, m_level - amount);
    return true;
}

double TokenBucket::readyAt(double now, double amount) const
{
    const double missing = amount - level(now);
    if (missing <= 0)
        return now;
    return amount <= m_burst && m_rate > 0 ? now + missing / m_rate : std::numeric_limits<double>::infinity();
}

Seconds burstLasts(RequestRate arrivals, RequestRate bucketRate, double burst)
{
    return arrivals > bucketRate ? burst * request / (arrivals - bucketRate) : Seconds::infinite();
}

} // namespace headroom
