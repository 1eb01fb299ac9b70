#include "core/sim/measurements.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

namespace headroom::sim {

namespace {

constexpr std::array<double, 3> kRanks{0.50, 0.95, 0.99};

/// In four lanes that do not wait for each other.
double sumOf(const std::vector<double>& values)
{
    std::array<double, 4> sums{};
    std::size_t i = 0;
    for (; i + sums.size() <= values.size(); i += sums.size())
        for (std::size_t lane = 0; lane < sums.size(); ++lane)
            sums[lane] += values[i + lane];
    for (; i < values.size(); ++i)
        sums[0] += values[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

Distribution distributionOf(const std::vector<double>& values)
{
    Distribution d;
    d.count = values.size();
    if (values.empty())
        return d;
    d.mean = sumOf(values) / static_cast<double>(values.size());
    std::array<double, 3> out{};
    quantiles(values, kRanks, out);
    d.p50 = out[0];
    d.p95 = out[1];
    d.p99 = out[2];
    return d;
}

Distribution distributionOf(const Histogram& h)
{
    Distribution d;
    d.count = h.count();
    d.mean = h.mean();
    d.p50 = h.quantile(kRanks[0]);
    d.p95 = h.quantile(kRanks[1]);
    d.p99 = h.quantile(kRanks[2]);
    return d;
}

double decodeOf(const DoneRow& row, const FixedSeconds& fixed)
{
    return std::max(0.0, row.e2e - row.ttft - fixed.after());
}

constexpr int kCellShift = 45; ///< exponent and 7 bits of the mantissa
constexpr std::uint64_t kFirstCell = std::bit_cast<std::uint64_t>(0x1p-40) >> kCellShift;

std::size_t cellOf(double e2e)
{
    return static_cast<std::size_t>(
        (std::bit_cast<std::uint64_t>(std::clamp(e2e, 0x1p-40, 0x1p40)) >> kCellShift) - kFirstCell);
}

} // namespace

/// A prompt in every step makes a ramp of each: many ramps are still few gaps.
void GapSample::makeRoom()
{
    if (m_total > Sample::kExactLimit)
        spill();
    else
        expand();
}

void GapSample::expand()
{
    m_values = values();
    m_ramps.clear();
}

void GapSample::spill()
{
    for (const double gap : m_values)
        m_histogram.add(gap);
    m_values = {};
    for (const Ramp& r : m_ramps)
        m_histogram.addRamp(
            r.first, r.increment, static_cast<std::uint64_t>(r.steps), static_cast<std::uint64_t>(r.count));
    m_ramps = {};
    m_exact = false;
}

void GapSample::merge(const GapSample& other)
{
    if (!other.m_values.empty()) { // gaps stay in their order
        if (m_exact)
            expand();
        m_values.insert(m_values.end(), other.m_values.begin(), other.m_values.end());
    }
    m_ramps.insert(m_ramps.end(), other.m_ramps.begin(), other.m_ramps.end());
    m_total += other.m_total;
    if (m_exact && other.m_exact && m_total <= Sample::kExactLimit) {
        if (m_ramps.size() >= kMostRamps)
            expand();
        return;
    }
    spill();
    m_histogram.merge(other.m_histogram);
}

std::vector<double> GapSample::values() const
{
    std::vector<double> all;
    all.reserve(m_total);
    all.insert(all.end(), m_values.begin(), m_values.end());
    for (const Ramp& r : m_ramps)
        for (std::int64_t i = 0; i < r.steps; ++i)
            all.insert(all.end(), static_cast<std::size_t>(r.count), r.first + static_cast<double>(i) * r.increment);
    return all;
}

void GapSample::summarise(Distribution& distribution, double& slowestTenth) const
{
    if (!m_exact) {
        distribution = distributionOf(m_histogram);
        slowestTenth = m_histogram.meanOfLargest(0.1);
        return;
    }
    auto all = values();
    distribution = distributionOf(all);
    slowestTenth = meanOfSlowestTenth(all);
}

void PartsByE2e::add(double e2e, double queue, double prefill, double decode)
{
    const auto cell = cellOf(e2e);
    if (cell >= m_cells.size())
        m_cells.resize(cell + 128);
    Cell& c = m_cells[cell];
    ++c.count;
    c.queue += queue;
    c.prefill += prefill;
    c.decode += decode;
    ++m_total;
}

void PartsByE2e::merge(const PartsByE2e& other)
{
    m_cells.resize(std::max(m_cells.size(), other.m_cells.size()));
    for (std::size_t i = 0; i < other.m_cells.size(); ++i) {
        m_cells[i].count += other.m_cells[i].count;
        m_cells[i].queue += other.m_cells[i].queue;
        m_cells[i].prefill += other.m_cells[i].prefill;
        m_cells[i].decode += other.m_cells[i].decode;
    }
    m_total += other.m_total;
}

LatencyParts PartsByE2e::between(double low, double high, const FixedSeconds& fixed) const
{
    if (m_total == 0)
        return {};
    Cell sum;
    double before = 0;
    for (const Cell& c : m_cells) {
        const double from = std::max(before, low * m_total), to = std::min(before + c.count, high * m_total);
        before += c.count;
        if (to <= from)
            continue;
        const double share = (to - from) / c.count;
        sum.count += share * c.count;
        sum.queue += share * c.queue;
        sum.prefill += share * c.prefill;
        sum.decode += share * c.decode;
    }
    const double n = std::max(sum.count, 1e-300);
    return {.network = Seconds(fixed.networkIn + fixed.frontend + fixed.networkOut),
        .retrieval = Seconds(fixed.retrieval),
        .queue = Seconds(sum.queue / n),
        .prefill = Seconds(sum.prefill / n),
        .decode = Seconds(sum.decode / n),
        .post = Seconds(fixed.post)};
}

void Measurements::addToMany(const DoneRow row)
{
    if (m_many.empty()) {
        m_many.resize(metricCount);
        auto rows = std::move(m_rows);
        m_rows = {};
        for (const auto& r : rows)
            addToMany(r);
    }
    m_many[ttft].add(row.ttft);
    m_many[e2e].add(row.e2e);
    m_many[queue].add(row.queue);
    m_many[slowdown].add(row.slowdown);
    m_many[normalized].add(row.e2e / row.outputTokens);
    if (row.outputTokens > 1)
        m_many[tpot].add(decodeOf(row, m_fixed) / (row.outputTokens - 1));
    m_parts.add(row.e2e, row.queue, std::max(0.0, row.ttft - row.queue - m_fixed.before()), decodeOf(row, m_fixed));
    ++m_count;
}

void Measurements::merge(const Measurements& other)
{
    gaps.merge(other.gaps);
    if (m_many.empty() && other.m_many.empty() && m_rows.size() + other.m_rows.size() <= Sample::kExactLimit) {
        m_rows.insert(m_rows.end(), other.m_rows.begin(), other.m_rows.end());
        return;
    }
    for (const auto& row : other.m_rows)
        addToMany(row);
    if (other.m_many.empty())
        return;
    if (m_many.empty()) {
        auto rows = std::move(m_rows);
        m_rows = {};
        m_many.resize(metricCount);
        for (const auto& row : rows)
            addToMany(row);
    }
    for (std::size_t i = 0; i < m_many.size(); ++i)
        m_many[i].merge(other.m_many[i]);
    m_parts.merge(other.m_parts);
    m_count += other.m_count;
}

/// Of rows kept one by one. A million values take some ten milliseconds a metric: between two there is a look at the
/// token.
bool Measurements::summariseRows(SimResult& result, PartsByE2e& parts, const std::stop_token& stop) const
{
    std::vector<double> values(m_rows.size());
    const auto fill = [&](Distribution& out, const auto& get) {
        if (stop.stop_requested())
            return;
        for (std::size_t i = 0; i < m_rows.size(); ++i)
            values[i] = get(m_rows[i]);
        out = distributionOf(values);
    };
    fill(result.ttft, [](const DoneRow& r) { return r.ttft; });
    fill(result.e2e, [](const DoneRow& r) { return r.e2e; });
    fill(result.queue, [](const DoneRow& r) { return r.queue; });
    fill(result.slowdown, [](const DoneRow& r) { return r.slowdown; });
    fill(result.normalizedLatency, [](const DoneRow& r) { return r.e2e / r.outputTokens; });
    if (stop.stop_requested())
        return false;
    values.clear();
    for (const auto& r : m_rows)
        if (r.outputTokens > 1)
            values.push_back(decodeOf(r, m_fixed) / (r.outputTokens - 1));
    result.tpot = distributionOf(values);
    if (stop.stop_requested())
        return false;
    for (const auto& r : m_rows)
        parts.add(r.e2e, r.queue, std::max(0.0, r.ttft - r.queue - m_fixed.before()), decodeOf(r, m_fixed));
    return true;
}

bool Measurements::summarise(SimResult& result, const std::stop_token& stop) const
{
    if (stop.stop_requested())
        return false;
    gaps.summarise(result.itl, result.slowestGapsMean);
    PartsByE2e parts = m_parts;
    if (!m_many.empty()) {
        result.ttft = distributionOf(m_many[ttft]);
        result.tpot = distributionOf(m_many[tpot]);
        result.e2e = distributionOf(m_many[e2e]);
        result.queue = distributionOf(m_many[queue]);
        result.slowdown = distributionOf(m_many[slowdown]);
        result.normalizedLatency = distributionOf(m_many[normalized]);
    } else if (!summariseRows(result, parts, stop)) {
        return false;
    }
    result.partsMean = parts.between(0, 1, m_fixed);
    result.partsP99 = parts.between(0.985, 0.995, m_fixed);
    return true;
}

QuantileCurves Measurements::quantileCurves(const std::vector<double>& shares) const
{
    QuantileCurves curves{shares, {}, {}, {}, {}, {}, {}};
    if (count() == 0)
        return {};
    if (!m_many.empty()) {
        const auto read = [&](const Histogram& h, std::vector<double>& out) {
            for (const double share : shares)
                out.push_back(h.quantile(share));
        };
        read(m_many[ttft], curves.ttft);
        read(m_many[tpot], curves.tpot);
        read(m_many[e2e], curves.e2e);
        return curves;
    }
    std::vector<double> values;
    const auto select = [&](std::vector<double>& out) {
        if (values.empty())
            return;
        out.resize(shares.size());
        quantiles(values, shares, out);
        values.clear();
    };
    for (const DoneRow& row : m_rows)
        values.push_back(row.ttft);
    select(curves.ttft);
    for (const DoneRow& row : m_rows)
        if (row.outputTokens > 1)
            values.push_back(decodeOf(row, m_fixed) / (row.outputTokens - 1));
    select(curves.tpot);
    for (const DoneRow& row : m_rows)
        values.push_back(row.e2e);
    select(curves.e2e);
    return curves;
}

} // namespace headroom::sim
