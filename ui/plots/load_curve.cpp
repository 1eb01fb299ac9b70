#include "ui/plots/load_curve.h"

#include "core/fitting.h"
#include "core/headroom.h"
#include "ui/plots/ghosts.h"
#include "ui/plots/numbers.h"

#include <algorithm>
#include <cmath>

namespace headroom::ui {
namespace {

/// A pinned plan may carry far more load; up to this multiple of the present range its curve is worth the room.
constexpr double kGhostReach = 3;

double lastRate(const PlanResults& results) { return results.load.empty() ? 0 : results.load.back().rate.si(); }

double rangeOf(const Snapshot& snapshot)
{
    const double own = lastRate(snapshot.now);
    double range = own;
    for (const auto& ghost : snapshot.pinned)
        range = std::max(range, std::min(lastRate(*ghost), kGhostReach * own));
    return range;
}

/// y at x of a rising line through points; that of the nearest end outside them.
double at(const std::vector<double>& xs, const std::vector<double>& ys, double x)
{
    const auto above = static_cast<std::size_t>(std::ranges::upper_bound(xs, x) - xs.begin());
    if (above == 0 || above == xs.size())
        return above == 0 ? ys.front() : ys.back();
    const double share = (x - xs[above - 1]) / (xs[above] - xs[above - 1]);
    return ys[above - 1] + share * (ys[above] - ys[above - 1]);
}

} // namespace

std::string replicasNeededText(const PlanResults& results)
{
    const Evaluation& e = results.evaluation;
    const Workload& load = results.plan->workload;
    if (!e.replicasNeeded && !(e.targetRate > RequestRate(0)))
        return "no number of replicas meets the targets";
    const std::string need = e.replicasNeeded ? counted(*e.replicasNeeded, "replica is", "replicas are") + " needed"
                                              : "more than " + whole(kMostReplicas) + " replicas are needed";
    return load.peakFactor > 1 ? need + " for peaks of " + rate(load.peakFactor * load.arrivalRate) : need;
}

Curve distributionCurve(const std::vector<double>& seconds, const std::vector<double>& shares, std::string name,
    Role role, const std::vector<double>& half)
{
    Curve curve;
    curve.name = std::move(name);
    curve.role = role;
    std::vector<double> early, late; // edges of the intervals of the quantiles, s
    for (std::size_t i = 0; i < seconds.size() && i < shares.size(); ++i)
        if (std::isfinite(seconds[i]) && seconds[i] > 0) {
            curve.x.push_back(seconds[i]);
            curve.y.push_back(100 * shares[i]);
            if (half.empty())
                continue;
            early.push_back(std::max(early.empty() ? 0 : early.back(), seconds[i] - half[i]));
            late.push_back(std::max(late.empty() ? 0 : late.back(), seconds[i] + half[i]));
        }
    for (const double x : late.empty() ? std::vector<double>() : curve.x) {
        curve.lo.push_back(at(late, curve.y, x)); // fewest are below where all quantiles come late
        curve.hi.push_back(at(early, curve.y, x));
    }
    return curve;
}

void addTimeFactors(Curve& curve, double fast, double slow)
{
    std::vector<double> early, late;
    for (const double x : curve.x) {
        early.push_back(fast * x);
        late.push_back(slow * x);
    }
    std::vector<double> lo, hi;
    for (const double x : curve.x) {
        lo.push_back(std::isfinite(slow) ? at(late, curve.y, x) : 0);
        hi.push_back(at(early, curve.y, x));
    }
    addBand(curve, std::move(lo), std::move(hi));
}

ErrorBand errorsOfSteps(const Plan& plan)
{
    return bandFor(PredictedQuantity::tpot, plan.hardware.gpu.architecture, plan.model.weightFormat);
}

void addFactors(Curve& curve, double lowest, double highest)
{
    std::vector<double> lo, hi;
    for (const double y : curve.y) {
        lo.push_back(lowest * y);
        hi.push_back(highest * y);
    }
    addBand(curve, std::move(lo), std::move(hi));
}

void addBand(Curve& curve, std::vector<double> lo, std::vector<double> hi)
{
    double ratio = 1; // of the pessimistic edge, where it was last known
    for (std::size_t i = 0; i < lo.size(); ++i) {
        const double y = curve.y[i];
        if (std::isfinite(hi[i]) && y > 0)
            ratio = std::max(1.0, hi[i] / y);
        hi[i] = std::max(y, std::isnan(hi[i]) ? y * ratio : hi[i]);
        lo[i] = std::isfinite(lo[i]) ? std::min(y, lo[i]) : y;
    }
    curve.lo = std::move(lo);
    curve.hi = std::move(hi);
}

Curve curveOverLoad(
    const PlanResults& results, std::string name, Role role, const Axis& axis, PointValue value, PointBand band)
{
    Curve curve;
    curve.name = std::move(name);
    curve.role = role;
    std::vector<double> lo, hi;
    for (const LoadPoint& point : results.load) {
        const double y = value(point.result);
        if (!std::isfinite(y) || (axis.logarithmic && y <= 0))
            continue;
        curve.x.push_back(point.rate.si());
        curve.y.push_back(y);
        if (band) {
            const Band edges = band(point.result);
            lo.push_back(edges.lo);
            hi.push_back(edges.hi);
        }
    }
    if (band && !curve.x.empty())
        addBand(curve, std::move(lo), std::move(hi));
    return curve;
}

void addLoadFrame(LineChart& chart, const Snapshot& snapshot)
{
    const double range = rangeOf(snapshot);
    chart.x = {"arrival rate", "req/s", false, 0.0, range > 0 ? std::optional(range) : std::nullopt};
    const double capacity = snapshot.now.evaluation.capacity.si();
    if (snapshot.now.evaluation.fits && capacity > 0 && capacity < range) {
        chart.limits.push_back({"saturates at " + number(capacity), Role::saturation, capacity, true});
        chart.regions.push_back({"overload", Role::bad, capacity, range});
    }
    const Workload& load = snapshot.now.plan->workload;
    const double peak = load.peakFactor * load.arrivalRate.si();
    if (load.peakFactor > 1 && peak < range && load.process != ArrivalProcess::closedLoop)
        chart.limits.push_back({"peak " + number(peak), Role::ghost, peak, true});
}

LineChart chartOverLoad(const Snapshot& snapshot, Axis y, PointValue value, PointBand band,
    const std::string& curveName, const std::string& markerText)
{
    LineChart chart;
    chart.y = std::move(y);
    chart.curves.push_back(curveOverLoad(snapshot.now, curveName, Role::primary, chart.y, value, band));
    addGhostCurves(chart, snapshot,
        [&](const PlanResults& pinned) { return curveOverLoad(pinned, {}, Role::ghost, chart.y, value); });
    addGhostPoints(chart, snapshot, [&](const PlanResults& pinned) -> std::optional<std::pair<double, double>> {
        const double height = value(pinned.evaluation);
        const bool isLoop = pinned.plan->workload.process == ArrivalProcess::closedLoop;
        if (isLoop || !pinned.evaluation.stable || (chart.y.logarithmic && height <= 0))
            return std::nullopt;
        return std::pair(pinned.plan->workload.arrivalRate.si(), height);
    });
    addLoadFrame(chart, snapshot);
    const Evaluation& e = snapshot.now.evaluation;
    const double present = snapshot.now.plan->workload.arrivalRate.si(), height = value(e);
    if (chart.x.max && present > *chart.x.max) // the axis ends where the reader can still see the saturation
        chart.limits.push_back({"you: " + number(present) + ", " + number(present / e.capacity.si(), 2) + " × capacity",
            Role::bad, present, true});
    else if (std::isfinite(height) && (!chart.y.logarithmic || height > 0))
        chart.markers.push_back({markerText, Role::primary, present, height});
    else if (!e.stable && present > 0)
        chart.limits.push_back({"you: " + number(present), Role::bad, present, true});
    return chart;
}

std::string whyItDoesNotFit(const PlanResults& results)
{
    return whyItDoesNotFit(*results.plan, results.evaluation.memory);
}

std::string whyItDoesNotFit(const Plan& plan, const MemoryUse& memory)
{
    const auto offloaded = [](const OffloadedMemory& level, const char* where) {
        return "the weights put on " + std::string(where) + " take " + bytes(level.weights) + ", more than the " +
               bytes(level.size) + " there";
    };
    if (memory.lacks == MemoryLevel::host)
        return offloaded(memory.host, "the host");
    if (memory.lacks == MemoryLevel::disk)
        return offloaded(memory.disk, "disk");
    const std::string held = "weights and workspace take " + bytes(memory.weights.total() + memory.workspace);
    const std::string room = bytes(memory.usable) + " that one " + plan.hardware.gpu.name + " may use";
    if (memory.lacks == MemoryLevel::gpu)
        return held + ", more than the " + room;
    if (plan.deployment.offload.enabled)
        return "one request needs " + bytes(memory.kvPerRequest) +
               " of cache, and at these shares GPU, host and disk " + "together hold " + bytes(memory.kvReach);
    return held + " of the " + room + ", and one request needs " + bytes(memory.kvPerRequest) + " of the " +
           bytes(memory.kvPool) + " left";
}

std::string loadText(const Snapshot& snapshot)
{
    const Workload& workload = snapshot.now.plan->workload;
    if (workload.process == ArrivalProcess::closedLoop)
        return counted(workload.concurrency, "request", "requests") + " in flight (" +
               rate(snapshot.now.evaluation.throughput.requests) + ")";
    return rate(workload.arrivalRate);
}

namespace {

/// Of a plan that does not fit: what it serves with the least change. " With tensor parallel 2 it saturates at 1.59 req/s, and 3.5
/// req/s are asked."
std::string whatThatServes(const Plan& plan)
{
    const auto fitting = fittingPlan(plan);
    if (!fitting)
        return {};
    const RequestRate capacity = Evaluator(fitting->plan).capacity();
    const bool isLoop = plan.workload.process == ArrivalProcess::closedLoop;
    return " With " + fitting->change + " it saturates at " + rate(capacity) +
           (isLoop ? "." : ", and " + rate(plan.workload.arrivalRate) + " are asked.");
}

} // namespace

namespace {

std::string waysInWords(const Plan& plan)
{
    const WaysToFit ways = waysToFit(plan);
    const auto gpus = [&plan](int tp) { return counted(tp * std::max(1, plan.deployment.pp), "GPU", "GPUs"); };
    std::string text;
    if (ways.tp)
        text = "tensor parallel " + std::to_string(*ways.tp) + " (" + gpus(*ways.tp) + " a replica)";
    if (ways.weightFormat)
        text += (text.empty() ? "" : ", or with ") + std::string(info(*ways.weightFormat).name) + " weights on " +
                gpus(plan.deployment.tp);
    if (text.empty())
        return "No tensor-parallel degree and no narrower weights hold it: take a larger GPU.";
    return "It fits with " + text + "." + whatThatServes(plan);
}

} // namespace

std::string whatWouldFit(const Plan& plan)
{
    struct Said {
        Plan of;
        std::string words;
    };
    thread_local std::optional<Said> last; // the sentence, the plots and the explanation of one move ask for the same
    if (!last || !(last->of == plan))
        last = Said{plan, waysInWords(plan)};
    return last->words;
}

std::string whyNoLoadCurve(const Snapshot& snapshot, const std::string& unfit)
{
    if (!snapshot.now.evaluation.fits)
        return !unfit.empty() ? unfit
                              : "This plan does not fit: " + whyItDoesNotFit(snapshot.now) + ". " +
                                    whatWouldFit(*snapshot.now.plan);
    if (snapshot.now.plan->workload.process == ArrivalProcess::closedLoop)
        return "A closed loop has no arrival rate to vary: its clients wait for their answers. Choose another arrival "
               "process to see the curve.";
    if (snapshot.now.load.size() < 2)
        return "There is no load to show.";
    return {};
}

} // namespace headroom::ui
