// Tab Batching: what a larger batch buys and costs, where a step spends its time, and how full the engine runs.
#include "core/ablation.h"
#include "core/model/roofline.h"
#include "ui/plots/chart_tables.h"
#include "ui/plots/ghosts.h"
#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"
#include "ui/plots/time_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace headroom::ui {
namespace {

/// Batches from one sequence to beyond what memory and the limit of sequences allow: about equal steps in ratio.
std::vector<double> batchesOf(const PlanResults& results, int curvePoints)
{
    const double seats = std::max(1.0, results.evaluation.memory.seats);
    const double most = std::max({2.0 * seats, static_cast<double>(results.plan->batching.maxSequences), 8.0});
    const int points = std::clamp(curvePoints, 32, 128);
    std::vector<double> all;
    for (int i = 0; i < points; ++i) {
        const double batch = std::round(std::pow(most, static_cast<double>(i) / (points - 1)));
        if (all.empty() || batch > all.back())
            all.push_back(batch);
    }
    return all;
}

std::vector<double> batches(const Snapshot& snapshot) { return batchesOf(snapshot.now, snapshot.curvePoints); }

Seconds decodeStep(const Evaluator& evaluator, double batch)
{
    const StepModel& model = evaluator.step();
    return model.time(model.decodeBatch(batch, evaluator.workload().contextMean));
}

using BatchValue = double (*)(double batch, Seconds step);

Curve overBatch(
    const PlanResults& results, const std::vector<double>& sizes, std::string name, Role role, BatchValue value)
{
    Curve curve;
    curve.name = std::move(name);
    curve.role = role;
    for (const double batch : sizes) {
        const double y = value(batch, decodeStep(*results.evaluator, batch));
        if (std::isfinite(y)) {
            curve.x.push_back(batch);
            curve.y.push_back(y);
        }
    }
    return curve;
}

/// The largest batch on the curve whose step keeps the TPOT target; absent without a target or where none does.
std::optional<double> largestWithin(const Snapshot& snapshot, const std::vector<double>& sizes)
{
    const auto& target = snapshot.now.plan->targets.tpotP95;
    std::optional<double> largest;
    if (target)
        for (const double batch : sizes)
            if (decodeStep(*snapshot.now.evaluator, batch) <= *target)
                largest = batch;
    return largest;
}

/// \param curve of a plan, over sequences in a step
template <class MakeCurve>
LineChart chartOverBatch(const Snapshot& snapshot, const std::vector<double>& sizes, Axis y, MakeCurve curve)
{
    LineChart body;
    body.x = {"sequences in a step", "", true, 1.0, sizes.back()};
    body.y = std::move(y);
    body.curves.push_back(curve(snapshot.now));
    addGhostCurves(body, snapshot, curve);
    const Evaluation& e = snapshot.now.evaluation;
    if (e.memory.seats >= 1)
        body.limits.push_back(
            {(e.memory.seats < e.memory.seatsByMemory ? "max_sequences " : "memory ") + whole(e.memory.seats),
                Role::saturation, e.memory.seats, true});
    return body;
}

double decodeRate(double batch, Seconds step) { return batch / step.si(); }

/// Output tokens per second of a replica while so many seats are always taken, prompts among them; no points where the
/// policy has no steps of both.
Curve servedOverBatch(const PlanResults& results, const std::vector<double>& sizes)
{
    Curve curve;
    curve.name = "with its prompts";
    if (!results.evaluation.fits)
        return curve;
    for (const double seats : sizes) {
        if (seats > results.evaluation.memory.seats)
            break;
        const auto taken = results.evaluator->station().whileTaken(seats);
        if (!taken || (!curve.x.empty() && taken->decodes <= curve.x.back()))
            continue; // where prompts are the bottleneck more seats change nothing
        curve.x.push_back(taken->decodes);
        curve.y.push_back(taken->departures.si() * results.evaluator->workload().outputMean.si());
    }
    return curve;
}

LineChart throughputBody(const Snapshot& snapshot, const std::vector<double>& sizes)
{
    thread_local KeptPerPlan<Curve> kept; // what is pinned stays as it is under a slider
    bool mixes = false;
    LineChart body = chartOverBatch(
        snapshot, sizes, {"throughput", "tok/s", false, 0.0, {}}, [&](const PlanResults& results) -> Curve {
            const bool isPresent = &results == &snapshot.now;
            Curve served = isPresent ? servedOverBatch(results, sizes) : kept.of(snapshot, results, [&](const Plan&) {
                return servedOverBatch(results, batchesOf(results, snapshot.curvePoints));
            });
            const bool has = !served.x.empty();
            mixes = mixes || (has && isPresent);
            return has ? served : overBatch(results, sizes, "decode steps", Role::primary, decodeRate);
        });
    const Evaluation& e = snapshot.now.evaluation;
    const ErrorBand steps = errorsOfSteps(*snapshot.now.plan);
    if (mixes) {
        addFactors(body.curves.front(), e.capacityBand.lo / e.capacity.si(), e.capacityBand.hi / e.capacity.si());
        body.curves.push_back(overBatch(snapshot.now, sizes, "decode steps alone", Role::secondary, decodeRate));
    } else if (!body.curves.empty()) {
        addFactors(body.curves.front(), 1 / steps.hi, 1 / steps.lo);
    }
    if (const double now = e.meanDecodes; now >= 1) {
        const double at = mixes ? e.throughput.output.si() / snapshot.now.plan->deployment.replicas
                                : decodeRate(now, decodeStep(*snapshot.now.evaluator, now));
        body.markers.push_back({"you: " + number(at) + " tok/s", Role::primary, now, at});
    }
    return body;
}

ChartSpec batchThroughput(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const auto sizes = batches(snapshot);
    ChartSpec chart{"Throughput against batch",
        e.fits ? "output tok/s of a replica" : "output tok/s of a replica, if it fitted", "", "", LineChart{}};
    LineChart body = throughputBody(snapshot, sizes);
    const double seats = std::max(1.0, e.memory.seats);
    const double full = decodeRate(seats, decodeStep(*snapshot.now.evaluator, seats));
    const double one = decodeRate(1, decodeStep(*snapshot.now.evaluator, 1));
    const double served = e.fits ? e.capacity.si() * snapshot.now.evaluator->workload().outputMean.si() /
                                       snapshot.now.plan->deployment.replicas
                                 : 0;
    chart.says = !e.fits ? "If it fitted, one sequence would get " + number(one) + " tok/s."
                 : seats == 1
                     ? "The only seat gets " + number(one) + " tok/s."
                     : "Without prompts one sequence gets " + number(one) + " tok/s and all " + whole(seats) +
                           " seats " + number(full) + "; the prompts of this load leave " + number(served) + ".";
    chart.body = std::move(body);
    return chart;
}

ChartSpec batchTpot(const Snapshot& snapshot)
{
    const auto& target = snapshot.now.plan->targets.tpotP95;
    const double now = snapshot.now.evaluation.meanDecodes;
    const auto sizes = batches(snapshot);
    ChartSpec chart{
        "Step time against batch", snapshot.now.evaluation.fits ? "ms" : "ms, if it fitted", "", "", LineChart{}};
    const BatchValue value = [](double, Seconds step) { return step.in(millisecond); };
    LineChart body = chartOverBatch(snapshot, sizes, {"decode step", "ms", false, 0.0, {}},
        [&](const PlanResults& results) { return overBatch(results, sizes, "decode step", Role::primary, value); });
    const ErrorBand errors = errorsOfSteps(*snapshot.now.plan);
    addFactors(body.curves.front(), errors.lo, errors.hi);
    if (target)
        body.limits.push_back({"TPOT target " + duration(*target), Role::target, target->in(millisecond), false});
    addGhostPoints(body, snapshot, [](const PlanResults& pinned) -> std::optional<std::pair<double, double>> {
        const double batch = pinned.evaluation.meanDecodes;
        if (!(batch >= 1))
            return std::nullopt;
        return std::pair(batch, decodeStep(*pinned.evaluator, batch).in(millisecond));
    });
    const Seconds step = decodeStep(*snapshot.now.evaluator, std::max(1.0, now));
    if (now >= 1)
        body.markers.push_back({duration(step), Role::primary, now, step.in(millisecond)});
    const auto within = largestWithin(snapshot, sizes);
    chart.says =
        !target ? "A step of " + counted(std::max(1.0, now), "sequence", "sequences") + " takes " + duration(step) + "."
        : within ? "Without prompts, steps of up to " + whole(*within) + " sequences keep the target of " +
                       duration(*target) + "."
                 : "Even one sequence alone misses the target of " + duration(*target) + ".";
    chart.body = std::move(body);
    return inFittingUnit(std::move(chart));
}

struct StepGroup {
    const char* name;
    Role role;
    Seconds StepParts::*value;
};
constexpr std::array kStepGroups{StepGroup{"attention", Role::attention, &StepParts::attention},
    StepGroup{"projections", Role::projections, &StepParts::projections},
    StepGroup{"feed-forward", Role::feedForward, &StepParts::feedForward},
    StepGroup{"experts", Role::experts, &StepParts::experts}, StepGroup{"head", Role::head, &StepParts::head},
    StepGroup{"other operators", Role::otherOperators, &StepParts::other},
    StepGroup{"communication", Role::network, &StepParts::communication},
    StepGroup{"host and disk", Role::host, &StepParts::host}, StepGroup{"engine", Role::overhead, &StepParts::engine}};

/// Prompt tokens in the step that is shown with a prompt.
double promptOfStep(const PlanResults& results)
{
    const Plan& plan = *results.plan;
    const double now = std::max(1.0, results.evaluation.meanDecodes);
    return plan.batching.policy == BatchPolicy::chunked
               ? std::max(1.0, plan.batching.tokenBudget.in(token)-now)
               : std::max(1.0, results.evaluator->workload().uncachedPromptMean.in(token));
}

constexpr std::array kSteps{"one sequence", "this load", "all seats", "with a prompt"};
constexpr std::size_t kThisLoad = 1, kAllSeats = 2, kWithAPrompt = 3;

/// The parts of the steps that are shown, in the order of kSteps.
std::array<StepParts, kSteps.size()> shownSteps(const PlanResults& results)
{
    const Evaluator& evaluator = *results.evaluator;
    const StepModel& model = evaluator.step();
    const double context = evaluator.workload().contextMean;
    const double now = std::max(1.0, results.evaluation.meanDecodes);
    const double seats = std::max(1.0, results.evaluation.memory.seats);
    StepBatch chunk = model.decodeBatch(now, context);
    model.addPrompt(chunk, promptOfStep(results), 0);
    return {model.parts(model.decodeBatch(1, context)), model.parts(model.decodeBatch(now, context)),
        model.parts(model.decodeBatch(seats, context)), model.parts(chunk)};
}

ChartSpec stepParts(const Snapshot& snapshot)
{
    const double now = std::max(1.0, snapshot.now.evaluation.meanDecodes);
    const double prompt = promptOfStep(snapshot.now);
    const auto steps = shownSteps(snapshot.now);
    const bool fits = snapshot.now.evaluation.fits;
    const auto isShown = [&](std::size_t i) { return fits || (i != kThisLoad && i != kAllSeats); };
    StackedBars body;
    body.value = {"step", "ms", false, 0.0, {}};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (!isShown(i))
            continue;
        body.categories.emplace_back(kSteps[i]);
        body.totals.push_back(duration(steps[i].total()));
    }
    addGhostMarks(body, snapshot, [&](const PlanResults& pinned) {
        std::vector<double> ends;
        const auto parts = shownSteps(pinned);
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (isShown(i))
                ends.push_back(parts[i].total().in(millisecond));
        return ends;
    });
    const ErrorBand errors = errorsOfSteps(*snapshot.now.plan); // known of whole steps: their parts move alike
    for (const StepGroup& group : kStepGroups) {
        BarSegment segment{group.name, group.role, {}, {}};
        for (std::size_t i = 0; i < steps.size(); ++i)
            if (isShown(i))
                segment.values.push_back((steps[i].*group.value).in(millisecond));
        for (const double value : segment.values) {
            segment.lo.push_back(errors.lo * value);
            segment.hi.push_back(errors.hi * value);
        }
        if (std::any_of(segment.values.begin(), segment.values.end(), [](double v) { return v > 0; }))
            body.segments.push_back(std::move(segment));
    }
    const StepParts& present = steps[kThisLoad];
    ChartSpec chart{"Where a step's time goes", fits ? "ms" : "ms, if it fitted", "", "", {}};
    const std::array resources{std::pair{"reading memory", present.bandwidth}, std::pair{"computing", present.compute},
        std::pair{"waiting for links", present.network}, std::pair{"waiting for host and disk", present.host},
        std::pair{"engine and launch overhead", present.overhead}};
    const auto largest = std::max_element(
        resources.begin(), resources.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    const double share = present.total().si() > 0 ? largest->second / present.total() : 0;
    chart.says = "A step of " + counted(now, "sequence", "sequences") + " takes " + duration(present.total()) + ", " +
                 percent(share) + " of it " + largest->first + "; with " + whole(prompt) + " prompt tokens it takes " +
                 duration(steps[kWithAPrompt].total()) + ".";
    chart.body = std::move(body);
    return inFittingUnit(std::move(chart));
}

/// What decode steps of a plan reach of its GPU, over the batches.
Curve reachedCompute(const PlanResults& results, const std::vector<double>& sizes)
{
    const Plan& plan = *results.plan;
    const WorkInput work{&plan.model.spec, plan.layout(), plan.model.weightFormat, plan.model.kvFormat};
    const Tokens context(results.evaluator->workload().contextMean);
    Curve reached;
    for (const double batch : sizes) {
        const StepWork step = decodeWork(work, batch, context);
        const double seconds = decodeStep(*results.evaluator, batch).si();
        if (step.intensity() > 0 && seconds > 0) {
            reached.x.push_back(step.intensity());
            reached.y.push_back(step.flops.in(teraflop) / seconds);
        }
    }
    return reached;
}

ChartSpec roofline(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    const Evaluator& evaluator = *snapshot.now.evaluator;
    const double bandwidth = plan.hardware.gpu.bandwidth.si();
    const double peak = peakFor(plan.hardware.gpu, plan.model.weightFormat).si();
    const bool fits = snapshot.now.evaluation.fits;
    ChartSpec chart{"Roofline of the decode step",
        fits ? "TFLOP/s of a GPU, log" : "TFLOP/s of a GPU, log, if it fitted", "", "", LineChart{}};
    if (!(bandwidth > 0) || !(peak > 0)) {
        chart.empty = "This GPU states no bandwidth or no compute peak.";
        return chart;
    }
    LineChart body;
    body.x = {"arithmetic intensity", "FLOP/byte", true, {}, {}};
    body.y = {"compute reached", "TFLOP/s", true, {}, {}};
    const WorkInput work{&plan.model.spec, plan.layout(), plan.model.weightFormat, plan.model.kvFormat};
    const Tokens context(evaluator.workload().contextMean);
    const auto sizes = batches(snapshot);
    Curve reached = reachedCompute(snapshot.now, sizes);
    reached.name = "batch 1 to " + whole(sizes.back());
    const double ridge = peak / bandwidth;
    const double from = std::min(0.5, reached.x.empty() ? 0.5 : reached.x.front() / 2), to = 4 * ridge;
    body.curves.push_back({"roof", Role::saturation, {from, ridge, to},
        {from * bandwidth / 1e12, peak / 1e12, peak / 1e12}, {}, {}, false, false, {}, {}});
    body.limits.push_back({"ridge " + number(ridge), Role::saturation, ridge, true});
    body.curves.push_back(std::move(reached));
    addGhostCurves(body, snapshot, [&](const PlanResults& pinned) { return reachedCompute(pinned, sizes); });
    const double now = std::max(1.0, snapshot.now.evaluation.meanDecodes);
    const StepWork step = decodeWork(work, now, context);
    const double rateNow = step.flops.in(teraflop) / decodeStep(evaluator, now).si();
    if (fits && std::isfinite(rateNow) && rateNow > 0)
        body.markers.push_back({"you: batch " + number(now), Role::primary, step.intensity(), rateNow});
    chart.says = "A step of " + counted(now, "sequence", "sequences") + " does " + number(step.intensity()) +
                 " FLOP for each byte it reads; " +
                 (step.intensity() < ridge ? "below " + number(ridge) + " the memory bandwidth is the roof."
                                           : "above " + number(ridge) + " compute is the roof.");
    chart.body = std::move(body);
    return chart;
}

/// " (2.8×)" where a row carries more or less than the one above it that runs.
std::string gainText(const AblationRow& row)
{
    constexpr double kSame = 0.01;
    return !row.gain || std::abs(*row.gain - 1) < kSame ? "" : " (" + number(*row.gain) + "×)";
}

/// "8.01/13.7": what a row carries within the targets, and what its bar ends at where that is more.
std::string carriedText(const AblationRow& row)
{
    const std::string within = number(row.sustainable.si()), all = number(row.capacity.si());
    return row.capacity > row.sustainable && within != all ? within + "/" + all : within;
}

ChartSpec engineVsLoad(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    ChartSpec chart{"How full the engine runs", "%", "", whyNoLoadCurve(snapshot), LineChart{}};
    LineChart body = chartOverLoad(
        snapshot, {"share", "%", false, 0.0, 100.0}, [](const PointEvaluation& p) { return 100 * p.busyFraction; },
        nullptr, "busy", percent(e.busyFraction) + " busy");
    body.curves.push_back(curveOverLoad(
        snapshot.now, "KV in use", Role::kv, body.y, [](const PointEvaluation& p) { return 100 * p.kvFraction; }));
    Curve load = curveOverLoad(snapshot.now, "utilization", Role::secondary, body.y,
        [](const PointEvaluation& p) { return 100 * std::min(1.0, p.utilization); });
    load.dashed = true;
    body.curves.push_back(std::move(load));
    chart.says = "A step runs " + percent(e.busyFraction) + " of the time and KV memory is " + percent(e.kvFraction) +
                 " in use, at " + percent(e.utilization) + " of the capacity" +
                 (e.stable ? ": a busy engine still has room while its batch can grow."
                           : ": nothing is left, and requests wait ever longer.");
    chart.body = std::move(body);
    return chart;
}

/// What each of the five systems carries within the targets; NaN where it cannot run.
std::vector<double> sustainableRates(const Plan& plan)
{
    std::vector<double> rates;
    for (const AblationRow& row : ablation(plan))
        rates.push_back(row.refused.empty() ? row.sustainable.si() : std::numeric_limits<double>::quiet_NaN());
    return rates;
}

/// The plan's load through the five systems, as the snapshot brings it. Where it brings none they are worked out here:
/// some milliseconds, too long for every move of a slider but not for one.
std::shared_ptr<const std::vector<AblationRow>> systemsOf(const Snapshot& snapshot)
{
    if (const auto& known = snapshot.now.systems.value)
        return known;
    return std::make_shared<const std::vector<AblationRow>>(ablation(*snapshot.now.plan));
}

/// Sustainable rates of the five systems, one after the other; what is left to saturation misses a target.
ChartSpec ablationChart(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    ChartSpec chart{"Five ways to serve this load", "req/s (times the row above)", "", "", {}};
    StackedBars body;
    body.value = {"arrival rate", "req/s", false, 0.0, {}};
    BarSegment within{"within the targets", Role::primary, {}, {}},
        beyond{"served, targets missed", Role::reserved, {}, {}};
    const AblationRow* widest = nullptr;
    std::string cannot;
    const auto rows = systemsOf(snapshot);
    body.faded = snapshot.now.systems.value && snapshot.now.systems.isOlder;
    if (body.faded)
        chart.unit = kOfOlderPlan;
    for (const AblationRow& row : *rows) {
        const bool runs = row.refused.empty();
        body.categories.emplace_back(row.label);
        within.values.push_back(runs ? row.sustainable.si() : 0);
        beyond.values.push_back(runs ? std::max(0.0, (row.capacity - row.sustainable).si()) : 0);
        within.lo.push_back(row.sustainableBand.lo);
        within.hi.push_back(row.sustainableBand.hi);
        body.totals.push_back(runs ? carriedText(row) + gainText(row) : "cannot run: " + row.refused);
        if (!runs)
            cannot += " " + std::string(row.label) + " cannot run: " + row.refused + ".";
        if (runs && row.gain > (widest ? widest->gain : 1)) // an absent gain is below all others
            widest = &row;
    }
    body.segments = {std::move(within), std::move(beyond)};
    thread_local KeptPerPlan<std::vector<double>> kept;
    addGhostMarks(
        body, snapshot, [&](const PlanResults& pinned) { return kept.of(snapshot, pinned, sustainableRates); },
        "within its targets");
    body.limits.push_back(
        {"load " + number(plan.workload.arrivalRate.si()), Role::target, plan.workload.arrivalRate.si(), true});
    chart.says =
        (widest ? widest->because : "No system in the order of history carries more than the one before it here.") +
        cannot;
    chart.body = std::move(body);
    return chart;
}

constexpr std::array kCharts{
    ChartRow{"batch_throughput", "batching", "Throughput against batch",
        "Output tokens per second of a replica over the sequences in a step: with the prompts of this load, and "
        "decoding alone.",
        "4.3", &batchThroughput},
    ChartRow{"batch_tpot", "batching", "Step time against batch",
        "How long a decode step takes over the sequences in it, with the TPOT target.", "4.3", &batchTpot},
    ChartRow{"step_parts", "batching", "Where a step's time goes",
        "Time of a step by part of the model: one sequence, this load, all seats, and with a prompt.", "4.5",
        &stepParts},
    ChartRow{"roofline", "batching", "Roofline of the decode step",
        "What decode steps reach of the GPU's peak, under the roofs of bandwidth and compute.", "4.3", &roofline},
    ChartRow{"engine_vs_load", "batching", "How full the engine runs",
        "Share of time a step runs, KV memory in use, and utilization, over the arrival rate.", "2.3", &engineVsLoad},
    ChartRow{"ablation", "batching", "Five ways to serve this load",
        "The rate that static batches, Orca, paged memory, chunked prompts and split phases carry within the targets.",
        "4.2", &ablationChart},
};

} // namespace

std::span<const ChartRow> batchingCharts() { return kCharts; }

std::string batchingSentence(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const double seats = e.memory.seats;
    if (!e.fits)
        return "This plan **does not fit**, so it has no batch: " + whyItDoesNotFit(snapshot.now) + ". " +
               whatWouldFit(*snapshot.now.plan);
    const Seconds step = decodeStep(*snapshot.now.evaluator, std::max(1.0, e.meanDecodes));
    const Seconds full = decodeStep(*snapshot.now.evaluator, std::max(1.0, seats));
    constexpr double kLittle = 1.3; // times the step
    const std::string room = full <= kLittle * step
                                 ? "; there are seats for more load, at little cost to the step."
                                 : "; with all of them taken a step takes " + bold(duration(full)) + ".";
    return "On average " + bold(number(e.meanDecodes)) + " of " + bold(counted(seats, "seat", "seats")) +
           (e.meanDecodes == 1 ? " decodes" : " decode") + " at once, " + bold(duration(step)) + " a step" +
           (!e.stable                        ? "; the plan is overloaded, so that requests wait ever longer for a seat."
               : e.meanDecodes < 0.5 * seats ? room
                                             : "; more load finds few free seats.");
}

} // namespace headroom::ui
