#include "core/queueing/batch_queue.h"

#include "core/queueing/batch_latency.h"
#include "core/queueing/coverage.h"
#include "core/queueing/operating.h"
#include "core/queueing/saturation.h"
#include "core/queueing/static_batch.h"
#include "core/queueing/station_tables.h"
#include "core/slo/slo.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom {

RequestRate BatchStation::capacity() const { return RequestRate(m_tables->fleetCapacity); }

std::optional<SeatsTaken> BatchStation::whileTaken(double seats) const
{
    const StationTables& t = *m_tables;
    if (t.decodes.empty() || t.input.policy == BatchPolicy::static_ || t.input.policy == BatchPolicy::disaggregated)
        return std::nullopt;
    const Saturation full = saturate(t, std::clamp(seats, 1.0, std::max(1.0, t.input.seats)));
    return SeatsTaken{RequestRate(full.rate), full.decodes};
}

// There are no tables where nothing fits: 0, for these are total.
Seconds BatchStation::decodeStep(double decodes) const
{
    return Seconds(m_tables->decodes.empty() ? 0 : m_tables->decodeStepAt(decodes));
}

Seconds BatchStation::promptService(double decodes) const
{
    return Seconds(m_tables->prompts.empty() ? 0 : m_tables->promptNodeAt(decodes).service);
}

BatchStation station(const StationInput& input)
{
    const StepModel& model = *input.step;
    return station(input, [&model](double decodes, double context, double tokens, double prompts, double cached) {
        StepBatch batch = model.decodeBatch(decodes, context);
        if (tokens > 0) {
            const double chunks = std::max(prompts, 1.0);
            model.addPrompt(batch, tokens / chunks, cached, chunks);
        }
        return model.time(batch).si();
    });
}

BatchStation station(const StationInput& input, const StepFunction& step)
{
    return BatchStation(makeTables(input, step));
}

namespace {

LatencyParts fixedParts(const StationInput& in)
{
    LatencyParts parts;
    parts.network = in.networkIn + in.networkOut;
    parts.retrieval = in.retrieval;
    parts.post = in.post;
    return parts;
}

LatencySummary constant(Seconds value) { return {value, value, value, value, Seconds{}, Seconds{}}; }

/// Whether prompts and decodes share a replica, and their steps.
bool sharesSteps(const StationTables& t)
{
    return t.input.policy != BatchPolicy::static_ && t.input.policy != BatchPolicy::disaggregated;
}

StationResult resultOf(const StationTables& t, const Operating& at, double present, double utilization);

/// Split phases: where the decode pool is what is too small, the second token waits for a seat in it for ever; else that
/// pool stays as busy as the prompts that come through let it be.
LatencySummary overloadedSplit(const StationTables& t)
{
    constexpr double kJustBelow = 0.999;
    const bool decodeBinds = !(t.decodeReplicas * t.decodeCapacity > t.fleetCapacity * (1 + 1e-9));
    if (!(t.fleetCapacity > 0) || decodeBinds)
        return constant(Seconds::infinite());
    return resultOf(t, operate(t, kJustBelow * t.fleetCapacity), 1, kJustBelow).tpot;
}

/// All seats taken and a queue that grows for ever: waits are infinite, the rest is that of full seats.
StationResult overloaded(const StationTables& t)
{
    StationResult out;
    out.throughput = RequestRate(t.fleetCapacity);
    out.busyFraction = 1;
    out.ttft = out.e2e = constant(Seconds::infinite());
    const bool fits = t.fleetCapacity > 0;
    const Seconds interval = fits && t.gapsMean > 0 ? Seconds(t.fullDecodes / (t.capacity * t.gapsMean)) : Seconds{};
    out.tpot = constant(fits ? interval : Seconds::infinite());
    if (fits && t.gapsMean > 0 && sharesSteps(t)) {
        out.tpot = tpotOf(tpotDistribution(t, decodeTimeOfFullSeats(t), Detail::latencies));
        out.tpot.mean = interval; // by Little's law, exactly
    }
    if (t.input.policy == BatchPolicy::disaggregated)
        out.tpot = overloadedSplit(t);
    out.partsMean = fixedParts(t.input);
    out.partsMean.queue = Seconds::infinite();
    if (fits) {
        out.partsMean.prefill = Seconds(t.promptNodeAt(t.fullDecodes).alone);
        out.partsMean.decode = t.gapsMean * interval;
        out.decodeWork =
            t.fullDecodes > 0 ? Seconds(t.gapsMean * t.decodeStepAt(t.fullDecodes) / t.fullDecodes) : Seconds{};
        out.prefillWork = Seconds(std::max(0.0, 1 / t.capacity - out.decodeWork.si()));
        out.stepMean = interval;
    }
    out.partsP95 = out.partsP99 = out.partsMean;
    out.meanRunning = t.input.seats;
    out.meanDecodes = t.fullDecodes;
    out.meanQueue = out.meanConcurrency = std::numeric_limits<double>::infinity();
    out.attainmentPerClass.assign(t.classes.size(), 0.0);
    if (fits)
        out.reason = reasonNotCovered(t, 1);
    out.covered = out.reason.empty();
    return out;
}

/// Nobody comes so rarely that a request has the replica to itself: the limit of light load.
constexpr double kLightest = 1e-6;

LatencySummary summaryOf(const LatencyGrid& grid, double mean, Seconds fixed)
{
    const auto at = [&](double p) { return Seconds(grid.quantile(p)) + fixed; };
    return {Seconds(mean) + fixed, at(0.5), at(0.95), at(0.99), Seconds{}, Seconds{}};
}

/// Static batching returns a batch as a whole: the first token comes with the last.
StationResult solveStatic(const StationTables& t, double rate, double utilization)
{
    StationResult out;
    const double each = std::max(rate, kLightest * t.fleetCapacity) / t.input.replicas;
    const StaticOperating at = operateStatic(t, each);
    const Seconds fixed = t.input.networkIn + t.input.networkOut + t.input.retrieval + t.input.post;
    const double mean = at.waitMean + at.service.mean();
    out.stable = true;
    out.utilization = utilization;
    out.throughput = RequestRate(rate);
    out.e2e = out.ttft = summaryOf(at.latency, mean, fixed);
    out.tpot = constant(Seconds(at.service.decodeStep));
    const auto parts = [&](double total, double waited) {
        LatencyParts p = fixedParts(t.input);
        p.queue = Seconds(waited);
        p.prefill = Seconds(std::min(at.service.prefill, total - waited));
        p.decode = Seconds(total - waited) - p.prefill;
        return p;
    };
    const auto late = [&](Seconds percentile) {
        const double total = (percentile - fixed).si(); // a late request waited long; its batch is as others
        return parts(total, std::max(0.0, total - at.service.mean()));
    };
    out.partsMean = parts(mean, at.waitMean);
    out.partsP95 = late(out.e2e.p95);
    out.partsP99 = late(out.e2e.p99);
    const double actual = rate / t.input.replicas;
    out.meanRunning = actual * at.service.mean();
    out.meanDecodes = actual * at.service.decode;
    out.meanQueue = actual * at.waitMean;
    out.meanConcurrency = out.meanRunning + out.meanQueue;
    out.busyFraction = actual > 0 ? at.busy : 0;
    out.stepMean = Seconds(at.service.decodeStep);
    out.prefillWork = Seconds(at.service.prefill / at.size);
    out.decodeWork = Seconds(at.service.decode / at.size);
    for (const StationClass& c : t.classes) {
        const double limit = std::min(c.ttftTarget, c.e2eTarget) - fixed.si();
        const double met = at.service.decodeStep <= c.tpotTarget ? at.latency.at(limit).cumulative : 0;
        out.attainmentPerClass.push_back(met);
        out.attainment += c.share * met;
    }
    out.reason = reasonNotCovered(t, utilization);
    out.covered = out.reason.empty();
    return out;
}

StationResult resultOf(const StationTables& t, const Operating& at, double present, double utilization)
{
    const LatencyMix mix(t, at, Detail::full);
    StationResult out;
    out.stable = true;
    out.ttft = mix.ttft();
    out.e2e = mix.e2e();
    out.tpot = mix.tpot();
    out.partsMean = mix.partsMean();
    out.partsP95 = mix.partsAt(out.e2e.p95.si());
    out.partsP99 = mix.partsAt(out.e2e.p99.si());
    const double rate = present * at.fleetRate / t.input.replicas; // Little's law, in one replica
    out.meanConcurrency = rate * mix.inEngineMean();
    out.meanQueue = rate * mix.queueMean();
    // Near saturation the two are far larger than their difference, and seats are all there are.
    out.meanRunning = std::clamp(out.meanConcurrency - present * at.meanQueued, 0.0, t.input.seats);
    out.meanDecodes = present * at.meanDecodes;
    out.busyFraction = present * (1 - at.idleTime);
    out.stepMean = Seconds(at.stepMean);
    const double decodes = std::max(1.0, at.meanDecodes);
    out.prefillWork = Seconds(t.promptNodeAt(decodes).service);
    out.decodeWork = Seconds(t.gapsMean * t.decodeStepAt(decodes) / decodes);
    for (std::size_t k = 0; k < t.classes.size(); ++k) {
        out.attainmentPerClass.push_back(mix.attainment(k));
        out.attainment += t.classes[k].share * out.attainmentPerClass.back();
    }
    out.reason = reasonNotCovered(t, utilization);
    out.covered = out.reason.empty();
    return out;
}

bool isClosedLoop(const StationTables& t)
{
    return t.input.process == ArrivalProcess::closedLoop && t.fleetCapacity > 0 && t.input.concurrency > 0 &&
           sharesSteps(t);
}

} // namespace

StationResult solve(const BatchStation& station, RequestRate rate)
{
    const StationTables& t = station.tables();
    if (isClosedLoop(t)) {
        const Operating at = operateClosed(t);
        StationResult out = resultOf(t, at, 1, at.fleetRate / t.fleetCapacity);
        out.throughput = RequestRate(at.rate * t.input.replicas);
        out.utilization = out.throughput.si() / t.fleetCapacity;
        return out;
    }
    const double utilization =
        t.fleetCapacity > 0 ? rate.si() / t.fleetCapacity : std::numeric_limits<double>::infinity();
    if (!(utilization < 1)) {
        StationResult out = overloaded(t);
        out.utilization = utilization;
        return out;
    }
    if (t.input.policy == BatchPolicy::static_)
        return solveStatic(t, rate.si(), utilization);
    const double solvedAt = std::max(rate.si(), kLightest * t.fleetCapacity);
    StationResult out = resultOf(t, operate(t, solvedAt), rate.si() / solvedAt, utilization);
    out.utilization = utilization;
    out.throughput = rate;
    return out;
}

namespace {

/// Where a solve of the chain is needed: neither static nor overloaded.
bool needsChain(const StationTables& t, RequestRate rate)
{
    return isClosedLoop(t) || (t.input.policy != BatchPolicy::static_ && rate.si() < t.fleetCapacity);
}

Operating operating(const StationTables& t, RequestRate rate, Detail detail)
{
    return isClosedLoop(t) ? operateClosed(t) : operate(t, std::max(rate.si(), kLightest * t.fleetCapacity), detail);
}

} // namespace

LatencyEdge latencyEdge(const BatchStation& station, RequestRate rate)
{
    const StationTables& t = station.tables();
    if (!needsChain(t, rate)) {
        const StationResult r = solve(station, rate);
        return {r.ttft.mean, r.ttft.p95, r.tpot.mean, r.tpot.p95, r.e2e.mean, r.e2e.p95, r.partsMean.queue,
            r.partsMean.prefill, r.partsMean.decode, r.busyFraction};
    }
    const double present = isClosedLoop(t) ? 1 : std::min(1.0, rate.si() / (kLightest * t.fleetCapacity));
    const Operating at = operating(t, rate, Detail::edges);
    const LatencyMix mix(t, at, Detail::edges);
    const IntervalGrid tpot = mix.tpotDistribution();
    const LatencyParts parts = mix.partsMean();
    return {Seconds(mix.ttftMean()), Seconds(mix.ttftQuantile(0.95)), Seconds(std::max(0.0, tpot.mean())),
        Seconds(tpot.quantile(0.95)), Seconds(mix.e2eMean()), Seconds(mix.e2eQuantile(0.95)), parts.queue,
        parts.prefill, parts.decode, present * (1 - at.idleTime)};
}

Seconds slowed(Seconds latency, Seconds fixed, double factor)
{
    return factor == 1 ? latency : fixed + factor * std::max(latency - fixed, Seconds(0));
}

double targetMargin(const BatchStation& station, RequestRate rate, const Targets& targets, const Slowing& slowing)
{
    const StationTables& t = station.tables();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const Seconds toFirst = t.input.networkIn + t.input.retrieval;
    const Seconds toEnd = toFirst + t.input.post + t.input.networkOut;
    if (!needsChain(t, rate)) {
        const StationResult r = solve(station, rate);
        return r.stable
                   ? worstMiss(slowed(r.ttft.p95, toFirst, slowing.ttft) + slowing.moreToFirst,
                         slowing.tpot * r.tpot.p95, slowed(r.e2e.p99, toEnd, slowing.e2e) + slowing.moreToEnd, targets)
                   : kInfinity;
    }
    const Operating at = operating(t, rate, Detail::latencies);
    const LatencyMix mix(t, at, Detail::latencies);
    Targets others = targets;
    others.e2eP99.reset();
    const Seconds none(0);
    const Seconds ttft =
        targets.ttftP95 ? slowed(Seconds(mix.ttftQuantile(0.95)), toFirst, slowing.ttft) + slowing.moreToFirst : none;
    const Seconds tpot = targets.tpotP95 ? slowing.tpot * Seconds(mix.tpotDistribution().quantile(0.95)) : none;
    const double worst = worstMiss(ttft, tpot, none, others);
    if (!targets.e2eP99)
        return worst;
    // Its percentile matters only where it is the worst: one look says whether it is.
    const Seconds asBad = toEnd + (std::exp(worst) * *targets.e2eP99 - slowing.moreToEnd - toEnd) / slowing.e2e;
    if (worst > -kInfinity && mix.e2eShareWithin(asBad.si()) >= 0.99)
        return worst;
    const Seconds e2e = slowed(Seconds(mix.e2eQuantile(0.99)), toEnd, slowing.e2e) + slowing.moreToEnd;
    return worstMiss(ttft, tpot, e2e, targets);
}

LatencyQuantiles latencyQuantiles(const BatchStation& station, RequestRate rate, std::span<const double> probabilities)
{
    const StationTables& t = station.tables();
    LatencyQuantiles out;
    if (!isClosedLoop(t) && !(rate.si() < t.fleetCapacity)) {
        constexpr double kNever = std::numeric_limits<double>::infinity();
        out.ttft.assign(probabilities.size(), kNever);
        out.e2e = out.ttft;
        if (t.fleetCapacity > 0 && t.gapsMean > 0 && sharesSteps(t)) {
            const IntervalGrid tpot = tpotDistribution(t, decodeTimeOfFullSeats(t), Detail::latencies);
            for (double p : probabilities)
                out.tpot.push_back(tpot.quantile(p));
        } else {
            out.tpot.assign(probabilities.size(), overloaded(t).tpot.mean.si());
        }
        return out;
    }
    if (t.input.policy == BatchPolicy::static_) {
        const double solvedAt = std::max(rate.si(), kLightest * t.fleetCapacity);
        const StaticOperating at = operateStatic(t, solvedAt / t.input.replicas);
        const Seconds fixed = t.input.networkIn + t.input.networkOut + t.input.retrieval + t.input.post;
        for (double p : probabilities) {
            out.ttft.push_back(at.latency.quantile(p) + fixed.si());
            out.tpot.push_back(at.service.decodeStep);
        }
        out.e2e = out.ttft;
        return out;
    }
    const Operating at = operating(t, rate, Detail::latencies);
    const LatencyMix mix(t, at, Detail::latencies);
    const IntervalGrid tpot = mix.tpotDistribution();
    for (double p : probabilities) {
        out.ttft.push_back(mix.ttftQuantile(p));
        out.tpot.push_back(tpot.quantile(p));
        out.e2e.push_back(mix.e2eQuantile(p));
    }
    // Each is found to within a few thousandths, so that they may cross where all requests take about as long.
    for (auto* each : {&out.ttft, &out.tpot, &out.e2e})
        std::ranges::sort(*each);
    return out;
}

} // namespace headroom
