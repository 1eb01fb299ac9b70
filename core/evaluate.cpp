#include "core/evaluate.h"

#include "core/cost/cost.h"
#include "core/error.h"
#include "core/headroom.h"
#include "core/model/efficiency.h"
#include "core/plan/model_inputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace headroom {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Balancing balancing(Router router)
{
    switch (router) {
    case Router::random:
        return Balancing::random;
    case Router::roundRobin:
        return Balancing::roundRobin;
    case Router::powerOfTwo:
        return Balancing::powerOfTwo;
    case Router::joinShortest:
        return Balancing::joinShortest;
    case Router::prefixAware:
    case Router::prefixFetching:
        return Balancing::byPrefix;
    }
    return Balancing::joinShortest;
}

/// The link a prompt's KV crosses from the prefill pool to the decode pool: inside the node while the fleet fits one.
Bandwidth transferLink(const Plan& plan)
{
    return plan.gpus() <= plan.hardware.gpusPerNode ? plan.hardware.gpu.inNode.perDirection
                                                    : plan.hardware.gpu.betweenNodes;
}

StationInput stationInput(
    const Plan& plan, const StepModel& step, const WorkloadSummary& workload, const MemoryUse& memory)
{
    StationInput in;
    in.step = &step;
    in.workload = &workload;
    in.policy = plan.batching.policy;
    in.seats = memory.fits ? memory.seats : 0;
    in.tokenBudget = plan.batching.tokenBudget;
    in.stages = plan.batching.policy == BatchPolicy::static_ ? 1 : std::max(1, plan.deployment.pp);
    in.staticTimeout = plan.batching.staticTimeout;
    in.prefillShare = plan.batching.prefillShare;
    const Bandwidth link = transferLink(plan) * static_cast<double>(plan.deployment.tp);
    if (plan.batching.policy == BatchPolicy::disaggregated && link.si() > 0)
        in.transferPerToken = Seconds(kvBytesPerToken(plan.model.spec, plan.model.kvFormat).si() / link.si());
    in.replicas = plan.deployment.replicas;
    in.balancing = balancing(plan.deployment.router);
    in.process = plan.workload.process;
    in.burst = plan.workload.burst;
    in.concurrency = plan.workload.concurrency;
    in.networkIn = 0.5 * plan.latency.network + plan.latency.frontend;
    in.networkOut = 0.5 * plan.latency.network;
    in.retrieval = plan.latency.retrieval;
    in.post = plan.latency.post;
    in.targets = plan.targets;
    return in;
}

void fillBand(LatencySummary& latency) { latency.lo = latency.hi = latency.p95; }

} // namespace

struct Evaluator::Tables {
    Plan plan;
    WorkloadSummary workload;
    StepModel step;
    MemoryUse memory;
    BatchStation station;
    Seconds fixedToFirst, fixedToEnd; ///< parts of TTFT and E2E that no model error touches
    Seconds lonePrompt;               ///< one prompt of mean length in a step of its own
    ErrorBand promptBand, tpotBand, e2eBand, capacityBand;

    Tables(const Plan& p, WorkloadSummary summary)
        : plan(p),
          workload(std::move(summary)),
          step(stepInput(plan, workload)),
          memory(memoryUse(memoryInput(plan, workload))),
          station(headroom::station(stationInput(plan, step, workload, memory)))
    {
        const auto& fixed = plan.latency;
        fixedToFirst = 0.5 * fixed.network + fixed.frontend + fixed.retrieval;
        fixedToEnd = fixedToFirst + 0.5 * fixed.network + fixed.post;
        const auto band = [this](PredictedQuantity q) {
            return bandFor(q, plan.hardware.gpu.architecture, plan.model.weightFormat);
        };
        promptBand = band(PredictedQuantity::prompt);
        tpotBand = band(PredictedQuantity::tpot);
        e2eBand = band(PredictedQuantity::e2e);
        capacityBand = band(PredictedQuantity::capacity);
        if (const Tokens uncached = workload.uncachedPromptMean; uncached.si() > 0) {
            StepBatch alone;
            step.addPrompt(alone, uncached.si(), (workload.promptMean - uncached).si());
            lonePrompt = step.time(alone);
        }
    }

    /// One edge of the bands: all is as fast or slow as the steps are, and first tokens besides as much later as servers
    /// were found to answer later (or sooner) than their steps say, whatever queues in front of them.
    Slowing slowing(double ErrorBand::*edge) const
    {
        const double prompt = promptBand.*edge, tpot = tpotBand.*edge, e2e = e2eBand.*edge;
        return {tpot, tpot, e2e, (prompt - tpot) * lonePrompt, (prompt - e2e) * lonePrompt};
    }

    /// Requests answered by the response cache never reach a replica (topic 10.2).
    double missShare() const { return 1 - plan.operations.responseCacheHitRate; }
    RequestRate capacity() const
    {
        return memory.fits ? station.capacity() / std::max(missShare(), 1e-9) : RequestRate(0);
    }
    /// What of clients and caches no station knows; empty where it does not matter.
    std::string_view ofClients(const PointEvaluation&) const;
    StationResult solveAt(RequestRate rate) const { return solve(station, rate * missShare()); }
    LatencyEdge edgeAt(RequestRate rate) const { return latencyEdge(station, rate * missShare()); }
    PointEvaluation bare(RequestRate rate) const;
    void fillLoad(PointEvaluation&, const StationResult&, RequestRate offered) const;
    void fillMoney(PointEvaluation&, const StationResult&) const;
    void fillErrorBudget(PointEvaluation&, RequestRate offered) const;
    void fillRateBands(PointEvaluation&, RequestRate offered) const;
};

Evaluator::Evaluator(const Plan& plan) : m_tables(std::make_unique<const Tables>(plan, summarize(plan.workload))) {}
Evaluator::Evaluator(const Plan& plan, const Evaluator& sameWorkload)
    : m_tables(std::make_unique<const Tables>(plan, sameWorkload.workload()))
{}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

const MemoryUse& Evaluator::memory() const { return m_tables->memory; }
const StepModel& Evaluator::step() const { return m_tables->step; }
const WorkloadSummary& Evaluator::workload() const { return m_tables->workload; }
const BatchStation& Evaluator::station() const { return m_tables->station; }
const Plan& Evaluator::plan() const { return m_tables->plan; }
RequestRate Evaluator::capacity() const { return m_tables->capacity(); }

std::string_view Evaluator::Tables::ofClients(const PointEvaluation& point) const
{
    const auto& timeout = plan.scheduling.clientTimeout;
    if (timeout && point.stable && point.e2e.p99 > *timeout)
        return "more than one request in a hundred takes longer than its client waits; what follows from giving up and "
               "trying again only a simulation shows";
    if (plan.workload.sharedPrefixes.count > 0)
        return "requests begin alike: how much the prefix cache saves follows from a simulation; the closed form takes "
               "the "
               "hit rate of the plan";
    return {};
}

void Evaluator::Tables::fillLoad(PointEvaluation& point, const StationResult& solved, RequestRate offered) const
{
    point.fits = memory.fits;
    point.stable = memory.fits && solved.stable;
    point.capacity = capacity();
    point.utilization = point.capacity.si() > 0 ? offered / point.capacity : (offered.si() > 0 ? kInfinity : 0);
    point.busyFraction = solved.busyFraction;
    const double ranks = std::max(1, plan.deployment.attentionDp); // each holds its own sequences
    point.kvFraction =
        memory.kvReach.si() > 0 ? std::min(1.0, solved.meanRunning / ranks * memory.kvPerRequest / memory.kvReach) : 0;
    point.ttft = solved.ttft;
    point.tpot = solved.tpot;
    point.e2e = solved.e2e;
    fillBand(point.ttft);
    fillBand(point.tpot);
    fillBand(point.e2e);
    point.partsMean = solved.partsMean;
    point.partsP95 = solved.partsP95;
    point.partsP99 = solved.partsP99;
    point.meanConcurrency = solved.meanConcurrency;
    point.meanRunning = solved.meanRunning;
    point.meanQueue = solved.meanQueue;
    point.meanDecodes = solved.meanDecodes;
    point.sloAttainment = point.stable ? solved.attainment : 0;
    point.notCovered = ofClients(point);
    if (point.notCovered.empty())
        point.notCovered = solved.covered ? std::string_view{} : solved.reason;
}

PointEvaluation Evaluator::Tables::bare(RequestRate rate) const
{
    const StationResult solved = solveAt(rate);
    const bool closed = plan.workload.process == ArrivalProcess::closedLoop;
    const double miss = std::max(missShare(), 1e-9);
    const RequestRate offered = closed ? solved.throughput / miss : rate;
    PointEvaluation point;
    fillLoad(point, solved, offered);
    const RequestRate served = memory.fits ? std::min(solved.throughput / miss, offered) : RequestRate(0);
    point.throughput.requests = served;
    point.throughput.output = TokenRate(served.si() * workload.outputMean.si());
    point.throughput.total = TokenRate(served.si() * (workload.outputMean + workload.promptMean).si());
    point.throughput.goodput = offered * point.sloAttainment;
    point.meetsTargets = targetMargin(point, plan.targets) <= 0;
    fillMoney(point, solved);
    fillErrorBudget(point, offered);
    fillRateBands(point, offered);
    return point;
}

void Evaluator::Tables::fillMoney(PointEvaluation& point, const StationResult& solved) const
{
    const CostSpec& spec = plan.cost;
    const EnergySpec energy{.boardWatts = plan.hardware.gpu.powerWatts,
        .pue = spec.pue,
        .usdPerKwh = spec.powerUsdPerKwh,
        .gramsCo2PerKwh = spec.gramsCo2PerKwh};
    const double watts = fleetWatts(energy, plan.gpus(), point.busyFraction);
    const UsdRate staff = spec.staffUsdPerMonth * dollar / (30 * day);
    CostResult& cost = point.cost;
    cost.priced = plan.hardware.hasPrice();
    if (cost.priced) // energy and staff alone would pass for the bill
        cost.fleet = fleetCost(plan.hardware.pricePerGpu, plan.gpus(), energyCost(energy, watts), staff);
    const TokenRate output = point.throughput.output;
    const TokenRate input = point.throughput.total - output;
    cost.perOutputToken = costPerToken(cost.fleet, output);
    cost.perToken = costPerToken(cost.fleet, point.throughput.total);
    const TokenRate outputAtCapacity(point.capacity.si() * workload.outputMean.si());
    cost.perOutputTokenAtCapacity = costPerToken(cost.fleet, outputAtCapacity);
    const PriceSplit split = splitPrices(cost.fleet, solved.prefillWork, solved.decodeWork, input, output);
    cost.inputPrice = split.input;
    cost.outputPrice = split.output;
    cost.tokensPerUsd = tokensPerUsd(output, cost.fleet);
    cost.qualityAdjusted = qualityAdjusted(cost.perOutputToken, spec.quality);
    cost.joulesPerToken = joulesPerToken(watts, output);
    cost.gramsCo2PerToken = gramsCo2PerToken(energy, watts, output);
}

void Evaluator::Tables::fillErrorBudget(PointEvaluation& point, RequestRate offered) const
{
    const Seconds window = plan.targets.windowDays * day;
    const double bad = 1 - point.sloAttainment;
    const double allowedShare = std::max(1 - plan.targets.attainment, 1e-12);
    point.errorBudget.allowed = allowedShare * (offered * window).si();
    point.errorBudget.spent = bad * (offered * window).si();
    point.errorBudget.burnRate = bad / allowedShare;
    point.errorBudget.exhaustion = bad > 0 ? window / point.errorBudget.burnRate : Seconds::infinite();
}

void Evaluator::Tables::fillRateBands(PointEvaluation& point, RequestRate offered) const
{
    const double capacityNow = point.capacity.si();
    point.capacityBand = {capacityNow * capacityBand.lo, capacityNow * capacityBand.hi};
    // What is served is known as long as even the pessimistic capacity exceeds what is offered; so is the cost of it.
    const double lo = std::min(offered.si(), point.capacityBand.lo), hi = std::min(offered.si(), point.capacityBand.hi);
    const double tokens = workload.outputMean.si();
    point.throughputBand = {lo * tokens, hi * tokens};
    const double perSecond = point.cost.fleet.si();
    point.costBand = {hi > 0 ? perSecond / (hi * tokens) : kInfinity, lo > 0 ? perSecond / (lo * tokens) : kInfinity};
    const auto exact = [](Seconds s) { return Band{s.si(), s.si()}; };
    point.ttftMeanBand = exact(point.ttft.mean);
    point.tpotMeanBand = exact(point.tpot.mean);
    point.e2eMeanBand = exact(point.e2e.mean);
    point.partsMeanBand = {point.partsMean, point.partsMean};
    point.busyBand = {point.busyFraction, point.busyFraction};
}

PointEvaluation Evaluator::withoutBandsAt(RequestRate rate) const { return m_tables->bare(rate); }

namespace {

/// Where the parts of a latency end that no model error touches.
struct FixedParts {
    Seconds toFirst, toEnd;
};

/// One edge of every latency band: `other` is the same plan at the rate shifted by the edge's time factor. A band holds
/// its own prediction also where the edge, solved with less detail, would not.
void applyEdge(PointEvaluation& point, const LatencyEdge& other, const Slowing& slowing, const FixedParts& fixed,
    Seconds LatencySummary::*summaryEdge, double Band::*bandEdge)
{
    const bool upper = summaryEdge == &LatencySummary::hi;
    const auto beyond = [upper](Seconds edge, Seconds value) {
        return upper ? std::max(edge, value) : std::min(edge, value);
    };
    const auto put = [&](LatencySummary& latency, Seconds p95, Band& band, Seconds mean, Seconds before, double factor,
                         Seconds more) {
        latency.*summaryEdge = beyond(slowed(p95, before, factor) + more, latency.p95);
        band.*bandEdge = beyond(slowed(mean, before, factor) + more, latency.mean).si();
    };
    put(point.ttft, other.ttftP95, point.ttftMeanBand, other.ttftMean, fixed.toFirst, slowing.ttft,
        slowing.moreToFirst);
    put(point.tpot, other.tpotP95, point.tpotMeanBand, other.tpotMean, Seconds(0), slowing.tpot, Seconds(0));
    put(point.e2e, other.e2eP95, point.e2eMeanBand, other.e2eMean, fixed.toEnd, slowing.e2e, slowing.moreToEnd);

    point.busyBand.*bandEdge =
        upper ? std::max(other.busyFraction, point.busyFraction) : std::min(other.busyFraction, point.busyFraction);

    // What first tokens come later by than their steps say is the prompt's, as in E2E.
    const LatencyParts& now = point.partsMean;
    LatencyParts& edge = upper ? point.partsMeanBand.hi : point.partsMeanBand.lo;
    const Seconds prefill = std::max(slowing.e2e * other.prefillMean + slowing.moreToEnd, Seconds(0));
    edge.queue = beyond(slowing.e2e * other.queueMean, now.queue);
    edge.prefill = beyond(prefill, now.prefill);
    edge.decode = beyond(slowing.e2e * other.decodeMean, now.decode);
}

double mix(double a, double b, double t)
{
    return std::isfinite(a) && std::isfinite(b) ? a + (b - a) * t : std::max(a, b);
}

LatencyEdge edgeOf(const PointEvaluation& p)
{
    return {p.ttft.mean, p.ttft.p95, p.tpot.mean, p.tpot.p95, p.e2e.mean, p.e2e.p95, p.partsMean.queue,
        p.partsMean.prefill, p.partsMean.decode, p.busyFraction};
}

LatencyEdge mixEdges(const LatencyEdge& a, const LatencyEdge& b, double t)
{
    LatencyEdge out;
    for (Seconds LatencyEdge::*x : {&LatencyEdge::ttftMean, &LatencyEdge::ttftP95, &LatencyEdge::tpotMean,
             &LatencyEdge::tpotP95, &LatencyEdge::e2eMean, &LatencyEdge::e2eP95, &LatencyEdge::queueMean,
             &LatencyEdge::prefillMean, &LatencyEdge::decodeMean})
        out.*x = Seconds(mix((a.*x).si(), (b.*x).si(), t));
    out.busyFraction = mix(a.busyFraction, b.busyFraction, t);
    return out;
}

/// The latencies of a curve at a rate between (or beyond) its points.
LatencyEdge readCurve(std::span<const RequestRate> rates, std::span<const LatencyEdge> points, RequestRate rate)
{
    const auto above = std::lower_bound(rates.begin(), rates.end(), rate);
    if (above == rates.begin())
        return points.front();
    if (above == rates.end())
        return points.back();
    const auto i = static_cast<std::size_t>(above - rates.begin());
    const double t = (rate - rates[i - 1]) / (rates[i] - rates[i - 1]);
    return mixEdges(points[i - 1], points[i], t);
}

} // namespace

PointEvaluation Evaluator::at(RequestRate rate) const
{
    PointEvaluation point = m_tables->bare(rate);
    if (!point.fits)
        return point;
    const Tables& t = *m_tables;
    const FixedParts fixed{t.fixedToFirst, t.fixedToEnd};
    applyEdge(point, t.edgeAt(rate * t.tpotBand.lo), t.slowing(&ErrorBand::lo), fixed, &LatencySummary::lo, &Band::lo);
    applyEdge(point, t.edgeAt(rate * t.tpotBand.hi), t.slowing(&ErrorBand::hi), fixed, &LatencySummary::hi, &Band::hi);
    return point;
}

double Evaluator::marginAt(RequestRate rate) const
{
    const Tables& t = *m_tables;
    return t.memory.fits ? targetMargin(t.station, rate * t.missShare(), t.plan.targets) : kInfinity;
}

double Evaluator::pessimisticMarginAt(RequestRate rate) const
{
    const Tables& t = *m_tables;
    const RequestRate there = rate * (t.missShare() * t.tpotBand.hi);
    return t.memory.fits ? targetMargin(t.station, there, t.plan.targets, t.slowing(&ErrorBand::hi)) : kInfinity;
}

double Evaluator::optimisticMarginAt(RequestRate rate) const
{
    const Tables& t = *m_tables;
    const RequestRate there = rate * (t.missShare() * t.tpotBand.lo);
    return t.memory.fits ? targetMargin(t.station, there, t.plan.targets, t.slowing(&ErrorBand::lo)) : kInfinity;
}

double Evaluator::slowFactor() const { return std::max(1.0, m_tables->tpotBand.hi); }
double Evaluator::fastFactor() const { return std::min(1.0, m_tables->tpotBand.lo); }

// at() solves its edges anew and with less detail (Detail::edges): the two agree within a few percent, not to the digit.
void Evaluator::bandsAlong(std::span<const RequestRate> rates, std::span<PointEvaluation> points) const
{
    HR_ASSERT(rates.size() == points.size());
    const Tables& t = *m_tables;
    if (!t.memory.fits || points.empty())
        return;
    const FixedParts fixed{t.fixedToFirst, t.fixedToEnd};
    const Slowing fast = t.slowing(&ErrorBand::lo), slow = t.slowing(&ErrorBand::hi);
    std::vector<LatencyEdge> curve;
    curve.reserve(points.size());
    for (const PointEvaluation& point : points)
        curve.push_back(edgeOf(point));
    for (std::size_t i = 0; i < points.size(); ++i) {
        const LatencyEdge lo = readCurve(rates, curve, rates[i] * t.tpotBand.lo);
        const LatencyEdge hi = readCurve(rates, curve, rates[i] * t.tpotBand.hi);
        applyEdge(points[i], lo, fast, fixed, &LatencySummary::lo, &Band::lo);
        applyEdge(points[i], hi, slow, fixed, &LatencySummary::hi, &Band::hi);
    }
}

PointEvaluation Evaluator::point() const { return at(m_tables->plan.workload.arrivalRate); }

LatencyQuantiles Evaluator::quantilesAt(RequestRate rate, std::span<const double> probabilities) const
{
    return latencyQuantiles(m_tables->station, rate * m_tables->missShare(), probabilities);
}

PointEvaluation evaluatePoint(const Plan& plan) { return Evaluator(plan).point(); }

MemoryUse memoryOf(const Plan& plan)
{
    const WorkloadSummary workload = summarize(plan.workload);
    return memoryUse(memoryInput(plan, workload));
}

} // namespace headroom
