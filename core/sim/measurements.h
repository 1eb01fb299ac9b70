// What a run measured of each request and each gap, in a form that adds up over replications.
#pragma once

#include "core/sim/result.h"
#include "core/slo/percentile.h"

#include <algorithm>
#include <cstdint>
#include <stop_token>
#include <vector>

namespace headroom::sim {

/// One completed request, as recorded in the hot loop.
struct DoneRow {
    double ttft = 0, e2e = 0, queue = 0, slowdown = 0; ///< seconds; slowdown a ratio
    std::int32_t outputTokens = 1;
};

/// Fixed latencies that turn a row into parts, s.
struct FixedSeconds {
    double networkIn = 0, frontend = 0, retrieval = 0, post = 0, networkOut = 0;
    double before() const { return networkIn + frontend + retrieval; }
    double after() const { return post + networkOut; }
};

/// Gaps between tokens. As they come (ramps of equal steps, or one by one where ramps are short) up to a million, then as
/// a histogram.
class GapSample {
public:
    /// `steps` gaps of `count` sequences each: first, first + increment, ... seconds.
    void add(double first, double increment, std::int64_t steps, std::int64_t count)
    {
        const auto values = static_cast<std::uint64_t>(steps * count);
        m_total += values;
        if (m_exact && values > Sample::kExactLimit)
            spill();
        if (m_exact) {
            if (m_ramps.empty())
                m_ramps.reserve(kMostRamps); // in one piece: pages nobody writes to cost nothing
            Ramp& ramp = m_ramps.emplace_back();
            ramp.first = first;
            ramp.increment = increment;
            ramp.steps = static_cast<std::int32_t>(steps);
            ramp.count = static_cast<std::int32_t>(count);
            if (m_total > Sample::kExactLimit || m_ramps.size() == kMostRamps)
                makeRoom();
            return;
        }
        m_histogram.addRamp(first, increment, static_cast<std::uint64_t>(steps), static_cast<std::uint64_t>(count));
    }
    void merge(const GapSample&);
    std::uint64_t count() const { return m_total; }
    /// Distribution of all gaps, and the mean of the slowest tenth of them, s.
    void summarise(Distribution& all, double& slowestTenth) const;

private:
    static constexpr std::size_t kMostRamps = 250'000; ///< 6 MB
    struct Ramp {
        double first = 0, increment = 0;
        std::int32_t steps = 0, count = 0; ///< the product is at most kExactLimit
    };
    void makeRoom();
    void expand();
    void spill();
    std::vector<double> values() const;

    bool m_exact = true;
    std::uint64_t m_total = 0;
    std::vector<double> m_values; ///< those of ramps that have been expanded, before those of m_ramps
    std::vector<Ramp> m_ramps;
    Histogram m_histogram;
};

/// Sums of the parts of requests in narrow classes of E2E (1/128 octave), from which the parts at a percentile follow.
class PartsByE2e {
public:
    void add(double e2e, double queue, double prefill, double decode);
    void merge(const PartsByE2e&);
    /// Mean parts of requests between two ranks of E2E, shares of all from 0 to 1.
    LatencyParts between(double low, double high, const FixedSeconds&) const;

private:
    struct Cell {
        double count = 0, queue = 0, prefill = 0, decode = 0;
    };
    std::vector<Cell> m_cells;
    double m_total = 0;
};

/// Everything measured after the warm-up.
class Measurements {
public:
    explicit Measurements(const FixedSeconds& fixed) : m_fixed(fixed) {}
    /// Room for this many requests in one piece. Pages nobody writes to cost nothing.
    void expect(std::uint64_t requests) { m_rows.reserve(std::min<std::uint64_t>(requests, Sample::kExactLimit)); }
    void add(DoneRow row)
    {
        if (m_rows.size() >= Sample::kExactLimit || !m_many.empty()) {
            addToMany(row);
            return;
        }
        DoneRow& kept = m_rows.emplace_back(); // field by field: a copy would wait for its own writes
        kept.ttft = row.ttft;
        kept.e2e = row.e2e;
        kept.queue = row.queue;
        kept.slowdown = row.slowdown;
        kept.outputTokens = row.outputTokens;
    }
    void merge(const Measurements&);
    std::uint64_t count() const { return m_count + m_rows.size(); }
    /// Distributions and parts into a result. \return false if a stop was asked for: then only some are there
    bool summarise(SimResult&, const std::stop_token&) const;
    /// Quantiles of TTFT, TPOT and E2E. \param shares ascending, in (0, 1)
    QuantileCurves quantileCurves(const std::vector<double>& shares) const;

    GapSample gaps;

private:
    enum Metric { ttft, tpot, e2e, queue, slowdown, normalized, metricCount };
    void addToMany(DoneRow);
    bool summariseRows(SimResult&, PartsByE2e&, const std::stop_token&) const;
    FixedSeconds m_fixed;
    std::vector<DoneRow> m_rows;   ///< while there are few
    std::vector<Histogram> m_many; ///< one a metric, then
    PartsByE2e m_parts;
    std::uint64_t m_count = 0;
};

} // namespace headroom::sim
