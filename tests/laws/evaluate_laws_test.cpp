// Laws that hold for every plan: no NaN leaves core, parts add up, more load is never better.
#include "tests/laws/any_plan.h"

#include "core/derived_bands.h"
#include "core/evaluate.h"
#include "core/headroom.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom {
namespace {

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

/// The parts of one latency, its band and theirs.
void expectPartsWithin(const LatencyParts& parts, const PartsBand& band, const Band& whole)
{
    double lo = 0, hi = 0;
    for (const auto part : {&LatencyParts::network, &LatencyParts::retrieval, &LatencyParts::queue,
             &LatencyParts::prefill, &LatencyParts::decode, &LatencyParts::post}) {
        const Band b = band.of(part);
        EXPECT_FALSE(std::isnan(b.lo) || std::isnan(b.hi));
        EXPECT_GE(b.lo, -1e-9);
        EXPECT_LE(b.lo, (parts.*part).si());
        EXPECT_GE(b.hi, (parts.*part).si());
        lo += b.lo;
        hi += b.hi;
    }
    EXPECT_LE(lo, whole.lo * (1 + 1e-9));
    EXPECT_GE(hi, whole.hi * (1 - 1e-9));
}

TEST(EvaluateLaws, BandsOfPartsHoldThePartsAndReachAsFarAsTheBandOfTheWhole)
{
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const Plan plan = anyPlan(seed);
        const Evaluator evaluator(plan);
        if (!evaluator.memory().fits)
            continue;
        for (const double share : {0.0, 0.5, 0.9, 0.99, 1.05}) {
            const PointEvaluation e = evaluator.at(share * evaluator.capacity());
            SCOPED_TRACE(describe(plan) + ", seed " + std::to_string(seed) + ", share " + std::to_string(share));
            expectPartsWithin(e.partsMean, e.partsMeanBand, e.e2eMeanBand);
            expectPartsWithin(e.partsP95, partsP95Band(e), {e.e2e.lo.si(), e.e2e.hi.si()});
            expectPartsWithin(e.partsP99, partsP99Band(e), farBand(e.e2e));
        }
        if (::testing::Test::HasFailure())
            break;
    }
}

TEST(EvaluateLaws, EnergyAndTheRateWithinTargetsLieInTheirBands)
{
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const Plan plan = anyPlan(seed);
        const Evaluation e = evaluate(plan);
        SCOPED_TRACE(describe(plan) + ", seed " + std::to_string(seed));
        const Band rate = targetRateBand(plan, e);
        EXPECT_LE(rate.lo, e.targetRate.si());
        EXPECT_GE(rate.hi, e.targetRate.si());
        EXPECT_TRUE(std::isfinite(rate.hi));
        const Band energy = energyBand(e), busy = e.busyBand;
        EXPECT_LE(energy.lo, e.cost.joulesPerToken * (1 + 1e-12));
        EXPECT_GE(energy.hi, e.cost.joulesPerToken * (1 - 1e-12));
        EXPECT_GE(busy.lo, 0);
        EXPECT_LE(busy.lo, e.busyFraction);
        EXPECT_GE(busy.hi, e.busyFraction);
        EXPECT_LE(busy.hi, 1 + 1e-9);
    }
}

TEST(EvaluateLaws, MoreLoadNeverShortensTheTailNorRaisesAttainment)
{
    // Percentiles are read from strata of the lengths: where a stratum moves over a chunk they jump by up to 2 %.
    constexpr double kResolution = 0.02;
    int looked = 0;
    for (std::uint64_t seed = 1; seed <= 1200; ++seed) {
        Plan plan = anyPlan(seed);
        if (plan.batching.policy == BatchPolicy::static_ || plan.workload.process == ArrivalProcess::closedLoop)
            continue; // a batch fills faster under load; a closed loop has no rate
        const Evaluator evaluator(plan);
        const std::string_view reason = evaluator.withoutBandsAt(0.5 * evaluator.capacity()).notCovered;
        const bool isPipeline = plan.deployment.pp > 1, isSaid = reason.starts_with("several pipeline stages");
        if (!evaluator.memory().fits || (!reason.empty() && !isSaid && !reason.ends_with("the rest holds")))
            continue; // where the closed form says that it does not cover a plan it promises less
        SCOPED_TRACE(describe(plan) + ", seed " + std::to_string(seed));
        PointEvaluation last = evaluator.withoutBandsAt(0.05 * evaluator.capacity());
        for (const double share : {0.3, 0.6, 0.8, 0.9, 0.97}) {
            if (isPipeline && share > 0.9)
                break; // of 1,200 plans one falls by a tenth there
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
