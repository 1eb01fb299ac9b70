// From the state of a station to what people read: percentiles, parts and attainment over all classes.
#pragma once

#include "core/model/latency.h"
#include "core/queueing/operating.h"

#include <array>
#include <span>
#include <vector>

namespace headroom {

/// Distribution of the mean time per output token of a request, over all classes. \param detail full and latencies are one
IntervalGrid tpotDistribution(const StationTables&, const DecodeTime&, Detail detail);
LatencySummary tpotOf(const IntervalGrid&);

/// Latencies of all classes at one operating point. Refers to the tables, which must outlive it.
class LatencyMix {
public:
    /// \param detail `edges` has parts of the mean only, `latencies` none
    LatencyMix(const StationTables&, const Operating&, Detail detail);

    LatencySummary ttft() const;
    LatencySummary tpot() const;
    LatencySummary e2e() const;
    double ttftQuantile(double p) const;
    IntervalGrid tpotDistribution() const { return headroom::tpotDistribution(m_tables, m_at.decode, m_detail); }
    double e2eQuantile(double p) const;
    double e2eShareWithin(double seconds) const; ///< P(E2E <= seconds)
    double ttftMean() const { return fixedBefore() + m_ttftMean; }
    double e2eMean() const { return fixedBefore() + m_e2eMean + fixedAfter(); }
    double inEngineMean() const { return m_e2eMean; } ///< seconds from arrival at the engine to the last token
    double queueMean() const { return m_queueMean; }  ///< seconds before the first own prompt token is processed
    LatencyParts partsMean() const;
    /// Mean parts of the requests whose E2E is `seconds`; they add up to it.
    LatencyParts partsAt(double seconds) const;
    /// Share of a class's requests that meet each of its targets.
    double attainment(std::size_t classIndex) const;

private:
    struct AtPoint {
        double cumulative = 0, density = 0; ///< of E2E without the fixed parts
    };
    AtPoint e2eAt(double t) const;
    struct MeansAtPoint {
        double density = 0, first = 0, waited = 0; ///< of E2E; times the mean TTFT and queue of those who take as long
    };
    MeansAtPoint meansAt(double t) const;
    double fixedBefore() const;
    double fixedAfter() const;

    const StationTables& m_tables;
    const Operating& m_at;
    Detail m_detail;
    std::span<const std::size_t> m_cuts; ///< of the output lengths, indices into kStrata
    std::vector<ClassLatency> m_classes;
    /// Time of the gaps at the edges of the strata, for one value of what varies; the probability of each stratum, also
    /// over its width (0 where a stratum has one length). As many as there are m_cuts.
    struct DecodePieces {
        std::array<double, kStrata.size()> edge;
        std::array<double, kStratumCount> weight, perSecond;
    };
    std::vector<std::array<DecodePieces, 3>> m_decode; ///< per class; Gauss-Hermite
    double m_ttftMean = 0, m_queueMean = 0, m_e2eMean = 0;
};

} // namespace headroom
