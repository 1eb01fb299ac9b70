// Fingerprints of one run per policy, so that a change of physics or scheduling cannot go unnoticed. The law beside
// them: the same runs agree with the step-by-step reference. Nothing here depends on a mathematical library, so that
// the bits are the same everywhere.
#include "core/sim/policy/batching.h"
#include "core/sim/random.h"
#include "core/sim/simulate.h"
#include "tests/core/sim/random_scenario.h"
#include "tests/core/sim/reference_engine.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace headroom::sim {
namespace {

/// 400 requests at whole 1/1024 s on two replicas, with little memory: preemptions, time-outs and waits occur.
Scenario goldenScenario(BatchPolicy policy)
{
    RandomStream random(2026, "golden");
    auto trace = std::make_shared<Trace>();
    std::uint64_t now = 0;
    for (int i = 0; i < 400; ++i) {
        TraceRequest r;
        r.arrival = static_cast<double>(now += random.below(96)) / 1024;
        r.promptTokens = static_cast<std::int32_t>(1 + random.below(300));
        r.outputTokens = static_cast<std::int32_t>(1 + random.below(60));
        trace->requests.push_back(r);
    }
    Scenario s;
    s.trace = trace;
    s.limits.requests = trace->requests.size();
    s.classes = {RequestClass{}};
    s.physics = affinePhysics(0x1p-7, 0x1p-14, 0x1p-15, 0x1p-20, 0x1p-27, 0x1p-24);
    s.kv = {.blocks = 160, .blockTokens = 16, .transferSecondsPerToken = 0x1p-17, .swapSecondsPerToken = 0x1p-17};
    s.maxContext = Tokens(2048);
    s.replicas = 2;
    s.prefillReplicas = 1;
    s.batching.policy = policy;
    s.batching.tokenBudget = Tokens(256);
    s.batching.maxSequences = 32;
    s.scheduling.clientTimeout = Seconds(20);
    s.record.rows = true;
    return s;
}

std::string fingerprints()
{
    std::string text;
    for (const auto& row : batchingPolicies()) {
        std::array<char, 20> hex{};
        const auto fingerprint = simulate(goldenScenario(row.policy)).fingerprint;
        const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), fingerprint, 16).ptr;
        text += std::string(row.id) + " " + std::string(hex.data(), end) + "\n";
    }
    return text;
}

TEST(Golden, FingerprintsOfEveryPolicyAreThoseOnRecord)
{
    const auto path = std::filesystem::path(HEADROOM_SOURCE_DIR) / "tests/golden/simulation_fingerprints.txt";
    const std::string now = fingerprints();
    if (std::getenv("HEADROOM_UPDATE_GOLDEN")) // the commit says which physics changed and why
        std::ofstream(path, std::ios::binary) << now;
    std::ifstream file(path, std::ios::binary);
    std::stringstream recorded;
    recorded << file.rdbuf();
    EXPECT_EQ(now, recorded.str()) << "if this is meant: run with HEADROOM_UPDATE_GOLDEN=1 and say why";
}

TEST(Golden, TheSameRunsAgreeWithTheReference)
{
    for (const auto& row : batchingPolicies()) {
        const Scenario s = goldenScenario(row.policy);
        const auto leaping = simulate(s);
        const auto plain = reference::run(s);
        EXPECT_EQ(leaping.counters.steps, plain.steps) << row.id;
        EXPECT_EQ(leaping.counters.preemptions, plain.preemptions) << row.id;
        ASSERT_EQ(leaping.rows.size(), plain.rows.size());
        for (std::size_t i = 0; i < plain.rows.size(); ++i)
            ASSERT_NEAR(leaping.rows[i].finish, plain.rows[i].finish, 1e-9 * plain.rows[i].finish)
                << row.id << ' ' << i;
    }
}

} // namespace
} // namespace headroom::sim
