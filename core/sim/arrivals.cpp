#include "core/sim/arrivals.h"

#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace headroom::sim {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastCv = 1e-3; ///< below it gaps are all the same

/// CV^2 of a Weibull distribution: Gamma(1 + 2/k) / Gamma(1 + 1/k)^2 - 1, falling in k.
double weibullScv(double shape) { return std::expm1(logGamma(1 + 2 / shape) - 2 * logGamma(1 + 1 / shape)); }

double instantRate(const Workload& w, double t)
{
    const double rate = w.arrivalRate.si(), period = w.diurnal.period.si();
    switch (w.process) {
    case ArrivalProcess::diurnal:
        return rate * (1 + w.diurnal.amplitude * std::sin(2 * std::numbers::pi * t / period));
    case ArrivalProcess::ramp:
        return rate * (1 + (w.peakFactor - 1) * std::min(1.0, t / period));
    default:
        return t < period ? rate : rate * w.peakFactor;
    }
}

} // namespace

double weibullShape(double cv)
{
    double low = 0.1, high = 50;
    for (int i = 0; i < 100; ++i) {
        const double middle = std::sqrt(low * high);
        (weibullScv(middle) > cv * cv ? low : high) = middle;
    }
    return std::sqrt(low * high);
}

double expectedArrivals(const Workload& w, double t)
{
    if (t <= 0)
        return 0;
    const double rate = w.arrivalRate.si(), period = w.diurnal.period.si();
    switch (w.process) {
    case ArrivalProcess::diurnal: {
        const double angle = 2 * std::numbers::pi / period;
        return rate * (t + w.diurnal.amplitude / angle * (1 - std::cos(angle * t)));
    }
    case ArrivalProcess::ramp: {
        const double rising = std::min(t, period);
        return rate * (t + (w.peakFactor - 1) * (rising * rising / (2 * period) + (t - rising)));
    }
    default:
        return rate * (t + (w.peakFactor - 1) * std::max(0.0, t - period));
    }
}

ArrivalClock::ArrivalClock(const Workload& w, RandomStream random)
    : m_workload(w), m_random(random), m_rate(w.arrivalRate.si())
{
    if (w.process == ArrivalProcess::gamma && w.arrivalCv > kLeastCv) {
        const double shape = 1 / (w.arrivalCv * w.arrivalCv);
        m_gap.emplace([shape](double p) { return gammaQuantile(shape, p) / shape; });
    }
    if (w.process == ArrivalProcess::weibull && w.arrivalCv > kLeastCv) {
        m_weibullShape = weibullShape(w.arrivalCv);
        m_weibullScale = std::exp(-logGamma(1 + 1 / m_weibullShape));
    }
    if (w.process == ArrivalProcess::mmpp2) {
        m_inBurst = m_random.uniform() < w.burst.burstShare; // stationary from the start
        const double mean = w.burst.meanBurst.si();
        m_stateEnd = m_random.exponential() *
                     (m_inBurst ? mean : mean * (1 - w.burst.burstShare) / std::max(1e-12, w.burst.burstShare));
    }
}

double ArrivalClock::gap()
{
    switch (m_workload.process) {
    case ArrivalProcess::deterministic:
        return 1;
    case ArrivalProcess::gamma:
        return m_gap ? (*m_gap)(m_random.uniform()) : 1;
    case ArrivalProcess::weibull:
        return m_workload.arrivalCv > kLeastCv ? m_weibullScale * std::pow(m_random.exponential(), 1 / m_weibullShape)
                                               : 1;
    default:
        return m_random.exponential();
    }
}

double ArrivalClock::next()
{
    if (!(m_rate > 0))
        return kInfinity;
    switch (m_workload.process) {
    case ArrivalProcess::mmpp2:
        return nextBurst();
    case ArrivalProcess::diurnal:
    case ArrivalProcess::ramp:
    case ArrivalProcess::step:
        return nextVarying();
    default:
        m_time += gap() / m_rate;
        return m_time;
    }
}

double ArrivalClock::nextBurst()
{
    const auto& burst = m_workload.burst;
    const double share = std::clamp(burst.burstShare, 1e-12, 1 - 1e-12);
    const double high = burst.peakRatio * m_rate;
    const double low = std::max(0.0, m_rate * (1 - share * burst.peakRatio) / (1 - share));
    for (;;) {
        const double rate = m_inBurst ? high : low;
        const double candidate = rate > 0 ? m_time + m_random.exponential() / rate : kInfinity;
        if (candidate <= m_stateEnd)
            return m_time = candidate;
        m_time = m_stateEnd; // memoryless: the gap starts anew in the new state
        m_inBurst = !m_inBurst;
        const double mean = burst.meanBurst.si() * (m_inBurst ? 1 : (1 - share) / share);
        m_stateEnd = m_time + m_random.exponential() * mean;
    }
}

/// Time change: arrivals are where the expected count passes a Poisson process of rate 1. Newton within a bracket.
double ArrivalClock::nextVarying()
{
    m_cumulative += m_random.exponential();
    double low = m_time, high = m_time + 1 / m_rate;
    const double period = m_workload.diurnal.period.si();
    while (expectedArrivals(m_workload, high) < m_cumulative) {
        low = high;
        high = m_time + 2 * (high - m_time);
        if (high - m_time > 1e6 * (period + 1 / m_rate))
            return m_time = kInfinity; // the rate has gone to zero for ever
    }
    double t = std::min(high, std::max(low, m_time));
    for (int i = 0; i < 80 && high - low > 1e-13 * high; ++i) {
        const double error = expectedArrivals(m_workload, t) - m_cumulative;
        (error > 0 ? high : low) = t;
        const double slope = instantRate(m_workload, t);
        const double newton = slope > 0 ? t - error / slope : kInfinity;
        if (std::abs(newton - t) <= 1e-14 * t)
            break;
        t = newton > low && newton < high ? newton : 0.5 * (low + high);
    }
    return m_time = t;
}

} // namespace headroom::sim
