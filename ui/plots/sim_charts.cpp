// Tab Simulator: what happened over simulated time, and how latency is distributed.
#include "ui/plots/sim_charts.h"

#include "core/load_study.h"
#include "core/sim/replications.h"
#include "core/slo/slo.h"
#include "ui/plots/chart_tables.h"
#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"
#include "ui/plots/sim_over_time.h"
#include "ui/plots/sim_policies.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::ui {
namespace {

using sim::SimResult;

struct Latency {
    const char* name;
    const char* what; ///< that the requests have
    Role role;
    std::vector<double> sim::QuantileCurves::*simulated;
    std::vector<double> sim::QuantileCurves::*half;
    std::vector<double> LatencyQuantiles::*closed;
    sim::Distribution SimResult::*measured;
};
constexpr std::array kLatencies{
    Latency{"TTFT", "First tokens", Role::prefill, &sim::QuantileCurves::ttft, &sim::QuantileCurves::ttftHalf,
        &LatencyQuantiles::ttft, &SimResult::ttft},
    Latency{"TPOT", "Further tokens", Role::decode, &sim::QuantileCurves::tpot, &sim::QuantileCurves::tpotHalf,
        &LatencyQuantiles::tpot, &SimResult::tpot},
    Latency{"E2E", "Answers", Role::secondary, &sim::QuantileCurves::e2e, &sim::QuantileCurves::e2eHalf,
        &LatencyQuantiles::e2e, &SimResult::e2e},
};

/// A simulated distribution with the band in which 95 % of such studies would find it.
Curve simulatedDistribution(const SimResult& result, const Latency& latency, std::string name, Role role)
{
    const auto& q = result.quantiles;
    return distributionCurve(q.*latency.simulated, q.shares, std::move(name), role, q.*latency.half);
}

/// What the closed form says of the same requests, at the same shares; empty where it says nothing.
LatencyQuantiles closedQuantiles(const Snapshot& snapshot)
{
    if (!closedForm(snapshot, 0))
        return {};
    return snapshot.now.evaluator->quantilesAt(
        snapshot.now.plan->workload.arrivalRate, snapshot.study->own()->quantiles.shares);
}

void addClosedForm(LineChart& body, const LatencyQuantiles& closed, const Latency& latency, const Snapshot& snapshot)
{
    Curve form =
        distributionCurve(closed.*latency.closed, snapshot.study->own()->quantiles.shares, "closed form", Role::ghost);
    form.dashed = true;
    if (form.x.size() > 1)
        body.curves.push_back(std::move(form));
}

LineChart distributionBody()
{
    LineChart body;
    body.x = {"time", "s", true, {}, {}};
    body.y = {"requests below", "%", false, 0.0, 100.0};
    return body;
}

ChartSpec latencyCdfs(const Snapshot& snapshot)
{
    ChartSpec chart{simulatedTitle(snapshot, "Latency, simulated and closed form"), "% of requests below", "",
        whyNotSimulated(snapshot), LineChart{}};
    if (!chart.empty.empty())
        return chart;
    const SimResult& own = *snapshot.study->own();
    LineChart body = distributionBody();
    const LatencyQuantiles closed = closedQuantiles(snapshot);
    for (const Latency& latency : kLatencies) {
        Curve simulated = simulatedDistribution(own, latency, latency.name, latency.role);
        if (simulated.x.size() < 2)
            continue;
        body.curves.push_back(std::move(simulated));
        addClosedForm(body, closed, latency, snapshot);
    }
    if (body.curves.empty())
        chart.empty = "No request was completed after the warm-up.";
    chart.says = "Simulated first tokens: half within " + duration(Seconds(own.ttft.p50)) + ", 99 % within " +
                 duration(Seconds(own.ttft.p99)) + ". Answers: half within " + duration(Seconds(own.e2e.p50)) +
                 ", 99 % within " + duration(Seconds(own.e2e.p99)) + ".";
    if (closedForm(snapshot, 0))
        chart.says += " The closed form's p95 is " + comparedWith(snapshot.now.evaluation.ttft.p95.si(), own.ttft.p95) +
                      " for TTFT and " + comparedWith(snapshot.now.evaluation.e2e.p95.si(), own.e2e.p95) + " for E2E.";
    chart.body = std::move(body);
    return chart;
}

/// One latency of each policy, on the same requests.
ChartSpec latencyByPolicy(const Snapshot& snapshot, const Latency& latency)
{
    ChartSpec chart{simulatedTitle(snapshot, std::string(latency.name) + " by policy"), "% of requests below", "",
        whyNotSimulated(snapshot), LineChart{}};
    if (!chart.empty.empty())
        return chart;
    const Study& study = *snapshot.study;
    LineChart body = distributionBody();
    body.keyed = true; // policies that do the same lie on each other
    const StudyCase* best = nullptr;
    for (std::size_t i = 0; i < study.cases.size(); ++i) {
        const StudyCase& one = study.cases[i];
        if (one.result == nullptr)
            continue;
        const bool isOwn = i == 0;
        Curve curve = simulatedDistribution(
            *one.result, latency, isOwn ? "this plan" : one.name, isOwn ? ownRole(study, latency.role) : otherRole(i));
        if (curve.x.size() < 2)
            continue;
        body.curves.push_back(std::move(curve));
        if (best == nullptr || (one.result.get()->*latency.measured).p50 < (best->result.get()->*latency.measured).p50)
            best = &one;
    }
    addClosedForm(body, closedQuantiles(snapshot), latency, snapshot);
    if (best == nullptr) {
        chart.empty = "No request had such times after the warm-up.";
        return chart;
    }
    const sim::Distribution& own = study.own()->*latency.measured;
    chart.says =
        std::string(latency.what) + " of this plan: half within " + duration(Seconds(own.p50)) + ", 99 % within " +
        duration(Seconds(own.p99)) + "." +
        (best == &study.cases.front() ? std::string()
                                      : " Half of those of " + best->name + " come within " +
                                            duration(Seconds((best->result.get()->*latency.measured).p50)) + ".");
    chart.body = std::move(body);
    return chart;
}

ChartSpec ttftByPolicy(const Snapshot& snapshot) { return latencyByPolicy(snapshot, kLatencies[0]); }
ChartSpec tpotByPolicy(const Snapshot& snapshot) { return latencyByPolicy(snapshot, kLatencies[1]); }
ChartSpec e2eByPolicy(const Snapshot& snapshot) { return latencyByPolicy(snapshot, kLatencies[2]); }

ChartSpec requestsOfDefaultWindow(const Snapshot& snapshot)
{
    return simulatedRequests(snapshot, snapshot.study ? defaultGantt(*snapshot.study) : GanttWindow{});
}

Curve simulatedPoint(const Snapshot& snapshot, const SimulatedValue& simulated, double unit)
{
    Curve curve;
    curve.markers = true;
    const bool current = studyIsCurrent(snapshot);
    curve.role = current ? Role::simulated : Role::ghost;
    curve.name = "simulated " + simulated.words + (current ? "" : ", older plan");
    curve.x.push_back(snapshot.study->plan->workload.arrivalRate.si());
    curve.y.push_back(simulated.value / unit);
    if (simulated.lo && simulated.hi) {
        curve.errorLo.push_back(*simulated.lo / unit);
        curve.errorHi.push_back(*simulated.hi / unit);
    }
    return curve;
}

/// The cloud beside a curve over the load. Of another plan than that of the curve it would only mislead.
/// \param hasOwn the study of the present load is drawn too: points that would lie on it are left out, it has longer runs
void addSimulatedLoads(
    LineChart& body, const Snapshot& snapshot, SimulatedValue (*read)(const SimResult&), double unit, bool hasOwn)
{
    constexpr double kOn = 0.05; // of the capacity
    const double own = snapshot.now.plan->workload.arrivalRate.si();
    const double on = hasOwn ? kOn * snapshot.now.evaluation.capacity.si() : 0;
    if (snapshot.loads == nullptr || !isLoadStudyOf(*snapshot.loads, *snapshot.now.plan))
        return;
    Curve cloud;
    cloud.name = "simulated, 95 % interval";
    cloud.role = Role::simulated;
    cloud.markers = true;
    for (const SimulatedLoad& load : snapshot.loads->loads) {
        const SimulatedValue simulated = read(*load.result);
        if (!(simulated.value > 0) || std::abs(load.rate.si() - own) < on)
            continue;
        cloud.x.push_back(load.rate.si());
        cloud.y.push_back(simulated.value / unit);
        cloud.errorLo.push_back(simulated.lo.value_or(simulated.value) / unit);
        cloud.errorHi.push_back(simulated.hi.value_or(simulated.value) / unit);
    }
    if (!cloud.x.empty())
        body.curves.push_back(std::move(cloud));
}

constexpr std::array kCharts{
    ChartRow{"sim_queue", "simulator", "Waiting requests over time",
        "Requests that wait for their first step, over simulated time: this plan, the mean of several runs with "
        "its interval, other policies, the closed form's mean.",
        "2.1", &queueOverTime, false, true},
    ChartRow{"sim_batch", "simulator", "Running batch over time",
        "Sequences that run in the whole fleet, over simulated time.", "4.2", &batchOverTime, false, true},
    ChartRow{"sim_kv", "simulator", "KV blocks over time", "Share of the KV blocks in use, over simulated time.", "5.2",
        &kvOverTime, false, true},
    ChartRow{"sim_throughput", "simulator", "Output tokens over time",
        "Output tokens per second of the whole fleet, over simulated time.", "7.2", &throughputOverTime, false, true},
    ChartRow{"sim_latency_cdf", "simulator", "Latency, simulated and closed form",
        "Share of requests whose TTFT, TPOT and E2E are below a time: simulated (solid, with the 95 % interval over "
        "replications) and closed form (dashed).",
        "2.5", &latencyCdfs, false, true},
    ChartRow{"sim_ttft_policies", "simulator", "TTFT by policy",
        "Share of requests whose first token comes within a time, for each policy on the same arrivals, with 95 % "
        "intervals.",
        "2.5", &ttftByPolicy, false, true},
    ChartRow{"sim_tpot_policies", "simulator", "TPOT by policy",
        "Share of requests whose time per output token is below a time, for each policy on the same arrivals, with 95 "
        "% "
        "intervals.",
        "2.5", &tpotByPolicy, false, true},
    ChartRow{"sim_e2e_policies", "simulator", "E2E by policy",
        "Share of requests that end within a time, for each policy on the same arrivals, with 95 % intervals.", "2.5",
        &e2eByPolicy, false, true},
    ChartRow{"sim_policies", "simulator", "Policies side by side",
        "The plan and other policies on the same arrivals and lengths, with 95 % intervals.", "8.1",
        &policiesSideBySide, true, true},
    ChartRow{"sim_outcomes", "simulator", "What became of the requests",
        "How much slower than alone, and who was turned away, gave up, came again or lost its place, for each policy.",
        "10.1", &outcomesOfRequests, true, true},
    ChartRow{"sim_requests", "simulator", "Requests, one by one",
        "What each of some requests went through: network, retrieval, queue, prefill, decode, post.", "9.4",
        &requestsOfDefaultWindow, true, true},
};

} // namespace

std::string simulatedTitle(const Snapshot& snapshot, std::string title)
{
    if (snapshot.study != nullptr && !studyIsCurrent(snapshot))
        title += ", of an older plan";
    else if (snapshot.study != nullptr && !snapshot.study->complete)
        title += ", so far"; // short runs come first, then longer and more of them
    return title;
}

std::optional<double> closedForm(const Snapshot& snapshot, double value)
{
    const Evaluation& e = snapshot.now.evaluation;
    return studyIsCurrent(snapshot) && e.fits && e.stable ? std::optional(value) : std::nullopt;
}

std::string withInterval(const sim::Distribution& d)
{
    std::string text = duration(Seconds(d.p95));
    if (!d.ciLo || !d.ciHi)
        return text;
    std::string around = durationRange(Seconds(*d.ciLo), Seconds(*d.ciHi));
    const std::string unit = text.substr(std::min(text.rfind(' '), text.size()));
    // A unit that all three have is said once.
    if (!unit.empty() && around.ends_with(unit) && around.find(' ') + unit.size() == around.size())
        around.resize(around.size() - unit.size());
    return text + " (" + around + ")";
}

std::string comparedWith(double closed, double simulated)
{
    if (!(simulated > 0) || !std::isfinite(closed))
        return "not comparable";
    const double difference = closed / simulated - 1;
    if (std::abs(difference) < 0.005)
        return "the same";
    return percent(std::abs(difference)) + (difference > 0 ? " above" : " below");
}

TimeUnit timeUnit(double seconds)
{
    constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
    if (seconds > 3 * kDay)
        return {kDay, "days"};
    if (seconds > 3 * kHour)
        return {kHour, "h"};
    if (seconds > 10 * kMinute)
        return {kMinute, "min"};
    return {1, "s"};
}

std::string whyNotSimulated(const Snapshot& snapshot)
{
    if (snapshot.study == nullptr || snapshot.study->cases.empty())
        return "Nothing is simulated yet.";
    const StudyCase& own = snapshot.study->cases.front();
    if (!own.refused.empty())
        return "This plan cannot be simulated: " + own.refused + ".";
    if (own.result == nullptr)
        return "Nothing is simulated yet.";
    if (own.result->series.waiting.empty())
        return "No request came: there is nothing to see.";
    if (own.result->counters.completed == 0 && studyIsCurrent(snapshot) && !snapshot.now.evaluation.fits)
        return "The model does not fit: every request is turned away.";
    if (own.result->counters.completed == 0)
        return "No request was served: there is nothing to measure.";
    return {};
}

void addSimulated(LineChart& body, const Snapshot& snapshot, SimulatedValue (*read)(const SimResult&), double unit)
{
    const bool hasOwn = whyNotSimulated(snapshot).empty();
    addSimulatedLoads(body, snapshot, read, unit, hasOwn);
    if (!hasOwn)
        return;
    const SimulatedValue value = read(*snapshot.study->own());
    if (!(value.value > 0))
        return;
    Curve own = simulatedPoint(snapshot, value, unit);
    const auto cloud = std::ranges::find(body.curves, Role::simulated, &Curve::role);
    if (cloud != body.curves.end() && own.role == Role::simulated) {
        own.name = "simulated, here " + value.words;
        cloud->isLabelled = false; // they look the same: one key for both
    }
    body.curves.push_back(std::move(own));
}

SimulatedValue simulatedP95(const sim::Distribution& d) { return {d.p95, d.ciLo, d.ciHi, withInterval(d)}; }

SimulatedValue simulatedE2eP99(const SimResult& r)
{
    sim::Distribution d;
    d.p95 = r.e2e.p99;
    const auto& q = r.quantiles;
    const auto at = std::ranges::find(q.shares, 0.99) - q.shares.begin();
    if (static_cast<std::size_t>(at) < q.e2eHalf.size()) {
        const double half = q.e2eHalf[static_cast<std::size_t>(at)];
        d.ciLo = std::max(0.0, d.p95 - half);
        d.ciHi = d.p95 + half;
    }
    return simulatedP95(d);
}

SimulatedValue simulatedGoodput(const SimResult& r)
{
    SimulatedValue value{r.goodputPerSecond, {}, {}, rate(RequestRate(r.goodputPerSecond))};
    if (const double half = sim::halfWidth95(r.goodputEach); half > 0) {
        value.lo = std::max(0.0, value.value - half);
        value.hi = value.value + half;
        value.words = number(value.value) + " ± " + number(half, 1) + " req/s";
    }
    return value;
}

std::span<const ChartRow> simCharts() { return kCharts; }

namespace {

/// " (context limit)": all reasons there were.
std::string whyTurnedAway(const sim::Counters& counters)
{
    std::string reasons;
    for (std::size_t i = 1; i < sim::kRejectionNames.size(); ++i)
        if (counters.rejections[i] > 0)
            reasons += (reasons.empty() ? "" : ", ") + std::string(sim::kRejectionNames[i]);
    std::ranges::replace(reasons, '_', ' ');
    return reasons.empty() ? "" : " (" + reasons + ")";
}

bool hasTargets(const Plan& plan)
{
    return hasLatencyTarget(plan.targets) || std::ranges::any_of(plan.workload.classes, [](const RequestClass& c) {
        return c.ttftTarget || c.tpotTarget || c.e2eTarget;
    });
}

} // namespace

std::string simulatorSentence(const Snapshot& snapshot)
{
    if (const std::string reason = whyNotSimulated(snapshot); !reason.empty()) {
        const bool isUnfit = snapshot.study != nullptr && studyIsCurrent(snapshot) && !snapshot.now.evaluation.fits;
        return !isUnfit
                   ? reason
                   : "The model does not fit, so that every request is turned away: " + whyItDoesNotFit(snapshot.now) +
                         ". " + whatWouldFit(*snapshot.now.plan);
    }
    const Study& study = *snapshot.study;
    const SimResult& r = *study.own();
    const std::string size = r.replications > 1 ? std::to_string(r.replications) + " runs of " : std::string();
    const std::string many =
        size + counted(static_cast<double>(r.counters.requests) / r.replications, "request", "requests");
    std::string text = (studyIsCurrent(snapshot) ? "In " : "Of an older plan: in ") + bold(many) +
                       ", 95 % of first tokens came within " + bold(withInterval(r.ttft));
    if (hasTargets(*snapshot.now.plan))
        text += " and " + bold(percent(r.attainment)) + " of the requests met their targets";
    if (closedForm(snapshot, 0))
        text += "; the closed form says " + bold(duration(snapshot.now.evaluation.ttft.p95)) + ", " +
                comparedWith(snapshot.now.evaluation.ttft.p95.si(), r.ttft.p95);
    text += ".";
    if (studyIsCurrent(snapshot) && snapshot.now.evaluation.fits && !snapshot.now.evaluation.stable)
        text += " The load is more than the plan can serve: the queue grows until the last request has come, and times "
                "tell how long the run is, not what the plan can do.";
    if (r.counters.rejected > 0)
        text += " " +
                bold(percent(static_cast<double>(r.counters.rejected) / static_cast<double>(r.counters.attempts))) +
                " were turned away" + whyTurnedAway(r.counters) + ".";
    if (!r.limit.empty())
        text += " The run ended early: " + r.limit + ".";
    return text;
}

} // namespace headroom::ui
