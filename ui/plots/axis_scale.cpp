#include "ui/plots/axis_scale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace headroom::ui {

namespace {

/// Ticks people want on one axis of a plot of usual size; ranges are rounded with the same number.
constexpr int kUsualTicks = 6;
/// A logarithmic axis made from data shows at most so many decades: 1e-12 beside 1 would flatten all else.
constexpr double kMostDecades = 6;
/// A curve that climbs to saturation is shown up to this multiple of what one plans with.
constexpr double kClimbLinear = 2.5, kClimbLogarithmic = 15;

double niceStep(double length, int most)
{
    const double raw = length / std::max(1, most);
    const double magnitude = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double m : {1.0, 2.0, 5.0})
        if (raw <= m * magnitude * (1 + 1e-9))
            return m * magnitude;
    return 10 * magnitude;
}

Ticks ticksOfStep(Interval r, double step)
{
    Ticks t;
    t.step = step;
    const double first = std::ceil(r.from / t.step - 1e-9);
    for (double i = first; i * t.step <= r.to + 1e-9 * t.step; ++i)
        t.values.push_back(i == 0 ? 0 : i * t.step);
    return t;
}

Ticks linearTicks(Interval r, int most) { return ticksOfStep(r, niceStep(r.length(), most)); }

/// Every value m * 10^k of the range, k a multiple of `every`.
std::vector<double> decadeTicks(Interval r, std::span<const double> mantissas, int every)
{
    std::vector<double> values;
    const int low = static_cast<int>(std::floor(std::log10(r.from) + 1e-9));
    const int high = static_cast<int>(std::ceil(std::log10(r.to) - 1e-9));
    for (int k = low; k <= high; ++k) {
        if (k % every != 0)
            continue;
        for (const double m : mantissas) {
            const double v = m * std::pow(10.0, k);
            if (v >= r.from * (1 - 1e-9) && v <= r.to * (1 + 1e-9))
                values.push_back(v);
        }
    }
    return values;
}

Ticks logarithmicTicks(Interval r, int most)
{
    constexpr double kLinearBelow = 3;
    if (r.to / r.from < kLinearBelow)
        return linearTicks(r, most);
    constexpr std::array<double, 3> fine{1, 2, 5};
    constexpr std::array<double, 2> coarse{1, 3};
    constexpr std::array<double, 1> decades{1};
    const auto fits = [most](const std::vector<double>& v) { return static_cast<int>(v.size()) <= most; };
    constexpr std::size_t kFewest = 3; // to read values between them
    if (auto v = decadeTicks(r, fine, 1); v.size() < kFewest) {
        Ticks even = linearTicks(r, most);
        return even.values.size() > v.size() ? even : Ticks{v, 0};
    } else if (fits(v)) {
        return {v, 0};
    }
    if (auto v = decadeTicks(r, coarse, 1); fits(v))
        return {v, 0};
    constexpr int kMostSkipped = 100;
    for (int every = 1; every < kMostSkipped; ++every)
        if (auto v = decadeTicks(r, decades, every); fits(v))
            return {v, 0};
    return {};
}

/// The 1-2-5 value at or beyond v, upwards or downwards.
double oneTwoFive(double v, double direction)
{
    const double magnitude = std::pow(10.0, std::floor(std::log10(v)));
    constexpr std::array<double, 5> steps{1, 2, 5, 10, 20};
    if (direction > 0) {
        for (const double m : steps)
            if (m * magnitude >= v * (1 - 1e-9))
                return m * magnitude;
        return v;
    }
    for (const double m : {5.0, 2.0, 1.0})
        if (m * magnitude <= v * (1 + 1e-9))
            return m * magnitude;
    return magnitude;
}

Interval niceLogarithmic(double low, double high)
{
    low = std::max(low, high / std::pow(10.0, kMostDecades));
    if (low == high)
        return {oneTwoFive(low / 2, -1), oneTwoFive(high * 2, 1)};
    return {oneTwoFive(low, -1), oneTwoFive(high, 1)};
}

Interval niceLinear(double low, double high, int most)
{
    constexpr double kNearZero = 0.6; // data from 60 % of the top upwards may leave zero out
    if (low > 0 && low < kNearZero * high)
        low = 0;
    if (high < 0 && high > kNearZero * low)
        high = 0;
    if (low == high) {
        const double pad = low == 0 ? 1 : std::abs(low) * 0.1;
        return {low > 0 ? std::max(0.0, low - pad) : low - pad, high + pad};
    }
    // Half steps: a range that ends between two ticks wastes less space than one that ends at the next.
    const double step = niceStep(high - low, most) / 2;
    return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step};
}

Interval withLimits(Interval r, const Axis& axis)
{
    if (axis.min && std::isfinite(*axis.min))
        r.from = *axis.min;
    if (axis.max && std::isfinite(*axis.max))
        r.to = *axis.max;
    if (axis.logarithmic && r.from <= 0)
        r.from = r.to > 0 ? r.to * 1e-3 : 0.1;
    if (!(r.to > r.from))
        r.to = axis.logarithmic ? r.from * 10 : r.from + 1;
    return r;
}

/// The range of an x axis ends where the data end: rounding outwards would leave an empty strip.
Interval tightRange(const std::vector<double>& values, const Axis& axis)
{
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double v : values) {
        if (!std::isfinite(v) || (axis.logarithmic && v <= 0))
            continue;
        low = std::min(low, v);
        high = std::max(high, v);
    }
    if (!(low <= high))
        return withLimits(axis.logarithmic ? Interval{0.1, 1} : Interval{0, 1}, axis);
    if (low == high)
        return withLimits(niceRange(values, axis, kUsualTicks), axis);
    constexpr double kStartsAtZero = 0.2;
    if (!axis.logarithmic && low > 0 && low < kStartsAtZero * high)
        low = 0;
    return withLimits({low, high}, axis);
}

void append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

/// True if a curve rises steeply at its very end (or becomes infinite), as latency does before saturation.
bool climbs(const Curve& c)
{
    constexpr double kEnd = 0.03, kSteep = 1.25; // the last 3 % of the x range add a quarter
    std::size_t last = std::min(c.x.size(), c.y.size());
    while (last > 0 && !std::isfinite(c.y[last - 1])) {
        --last;
        if (c.y[last] > 0 && std::isinf(c.y[last]))
            return true;
    }
    if (last < 3 || c.markers)
        return false;
    const double from = c.x[last - 1] - kEnd * (c.x[last - 1] - c.x[0]);
    std::size_t i = last - 1;
    while (i > 0 && c.x[i - 1] >= from)
        --i;
    i = i > 0 ? i - 1 : 0;
    return c.y[i] > 0 && c.y[last - 1] > kSteep * c.y[i];
}

/// The top of a chart whose curves climb without bound; nothing where they do not.
std::optional<double> climbCap(const LineChart& c)
{
    if (std::none_of(c.curves.begin(), c.curves.end(), climbs))
        return std::nullopt;
    double reference = 0;
    for (const Marker& m : c.markers)
        if (std::isfinite(m.y) && m.pin == 0)
            reference = std::max(reference, m.y);
    for (const Limit& l : c.limits)
        if (!l.vertical && std::isfinite(l.value))
            reference = std::max(reference, l.value);
    if (reference <= 0)
        return std::nullopt;
    return reference * (c.y.logarithmic ? kClimbLogarithmic : kClimbLinear);
}

} // namespace

double AxisScale::pixel(double v) const
{
    if (!logarithmic)
        return pixelFrom + (v - range.from) / range.length() * (pixelTo - pixelFrom);
    constexpr double kFarOutside = 10; // axis lengths
    if (v <= 0)
        return pixelFrom - kFarOutside * (pixelTo - pixelFrom);
    return pixelFrom + std::log(v / range.from) / std::log(range.to / range.from) * (pixelTo - pixelFrom);
}

double AxisScale::value(double p) const
{
    const double share = (p - pixelFrom) / (pixelTo - pixelFrom);
    if (!logarithmic)
        return range.from + share * range.length();
    return range.from * std::pow(range.to / range.from, share);
}

Ticks ticks(Interval r, bool logarithmic, int most)
{
    if (!(r.to > r.from) || !std::isfinite(r.length()) || most < 1)
        return {};
    if (logarithmic && r.from > 0)
        return logarithmicTicks(r, most);
    return linearTicks(r, most);
}

Ticks ticksFromZero(Interval& r, int most)
{
    const double up = std::max(0.0, r.to), down = std::max(0.0, -r.from);
    if (!(r.to > r.from) || !std::isfinite(r.length()) || most < 1 || !(std::max(up, down) > 0))
        return {};
    const double shorter = std::min(up, down);
    double step = std::min(niceStep(r.length(), most), oneTwoFive(std::max(up, down), -1));
    if (shorter > 0 && shorter < step) {
        const double finer = oneTwoFive(shorter, -1);
        if (r.length() <= (most + 1) * finer)
            step = finer;
        else
            (up < down ? r.to : r.from) = up < down ? step : -step;
    }
    return ticksOfStep(r, step);
}

Interval niceRange(const std::vector<double>& values, const Axis& axis, int most)
{
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double v : values) {
        if (!std::isfinite(v) || (axis.logarithmic && v <= 0))
            continue;
        low = std::min(low, v);
        high = std::max(high, v);
    }
    if (!(low <= high))
        return withLimits(axis.logarithmic ? Interval{0.1, 1} : Interval{0, 1}, axis);
    return withLimits(axis.logarithmic ? niceLogarithmic(low, high) : niceLinear(low, high, most), axis);
}

PlotRanges fittedRanges(const LineChart& c)
{
    std::vector<double> xs, ys;
    const double cap = climbCap(c).value_or(std::numeric_limits<double>::infinity());
    const auto addY = [&](double v) {
        if (std::isfinite(v))
            ys.push_back(std::min(v, cap));
    };
    for (const Curve& curve : c.curves) {
        for (std::size_t i = 0; i < curve.x.size(); ++i)
            if (std::isfinite(curve.y[i]))
                xs.push_back(curve.x[i]);
        for (const auto* side : {&curve.y, &curve.lo, &curve.hi, &curve.errorLo, &curve.errorHi})
            std::for_each(side->begin(), side->end(), addY);
    }
    for (const Marker& m : c.markers)
        if (m.pin == 0) { // those of pinned plans lie on their curves
            xs.push_back(m.x);
            addY(m.y);
        }
    for (const Region& r : c.regions)
        xs.push_back(r.from);
    const double dataHigh = ys.empty() ? 0 : *std::max_element(ys.begin(), ys.end());
    const double dataRight = xs.empty() ? 0 : *std::max_element(xs.begin(), xs.end());
    // A limit far from all data would flatten the curves; it is named at the edge instead (annotations).
    constexpr double kNearLinear = 3, kNearLogarithmic = 100, kRoomBehindSaturation = 1.04, kRoomLogarithmic = 1.15;
    for (const Limit& l : c.limits) {
        if (!std::isfinite(l.value))
            continue;
        if (!l.vertical && (dataHigh <= 0 || l.value <= dataHigh * (c.y.logarithmic ? kNearLogarithmic : kNearLinear)))
            ys.push_back(l.value);
        if (l.vertical && (dataRight <= 0 || l.value <= dataRight * kNearLinear))
            xs.push_back(l.value * (c.x.logarithmic ? kRoomLogarithmic : kRoomBehindSaturation));
    }
    return {tightRange(xs, c.x), niceRange(ys, c.y, kUsualTicks)};
}

PlotRanges wholeRanges(const LineChart& c)
{
    PlotRanges whole = fittedRanges(c);
    const auto widen = [](Interval& range, const Axis& axis, double v) {
        if (!std::isfinite(v) || (axis.logarithmic && v <= 0))
            return;
        range.from = std::min(range.from, v);
        range.to = std::max(range.to, v);
    };
    for (const Curve& curve : c.curves) {
        for (std::size_t i = 0; i < curve.x.size(); ++i)
            if (std::isfinite(curve.y[i]))
                widen(whole.x, c.x, curve.x[i]);
        for (const auto* side : {&curve.y, &curve.lo, &curve.hi, &curve.errorLo, &curve.errorHi})
            for (const double y : *side)
                widen(whole.y, c.y, y);
    }
    for (const Marker& m : c.markers) {
        widen(whole.x, c.x, m.x);
        widen(whole.y, c.y, m.y);
    }
    return whole;
}

namespace {

/// Room for the half of a point that stands at the end of an axis. Powers of ten leave it by themselves.
void addRoomForPoints(std::vector<double>& values, const Axis& axis)
{
    constexpr double kShare = 0.03;
    if (axis.logarithmic || values.empty())
        return;
    const auto [low, high] = std::ranges::minmax(values);
    const double room = kShare * (high - low);
    values.insert(values.end(), {low - room, high + room});
}

} // namespace

PlotRanges fittedRanges(const ScatterChart& c)
{
    std::vector<double> xs, ys;
    for (const auto* curves : {&c.groups, &c.lines})
        for (const Curve& curve : *curves) {
            append(xs, curve.x);
            append(ys, curve.y);
        }
    addRoomForPoints(xs, c.x);
    addRoomForPoints(ys, c.y);
    return {niceRange(xs, c.x, kUsualTicks), niceRange(ys, c.y, kUsualTicks)};
}

PlotRanges fittedRanges(const HeatMap& h)
{
    const auto range = [](const std::vector<double>& centres, const Axis& axis) {
        const std::vector<double> edges = cellEdges(centres, axis.logarithmic);
        return edges.empty() ? withLimits({0, 1}, axis) : withLimits({edges.front(), edges.back()}, axis);
    };
    return {range(h.xs, h.x), range(h.ys, h.y)};
}

PlotRanges fittedRanges(const SpanChart& c)
{
    std::vector<double> xs;
    for (const Span& s : c.spans) {
        xs.push_back(s.from);
        xs.push_back(s.to);
    }
    return {tightRange(xs, c.x), {0, std::max<double>(1, static_cast<double>(c.rows.size()))}};
}

Interval zoomed(Interval r, bool logarithmic, double centre, double factor)
{
    if (!logarithmic)
        return {centre + (r.from - centre) * factor, centre + (r.to - centre) * factor};
    return {centre * std::pow(r.from / centre, factor), centre * std::pow(r.to / centre, factor)};
}

Interval heldWithin(Interval r, Interval whole, bool logarithmic)
{
    const auto in = [logarithmic](double v) { return logarithmic ? std::log(v) : v; };
    const auto out = [logarithmic](double v) { return logarithmic ? std::exp(v) : v; };
    const double from = in(r.from), to = in(r.to), low = in(whole.from), high = in(whole.to);
    if (!(to - from < high - low)) // also where rounding has lost the one or the other
        return whole;
    if (from < low)
        return {whole.from, out(low + (to - from))};
    if (to > high)
        return {out(high - (to - from)), whole.to};
    return r;
}

Interval panned(Interval r, bool logarithmic, double share)
{
    if (!logarithmic)
        return {r.from + share * r.length(), r.to + share * r.length()};
    const double ratio = std::pow(r.to / r.from, share);
    return {r.from * ratio, r.to * ratio};
}

Interval notBelow(Interval r, const Axis& axis)
{
    if (!axis.min || r.from >= *axis.min || axis.logarithmic)
        return r;
    return {*axis.min, *axis.min + r.length()};
}

std::vector<double> cellEdges(const std::vector<double>& centres, bool logarithmic)
{
    if (centres.empty())
        return {};
    const auto in = [logarithmic](double v) { return logarithmic ? std::log(v) : v; };
    const auto out = [logarithmic](double v) { return logarithmic ? std::exp(v) : v; };
    const std::size_t n = centres.size();
    if (n == 1)
        return logarithmic ? std::vector<double>{centres[0] / 2, centres[0] * 2}
                           : std::vector<double>{centres[0] - 0.5, centres[0] + 0.5};
    std::vector<double> edges(n + 1);
    for (std::size_t i = 1; i < n; ++i)
        edges[i] = out((in(centres[i - 1]) + in(centres[i])) / 2);
    edges[0] = out(in(centres[0]) - (in(centres[1]) - in(centres[0])) / 2);
    edges[n] = out(in(centres[n - 1]) + (in(centres[n - 1]) - in(centres[n - 2])) / 2);
    return edges;
}

} // namespace headroom::ui
