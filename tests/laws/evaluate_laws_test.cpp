// Laws that hold for every plan: no NaN leaves core, parts add up, more load is never better.
#include "core/evaluate.h"
#include "core/plan/catalog.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace headroom {
namespace {

/// SplitMix64: enough randomness to spread plans, the same on every machine.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : m_state(seed) {}
    double uniform()
    {
        std::uint64_t z = (m_state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
    }
    double logUniform(double from, double to) { return from * std::pow(to / from, uniform()); }
    std::size_t index(std::size_t n) { return std::min(n - 1, static_cast<std::size_t>(uniform() * double(n))); }

private:
    std::uint64_t m_state;
};

LengthDistribution anyLength(Dice& dice, double most)
{
    const LengthShape shapes[] = {LengthShape::fixed, LengthShape::uniform, LengthShape::lognormal, LengthShape::gamma};
    LengthDistribution d;
    d.shape = shapes[dice.index(4)];
    d.mean = dice.logUniform(1, most);
    d.cv = d.shape == LengthShape::uniform ? 0.5 * dice.uniform() : dice.logUniform(0.05, 3);
    return d;
}

Plan anyPlan(std::uint64_t seed)
{
    Dice dice(seed);
    Plan plan = defaultPlan();
    const auto gpus = catalogGpus();
    const auto models = catalogModels();
    EXPECT_TRUE(chooseGpu(plan, gpus[dice.index(gpus.size())].spec.name));
    EXPECT_TRUE(chooseModel(plan, models[dice.index(models.size())].spec.name));
    plan.workload.arrivalRate = RequestRate(dice.uniform() < 0.05 ? 0 : dice.logUniform(0.01, 300));
    plan.workload.shape.prompt = anyLength(dice, 8000);
    plan.workload.shape.output = anyLength(dice, 2000);
    plan.workload.shape.prefixHitRate = dice.uniform() < 0.5 ? 0 : dice.uniform();
    const ArrivalProcess processes[] = {ArrivalProcess::poisson, ArrivalProcess::gamma, ArrivalProcess::deterministic,
        ArrivalProcess::mmpp2, ArrivalProcess::closedLoop, ArrivalProcess::diurnal};
    plan.workload.process = processes[dice.index(6)];
    plan.workload.arrivalCv = dice.logUniform(0.2, 4);
    plan.workload.concurrency = 1 + static_cast<int>(dice.index(200));
    plan.deployment.tp = 1 << dice.index(4);
    plan.deployment.pp = 1 << dice.index(2);
    plan.deployment.replicas = 1 + static_cast<int>(dice.index(12));
    const Router routers[] = {
        Router::random, Router::roundRobin, Router::joinShortest, Router::powerOfTwo, Router::prefixAware};
    plan.deployment.router = routers[dice.index(5)];
    const BatchPolicy policies[] = {BatchPolicy::static_, BatchPolicy::continuous, BatchPolicy::prefillFirst,
        BatchPolicy::chunked, BatchPolicy::disaggregated};
    plan.batching.policy = policies[dice.index(5)];
    const Reservation reservations[] = {
        Reservation::maximum, Reservation::powerOfTwo, Reservation::oracle, Reservation::paged};
    plan.batching.reservation = reservations[dice.index(4)];
    plan.batching.maxSequences = static_cast<int>(dice.logUniform(1, 1024));
    plan.batching.tokenBudget = Tokens(std::floor(dice.logUniform(64, 16384)));
    if (dice.uniform() < 0.8)
        plan.targets.ttftP95 = Seconds(dice.logUniform(0.05, 20));
    if (dice.uniform() < 0.8)
        plan.targets.tpotP95 = Seconds(dice.logUniform(0.005, 0.5));
    if (dice.uniform() < 0.3)
        plan.targets.e2eP99 = Seconds(dice.logUniform(1, 200));
    return plan;
}

std::string describe(const Plan& p)
{
    return p.model.spec.name + " on " + p.hardware.gpu.name + ", tp " + std::to_string(p.deployment.tp) + ", policy " +
           std::to_string(int(p.batching.policy)) + ", process " + std::to_string(int(p.workload.process)) + ", rate " +
           std::to_string(p.workload.arrivalRate.si());
}

void expectNoNan(const PointEvaluation& e)
{
    const auto number = [](double v) { EXPECT_FALSE(std::isnan(v)); };
    for (const LatencySummary& l : {e.ttft, e.tpot, e.e2e})
        for (const Seconds s : {l.mean, l.p50, l.p95, l.p99, l.lo, l.hi}) {
            number(s.si());
            EXPECT_GE(s.si(), 0);
        }
    for (const LatencyParts& p : {e.partsMean, e.partsP95, e.partsP99})
        for (const Seconds s : {p.network, p.retrieval, p.queue, p.prefill, p.decode, p.post}) {
            number(s.si());
            EXPECT_GE(s.si(), -1e-9);
        }
    for (const double v : {e.utilization, e.busyFraction, e.kvFraction, e.capacity.si(), e.meanConcurrency,
             e.meanRunning, e.meanQueue, e.meanDecodes, e.throughput.output.si(), e.throughput.goodput.si(),
             e.sloAttainment, e.cost.fleet.si(), e.cost.perOutputToken.si(), e.cost.perToken.si(),
             e.cost.perOutputTokenAtCapacity.si(), e.cost.inputPrice.si(), e.cost.outputPrice.si(),
             e.cost.tokensPerUsd.si(), e.cost.qualityAdjusted.si(), e.cost.joulesPerToken, e.cost.gramsCo2PerToken,
             e.errorBudget.allowed, e.errorBudget.spent, e.errorBudget.burnRate, e.errorBudget.exhaustion.si(),
             e.capacityBand.lo, e.capacityBand.hi, e.throughputBand.lo, e.costBand.lo, e.costBand.hi}) {
        number(v);
        EXPECT_GE(v, 0);
    }
    EXPECT_LE(e.sloAttainment, 1 + 1e-9);
    EXPECT_LE(e.busyFraction, 1 + 1e-9);
}

TEST(EvaluateLaws, NoNanLeavesCoreAndSharesStayShares)
{
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        const Plan plan = anyPlan(seed);
        SCOPED_TRACE(describe(plan) + ", seed " + std::to_string(seed));
        const Evaluation e = evaluate(plan);
        expectNoNan(e);
        for (const double v : {e.headroom.si(), e.headroomLo.si(), e.headroomFraction, e.targetRate.si()})
            EXPECT_FALSE(std::isnan(v));
        for (const Elasticity& x : e.elasticities)
            EXPECT_TRUE(std::isfinite(x.elasticity));
        if (::testing::Test::HasFailure())
            break;
    }
}

TEST(EvaluateLaws, PartsAddUpForEveryStablePlan)
{
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const Plan plan = anyPlan(seed);
        const PointEvaluation e = evaluatePoint(plan);
        if (!e.stable)
            continue;
        SCOPED_TRACE(describe(plan) + ", seed " + std::to_string(seed));
        EXPECT_NEAR(e.partsMean.total().si(), e.e2e.mean.si(), 1e-6 * e.e2e.mean.si());
    }
}

TEST(EvaluateLaws, MoreLoadNeverShortensTheTailNorRaisesAttainment)
{
    // Percentiles are read from strata of the lengths: where a stratum moves over a chunk they jump by up to 2 %.
    constexpr double kResolution = 0.02;
    int looked = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        Plan plan = anyPlan(seed);
        if (plan.batching.policy == BatchPolicy::static_ || plan.workload.process == ArrivalProcess::closedLoop)
            continue; // a batch fills faster under load; a closed loop has no rate
        const Evaluator evaluator(plan);
        if (!evaluator.memory().fits || !evaluator.withoutBandsAt(0.5 * evaluator.capacity()).notCovered.empty())
            continue; // where the closed form says that it does not cover a plan it promises less
        SCOPED_TRACE(describe(plan) + ", seed " + std::to_string(seed));
        PointEvaluation last = evaluator.withoutBandsAt(0.05 * evaluator.capacity());
        for (const double share : {0.3, 0.6, 0.8, 0.9, 0.97}) {
            const PointEvaluation next = evaluator.withoutBandsAt(share * evaluator.capacity());
            EXPECT_GE(next.ttft.p95.si(), last.ttft.p95.si() * (1 - kResolution)) << share;
            EXPECT_GE(next.e2e.p95.si(), last.e2e.p95.si() * (1 - kResolution)) << share;
            EXPECT_LE(next.sloAttainment, last.sloAttainment + kResolution) << share;
            last = next;
            ++looked;
        }
    }
    EXPECT_GT(looked, 100);
}

TEST(EvaluateLaws, TheBillIsSplitWithoutRest)
{
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const Plan plan = anyPlan(seed);
        const PointEvaluation e = evaluatePoint(plan);
        if (!(e.throughput.output.si() > 0))
            continue;
        SCOPED_TRACE(describe(plan));
        const TokenRate input = e.throughput.total - e.throughput.output;
        const double paid = (e.cost.inputPrice * input).si() + (e.cost.outputPrice * e.throughput.output).si();
        EXPECT_NEAR(paid, e.cost.fleet.si(), 1e-6 * e.cost.fleet.si());
    }
}

} // namespace
} // namespace headroom
