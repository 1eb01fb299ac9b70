// The requests of a run, one at a time in order of arrival: drawn from a workload, or read from a trace.
#pragma once

#include "core/sim/arrivals.h"
#include "core/sim/prefix_cache.h"
#include "core/sim/scenario.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace headroom::sim {

/// A request as its client sends it.
struct Offered {
    double arrival = 0; ///< seconds since the start; infinity = no more
    std::int32_t promptTokens = 1, outputTokens = 1;
    std::int32_t requestClass = 0;
    std::int32_t givenCached = 0;               ///< prompt tokens said to be cached (the class's hit rate)
    std::int32_t predicted = 1;                 ///< output tokens as a predictor says
    std::uint32_t firstHash = 0, hashCount = 0; ///< of the trace; of shared prefixes: number of the prefix, its blocks
    bool adjusted = false;                      ///< a length of zero was raised to one
};

/// Draws lengths and arrivals from their own streams: another policy sees the same requests.
class RequestSource {
public:
    /// \param replication numbers the streams; a trace is the same in each
    /// \param stop ends the sorting of a trace: then there are no requests
    RequestSource(const Scenario&, std::uint64_t replication, const std::stop_token& stop);
    /// Whether it was stopped while it sorted a trace.
    bool isStopped() const { return m_isStopped; }
    /// The next request, put in place: this is once a request. Arrival is infinity when there is none (rate zero, end of
    /// the trace, enough requests).
    void next(Offered&);
    /// The next request of a closed loop, sent at a given time.
    Offered nextAt(double arrival);
    /// What firstHash and hashCount of the requests refer to.
    const PrefixSource& prefixes() const { return m_prefixes; }

private:
    struct ClassSampler {
        double upTo; ///< cumulative share
        QuantileSampler prompt, output;
        double prefixHitRate;
    };
    void draw(Offered&);
    void trace(Offered&, std::size_t index);
    std::size_t traceIndex() const { return m_order.empty() ? m_offered : m_order[m_offered]; }
    int pick(double u) const;
    void predict(Offered&);
    void sortTrace(const std::stop_token&);
    void preparePrefixes();
    void choosePrefix(Offered&);

    const Scenario& m_scenario;
    ArrivalClock m_clock;
    RandomStream m_lengths, m_predictor, m_popularity;
    PrefixSource m_prefixes;
    std::vector<double> m_prefixUpTo; ///< cumulative popularity of shared prefixes; empty = none
    std::int64_t m_sharedBlocks = 0;  ///< hash blocks of one
    std::vector<ClassSampler> m_classes;
    std::vector<std::uint32_t> m_order; ///< trace rows by arrival, when the trace is not sorted
    bool m_isStopped = false;
    std::uint64_t m_offered = 0;
    double m_predictorSigma = 0;
};

} // namespace headroom::sim
