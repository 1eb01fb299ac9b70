// Percentiles: one definition for the whole product (MODEL.md 0 and 9.2). The P-quantile is the smallest x with
// F(x) >= P. Exact below a million values, above that from a histogram with at most 0.5 % error.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace headroom {

/// Smallest value with at least p of all values at or below it.
/// \param p clamped to [0, 1]  \return 0 for no values
double quantile(std::span<const double> values, double p);

/// Several quantiles, cheaper together. \param values without NaN \param probabilities ascending; `out` has the same size
void quantiles(std::span<const double> values, std::span<const double> probabilities, std::span<double> out);

/// Mean of the largest tenth of the values, of at least one of them; 0 for no values. Changes their order.
double meanOfSlowestTenth(std::vector<double>& values);

/// Counts in buckets of 1/128 of an octave: the middle of a bucket is within 0.4 % of everything in it. Two
/// histograms add up exactly, in any order. Values are non-negative; below 2^-40 (1e-12) they count as zero.
class Histogram {
public:
    static constexpr int kShift = 52 - 7; ///< mantissa bits that a bucket leaves out
    /// Number of the bucket of a value: equal for values that are counted together. A bucket is the exponent and the
    /// leading 7 mantissa bits of a double, so no logarithm is needed. \param value at least 0
    static constexpr std::size_t bucketOf(double value)
    {
        return static_cast<std::size_t>(std::bit_cast<std::uint64_t>(value) >> kShift);
    }

    /// Adds a value `count` times. Negative counts as zero, above 2^40 as 2^40.
    void add(double value, std::uint64_t count = 1)
    {
        if (count == 0)
            return;
        const double x = value < kLargest ? (value > 0 ? value : 0) : kLargest;
        stretch(x, x);
        m_total += count;
        m_sum += x * static_cast<double>(count);
        if (x < kSmallest)
            m_zeros += count;
        else
            put(bucketOf(x), count);
    }
    /// Adds first, first + increment, ..., `terms` values, each `count` times. Costs one operation for each bucket
    /// touched, not for each value. The values at both ends must be >= 0.
    void addRamp(double first, double increment, std::uint64_t terms, std::uint64_t count = 1)
    {
        if (terms == 0 || count == 0)
            return;
        const double last = first + increment * static_cast<double>(terms - 1);
        const double low = increment < 0 ? last : first, high = increment < 0 ? first : last;
        const std::size_t bucket = bucketOf(low);
        if (bucket != bucketOf(high) || low < kSmallest || high >= kLargest) {
            addAcross(first, increment, terms, count);
            return;
        }
        const std::uint64_t values = terms * count; // nearly always: all in one bucket
        stretch(low, high);
        m_total += values;
        m_sum += 0.5 * (low + high) * static_cast<double>(values);
        put(bucket, values);
    }
    void merge(const Histogram&);

    std::uint64_t count() const { return m_total; }
    double sum() const { return m_sum; }
    double mean() const { return m_total == 0 ? 0 : m_sum / static_cast<double>(m_total); }
    double min() const { return m_total == 0 ? 0 : m_min; }
    double max() const { return m_total == 0 ? 0 : m_max; }
    /// Within 0.5 % of the exact quantile; exact at both ends. 0 when empty.
    double quantile(double p) const;
    /// Mean of the largest `share` of all values (slowest 10 %: share 0.1), within 0.5 %. 0 when empty.
    double meanOfLargest(double share) const;
    /// Share of values at or below x, right to within the bucket that holds x.
    double cumulative(double x) const;

private:
    // Widest bucket: 1/128 = 0.78 % of its lower edge, so its middle is within 0.39 %.
    static constexpr double kSmallest = 0x1p-40, kLargest = 0x1p40;

    void stretch(double low, double high)
    {
        m_min = m_total == 0 || low < m_min ? low : m_min;
        m_max = m_total == 0 || high > m_max ? high : m_max;
    }
    void put(std::size_t bucket, std::uint64_t count)
    {
        if (bucket - m_first >= m_counts.size()) // also when below the first: it wraps around
            makeRoom(bucket);
        m_counts[bucket - m_first] += count;
    }
    void makeRoom(std::size_t bucket);
    void addAcross(double first, double increment, std::uint64_t terms, std::uint64_t count);

    std::vector<std::uint64_t> m_counts; ///< of buckets m_first, m_first + 1, ...
    std::size_t m_first = 0;
    std::uint64_t m_zeros = 0, m_total = 0;
    double m_sum = 0, m_min = 0, m_max = 0;
};

/// Values whose quantiles are exact while there are few, and within 0.5 % when there are many: memory is bounded.
class Sample {
public:
    static constexpr std::size_t kExactLimit = 1'000'000;

    /// \param limit values kept as they are; beyond it all go to a histogram
    explicit Sample(std::size_t limit = kExactLimit) : m_limit(limit) {}
    void add(double value);
    void merge(const Sample&);
    std::uint64_t count() const { return m_exact ? m_values.size() : m_histogram.count(); }
    bool isExact() const { return m_exact; }
    double mean() const;
    /// As quantiles() above.
    double quantile(double p) const;
    void quantiles(std::span<const double> probabilities, std::span<double> out) const;

private:
    void spill();

    std::size_t m_limit;
    bool m_exact = true;
    std::vector<double> m_values;
    Histogram m_histogram;
};

} // namespace headroom
