// What is due at which step: two replicas' rings over one table of links, against a plain list.
#include "core/sim/simulate.h"
#include "core/sim/step_ring.h"

#include "core/plan/catalog.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>

namespace headroom::sim {
namespace {

/// Slots by step, of one replica.
using Plain = std::map<std::int64_t, std::set<std::int32_t>>;

std::set<std::int32_t> taken(StepRing& ring, std::int64_t step)
{
    std::set<std::int32_t> all;
    for (auto slot = ring.takeDue(step); slot != kNoSlot; slot = ring.takeDue(step))
        all.insert(slot);
    return all;
}

TEST(StepRing, OfEachReplicaGivesWhatIsDueThoughSlotsWanderBetweenThem)
{
    for (const std::int64_t size : {64, 256, 4096}) {
        StepLinks links;
        std::vector<StepRing> rings{StepRing(links, 0, size), StepRing(links, 1, size)};
        std::vector<Plain> plain(2);
        std::vector<std::int64_t> present(2, 0);
        std::map<std::int32_t, std::pair<std::size_t, std::int64_t>> where; // of each slot: ring and step
        std::mt19937_64 random(static_cast<std::uint64_t>(size));
        for (int i = 0; i < 40'000; ++i) {
            const auto ring = static_cast<std::size_t>(random() % 2);
            const auto slot = static_cast<std::int32_t>(random() % 60);
            const auto known = where.find(slot);
            if (known == where.end()) { // near, or far beyond the ring
                const auto step = present[ring] + 1 + static_cast<std::int64_t>(random() % (random() % 3 ? 50 : 9000));
                rings[ring].insert(slot, step, present[ring]);
                plain[ring][step].insert(slot);
                where[slot] = {ring, step};
            } else if (random() % 4 == 0) { // leaves early, and its far entry goes stale
                const auto [owner, step] = known->second;
                rings[owner].remove(slot);
                plain[owner][step].erase(slot);
                if (plain[owner][step].empty())
                    plain[owner].erase(step);
                where.erase(known);
            }
            const std::int64_t due = plain[ring].empty() ? StepRing::kNever : plain[ring].begin()->first;
            ASSERT_EQ(rings[ring].nextDue(present[ring]), due)
                << "ring " << ring << ", size " << size << ", move " << i;
            if (due != StepRing::kNever && random() % 3 == 0) {
                present[ring] = due;
                ASSERT_EQ(taken(rings[ring], due), plain[ring].begin()->second);
                for (const auto ended : plain[ring].begin()->second)
                    where.erase(ended);
                plain[ring].erase(plain[ring].begin());
            }
        }
    }
}

TEST(StepRing, IsSmallerInLargeFleets)
{
    EXPECT_EQ(StepRing::sizeFor(1), 4096);
    EXPECT_EQ(StepRing::sizeFor(512), 4096);
    EXPECT_EQ(StepRing::sizeFor(1'000), 2048);
    EXPECT_EQ(StepRing::sizeFor(100'000), 64);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
double peakMib()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "VmHWM:") {
            double kib = 0;
            status >> kib;
            return kib / 1024;
        }
    return 0;
}

/// From here on the peak counts: what tests before have taken does not.
double presentMib()
{
    std::ofstream("/proc/self/clear_refs") << 5;
    return peakMib();
}

// Each replica kept room for every slot of the run: a fleet of a thousand took 700 MiB, one of 100,000 twenty-four GiB.
TEST(LargeFleets, TakeMemoryForTheirSequencesAndNotForEachInEachReplica)
{
    Plan plan = defaultPlan();
    plan.deployment.replicas = 1500;
    plan.workload.arrivalRate = RequestRate(15'000);
    auto scenario = makeScenario(plan);
    ASSERT_TRUE(scenario.has_value());
    scenario->router = Router::roundRobin; // that asks nobody
    scenario->limits.requests = 150'000;
    const double before = presentMib();
    const SimResult result = simulate(*scenario);
    EXPECT_EQ(result.counters.completed + result.counters.rejected, 150'000U);
    EXPECT_LT(peakMib() - before, 100);
}

// The bar of the product for ten million requests, most of which have long gone when the last one comes.
TEST(ManyRequests, TenMillionTakeLessThan150MiB)
{
    Plan plan = defaultPlan();
    plan.workload.shape.output.mean = 20; // what is kept does not depend on it, and there are fewer steps to take
    plan.workload.arrivalRate = RequestRate(20);
    auto scenario = makeScenario(plan);
    ASSERT_TRUE(scenario.has_value());
    scenario->limits.requests = 10'000'000;
    const double before = presentMib();
    const SimResult result = simulate(*scenario);
    EXPECT_EQ(result.counters.completed + result.counters.rejected, 10'000'000U);
    EXPECT_GT(result.itl.count, 100'000'000U) << "gaps are counted, not kept";
    EXPECT_LT(peakMib() - before, 150);
}
#endif

// Replicas were numbered in 16 bits on their requests: beyond 32,768 a time-out reached for one that was not there.
TEST(LargeFleets, EveryReplicaHasItsNumber)
{
    for (const BatchPolicy policy : {BatchPolicy::chunked, BatchPolicy::disaggregated}) {
        Plan plan = defaultPlan();
        plan.batching.policy = policy;
        plan.deployment.replicas = 80'000;
        plan.deployment.router = Router::random;
        plan.workload.arrivalRate = RequestRate(20'000);
        plan.scheduling.clientTimeout = Seconds(0.05);
        auto scenario = makeScenario(plan);
        ASSERT_TRUE(scenario.has_value());
        scenario->limits.requests = 2'000;
        scenario->record.rows = true;
        const SimResult result = simulate(*scenario);
        EXPECT_GT(result.counters.timedOut, 0U);
        int most = 0;
        for (const RequestRow& row : result.rows) {
            EXPECT_GE(row.replica, 0);
            most = std::max(most, row.replica);
        }
        EXPECT_GT(most, 32'767);
    }
}

} // namespace
} // namespace headroom::sim
