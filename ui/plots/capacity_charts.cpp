// Tab Capacity: latency, throughput and cost against the load, and where the time goes.
#include "core/derived_bands.h"
#include "core/slo/slo.h"
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

namespace headroom::ui {
namespace {

ChartSpec latencyVsLoad(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const Plan& plan = *snapshot.now.plan;
    ChartSpec chart{"Time to first token, p95", "ms, log", "", whyNoLoadCurve(snapshot), LineChart{}};
    LineChart body = chartOverLoad(
        snapshot, {"TTFT p95", "ms", true, {}, {}}, [](const PointEvaluation& p) { return p.ttft.p95.in(millisecond); },
        [](const PointEvaluation& p) {
            return Band{p.ttft.lo.in(millisecond), p.ttft.hi.in(millisecond)};
        },
        "TTFT p95", "you: " + duration(e.ttft.p95));
    if (plan.targets.ttftP95)
        body.limits.push_back(
            {"target " + duration(*plan.targets.ttftP95), Role::target, plan.targets.ttftP95->in(millisecond), false});
    addSimulated(
        body, snapshot, [](const sim::SimResult& r) { return simulatedP95(r.ttft); }, millisecond.si());
    if (!e.stable)
        chart.says = "At " + rate(plan.workload.arrivalRate) + " the queue grows without end; below " +
                     rate(e.capacity) + " the curve holds.";
    else
        chart.says = "95 % of first tokens come within " + duration(e.ttft.p95) + " at " +
                     rate(plan.workload.arrivalRate) + ", and they come later as the load nears " + rate(e.capacity) +
                     ".";
    chart.body = std::move(body);
    return inFittingUnit(std::move(chart));
}

ChartSpec timeParts(const Snapshot& snapshot)
{
    const auto shown = shownLoad(snapshot.now);
    ChartSpec chart{"Where the time goes", "s per request" + (shown ? shown->note : ""), "", "", StackedBars{}};
    if (!shown) {
        chart.empty = !snapshot.now.evaluation.fits ? "No request is served, so its time has no parts."
                                                    : "Requests wait ever longer, so their time has no mean.";
        return chart;
    }
    const PointEvaluation& e = shown->point;
    StackedBars body = stackedParts({{"mean", e.partsMean, e.partsMeanBand}, {"p95", e.partsP95, partsP95Band(e)},
        {"p99", e.partsP99, partsP99Band(e)}});
    addGhostMarks(body, snapshot, [](const PlanResults& pinned) {
        const Evaluation& p = pinned.evaluation;
        return p.stable ? std::vector{p.partsMean.total().in(second), p.partsP95.total().in(second),
                              p.partsP99.total().in(second)}
                        : std::vector<double>{};
    });
    chart.body = std::move(body);
    const auto [part, share] = largestPart(e.partsMean);
    chart.says = "Of " + duration(e.partsMean.total()) + " on average, " + percent(share) + " is " + std::string(part) +
                 "; the slowest 1 % take at least " + duration(e.partsP99.total()) + ".";
    return inFittingUnit(std::move(chart));
}

/// Which are good depends on the targets, which no point knows.
void addGoodputBand(Curve& good, const PlanResults& results)
{
    if (good.x.size() != results.load.size())
        return;
    std::vector<double> lo, hi;
    for (const LoadPoint& point : results.load) {
        const Band band = goodputBand(point.result, results.plan->targets);
        lo.push_back(band.lo);
        hi.push_back(band.hi);
    }
    addBand(good, std::move(lo), std::move(hi));
}

ChartSpec throughputVsLoad(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    ChartSpec chart{"Throughput and goodput", "req/s", "",
        whyNoLoadCurve(snapshot, "None of " + loadText(snapshot) + " is served: every request is turned away."),
        LineChart{}};
    LineChart body = chartOverLoad(
        snapshot, {"requests", "req/s", false, 0.0, {}},
        [](const PointEvaluation& p) { return p.throughput.goodput.si(); }, nullptr, "good",
        rate(e.throughput.goodput) + " good");
    body.curves.front().role = Role::good;
    addGoodputBand(body.curves.front(), snapshot.now);
    body.curves.insert(body.curves.begin(),
        curveOverLoad(
            snapshot.now, "served", Role::primary, body.y,
            [](const PointEvaluation& p) { return p.throughput.requests.si(); },
            [](const PointEvaluation& p) {
                const double perToken =
                    p.throughput.output.si() > 0 ? p.throughput.requests.si() / p.throughput.output.si() : 0;
                return Band{p.throughputBand.lo * perToken, p.throughputBand.hi * perToken};
            }));
    addSimulated(body, snapshot, &simulatedGoodput, 1);
    const RequestRate offered = snapshot.now.plan->workload.arrivalRate;
    chart.says = e.stable ? "All of " + rate(offered) + " are served, " + percent(e.sloAttainment) +
                                " of them within their targets; the fleet is " + percent(e.utilization) + " utilized."
                          : "Of " + rate(offered) + " only " + rate(e.throughput.requests) +
                                " are served, and the queue grows by the difference.";
    chart.body = std::move(body);
    return chart;
}

/// The part of the cost curve beyond the load where the targets hold, dashed.
void splitAtTargets(LineChart& body, const Evaluation& e, const Targets& targets)
{
    Curve& holds = body.curves.front();
    const double last = e.targetRate.si();
    const auto beyond = std::upper_bound(holds.x.begin(), holds.x.end(), last) - holds.x.begin();
    const auto count = static_cast<std::ptrdiff_t>(holds.x.size());
    if (beyond == count)
        return;
    Curve misses;
    misses.name = hasLatencyTarget(targets) ? "misses targets" : "queue without end";
    misses.role = Role::bad;
    misses.dashed = true;
    const std::ptrdiff_t from = std::max<std::ptrdiff_t>(0, beyond - 1); // joined to the solid part
    misses.x.assign(holds.x.begin() + from, holds.x.end());
    misses.y.assign(holds.y.begin() + from, holds.y.end());
    if (!holds.lo.empty()) {
        misses.lo.assign(holds.lo.begin() + from, holds.lo.end());
        misses.hi.assign(holds.hi.begin() + from, holds.hi.end());
    }
    for (auto* values : {&holds.x, &holds.y, &holds.lo, &holds.hi})
        if (!values->empty())
            values->resize(static_cast<std::size_t>(beyond));
    body.curves.insert(body.curves.begin() + 1, std::move(misses));
    if (body.curves.front().x.empty())
        body.curves.erase(body.curves.begin());
}

ChartSpec costVsLoad(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const Plan& plan = *snapshot.now.plan;
    const double present = (e.cost.perOutputToken * millionTokens).in(dollar);
    ChartSpec chart{"Cost at the load you have", "$ per M output tokens, log", "",
        whyNoLoadCurve(
            snapshot, "The fleet would cost " + usd((e.cost.fleet * hour).in(dollar)) + " an hour and serve no token."),
        LineChart{}};
    if (chart.empty.empty() && !(plan.hardware.pricePerGpu.si() > 0) && !(e.cost.fleet.si() > 0))
        chart.empty = "The plan has no price per GPU-hour.";
    LineChart body = chartOverLoad(
        snapshot, {"cost", "$/M tok", true, {}, {}},
        [](const PointEvaluation& p) { return (p.cost.perOutputToken * millionTokens).in(dollar); },
        [](const PointEvaluation& p) {
            return Band{p.costBand.lo * 1e6, p.costBand.hi * 1e6};
        },
        "cost", usd(present));
    splitAtTargets(body, e, snapshot.now.plan->targets);
    if (plan.cost.hostedUsdPerMillion)
        body.limits.push_back(
            {"hosted API " + usd(*plan.cost.hostedUsdPerMillion), Role::good, *plan.cost.hostedUsdPerMillion, false});
    const std::string full = usd((e.cost.perOutputTokenAtCapacity * millionTokens).in(dollar));
    if (!std::isfinite(present))
        chart.says =
            "Without requests the fleet costs " + usd((e.cost.fleet * hour).in(dollar)) + " an hour all the same.";
    else if (!e.stable)
        chart.says = "At full load a million output tokens cost " + full + "; more requests only wait.";
    else
        chart.says = "A million output tokens cost " + usd(present) + " at this load and " + full +
                     " at full load: idle GPUs cost the same.";
    chart.body = std::move(body);
    return chart;
}

constexpr std::array kCharts{
    ChartRow{"latency_vs_load", "capacity", "Time to first token against load",
        "TTFT p95 over the arrival rate: target, saturation, operating point, and the band of the model error.", "2.3",
        &latencyVsLoad, false, true},
    ChartRow{"time_parts", "capacity", "Where the time goes",
        "The six parts of a request's time: for the mean, and for requests around the 95th and 99th percentile.", "3.5",
        &timeParts},
    ChartRow{"throughput_vs_load", "capacity", "Throughput and goodput",
        "Requests served, and requests served within their targets, over the arrival rate. The band is that of "
        "measured throughput, those of latencies are of measured latencies: each holds 80 % of its own measurements, "
        "so the pessimistic edges of two plots may saturate at different loads.",
        "1.2", &throughputVsLoad},
    ChartRow{"cost_vs_load", "capacity", "Cost at the load you have",
        "The whole bill per million output tokens served, over the arrival rate.", "7.4", &costVsLoad},
};

/// "up to 1.5 req/s"
std::string reachOf(const PlanResults& pinned)
{
    const RequestRate most = pinned.evaluation.targetRate;
    return most > RequestRate(0) ? "up to " + bold(rate(most)) : "at no load";
}

/// " The pinned NAME holds its targets up to 1.5 req/s."; of several plans, which holds them furthest, which least far.
std::string pinnedClause(const Snapshot& snapshot)
{
    std::vector<const PlanResults*> held;
    for (const auto& pinned : snapshot.pinned)
        if (pinned->evaluation.fits)
            held.push_back(pinned.get());
    const std::size_t all = snapshot.pinned.size();
    if (all == 0)
        return {};
    if (held.empty())
        return all == 1 ? " The pinned " + snapshot.pinned.front()->name + " does not fit."
                        : " None of the pinned plans fits.";
    const auto [least, most] =
        std::ranges::minmax_element(held, {}, [](const PlanResults* pinned) { return pinned->evaluation.targetRate; });
    if (all > 1 && held.size() == all && (*least)->evaluation.targetRate == (*most)->evaluation.targetRate)
        return " Each of the " + std::to_string(all) + " pinned plans holds its targets " + reachOf(**most) + ".";
    const std::string furthest = (*most)->name + " holds its targets " + reachOf(**most);
    if (all == 1)
        return " The pinned " + furthest + ".";
    return " Of " + std::to_string(all) + " pinned plans " + furthest +
           (held.size() > 1 ? ", " + (*least)->name + " only " + reachOf(**least) + "." : "; no other fits.");
}

} // namespace

std::span<const ChartRow> capacityCharts() { return kCharts; }

std::string capacitySentence(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    const Evaluation& e = snapshot.now.evaluation;
    const std::string load = bold(loadText(snapshot));
    const std::string atLoad = plan.workload.process == ArrivalProcess::closedLoop ? "With " : "At ";
    const std::string fleet = (e.gpus == 1 ? "one " : std::to_string(e.gpus) + " × ") + plan.hardware.gpu.name;
    const std::string verb = e.gpus == 1 ? " gives" : " give";
    if (!e.fits)
        return "The model **does not fit**: " + whyItDoesNotFit(snapshot.now) + ". " + whatWouldFit(plan);
    if (!e.stable)
        return atLoad + load + " " + fleet + (e.gpus == 1 ? " is" : " are") +
               " **overloaded**: " + bold(rate(e.capacity)) + " can be served; " + replicasNeededText(snapshot.now) +
               "." + pinnedClause(snapshot);
    std::string text = atLoad + load + " " + fleet + verb + " 95 % of requests a first token within " +
                       bold(duration(e.ttft.p95)) + "; ";
    if (!hasLatencyTarget(plan.targets))
        return text + "without a latency target, it holds until it saturates at " + bold(rate(e.capacity)) + "." +
               pinnedClause(snapshot);
    if (e.targetRate <= RequestRate(0))
        text += "a target fails **at any load**, so replicas do not help";
    else if (!e.meetsTargets)
        text +=
            "targets hold only up to " + bold(rate(e.targetRate)) +
            (e.replicasNeeded ? ", and " + bold(counted(*e.replicasNeeded, "replica", "replicas")) + " would meet them"
                              : "");
    else
        text += "targets hold up to " + bold(rate(e.targetRate));
    text += ", and it saturates at " + bold(rate(e.capacity)) + ".";
    if (e.meetsTargets && e.replicasNeeded && *e.replicasNeeded > plan.deployment.replicas)
        text += " But " + bold(replicasNeededText(snapshot.now)) + ".";
    if (plan.deployment.pp > 1 && plan.batching.policy != BatchPolicy::static_)
        text += " With pipeline stages the formulas are less sure: see what is simulated.";
    return text + pinnedClause(snapshot);
}

} // namespace headroom::ui
