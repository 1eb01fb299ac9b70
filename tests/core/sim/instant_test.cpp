#include "core/sim/instant.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/sim/simulate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace headroom::sim {
namespace {

struct Played {
    SimResult result;
    FixedLatency fixed;
};

Played play(const char* rate, std::uint64_t mostRows = 1'000'000)
{
    Plan plan = defaultPlan();
    EXPECT_TRUE(setField(plan, "workload.arrival_rate_req_s", rate));
    auto scenario = makeScenario(plan);
    EXPECT_TRUE(scenario);
    scenario->limits.requests = 4'000;
    scenario->record.rows = true;
    scenario->record.mostRows = mostRows;
    return {simulate(*scenario), plan.latency};
}

/// The mean over an interval of the time series is what the moments in it say, up to the sampling of the moments.
TEST(Instant, WaitingAgreesWithTheTimeSeries)
{
    const Played run = play("40"); // more than it can serve: a long queue to look at
    const TimeSeries& series = run.result.series;
    constexpr int kMoments = 200;
    int compared = 0;
    for (std::size_t bin = 10; bin + 1 < series.waiting.size(); bin += series.waiting.size() / 8) {
        double waiting = 0;
        for (int i = 0; i < kMoments; ++i) {
            const double t = (static_cast<double>(bin) + (i + 0.5) / kMoments) * series.interval;
            const auto now = instantAt(run.result, run.fixed, t);
            ASSERT_TRUE(now);
            waiting += static_cast<double>(now->waiting) / kMoments;
            EXPECT_DOUBLE_EQ(now->kvFraction, series.kvFraction[bin]);
        }
        EXPECT_NEAR(waiting, series.waiting[bin], 0.02 * series.waiting[bin] + 0.5) << "interval " << bin;
        compared += series.waiting[bin] > 5 ? 1 : 0;
    }
    EXPECT_GE(compared, 3) << "a queue that is empty proves nothing";
}

TEST(Instant, EveryRequestIsSomewhereBetweenArrivalAndFinish)
{
    const Played run = play("4");
    for (double t = 5; t < 500; t += 37.3) {
        const auto now = instantAt(run.result, run.fixed, t);
        ASSERT_TRUE(now);
        std::uint64_t alive = 0, done = 0;
        for (const RequestRow& row : run.result.rows) {
            alive += row.arrival <= t && row.finish > t ? 1 : 0;
            done += row.finish <= t && row.status == Status::completed ? 1 : 0;
        }
        EXPECT_EQ(now->waiting + now->prefilling + now->decoding + now->elsewhere, alive) << t;
        EXPECT_EQ(now->completed, done) << t;
    }
}

TEST(Instant, StepsGoThroughEveryChangeAndBack)
{
    const Played run = play("4");
    double t = 0;
    std::vector<double> there;
    for (int i = 0; i < 50; ++i) {
        const auto next = nearestChange(run.result, run.fixed, t, Direction::forward);
        ASSERT_TRUE(next);
        ASSERT_GT(*next, t);
        there.push_back(t = *next);
    }
    for (int i = 48; i >= 0; --i) {
        const auto back = nearestChange(run.result, run.fixed, t, Direction::backward);
        ASSERT_TRUE(back);
        EXPECT_EQ(t = *back, there[static_cast<std::size_t>(i)]);
    }
    EXPECT_FALSE(nearestChange(run.result, run.fixed, 1e9, Direction::forward));
    EXPECT_FALSE(nearestChange(run.result, run.fixed, -1, Direction::backward));
}

TEST(Instant, BeyondTheRowsThatWereKeptThereIsNone)
{
    const Played run = play("4", 100);
    EXPECT_EQ(run.result.rows.size(), 100U);
    EXPECT_TRUE(instantAt(run.result, run.fixed, 1));
    EXPECT_FALSE(instantAt(run.result, run.fixed, rowsReach(run.result) + 1));
    EXPECT_FALSE(instantAt(run.result, run.fixed, -1));
    EXPECT_FALSE(instantAt(run.result, run.fixed, std::nan("")));
    EXPECT_FALSE(instantAt(SimResult{}, run.fixed, 0));
}

} // namespace
} // namespace headroom::sim
