// Tab Latency: end-to-end and per-token time against the load, a request's time step by step, and distributions.
#include "core/derived_bands.h"
#include "ui/plots/chart_tables.h"
#include "ui/plots/ghosts.h"
#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"
#include "ui/plots/sim_charts.h"
#include "ui/plots/time_axis.h"
#include "ui/plots/time_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace headroom::ui {
namespace {

/// \param unfit, overloaded what it means for this chart that the plan does not fit or has too much to do: the reason
/// itself stands in another chart or above them
std::string whyNoTimes(const Snapshot& snapshot, const std::string& unfit, const std::string& overloaded)
{
    const Evaluation& e = snapshot.now.evaluation;
    if (!e.fits)
        return whyNoLoadCurve(snapshot, unfit);
    if (!e.stable)
        return overloaded;
    return {};
}

ChartSpec e2eVsLoad(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const auto& target = snapshot.now.plan->targets.e2eP99;
    ChartSpec chart{"End to end, p99", "s, log", "", whyNoLoadCurve(snapshot), LineChart{}};
    LineChart body = chartOverLoad(
        snapshot, {"E2E p99", "s", true, {}, {}}, [](const PointEvaluation& p) { return p.e2e.p99.in(second); },
        [](const PointEvaluation& p) { return farBand(p.e2e); }, "E2E p99", "you: " + duration(e.e2e.p99));
    if (target)
        body.limits.push_back({"target " + duration(*target), Role::target, target->in(second), false});
    addSimulated(body, snapshot, &simulatedE2eP99, 1);
    chart.says =
        e.stable ? "99 % of requests end within " + duration(e.e2e.p99) + "; half within " + duration(e.e2e.p50) + "."
                 : "Beyond " + rate(e.capacity) + " no request ends in time for ever.";
    chart.body = std::move(body);
    return inFittingUnit(std::move(chart));
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// In overload a step still has a length, but no request ends in time: the curve stops where the others do.
/// Full seats have a pace even where the queue in front of them grows without end.
double tpotMs(const PointEvaluation& p) { return p.fits ? p.tpot.p95.in(millisecond) : kInfinity; }

/// Beyond the pessimistic capacity its edge is that of an overloaded plan, and no bound: not known.
Band tpotBandMs(const PointEvaluation& p)
{
    const bool pessimisticHolds = p.utilization * p.capacity.si() < p.capacityBand.lo;
    return {p.tpot.lo.in(millisecond),
        pessimisticHolds ? p.tpot.hi.in(millisecond) : std::numeric_limits<double>::quiet_NaN()};
}

ChartSpec tpotVsLoad(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const auto& target = snapshot.now.plan->targets.tpotP95;
    ChartSpec chart{"Time per output token, p95", "ms", "",
        whyNoLoadCurve(snapshot, "No token comes out, so that none follows another."), LineChart{}};
    LineChart body = chartOverLoad(
        snapshot, {"TPOT p95", "ms", false, 0.0, {}}, &tpotMs, &tpotBandMs, "TPOT p95", "you: " + duration(e.tpot.p95));
    if (target)
        body.limits.push_back({"target " + duration(*target), Role::target, target->in(millisecond), false});
    addSimulated(
        body, snapshot, [](const sim::SimResult& r) { return simulatedP95(r.tpot); }, millisecond.si());
    const double perSecond = e.tpot.p50.si() > 0 ? 1 / e.tpot.p50.si() : 0;
    chart.says = !e.stable ? "In overload every seat is taken: steps are as long as they get, and requests wait."
                           : "A reader sees " + number(perSecond) +
                                 " tokens a second at the median; batches grow with the load, and "
                                 "steps with the batch.";
    chart.body = std::move(body);
    return inFittingUnit(std::move(chart));
}

/// One leg of the way of the mean request.
struct Leg {
    std::string_view name;
    Role role;
    Seconds length;
    Band band;
};
/// All of them in order, also those that take no time: half of the network is on the way back, after the last token.
std::vector<Leg> legsOf(const Plan& plan, const PointEvaluation& point)
{
    const LatencyParts& parts = point.partsMean;
    const Seconds back = 0.5 * plan.latency.network;
    std::vector<Leg> legs;
    for (const TimePart& part : kTimeParts) {
        const bool isNetwork = part.value == &LatencyParts::network;
        const Seconds length = parts.*part.value - (isNetwork ? back : Seconds(0));
        legs.push_back({part.name, part.role, length,
            isNetwork ? Band{length.si(), length.si()} : point.partsMeanBand.of(part.value)});
    }
    legs.push_back({"way back", Role::network, back, {back.si(), back.si()}});
    return legs;
}

ChartSpec waterfall(const Snapshot& snapshot)
{
    const auto load = shownLoad(snapshot.now);
    ChartSpec chart{"A request, step by step", "s, mean" + (load ? load->note : ""), "",
        load ? ""
             : whyNoTimes(snapshot, "A request comes no further than the door: no replica can be started.",
                   "Overloaded: the wait for a seat grows with every request."),
        StackedBars{}};
    if (!load)
        return chart;
    const LatencyParts& parts = load->point.partsMean;
    StackedBars body;
    body.value = {"time since it was sent", "s", false, 0.0, {}};
    std::vector<Leg> shown = legsOf(*snapshot.now.plan, load->point);
    std::erase_if(shown, [](const Leg& leg) { return !(leg.length > Seconds(0)); });
    double start = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const std::vector<double> none(shown.size(), 0);
        BarSegment segment{std::string(shown[i].name), shown[i].role, none, none};
        segment.values[i] = shown[i].length.in(second);
        segment.starts[i] = start;
        if (shown[i].band.hi > shown[i].band.lo) {
            segment.lo = segment.hi = none;
            segment.lo[i] = shown[i].band.lo;
            segment.hi[i] = shown[i].band.hi;
        }
        start += segment.values[i];
        body.categories.push_back(segment.name);
        body.totals.push_back(duration(shown[i].length));
        body.segments.push_back(std::move(segment));
    }
    addGhostMarks(body, snapshot, [&](const PlanResults& pinned) {
        std::vector<double> ends;
        double end = 0;
        for (const Leg& leg : legsOf(*pinned.plan, pinned.evaluation)) {
            end += leg.length.in(second);
            if (std::ranges::find(shown, leg.name, &Leg::name) != shown.end())
                ends.push_back(end);
        }
        return pinned.evaluation.stable ? ends : std::vector<double>{};
    });
    const Seconds first = load->point.ttft.mean;
    body.limits.push_back({"first token " + duration(first), Role::saturation, first.in(second), true});
    chart.says = "The mean request shows its first token after " + duration(first) + " and is done after " +
                 duration(parts.total()) + ".";
    chart.body = std::move(body);
    return inFittingUnit(std::move(chart));
}

/// Percentiles of the plot: every percent, and the tail.
std::vector<double> probabilities(int points)
{
    const int steps = std::max(20, points / 2);
    std::vector<double> all;
    for (int i = 1; i < steps; ++i)
        all.push_back(static_cast<double>(i) / steps);
    for (const double tail : {0.995, 0.999})
        if (tail > all.back())
            all.push_back(tail);
    return all;
}

struct Distribution {
    const char* name;
    Role role;
    std::vector<double> LatencyQuantiles::*values;
    LatencySummary PointEvaluation::*summary; ///< whose band all of its times share
    bool hasGhost;                            ///< three of each pinned plan would be too many
};
constexpr std::array kDistributions{
    Distribution{"TTFT", Role::prefill, &LatencyQuantiles::ttft, &PointEvaluation::ttft, true},
    Distribution{"E2E", Role::secondary, &LatencyQuantiles::e2e, &PointEvaluation::e2e, true},
    Distribution{"TPOT", Role::decode, &LatencyQuantiles::tpot, &PointEvaluation::tpot, false}};

void addDistributions(
    LineChart& body, const Snapshot& snapshot, const ShownLoad& load, const std::vector<double>& shares)
{
    const auto quantiles = [&](const PlanResults& of) {
        return of.evaluator->quantilesAt(of.plan->workload.arrivalRate, shares);
    };
    const LatencyQuantiles now = snapshot.now.evaluator->quantilesAt(load.rate, shares);
    for (const Distribution& d : kDistributions) {
        Curve curve = distributionCurve(now.*d.values, shares, d.name, d.role);
        const LatencySummary& band = load.point.*d.summary;
        if (band.p95 > Seconds(0) && band.hi > band.lo)
            addTimeFactors(curve, band.lo / band.p95, band.hi / band.p95);
        if (curve.x.size() > 1)
            body.curves.push_back(std::move(curve));
    }
    for (const Distribution& d : kDistributions)
        if (d.hasGhost)
            addGhostCurves(
                body, snapshot,
                [&](const PlanResults& pinned) {
                    return pinned.evaluation.stable
                               ? distributionCurve(quantiles(pinned).*d.values, shares, {}, Role::ghost)
                               : Curve{};
                },
                d.name);
}

ChartSpec latencyCdf(const Snapshot& snapshot)
{
    const auto load = shownLoad(snapshot.now);
    const Targets& targets = snapshot.now.plan->targets;
    ChartSpec chart{"How latency is distributed", "% of requests below" + (load ? load->note : ""), "",
        load ? ""
             : whyNoTimes(snapshot, "No request is answered: there is nothing to distribute.",
                   "Overloaded: times grow for as long as it lasts."),
        LineChart{}};
    if (!load)
        return chart;
    const PointEvaluation& e = load->point;
    LineChart body;
    body.x = {"time", "s", true, {}, {}};
    body.y = {"requests below", "%", false, 0.0, 100.0};
    const auto shares = probabilities(snapshot.curvePoints);
    addDistributions(body, snapshot, *load, shares);
    if (targets.ttftP95)
        body.limits.push_back({"TTFT target", Role::target, targets.ttftP95->in(second), true});
    if (targets.tpotP95)
        body.limits.push_back({"TPOT target", Role::target, targets.tpotP95->in(second), true});
    if (targets.e2eP99)
        body.limits.push_back({"E2E target", Role::target, targets.e2eP99->in(second), true});
    if (body.curves.empty())
        chart.empty = "There are no times to show at this load.";
    chart.says = "First tokens: half within " + duration(e.ttft.p50) + ", 99 % within " + duration(e.ttft.p99) +
                 ". Answers: half within " + duration(e.e2e.p50) + ", 99 % within " + duration(e.e2e.p99) + ".";
    chart.body = std::move(body);
    return chart;
}

constexpr std::array kCharts{
    ChartRow{"e2e_vs_load", "latency", "End to end against load", "E2E p99 over the arrival rate, with its target.",
        "3.5", &e2eVsLoad},
    ChartRow{"tpot_vs_load", "latency", "Time per output token against load",
        "TPOT p95 over the arrival rate, with its target and the band of the model error.", "1.1", &tpotVsLoad},
    ChartRow{"latency_waterfall", "latency", "A request, step by step",
        "The mean parts of a request one after the other, from the client's click to the last token.", "3.5",
        &waterfall},
    ChartRow{"latency_cdf", "latency", "How latency is distributed",
        "Share of requests whose TTFT, TPOT and E2E are below a time.", "2.5", &latencyCdf},
};

} // namespace

std::span<const ChartRow> latencyCharts() { return kCharts; }

std::string latencySentence(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    if (const std::string reason = whyNoTimes(snapshot, {},
            "Overloaded: requests wait ever longer at " + loadText(snapshot) + "; " + rate(e.capacity) +
                " can be served.");
        !reason.empty())
        return reason;
    const auto [part, share] = largestPart(e.partsMean);
    return "A request takes " + bold(duration(e.e2e.mean)) + " on average and " + bold(duration(e.e2e.p99)) +
           " at the 99th percentile; " + bold(percent(share)) + " of it is " + std::string(part) +
           (e.partsMean.queue.si() > 0.2 * e.partsMean.total().si()
                   ? ", and " + bold(percent(e.partsMean.queue / e.partsMean.total())) + " is waiting."
                   : ".");
}

} // namespace headroom::ui
