#include "core/slo/percentile.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

namespace headroom {

namespace {

/// Index of the smallest value x with F(x) >= p among n sorted values. p * n is rounded first where it is a whole
/// number but for the representation of p: 0.95 * 20 must not become 19.000000000000004 and so the 20th value.
std::uint64_t rank(double p, std::uint64_t n)
{
    const double exact = std::clamp(p, 0.0, 1.0) * static_cast<double>(n);
    const double nearest = std::round(exact);
    const double up = std::abs(exact - nearest) <= 1e-12 * static_cast<double>(n) ? nearest : std::ceil(exact);
    const auto k = static_cast<std::uint64_t>(std::max(up, 1.0));
    return std::min(k, n) - 1;
}

double lowerEdge(std::size_t bucket)
{
    return std::bit_cast<double>(static_cast<std::uint64_t>(bucket) << Histogram::kShift);
}
double middle(std::size_t bucket) { return 0.5 * (lowerEdge(bucket) + lowerEdge(bucket + 1)); }

/// A number that grows with the value: the bits of a double in order of sign and size.
std::uint64_t sortKey(double value)
{
    const auto bits = std::bit_cast<std::uint64_t>(value + 0.0); // one zero, not two
    return bits >> 63U != 0 ? ~bits : bits | (1ULL << 63U);
}

void selectByBuckets(std::span<const double> values, std::span<const std::size_t> ranks, std::span<double> out);

/// out[i] = the value of rank ranks[i], from 0. \param ranks ascending, below the number of values
void select(std::span<const double> values, std::span<const std::size_t> ranks, std::span<double> out)
{
    constexpr std::size_t kFew = 512; // sorted at once
    if (values.size() > kFew) {
        selectByBuckets(values, ranks, out);
        return;
    }
    std::array<double, kFew> sorted;
    std::ranges::copy(values, sorted.begin());
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(values.size()));
    for (std::size_t i = 0; i < ranks.size(); ++i)
        out[i] = sorted[ranks[i]];
}

/// The same of values without a sign, with no look at it.
std::uint64_t plainKey(double value) { return std::bit_cast<std::uint64_t>(value + 0.0); }

template <class Key>
void selectByKeys(std::span<const double> values, std::span<const std::size_t> ranks, std::span<double> out,
    std::uint64_t low, std::uint64_t high, Key keyOf);

/// The smallest and the largest value, in four lanes that do not wait for each other.
std::pair<double, double> extremes(std::span<const double> values)
{
    constexpr std::size_t kLanes = 4;
    std::array<double, kLanes> low{}, high{};
    low.fill(values[0]);
    high.fill(values[0]);
    std::size_t i = 0;
    for (; i + kLanes <= values.size(); i += kLanes)
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const double value = values[i + lane];
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
        }
    for (; i < values.size(); ++i) {
        low[0] = values[i] < low[0] ? values[i] : low[0];
        high[0] = values[i] > high[0] ? values[i] : high[0];
    }
    return {std::ranges::min(low), std::ranges::max(high)};
}

/// Counts values by the leading bits in which they differ, keeps those that share them with a wanted one, and looks
/// among these: three passes over the values, however many ranks are wanted.
void selectByBuckets(std::span<const double> values, std::span<const std::size_t> ranks, std::span<double> out)
{
    const auto [smallest, largest] = extremes(values);
    if (smallest == largest)
        std::ranges::fill(out, smallest);
    else if (smallest >= 0)
        selectByKeys(values, ranks, out, plainKey(smallest), plainKey(largest), [](double v) { return plainKey(v); });
    else
        selectByKeys(values, ranks, out, sortKey(smallest), sortKey(largest), [](double v) { return sortKey(v); });
}

/// The second and the third pass. \param low, high keys of the smallest and of the largest value
template <class Key>
void selectByKeys(std::span<const double> values, std::span<const std::size_t> ranks, std::span<double> out,
    std::uint64_t low, std::uint64_t high, Key keyOf)
{
    constexpr unsigned kBits = 11;
    const auto width = static_cast<unsigned>(std::bit_width(high - low));
    const unsigned shift = width > kBits ? width - kBits : 0;
    std::array<std::uint32_t, 1U << kBits> counts{};
    const auto bucketOf = [&](double value) { return static_cast<std::size_t>((keyOf(value) - low) >> shift); };
    for (const double value : values)
        ++counts[bucketOf(value)];
    struct Wanted {
        std::size_t bucket, begin, below, firstRank, endRank;
    };
    std::vector<Wanted> wanted;
    std::array<std::uint32_t, 1U << kBits> places{}; // 1 + number in `wanted`
    std::size_t below = 0, bucket = 0, kept = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        while (below + counts[bucket] <= ranks[i])
            below += counts[bucket++];
        if (wanted.empty() || wanted.back().bucket != bucket) {
            wanted.push_back({bucket, kept, below, i, i});
            places[bucket] = static_cast<std::uint32_t>(wanted.size());
            kept += counts[bucket];
        }
        wanted.back().endRank = i + 1;
    }
    std::vector<double> some(kept);
    std::vector<std::size_t> ends;
    ends.reserve(wanted.size());
    for (const auto& w : wanted)
        ends.push_back(w.begin);
    for (const double value : values)
        if (const auto place = places[bucketOf(value)]; place != 0)
            some[ends[place - 1]++] = value;
    for (std::size_t w = 0; w < wanted.size(); ++w) {
        const auto first = wanted[w].firstRank, count = wanted[w].endRank - first;
        std::vector<std::size_t> inside(ranks.begin() + static_cast<std::ptrdiff_t>(first),
            ranks.begin() + static_cast<std::ptrdiff_t>(wanted[w].endRank));
        for (auto& r : inside)
            r -= wanted[w].below;
        select(std::span(some).subspan(wanted[w].begin, ends[w] - wanted[w].begin), inside, out.subspan(first, count));
    }
}

} // namespace

double quantile(std::span<const double> values, double p)
{
    double out = 0;
    quantiles(values, std::span(&p, 1), std::span(&out, 1));
    return out;
}

void quantiles(std::span<const double> values, std::span<const double> probabilities, std::span<double> out)
{
    HR_ASSERT(probabilities.size() == out.size());
    if (values.empty()) {
        std::ranges::fill(out, 0.0);
        return;
    }
    std::vector<std::size_t> ranks;
    ranks.reserve(probabilities.size());
    for (const double p : probabilities)
        ranks.push_back(static_cast<std::size_t>(rank(p, values.size())));
    HR_ASSERT(std::ranges::is_sorted(ranks));
    select(values, ranks, out);
}

double meanOfSlowestTenth(std::vector<double>& values)
{
    if (values.empty())
        return 0;
    const auto n = std::max<std::size_t>(1, values.size() / 10);
    const auto first = values.end() - static_cast<std::ptrdiff_t>(n);
    std::nth_element(values.begin(), first, values.end());
    return std::accumulate(first, values.end(), 0.0) / static_cast<double>(n);
}

void Histogram::makeRoom(std::size_t bucket)
{
    if (m_counts.empty()) {
        m_first = bucket;
        m_counts.assign(1, 0);
    } else if (bucket < m_first) {
        m_counts.insert(m_counts.begin(), m_first - bucket, 0);
        m_first = bucket;
    } else {
        m_counts.resize(bucket - m_first + 1, 0);
    }
}

/// A ramp over several buckets, or at the ends of the scale.
void Histogram::addAcross(double first, double increment, std::uint64_t terms, std::uint64_t count)
{
    const double last = first + increment * static_cast<double>(terms - 1);
    const double low = std::min(first, last), high = std::max(first, last);
    HR_ASSERT(low >= 0);
    if (low < kSmallest || high >= kLargest) { // rare: one by one
        for (std::uint64_t i = 0; i < terms; ++i)
            add(first + increment * static_cast<double>(i), count);
        return;
    }
    stretch(low, high);
    m_total += terms * count;
    m_sum += 0.5 * (low + high) * static_cast<double>(terms) * static_cast<double>(count);
    constexpr std::uint64_t kFew = 8; // fewer cost less one by one than by the edges of buckets
    if (terms <= kFew) {
        for (std::uint64_t i = 0; i < terms; ++i)
            put(bucketOf(first + increment * static_cast<double>(i)), count);
        return;
    }
    const double perUnit = 1 / std::abs(increment);
    const std::size_t final = bucketOf(high);
    std::uint64_t done = 0;
    for (std::size_t bucket = bucketOf(low); done < terms; ++bucket) {
        const double reach = (lowerEdge(bucket + 1) - low) * perUnit; // terms with index < reach are below the edge
        std::uint64_t below = terms;
        if (bucket < final && reach < static_cast<double>(terms)) {
            below = static_cast<std::uint64_t>(reach);
            below += static_cast<double>(below) < reach ? 1U : 0U;
        }
        if (below > done) {
            put(bucket, (below - done) * count);
            done = below;
        }
    }
}

void Histogram::merge(const Histogram& other)
{
    if (other.m_total == 0)
        return;
    m_min = m_total == 0 ? other.m_min : std::min(m_min, other.m_min);
    m_max = m_total == 0 ? other.m_max : std::max(m_max, other.m_max);
    m_total += other.m_total;
    m_zeros += other.m_zeros;
    m_sum += other.m_sum;
    for (std::size_t i = 0; i < other.m_counts.size(); ++i) {
        if (other.m_counts[i] > 0)
            put(other.m_first + i, other.m_counts[i]);
    }
}

double Histogram::quantile(double p) const
{
    if (m_total == 0)
        return 0;
    const std::uint64_t wanted = rank(p, m_total);
    if (wanted == 0)
        return m_min;
    if (wanted + 1 == m_total)
        return m_max;
    std::uint64_t seen = m_zeros;
    if (wanted < seen)
        return 0;
    for (std::size_t i = 0; i < m_counts.size(); ++i) {
        seen += m_counts[i];
        if (wanted < seen)
            return std::clamp(middle(m_first + i), m_min, m_max);
    }
    return m_max;
}

double Histogram::meanOfLargest(double share) const
{
    const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(m_total));
    if (m_total == 0 || wanted <= 0)
        return 0;
    double left = wanted, sum = 0;
    for (std::size_t i = m_counts.size(); i > 0 && left > 0; --i) {
        const double taken = std::min(left, static_cast<double>(m_counts[i - 1]));
        sum += taken * std::clamp(middle(m_first + i - 1), m_min, m_max);
        left -= taken;
    }
    return sum / wanted;
}

double Histogram::cumulative(double x) const
{
    if (m_total == 0 || x < m_min)
        return 0;
    if (x >= m_max)
        return 1;
    std::uint64_t seen = m_zeros;
    if (x >= kSmallest) {
        const std::size_t bucket = bucketOf(x);
        for (std::size_t i = 0; i < m_counts.size() && m_first + i <= bucket; ++i)
            seen += m_counts[i];
    }
    return static_cast<double>(seen) / static_cast<double>(m_total);
}

void Sample::spill()
{
    for (double v : m_values)
        m_histogram.add(v);
    m_values = {};
    m_exact = false;
}

void Sample::add(double value)
{
    if (m_exact && m_values.size() >= m_limit)
        spill();
    if (m_exact)
        m_values.push_back(value);
    else
        m_histogram.add(value);
}

void Sample::merge(const Sample& other)
{
    if (!other.m_exact) {
        if (m_exact)
            spill();
        m_histogram.merge(other.m_histogram);
        return;
    }
    for (double v : other.m_values)
        add(v);
}

double Sample::mean() const
{
    if (!m_exact)
        return m_histogram.mean();
    return m_values.empty()
               ? 0
               : std::accumulate(m_values.begin(), m_values.end(), 0.0) / static_cast<double>(m_values.size());
}

double Sample::quantile(double p) const { return m_exact ? headroom::quantile(m_values, p) : m_histogram.quantile(p); }

void Sample::quantiles(std::span<const double> probabilities, std::span<double> out) const
{
    HR_ASSERT(probabilities.size() == out.size());
    if (m_exact) {
        headroom::quantiles(m_values, probabilities, out);
        return;
    }
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = m_histogram.quantile(probabilities[i]);
}

} // namespace headroom
