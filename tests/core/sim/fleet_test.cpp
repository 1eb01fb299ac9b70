// Fleets whose pools mix, and fleets that change while they run.
#include "core/sim/policy/scaling.h"
#include "core/sim/simulate.h"
#include "tests/core/sim/random_scenario.h"
#include "tests/core/sim/small_scenario.h"

#include <gtest/gtest.h>

#include <vector>

namespace headroom::sim {
namespace {

/// One replica prefills a prompt of 1,000 tokens a step, one decodes; ten requests come at once.
Scenario burstOnASplitFleet()
{
    Scenario s = tenMilliseconds(std::vector<Line>(10, Line{0, 1000, 5}));
    s.batching.policy = BatchPolicy::disaggregated;
    s.batching.tokenBudget = Tokens(1000);
    s.replicas = 2;
    s.prefillReplicas = 1;
    return s;
}

double lastFirstToken(const SimResult& r)
{
    double last = 0;
    for (const auto& row : r.rows)
        last = std::max(last, row.firstToken);
    return last;
}

TEST(MixedPool, DecodeReplicasHelpWithABurstOfPrompts)
{
    Scenario s = burstOnASplitFleet();
    const auto apart = simulate(s);
    EXPECT_NEAR(lastFirstToken(apart), 0.10, 1e-12); // one after the other
    s.batching.mixedThreshold = Tokens(1000);
    const auto mixed = simulate(s);
    EXPECT_EQ(mixed.counters.completed, 10U);
    EXPECT_LE(lastFirstToken(mixed), 0.07); // half of them each, the decodes in the same steps
}

TEST(MixedPool, PromptsStayApartBelowTheThreshold)
{
    Scenario s = burstOnASplitFleet();
    const auto apart = simulate(s);
    s.batching.mixedThreshold = Tokens(10'000); // all ten prompts
    EXPECT_EQ(simulate(s).rows, apart.rows);
}

// ---- controllers

int threeFromNowOn(const FleetView&, ScalingState&) { return 3; }
int oneFromNowOn(const FleetView&, ScalingState&) { return 1; }
constexpr ScalingRow kThree{"three", "Three", &threeFromNowOn};
constexpr ScalingRow kOne{"one", "One", &oneFromNowOn};

/// A request every 100 ms for 6 s, 20 tokens each.
Scenario steady()
{
    std::vector<Line> lines;
    for (int i = 0; i < 60; ++i)
        lines.push_back({0.1 * i, 10, 20});
    return tenMilliseconds(lines);
}

TEST(Controller, AFixedOneChangesNothing)
{
    for (const auto policy : {BatchPolicy::chunked, BatchPolicy::static_, BatchPolicy::disaggregated}) {
        Scenario s = randomScenario(policy, 77);
        s.controller = {};
        const auto without = simulate(s);
        s.controller = {.policy = &scalings().front(), .interval = 0.01, .least = 1, .most = s.replicas + 2};
        const auto with = simulate(s);
        EXPECT_EQ(with.fingerprint, without.fingerprint);
        EXPECT_EQ(with.rows, without.rows);
        EXPECT_EQ(with.simulatedSeconds, without.simulatedSeconds) << "nobody wakes after the last request";
        EXPECT_DOUBLE_EQ(with.meanReplicas, s.replicas);
        EXPECT_DOUBLE_EQ(with.busyFraction, without.busyFraction);
        EXPECT_EQ(with.fleet, (std::vector<FleetSize>{{0, s.replicas, s.replicas, s.replicas}}));
    }
}

TEST(Controller, AddedReplicasServeAfterTheirColdStart)
{
    Scenario s = steady();
    s.router = Router::roundRobin;
    s.controller = {.policy = &kThree, .interval = 1.05, .coldStart = 2, .least = 1, .most = 3};
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.completed, 60U);
    bool others = false;
    for (const auto& row : r.rows) {
        if (row.arrival < 3.05) {
            EXPECT_EQ(row.replica, 0) << row.arrival;
        }
        others = others || row.replica == 2;
    }
    EXPECT_TRUE(others);
    EXPECT_EQ(r.fleet, (std::vector<FleetSize>{{0, 1, 1, 1}, {1.05, 3, 1, 3}, {3.05, 3, 2, 3}, {3.05, 3, 3, 3}}));
    EXPECT_NEAR(r.meanReplicas, 3 - 2 * 1.05 / r.simulatedSeconds, 1e-12); // paid for from the asking on
}

TEST(Controller, ARemovedReplicaServesWhatItHasAndIsThenGivenUp)
{
    Scenario s = tenMilliseconds({{0, 10, 300}, {0.001, 10, 200}, {1.5, 10, 5}, {1.6, 10, 5}, {1.7, 10, 5}});
    s.replicas = 2;
    s.controller = {.policy = &kOne, .interval = 1, .least = 1, .most = 2};
    const auto r = simulate(s);
    EXPECT_EQ(r.counters.completed, 5U);
    EXPECT_EQ(r.rows[1].replica, 1);
    for (std::size_t i = 2; i < 5; ++i)
        EXPECT_EQ(r.rows[i].replica, 0) << "the emptier one takes nothing new";
    ASSERT_EQ(r.fleet.size(), 3U);
    EXPECT_EQ(r.fleet[1], (FleetSize{1, 1, 1, 2}));
    EXPECT_EQ(r.fleet[2].paidFor, 1);
    EXPECT_NEAR(r.fleet[2].time, r.rows[1].finish, 1e-12);
}

TEST(Controller, WhatItAsksForIsKeptWithinItsBounds)
{
    Scenario s = steady();
    s.replicas = 2;
    s.controller = {.policy = &kOne, .interval = 1, .least = 2, .most = 2};
    EXPECT_DOUBLE_EQ(simulate(s).meanReplicas, 2);
    s.controller = {.policy = &kThree, .interval = 1, .least = 1, .most = 2};
    EXPECT_DOUBLE_EQ(simulate(s).meanReplicas, 2);
}

int remembers(const FleetView& v, ScalingState& state)
{
    state.memory.push_back(static_cast<double>(v.offered));
    double offered = 0;
    for (const double n : state.memory)
        offered += n;
    EXPECT_EQ(offered, static_cast<double>(static_cast<int>(10 * v.now) + 1)); // one every 100 ms since 0
    EXPECT_EQ(v.replicas.size(), 1U);
    EXPECT_LE(v.replicas[0].busyFraction, 1 + 1e-12);
    EXPECT_GT(v.replicas[0].busyFraction, 0.9); // each has 20 steps of 10 ms
    return v.wanted;
}
constexpr ScalingRow kRemembers{"remembers", "Remembers", &remembers};

TEST(Controller, SeesWhatHappenedSinceItsLastWake)
{
    Scenario s = steady();
    s.controller = {.policy = &kRemembers, .interval = 0.97, .least = 1, .most = 1};
    EXPECT_EQ(simulate(s).counters.completed, 60U);
}

} // namespace
} // namespace headroom::sim
