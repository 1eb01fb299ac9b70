#include "core/headroom.h"

#include "core/model/efficiency.h"
#include "core/plan/model_inputs.h"
#include "core/slo/slo.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace headroom {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A rate and how far targets are missed there.
struct Probe {
    double rate = 0, margin = 0;
};

/// Share of the capacity that stands for no load at all; as far below saturation searches stop.
constexpr double kIdle = 1e-4;
/// Relative error of lambda*, and of its pessimistic edge.
constexpr double kTolerance = 3e-4, kEdgeTolerance = 1e-2;

double marginOf(const Evaluator& evaluator, double rate) { return evaluator.marginAt(RequestRate(rate)); }

/// Rates are compared by distance from saturation, in which margins are close to straight lines.
double straightened(double rate, double capacity) { return -std::log1p(-std::min(rate / capacity, 1 - 1e-12)); }
double rateOf(double straight, double capacity) { return capacity * -std::expm1(-straight); }

/// Margins may be infinite; e^20 times the target stands for that.
double finite(double margin) { return std::clamp(margin, -20.0, 20.0); }

/// Below this a target counts as met exactly: a third of the tolerance, as margins grow at least as fast as ln(rate).
constexpr double exactWithin(double tolerance) { return tolerance / 3; }

/// Root of `margin` between a probe that holds (<= 0) and one that fails, on straightened rates: secant steps through
/// the last two probes, and halving where a step leaves the bracket, three steps did not halve it, or a margin is
/// infinite, so that kinks (another target takes over) cost little. Relative error `tolerance`.
template <class Margin>
double bracketedRoot(Probe low, Probe high, double capacity, double tolerance, Margin margin)
{
    double a = straightened(low.rate, capacity), fa = finite(low.margin);   // holds
    double b = straightened(high.rate, capacity), fb = finite(high.margin); // fails
    double last = b - a;
    double x0 = a, f0 = fa, x1 = b, f1 = fb; // the last two probes, the better one second
    if (std::abs(f0) < std::abs(f1))
        std::swap(x0, x1), std::swap(f0, f1);
    for (int i = 0; i < 60; ++i) {
        double t = x1 - f1 * (x1 - x0) / (f1 - f0);
        const bool slow = i % 3 == 2 && b - a > 0.5 * last;
        if (!(t > a && t < b) || slow || std::abs(fb) >= 20)
            t = 0.5 * (a + b);
        if (i % 3 == 2)
            last = b - a;
        const double f = finite(margin(rateOf(t, capacity)));
        (f > 0 ? b : a) = t;
        (f > 0 ? fb : fa) = f;
        if (std::abs(f) < exactWithin(tolerance) ||
            rateOf(b, capacity) - rateOf(a, capacity) < tolerance * rateOf(t, capacity))
            return rateOf(t, capacity);
        x0 = x1, f0 = f1;
        x1 = t, f1 = f;
        if (f1 == f0) { // flat: the ends of the bracket still differ
            x0 = f > 0 ? a : b;
            f0 = f > 0 ? fa : fb;
        }
    }
    return rateOf(x1, capacity);
}

/// Static batching waits for its batch, so that light load can be slower than medium load: look below for a failure.
Probe lowestFailure(const Evaluator& evaluator, Probe fails)
{
    if (evaluator.plan().batching.policy != BatchPolicy::static_)
        return fails;
    constexpr int kLooks = 12;
    for (int i = 1; i < kLooks; ++i) {
        const double rate = fails.rate * i / kLooks;
        const double margin = marginOf(evaluator, rate);
        if (margin > 0)
            return {rate, margin};
    }
    return fails;
}

/// First crossing, given a probe somewhere below `capacity`. `margin` maps a rate to its margin.
template <class Margin>
double firstCrossing(Probe start, double capacity, Margin margin, double tolerance)
{
    const double idleRate = capacity * kIdle;
    if (start.margin > 0) { // fails already: the crossing is below, unless it fails idle
        const Probe idle{idleRate, margin(idleRate)};
        return idle.margin > 0 ? 0 : bracketedRoot(idle, start, capacity, tolerance, margin);
    }
    // A margin grows between a third and twice as fast as the straightened rate: step by what is left, then by what the
    // last step has shown, a little too far.
    double reach = 1.5;
    const double most = straightened(capacity * (1 - kIdle), capacity);
    Probe low = start;
    for (double at = straightened(low.rate, capacity); at < most;) {
        at = std::min(most, at + std::clamp(reach * -low.margin, 0.02, 4.0));
        const Probe probe{rateOf(at, capacity), margin(rateOf(at, capacity))};
        if (std::abs(probe.margin) < exactWithin(tolerance))
            return probe.rate;
        if (probe.margin > 0)
            return bracketedRoot(low, probe, capacity, tolerance, margin);
        const double slope = (probe.margin - low.margin) / (at - straightened(low.rate, capacity));
        reach = std::clamp(1.1 / std::max(slope, 1e-6), 0.5, 3.0);
        low = probe;
    }
    return capacity;
}

} // namespace

double targetMargin(const PointEvaluation& point, const Targets& targets)
{
    if (!point.fits || !point.stable)
        return kInfinity;
    return worstMiss(point.ttft.p95, point.tpot.p95, point.e2e.p99, targets);
}

RequestRate targetRate(const Evaluator& evaluator, const PointEvaluation& present)
{
    const double capacity = evaluator.capacity().si();
    if (!present.fits || !(capacity > 0))
        return RequestRate(0);
    const Targets& targets = evaluator.plan().targets;
    if (!hasLatencyTarget(targets))
        return RequestRate(capacity);
    const auto margin = [&](double rate) { return marginOf(evaluator, rate); };
    const double idleRate = capacity * kIdle;
    Probe start{evaluator.plan().workload.arrivalRate.si(), targetMargin(present, targets)};
    if (!(start.rate < capacity) || start.rate < idleRate)
        start = {idleRate, margin(idleRate)};
    start = start.margin > 0 ? start : lowestFailure(evaluator, start);
    const double found = firstCrossing(start, capacity, margin, kTolerance);
    if (evaluator.plan().batching.policy != BatchPolicy::static_ || found <= 0)
        return RequestRate(found);
    const Probe earlier = lowestFailure(evaluator, {found, 0});
    return RequestRate(earlier.rate < found ? firstCrossing(earlier, capacity, margin, kTolerance) : found);
}

RequestRate pessimisticTargetRate(const Evaluator& evaluator, const PointEvaluation& present, RequestRate found)
{
    if (found.si() <= 0)
        return RequestRate(0);
    const double capacity = evaluator.capacity().si();
    const auto margin = [&](double rate) { return evaluator.pessimisticMarginAt(RequestRate(rate)); };
    // Slowed by f the station saturates at capacity / f, and most margins move about as much.
    const double slowCapacity = capacity / evaluator.slowFactor();
    // Where the band of the present rate misses already, the crossing lies below, where margins are flat.
    constexpr double kMissed = 0.02, kReach = 6; // edges are a little off; straightened rate per margin
    const Targets& targets = evaluator.plan().targets;
    const Probe now{evaluator.plan().workload.arrivalRate.si(),
        finite(worstMiss(present.ttft.hi, present.tpot.hi, present.e2e.p99, targets))};
    if (now.rate < slowCapacity && now.margin > kMissed) {
        const double below = rateOf(straightened(now.rate, slowCapacity) - kReach * now.margin, slowCapacity);
        if (below > slowCapacity * kIdle)
            if (const Probe low{below, margin(below)}; low.margin <= 0)
                return RequestRate(bracketedRoot(low, now, slowCapacity, kEdgeTolerance, margin));
    }
    const double guess = std::min(0.9 * found.si() / evaluator.slowFactor(), slowCapacity * (1 - kIdle));
    return RequestRate(firstCrossing({guess, margin(guess)}, slowCapacity, margin, kEdgeTolerance));
}

RequestRate optimisticTargetRate(const Evaluator& evaluator, RequestRate found)
{
    const double fastCapacity = evaluator.capacity().si() / evaluator.fastFactor();
    if (!evaluator.memory().fits || !(fastCapacity > 0))
        return found;
    if (!hasLatencyTarget(evaluator.plan().targets))
        return std::max(found, RequestRate(fastCapacity));
    const auto margin = [&](double rate) { return evaluator.optimisticMarginAt(RequestRate(rate)); };
    // Most margins move about as much as the capacity.
    const double guess =
        std::clamp(found.si() / evaluator.fastFactor(), fastCapacity * kIdle, fastCapacity * (1 - kIdle));
    const double there = firstCrossing({guess, margin(guess)}, fastCapacity, margin, kEdgeTolerance);
    return std::max(found, RequestRate(there));
}

namespace {

/// One resource of MODEL.md 13 and how a plan looks with 10 % more of it.
struct Relaxation {
    Binding resource;
    bool (*matters)(const Evaluator&);
    void (*relax)(Plan&);
};

constexpr double kRelax = 1.1;

bool always(const Evaluator&) { return true; }
bool memoryLimitsSeats(const Evaluator& e) { return e.memory().seatsByMemory < 1.1 * e.plan().batching.maxSequences; }
bool capLimitsSeats(const Evaluator& e) { return e.memory().seatsByMemory >= e.plan().batching.maxSequences; }
bool hasLinks(const Evaluator& e) { return e.plan().layout().gpus() > 1; }
bool hasBudget(const Evaluator& e)
{
    return e.plan().batching.policy == BatchPolicy::chunked || e.plan().batching.policy == BatchPolicy::prefillFirst;
}

void relaxMemory(Plan& p)
{
    p.hardware.gpu.memory *= kRelax;
    p.hardware.host.memory *= kRelax;
    p.hardware.host.disk *= kRelax;
}
bool isOffloaded(const Evaluator& e) { return e.plan().deployment.offload.enabled; }
void relaxHost(Plan& p)
{
    HostSpec& host = p.hardware.host;
    p.hardware.gpu.host *= kRelax;
    host.diskRead *= kRelax;
    host.diskWrite *= kRelax;
    host.attention *= kRelax;
}

constexpr std::array<Relaxation, 8> kRelaxations{{
    {Binding::memory, &memoryLimitsSeats, &relaxMemory},
    {Binding::compute, &always, [](Plan& p) { p.hardware.calibration.compute *= kRelax; }},
    {Binding::bandwidth, &always, [](Plan& p) { p.hardware.calibration.bandwidth *= kRelax; }},
    {Binding::network, &hasLinks, [](Plan& p) { p.hardware.calibration.network *= kRelax; }},
    {Binding::host, &isOffloaded, &relaxHost},
    {Binding::overhead, &always, [](Plan& p) { p.hardware.calibration.overhead /= kRelax; }},
    {Binding::sequences, &capLimitsSeats,
        [](Plan& p) { p.batching.maxSequences = static_cast<int>(std::ceil(p.batching.maxSequences * kRelax)); }},
    {Binding::tokenBudget, &hasBudget, [](Plan& p) { p.batching.tokenBudget *= kRelax; }},
}};

/// How fast the margin of a plan grows at its target rate, per straightened rate.
double marginSlope(const Evaluator& evaluator, double found)
{
    const double capacity = evaluator.capacity().si();
    const double at = std::min(found, capacity * (1 - 1e-4)), below = 0.98 * at;
    const double rise = marginOf(evaluator, at) - marginOf(evaluator, below);
    return rise / (straightened(at, capacity) - straightened(below, capacity));
}

/// lambda* of a relaxed plan, from its margin at the old lambda* and the slope of the unrelaxed plan: one solve, no
/// search, and exact enough for an elasticity.
double relaxedTargetRate(const Evaluator& relaxed, double before, double slope)
{
    const double capacity = relaxed.capacity().si();
    if (!(capacity > 0))
        return 0;
    const Targets& targets = relaxed.plan().targets;
    if (!hasLatencyTarget(targets))
        return capacity;
    const double at = std::min(before, capacity * (1 - 1e-4));
    const double margin = marginOf(relaxed, at);
    if (!std::isfinite(margin) || !(slope > 0))
        return at;
    const double root = straightened(at, capacity) - margin / slope;
    return std::min(rateOf(std::max(root, 0.0), capacity), kRelax * kRelax * before);
}

} // namespace

BindingResult findBinding(const Evaluator& evaluator, const PointEvaluation& present, RequestRate found)
{
    const Plan& plan = evaluator.plan();
    if (!present.fits)
        return {Binding::memory, {}};
    if (found.si() <= 0)
        return {Binding::latencyFloor, {}};
    BindingResult result;
    const double slope = marginSlope(evaluator, found.si());
    for (const Relaxation& row : kRelaxations) {
        if (row.resource == Binding::host && !plan.deployment.offload.enabled)
            continue; // no resource of this plan
        double gain = 0;
        if (row.matters(evaluator)) {
            Plan relaxed = plan;
            row.relax(relaxed);
            gain =
                (relaxedTargetRate(Evaluator(relaxed, evaluator), found.si(), slope) / found.si() - 1) / (kRelax - 1);
        }
        result.elasticities.push_back({row.resource, gain});
    }
    std::stable_sort(result.elasticities.begin(), result.elasticities.end(),
        [](const Elasticity& a, const Elasticity& b) { return a.elasticity > b.elasticity; });
    const bool noTarget = !hasLatencyTarget(plan.targets);
    if (noTarget && present.utilization < 0.5)
        result.binding = Binding::none;
    else if (result.elasticities.front().elasticity * (kRelax - 1) >= 0.01)
        result.binding = result.elasticities.front().resource;
    else
        result.binding = Binding::queue;
    return result;
}

namespace {

bool meetsAtPeak(const Evaluator& present, int replicas)
{
    const Plan& plan = present.plan();
    Plan sized = plan;
    sized.deployment.replicas = replicas;
    const Evaluator evaluator(sized, present);
    const double peak = plan.workload.arrivalRate.si() * plan.workload.peakFactor;
    return marginOf(evaluator, peak) <= 0;
}

} // namespace

int fewestReplicas(const Plan& plan) { return plan.batching.policy == BatchPolicy::disaggregated ? 2 : 1; }

std::optional<int> replicasNeeded(const Evaluator& evaluator, RequestRate found)
{
    const Plan& plan = evaluator.plan();
    const double perReplica = evaluator.capacity().si() / plan.deployment.replicas;
    if (!evaluator.memory().fits || !(perReplica > 0) || found.si() <= 0)
        return std::nullopt;
    const double peak = plan.workload.arrivalRate.si() * plan.workload.peakFactor;
    const int spare = plan.deployment.spareReplicas;
    const double fewest = fewestReplicas(plan);
    const auto clampReplicas = [&](double r) { return static_cast<int>(std::clamp(r, fewest, double(kMostReplicas))); };
    // Below: unstable. Pools of split phases grow in steps of their own.
    const int least = clampReplicas(fewest > 1 ? fewest : std::floor(peak / perReplica) + (peak > 0 ? 1 : 0));
    // lambda* grows a little faster than the number of replicas, so the proportional guess is close.
    int enough = std::max(least, clampReplicas(std::ceil(plan.deployment.replicas * peak / found.si())));
    while (!meetsAtPeak(evaluator, enough)) {
        if (enough >= kMostReplicas)
            return std::nullopt;
        enough = std::min(kMostReplicas, enough + std::max(1, enough / 8));
    }
    int fails = least - 1;
    while (enough - fails > 1) {
        const int middle = enough - fails > 8 ? (enough + fails) / 2 : enough - 1;
        if (meetsAtPeak(evaluator, middle))
            enough = middle;
        else if (middle == enough - 1)
            break;
        else
            fails = middle;
    }
    return enough + spare;
}

namespace {

/// A closed loop has no arrival rate to raise: its headroom is that of Poisson arrivals on the same replicas.
Plan openedLoop(const Plan& plan, RequestRate throughput)
{
    Plan open = plan;
    open.workload.process = ArrivalProcess::poisson;
    open.workload.arrivalRate = throughput;
    return open;
}

void fillHeadroom(Evaluation& all, const Evaluator& evaluator, const PointEvaluation& present)
{
    const RequestRate offered = evaluator.plan().workload.arrivalRate;
    all.targetRate = targetRate(evaluator, present);
    all.headroom = all.targetRate - offered;
    all.headroomFraction = offered.si() > 0 ? all.headroom / offered : (all.targetRate.si() > 0 ? kInfinity : 0);
    all.headroomLo = pessimisticTargetRate(evaluator, present, all.targetRate) - offered;
    BindingResult binding = findBinding(evaluator, present, all.targetRate);
    all.binding = binding.binding;
    all.elasticities = std::move(binding.elasticities);
    all.replicasNeeded = replicasNeeded(evaluator, all.targetRate);
}

} // namespace

Band targetRateBand(const Plan& plan, const Evaluation& e)
{
    const bool isClosed = plan.workload.process == ArrivalProcess::closedLoop;
    const Evaluator evaluator(isClosed ? openedLoop(plan, e.throughput.requests) : plan);
    const RequestRate low = std::max(RequestRate(0), e.targetRate - (e.headroom - e.headroomLo));
    return {std::min(low, e.targetRate).si(), optimisticTargetRate(evaluator, e.targetRate).si()};
}

Evaluation evaluate(const Plan& plan) { return evaluate(Evaluator(plan)); }

Evaluation evaluate(const Evaluator& evaluator)
{
    const Plan& plan = evaluator.plan();
    Evaluation all;
    static_cast<PointEvaluation&>(all) = evaluator.point();
    all.memory = evaluator.memory();
    all.worstCaseSeats = worstCaseSeats(memoryInput(evaluator.plan(), evaluator.workload()), all.memory);
    all.kvBytesPerToken = kvBytesPerToken(plan.model.spec, plan.model.kvFormat);
    all.stepDecodes = std::max(1.0, all.meanDecodes);
    all.step = evaluator.step().parts(evaluator.step().decodeBatch(all.stepDecodes, evaluator.workload().contextMean));
    const ErrorBand errors = bandFor(PredictedQuantity::tpot, plan.hardware.gpu.architecture, plan.model.weightFormat);
    all.stepBand = {errors.lo * all.step.total().si(), errors.hi * all.step.total().si()};
    all.gpus = plan.gpus();
    if (plan.workload.process == ArrivalProcess::closedLoop) {
        const Evaluator open(openedLoop(plan, all.throughput.requests));
        fillHeadroom(all, open, open.withoutBandsAt(all.throughput.requests));
    } else {
        fillHeadroom(all, evaluator, all);
    }
    return all;
}

} // namespace headroom
