#include "core/sim/series_band.h"

#include "core/sim/replications.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace headroom::sim {

namespace {

constexpr std::array kQuantities{&TimeSeries::waiting, &TimeSeries::running, &TimeSeries::kvFraction,
    &TimeSeries::outputTokensPerSecond, &TimeSeries::busyFraction};

/// Joins neighbours until an interval is as long as asked for: lengths are powers of two. One left over is left out.
TimeSeries joined(TimeSeries series, double interval)
{
    for (; series.interval < interval; series.interval *= 2)
        for (const auto quantity : kQuantities) {
            auto& values = series.*quantity;
            for (std::size_t i = 0; 2 * i + 1 < values.size(); ++i)
                values[i] = 0.5 * (values[2 * i] + values[2 * i + 1]);
            values.resize(values.size() / 2);
        }
    return series;
}

} // namespace

TimeSeries wholeIntervals(TimeSeries series, double end)
{
    if (!(series.interval > 0))
        return {};
    const auto whole = static_cast<std::size_t>(std::max(0.0, std::floor(end / series.interval)));
    for (const auto quantity : kQuantities)
        (series.*quantity).resize(std::min((series.*quantity).size(), whole));
    return series;
}

SeriesBand bandOver(std::span<const TimeSeries> each)
{
    if (each.size() < 2)
        return {};
    const double interval = std::ranges::max(each, {}, &TimeSeries::interval).interval;
    std::vector<TimeSeries> alike;
    for (const TimeSeries& one : each)
        alike.push_back(joined(one, interval));
    SeriesBand band;
    band.mean.interval = band.half.interval = interval;
    bool differ = false;
    std::vector<double> values(each.size());
    for (const auto quantity : kQuantities) {
        const auto shortest =
            std::ranges::min(alike, {}, [&](const TimeSeries& one) { return (one.*quantity).size(); });
        for (std::size_t i = 0; i < (shortest.*quantity).size(); ++i) {
            std::ranges::transform(alike, values.begin(), [&](const TimeSeries& one) { return (one.*quantity)[i]; });
            (band.mean.*quantity)
                .push_back(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
            (band.half.*quantity).push_back(halfWidth95(values));
            differ = differ || std::ranges::any_of(values, [&](double v) { return v != values[0]; });
        }
    }
    return differ ? band : SeriesBand();
}

} // namespace headroom::sim
