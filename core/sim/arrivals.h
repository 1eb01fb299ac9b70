// When requests come: every open arrival process of a workload, one time after the other.
#pragma once

#include "core/sim/random.h"
#include "core/workload/workload.h"

#include <optional>

namespace headroom::sim {

/// Arrival times of an open process, ascending, in seconds since the start. Traces and closed loops are not drawn here.
class ArrivalClock {
public:
    ArrivalClock(const Workload&, RandomStream);
    /// The next arrival; infinity for a rate of zero.
    double next();

private:
    double gap();
    double nextBurst();
    double nextVarying();

    Workload m_workload; ///< rate, process and shapes only
    RandomStream m_random;
    double m_rate = 0; ///< req/s
    double m_time = 0;
    std::optional<QuantileSampler> m_gap; ///< gamma: gaps of mean 1
    double m_weibullShape = 1, m_weibullScale = 1;
    bool m_inBurst = false;
    double m_stateEnd = 0;   ///< MMPP-2: when the present state ends
    double m_cumulative = 0; ///< varying rates: expected arrivals up to now
};

/// Expected arrivals in [0, t] of a rate that varies over time (diurnal, ramp, step). Zero for t <= 0.
double expectedArrivals(const Workload&, double t);
/// Shape k of a Weibull distribution with this coefficient of variation, 0.05 to 20.
double weibullShape(double cv);

} // namespace headroom::sim
