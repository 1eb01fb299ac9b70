// The simulator against queueing theory: plans so degenerate that a replica is a textbook queue. |z| <= 4 over 20
// replications with fixed seeds (MODEL.md 12).
#include "core/queueing/queueing.h"
#include "core/sim/replications.h"
#include "core/sim/simulate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace headroom::sim {
namespace {

constexpr int kReplications = 20;
constexpr double kTokensPerSecond = 1e6; ///< fine enough that whole tokens do not matter

/// One replica, one class, no fixed latencies, memory without end. Service is `law`.
Scenario degenerate(double rate, std::function<StepLaw(double, double, double)> law, int seats)
{
    Scenario s;
    s.workload.arrivalRate = RequestRate(rate);
    s.workload.process = ArrivalProcess::poisson;
    s.physics.law = std::move(law);
    s.kv = {.blocks = 1'000'000'000, .blockTokens = 64};
    s.maxContext = Tokens(1e9);
    s.batching.policy = BatchPolicy::continuous;
    s.batching.maxSequences = seats;
    s.latency = {Seconds(0), Seconds(0), Seconds(0), Seconds(0)};
    return s;
}

/// One server: a request is one prompt whose step lasts prompt / kTokensPerSecond seconds, mean 1.
Scenario oneServer(double rho, LengthDistribution work)
{
    work.mean = kTokensPerSecond;
    Scenario s = degenerate(
        rho, [](double, double tokens, double) { return StepLaw{.base = tokens / kTokensPerSecond}; }, 1);
    RequestClass c;
    c.shape.prompt = work;
    c.shape.output = {LengthShape::fixed, 1, 0, {}};
    s.classes = {c};
    return s;
}

/// Several seats, each giving a token a step: service is output / kTokensPerSecond seconds, mean 1. With `shared` the
/// step lasts as long as there are sequences in it, which is processor sharing.
Scenario seats(double rate, int count, LengthDistribution work, bool shared)
{
    work.mean = kTokensPerSecond;
    Scenario s = degenerate(
        rate,
        [shared](double decodes, double, double prompts) {
            return StepLaw{.base = (shared ? decodes + prompts : 1) / kTokensPerSecond};
        },
        count);
    RequestClass c;
    c.shape.prompt = {LengthShape::fixed, 1, 0, {}};
    c.shape.output = work;
    s.classes = {c};
    return s;
}

/// z of a mean over replications against theory.
double z(Scenario s, std::uint64_t requests, const std::function<double(const SimResult&)>& measure, double theory)
{
    s.limits.requests = requests;
    s.record.warmupRequests = requests / 10;
    double sum = 0, squares = 0;
    for (int i = 0; i < kReplications; ++i) {
        s.seed = 1000 + static_cast<std::uint64_t>(i);
        const double x = measure(simulate(s));
        sum += x;
        squares += x * x;
    }
    const double mean = sum / kReplications;
    const double variance = (squares - sum * mean) / (kReplications - 1);
    return (mean - theory) / std::sqrt(variance / kReplications);
}

double meanWait(const SimResult& r) { return r.queue.mean; }
double meanTime(const SimResult& r) { return r.e2e.mean; }

const LengthDistribution kExponential{LengthShape::gamma, 1, 1, {}};
const LengthDistribution kFixed{LengthShape::fixed, 1, 0, {}};
const LengthDistribution kHeavy{LengthShape::lognormal, 1, 1.5, {}};
const LengthDistribution kUniform{LengthShape::uniform, 1, 0.5, {}};

class AtLoad : public ::testing::TestWithParam<double> {
protected:
    std::uint64_t requests() const { return GetParam() > 0.85 ? 150'000 : 40'000; }
    RequestRate rate() const { return RequestRate(GetParam()); }
    static constexpr RequestRate kOne{1};
};

TEST_P(AtLoad, OneServerWithExponentialWorkIsMM1)
{
    EXPECT_LE(std::abs(z(oneServer(GetParam(), kExponential), requests(), meanWait, mm1(rate(), kOne).wait.si())), 4);
}

TEST_P(AtLoad, OneServerWithFixedWorkIsMD1)
{
    EXPECT_LE(std::abs(z(oneServer(GetParam(), kFixed), requests(), meanWait, md1(rate(), kOne).wait.si())), 4);
}

TEST_P(AtLoad, OneServerWithAnyWorkIsMG1)
{
    for (const auto& work : {kHeavy, kUniform})
        EXPECT_LE(std::abs(z(oneServer(GetParam(), work), requests(), meanWait,
                      mg1(rate(), kOne, work.cv * work.cv).wait.si())),
            4);
}

TEST_P(AtLoad, SeatsWithoutInterferenceAreMMC)
{
    for (const int c : {2, 8})
        EXPECT_LE(std::abs(z(seats(c * GetParam(), c, kExponential, false), requests(), meanWait,
                      mmc(RequestRate(c * GetParam()), kOne, c).wait.si())),
            4)
            << c << " seats";
}

TEST_P(AtLoad, StepsThatGrowWithTheBatchAreProcessorSharing)
{
    for (const auto& work : {kExponential, kHeavy})
        EXPECT_LE(std::abs(z(seats(GetParam(), 100'000, work, true), requests(), meanTime,
                      processorSharing(Seconds(1), GetParam()).si())),
            4);
}

INSTANTIATE_TEST_SUITE_P(Simulation, AtLoad, ::testing::Values(0.3, 0.6, 0.8, 0.95));

} // namespace
} // namespace headroom::sim
