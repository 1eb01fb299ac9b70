#include "ui/plots/sim_over_time.h"

#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"
#include "ui/plots/sim_charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headroom::ui {
namespace {

using sim::SimResult;
using sim::TimeSeries;

/// Another policy may need far more room; up to this multiple of the plan's own range its curve is worth it.
constexpr double kGhostReach = 3;
constexpr double kNone = std::numeric_limits<double>::infinity();

/// One quantity of the time series, as a curve for each policy.
struct Quantity {
    std::vector<double> TimeSeries::*values;
    Role role;
    double scale = 1;    ///< values of the series times this are in the unit of the axis
    double most = kNone; ///< that there can be, in the unit of the axis
};

Curve curveOf(const TimeSeries& series, const Quantity& quantity, const TimeUnit& unit)
{
    Curve curve;
    const auto& values = series.*quantity.values;
    for (std::size_t i = 0; i < values.size(); ++i) {
        curve.x.push_back((static_cast<double>(i) + 0.5) * series.interval / unit.seconds);
        curve.y.push_back(values[i] * quantity.scale);
    }
    return curve;
}

/// The mean of all runs with its 95 % interval; no points where there is one run, or where all are alike. The plan's own
/// curve stays that of the first run, which is played and whose requests are shown.
Curve meanOverRuns(const SimResult& result, const Quantity& quantity, const TimeUnit& unit)
{
    const sim::SeriesBand& band = result.seriesBand;
    Curve curve = curveOf(band.mean, quantity, unit);
    const auto& half = band.half.*quantity.values;
    std::vector<double> lo, hi;
    for (std::size_t i = 0; i < half.size(); ++i) {
        lo.push_back(std::max(0.0, curve.y[i] - half[i] * quantity.scale));
        hi.push_back(std::min(quantity.most, curve.y[i] + half[i] * quantity.scale));
    }
    addBand(curve, std::move(lo), std::move(hi));
    curve.dashed = true;
    curve.name = "this plan, mean of " + std::to_string(result.replications) + " runs";
    return curve;
}

double largest(const std::vector<double>& values) { return values.empty() ? 0 : *std::ranges::max_element(values); }

LineChart overTime(const Snapshot& snapshot, Axis y, const Quantity& quantity, std::optional<double> closedForm)
{
    const Study& study = *snapshot.study;
    const SimResult& own = *study.own();
    const double length = static_cast<double>(own.series.waiting.size()) * own.series.interval;
    const TimeUnit unit = timeUnit(length);
    LineChart body;
    body.keyed = true; // noise crosses whatever is written on it
    body.x = {
        "simulated time", unit.name, false, 0.0, length > 0 ? std::optional(length / unit.seconds) : std::nullopt};
    Curve main = curveOf(own.series, quantity, unit);
    main.role = ownRole(study, quantity.role);
    main.name = "this plan";
    const double top = largest(main.y);
    Curve mean = meanOverRuns(own, quantity, unit);
    mean.role = main.role;
    const double reach = largest(mean.hi);
    // Where there is a most that can be, that is near enough; so is everything where the plan's own curve is flat.
    const double far = top > 0 && !std::isfinite(quantity.most) ? kGhostReach * top : kNone;
    double range = std::max(top, std::min(reach, far));
    for (std::size_t i = 1; i < study.cases.size(); ++i) {
        const StudyCase& other = study.cases[i];
        if (other.result == nullptr)
            continue;
        Curve curve = curveOf(other.result->series, quantity, unit);
        curve.role = otherRole(i);
        curve.name = other.name;
        const double peak = largest(curve.y);
        range = std::max(range, std::min(peak, far));
        body.curves.push_back(std::move(curve));
    }
    body.curves.insert(body.curves.begin(), std::move(main));
    if (!mean.x.empty())
        body.curves.push_back(std::move(mean));
    if (closedForm && std::isfinite(*closedForm)) {
        body.limits.push_back({"closed form, mean " + number(*closedForm), Role::saturation, *closedForm, false});
        range = std::max(range, std::min(*closedForm, kGhostReach * std::max(top, 1e-9)));
    }
    if (!y.max)
        y.max = range > 0 ? 1.08 * range : 1;
    for (Curve& curve : body.curves)
        if (const double peak = largest(curve.y); peak > *y.max && !curve.dashed)
            curve.name += ", up to " + number(peak) + ", beyond the axis";
    for (Limit& limit : body.limits)
        if (limit.value > *y.max)
            limit.name += ", beyond the axis";
    body.y = std::move(y);
    return body;
}

double replicas(const Snapshot& snapshot) { return snapshot.now.plan->deployment.replicas; }

double meanOf(const std::vector<double>& values)
{
    double sum = 0;
    for (const double v : values)
        sum += v;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

ChartSpec overTimeChart(const Snapshot& snapshot, const char* title, const char* unit, Axis y, const Quantity& quantity,
    std::optional<double> expected, std::string (*says)(const SimResult&))
{
    ChartSpec chart{simulatedTitle(snapshot, title), unit, "", whyNotSimulated(snapshot), LineChart{}};
    if (!chart.empty.empty())
        return chart;
    chart.body = overTime(snapshot, std::move(y), quantity, expected);
    chart.says = says(*snapshot.study->own());
    return chart;
}

} // namespace

Role ownRole(const Study& study, Role quantity)
{
    const bool compares = std::any_of(
        study.cases.begin() + 1, study.cases.end(), [](const StudyCase& other) { return other.result != nullptr; });
    return compares ? Role::primary : quantity;
}

Role otherRole(std::size_t number)
{
    constexpr std::array kOthers{Role::series2, Role::series5, Role::series8}; // none is that of a quantity
    return kOthers[(number - 1) % kOthers.size()];
}

ChartSpec queueOverTime(const Snapshot& snapshot)
{
    return overTimeChart(snapshot, "Waiting requests", "requests", {"waiting", "requests", false, 0.0, {}},
        {&TimeSeries::waiting, Role::queue},
        closedForm(snapshot, snapshot.now.evaluation.meanQueue * replicas(snapshot)), [](const SimResult& r) {
            return number(meanOf(r.series.waiting)) + " requests wait on average and " +
                   number(largest(r.series.waiting)) + " in the worst interval of " +
                   duration(Seconds(r.series.interval)) + "; waiting takes " + duration(Seconds(r.queue.mean)) +
                   " on average.";
        });
}

ChartSpec batchOverTime(const Snapshot& snapshot)
{
    return overTimeChart(snapshot, "Running batch", replicas(snapshot) > 1 ? "sequences, all replicas" : "sequences",
        {"running", "sequences", false, 0.0, {}}, {&TimeSeries::running, Role::decode},
        closedForm(snapshot, snapshot.now.evaluation.meanRunning * replicas(snapshot)), [](const SimResult& r) {
            return number(meanOf(r.series.running)) + " sequences run on average, " +
                   number(largest(r.series.running)) + " at the most; steps run " + percent(r.busyFraction) +
                   " of the time.";
        });
}

ChartSpec kvOverTime(const Snapshot& snapshot)
{
    return overTimeChart(snapshot, "KV blocks in use", "% of all blocks", {"KV blocks", "%", false, 0.0, {}},
        {&TimeSeries::kvFraction, Role::kv, 100, 100}, closedForm(snapshot, 100 * snapshot.now.evaluation.kvFraction),
        [](const SimResult& r) {
            return percent(r.kvFraction) + " of the KV blocks are in use on average; a replica held " +
                   percent(r.kvPeakFraction) + " of them at its fullest, and " +
                   (r.counters.preemptions == 0
                           ? std::string("nobody had to make room.")
                           : counted(static_cast<double>(r.counters.preemptions), "request was", "requests were") +
                                 " preempted to make room.");
        });
}

ChartSpec throughputOverTime(const Snapshot& snapshot)
{
    return overTimeChart(snapshot, "Output tokens", "tok/s", {"output", "tok/s", false, 0.0, {}},
        {&TimeSeries::outputTokensPerSecond, Role::primary},
        closedForm(snapshot, snapshot.now.evaluation.throughput.output.si()), [](const SimResult& r) {
            return rate(TokenRate(r.outputTokensPerSecond)) + " came out over the run and until its last answer, for " +
                   rate(RequestRate(r.requestsPerSecond)) + " that were served; " + percent(r.attainment) +
                   " of the requests met their targets.";
        });
}

} // namespace headroom::ui
