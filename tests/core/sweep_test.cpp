#include "core/sweep.h"

#include "core/plan/catalog.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> axis(std::string_view text)
{
    const auto parsed = parseAxis(text, defaultPlan());
    EXPECT_TRUE(parsed.has_value()) << text << ": " << (parsed ? "" : parsed.error().message);
    return parsed ? parsed->values : std::vector<double>{};
}

std::string refusal(std::string_view text)
{
    const auto parsed = parseAxis(text, defaultPlan());
    EXPECT_FALSE(parsed.has_value()) << text;
    return parsed ? "" : parsed.error().where + ": " + parsed.error().message;
}

TEST(ParseAxis, EvenStepsHaveBothEndsExactly)
{
    EXPECT_THAT(axis("workload.arrival_rate_req_s=1:3:3"), ElementsAre(1, 2, 3));
    EXPECT_THAT(axis("workload.arrival_rate_req_s=5:5:1"), ElementsAre(5));
    const auto down = axis("workload.arrival_rate_req_s=0.3:0.1:3");
    EXPECT_EQ(down.front(), 0.3);
    EXPECT_EQ(down.back(), 0.1);
}

TEST(ParseAxis, LogarithmicStepsHaveEqualRatios)
{
    const auto values = axis("workload.arrival_rate_req_s=1:16:5:log");
    ASSERT_EQ(values.size(), 5u);
    for (std::size_t i = 1; i < values.size(); ++i)
        EXPECT_NEAR(values[i] / values[i - 1], 2, 1e-12);
}

TEST(ParseAxis, WholeNumbersComeOnceEach)
{
    EXPECT_THAT(axis("deployment.replicas=1:4:100"), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(axis("deployment.tp=1,2,4,8"), ElementsAre(1, 2, 4, 8));
}

TEST(ParseAxis, ChoicesAreIndicesThatReadBackAsNames)
{
    const auto known = parseAxis("hardware.gpu=A100-SXM-80GB,H200-SXM-141GB", defaultPlan());
    ASSERT_TRUE(known.has_value());
    EXPECT_EQ(axisText(*known, known->values[0]), "A100-SXM-80GB");
    EXPECT_EQ(axisText(*known, known->values[1]), "H200-SXM-141GB");
}

TEST(ParseAxis, SaysWhatIsWrong)
{
    EXPECT_THAT(refusal("replicas"), HasSubstr("expected KEY="));
    EXPECT_THAT(refusal("deployment.replica=1:2:2"), HasSubstr("no such field"));
    EXPECT_THAT(refusal("deployment.replicas=1:2"), HasSubstr("is no range"));
    EXPECT_THAT(refusal("deployment.replicas=1:2:3:lin"), HasSubstr("is no range"));
    EXPECT_THAT(refusal("deployment.replicas=a:2:3"), HasSubstr("\"a\" is not a number"));
    EXPECT_THAT(refusal("deployment.replicas=1:nan:3"), HasSubstr("is not a number"));
    EXPECT_THAT(refusal("deployment.replicas=0:4:5"), HasSubstr("out of range"));
    EXPECT_THAT(refusal("deployment.replicas=1:4:10001"), HasSubstr("1 to 10000"));
    EXPECT_THAT(refusal("deployment.replicas=1:4:2.5"), HasSubstr("whole number"));
    EXPECT_THAT(refusal("workload.arrival_rate_req_s=0:4:3:log"), HasSubstr("above 0"));
    EXPECT_THAT(refusal("batching.policy=chunked,clever"), HasSubstr("batching.policy"));
}

TEST(Sweep, TheLastAxisIsFastestAndEachRowIsThePlanEvaluated)
{
    const Plan plan = defaultPlan();
    const std::vector<SweepAxis> axes{
        *parseAxis("deployment.replicas=1,2", plan), *parseAxis("workload.arrival_rate_req_s=1:3:3", plan)};
    EXPECT_EQ(gridSize(axes), 6u);
    const auto rows = sweep(plan, axes);
    ASSERT_EQ(rows.size(), 6u);
    EXPECT_THAT(rows[1].coordinates, ElementsAre(1, 2));
    EXPECT_THAT(rows[3].coordinates, ElementsAre(2, 1));
    Plan alone = plan;
    alone.deployment.replicas = 2;
    alone.workload.arrivalRate = RequestRate(3);
    EXPECT_EQ(rows[5].result.e2e, evaluatePoint(alone).e2e);
}

TEST(Sweep, PointsThatAFieldRefusesAreLeftOutWithAReason)
{
    const Plan plan = defaultPlan();
    const std::vector<SweepAxis> axes{*parseAxis("deployment.tp=1,3,4", plan)};
    EXPECT_EQ(sweep(plan, axes).size(), 2u) << "32 heads cannot be cut into three";
    const GridPoint refused = gridPoint(plan, axes, 1);
    EXPECT_FALSE(refused.plan.has_value());
    EXPECT_FALSE(refused.refused.message.empty());
    EXPECT_THAT(refused.coordinates, ElementsAre(3));
}

TEST(SweepLoad, AscendsFromNearZeroBeyondSaturationAndIsDenseThere)
{
    const Plan plan = defaultPlan();
    const Evaluator evaluator(plan);
    const double capacity = evaluator.capacity().si();
    for (const int points : {16, 64, 200}) {
        const auto curve = sweepLoad(evaluator, points);
        ASSERT_EQ(curve.size(), static_cast<std::size_t>(points));
        for (std::size_t i = 1; i < curve.size(); ++i)
            EXPECT_LT(curve[i - 1].rate, curve[i].rate);
        EXPECT_GT(curve.front().rate.si(), 0);
        EXPECT_LT(curve.front().rate.si(), 0.06 * capacity);
        EXPECT_GE(curve.back().rate.si(), 1.05 * capacity * (1 - 1e-12));
        EXPECT_TRUE(std::any_of(curve.begin(), curve.end(), [&](const LoadPoint& p) {
            return p.rate == plan.workload.arrivalRate;
        })) << "the present load is on the curve";
    }
    const auto curve = sweepLoad(evaluator, 200);
    std::size_t close = 0;
    for (const LoadPoint& point : curve)
        close += point.rate.si() > 0.9 * capacity && point.rate.si() < capacity ? 1 : 0;
    EXPECT_GT(close, 30u);
}

TEST(SweepLoad, PointsAreWhatTheEvaluatorSaysWithBandsThatHoldThem)
{
    const Evaluator evaluator(defaultPlan());
    for (const LoadPoint& point : sweepLoad(evaluator, 64)) {
        const PointEvaluation alone = evaluator.at(point.rate);
        EXPECT_EQ(point.result.ttft.p95, alone.ttft.p95);
        EXPECT_EQ(point.result.stable, point.rate < evaluator.capacity());
        EXPECT_LE(point.result.ttft.lo.si(), point.result.ttft.p95.si() * (1 + 1e-9));
        EXPECT_GE(point.result.ttft.hi.si(), point.result.ttft.p95.si() * (1 - 1e-9));
    }
}

TEST(SweepLoad, APlanThatDoesNotFitHasACurveOfNothingServed)
{
    Plan plan = defaultPlan();
    ASSERT_TRUE(chooseModel(plan, "Llama-3.1-70B").has_value());
    const auto curve = sweepLoad(Evaluator(plan), 32);
    ASSERT_FALSE(curve.empty());
    for (const LoadPoint& point : curve) {
        EXPECT_FALSE(point.result.fits);
        EXPECT_EQ(point.result.throughput.requests.si(), 0);
    }
}

} // namespace
} // namespace headroom
