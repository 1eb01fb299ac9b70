// Independent replications of one scenario put together: pooled percentiles, means, 95 % intervals.
#pragma once

#include "core/sim/measurements.h"
#include "core/sim/result.h"
#include "core/sim/scenario.h"

#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace headroom::sim {

struct Replication {
    explicit Replication(const FixedSeconds& fixed) : measured(fixed) {}
    SimResult result;
    Measurements measured;
};

/// Half width of the 95 % interval of a mean of few independent values (Student's t). 0 for fewer than two.
double halfWidth95(std::span<const double> values);

/// By how much one policy differs from another on the same requests.
struct PairedDifference {
    double mean = 0; ///< of `a` minus `b`, replication by replication
    double half = 0; ///< of the 95 % interval (Student's t)
};
/// Of values by replication, of which the first are of the same requests. Narrower than the two intervals apart, since
/// what the requests bring is in both. Absent with fewer than two replications in common.
std::optional<PairedDifference> pairedDifference(std::span<const double> a, std::span<const double> b);

class Merged {
public:
    explicit Merged(const Scenario&);
    /// In order of replication.
    void add(Replication&);
    void cancel() { m_sum.cancelled = true; }
    /// Whether the p95 of TTFT and of E2E are known to +- this share of themselves.
    bool isNarrow(double share) const;
    /// What is known so far. A stop leaves out distributions and says that the result is cancelled.
    SimResult result(const std::stop_token& stop) const { return complete(m_sum, stop); }
    /// The same at the end, without a copy of millions of rows.
    SimResult takeResult(const std::stop_token& stop) { return complete(std::move(m_sum), stop); }

private:
    SimResult complete(SimResult sum, const std::stop_token&) const;
    SimResult m_sum; ///< sums of what is a mean at the end
    Measurements m_measured;
    std::vector<double> m_shares; ///< of the quantile curves
    int m_replications = 0;
    struct Metric {
        Distribution SimResult::*field;
        std::vector<double> p95;
    };
    std::vector<Metric> m_metrics;
    std::vector<QuantileCurves> m_quantiles;        ///< of each replication, where they are recorded
    std::vector<double> m_requestRates, m_goodputs; ///< of each replication, req/s
    double m_firstEnd = 0;                          ///< of the first replication, s
    std::vector<TimeSeries> m_laterSeries;          ///< of all but the first, whole intervals only
};

} // namespace headroom::sim
