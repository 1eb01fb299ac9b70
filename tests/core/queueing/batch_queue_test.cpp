#include "core/queueing/batch_queue.h"
#include "core/queueing/station_tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

namespace headroom {
namespace {

/// A step law with a kink, like a model of 8 billion parameters: 2 ms overhead, 5 ms of weights, then arithmetic.
double exampleStep(double decodes, double context, double tokens, double prompts, double cached)
{
    const double arithmetic = 2.7e-5 * (decodes + tokens);
    const double pairs = tokens * (cached + tokens / std::max(prompts, 1.0) / 2);
    return 2e-3 + std::max(5e-3, arithmetic) + 5e-8 * decodes * context + 1e-9 * pairs;
}

struct Example {
    Workload workload;
    WorkloadSummary summary;
    StationInput input;

    Example()
    {
        workload.shape.prompt = {LengthShape::lognormal, 1024, 1.0, {}};
        workload.shape.output = {LengthShape::lognormal, 256, 0.8, {}};
        input.seats = 64;
        input.networkIn = Seconds(0.015);
        input.networkOut = Seconds(0.01);
        input.retrieval = Seconds(0.03);
        input.post = Seconds(0.005);
    }
    BatchStation make()
    {
        summary = summarize(workload);
        input.workload = &summary;
        return station(input, exampleStep);
    }
};

constexpr std::array<BatchPolicy, 5> kPolicies{BatchPolicy::static_, BatchPolicy::continuous, BatchPolicy::prefillFirst,
    BatchPolicy::chunked, BatchPolicy::disaggregated};

TEST(BatchStation, TendsToALoneRequestAsTheRateGoesToZero)
{
    Example e;
    e.workload.shape.prompt = {LengthShape::fixed, 512, 0, {}};
    e.workload.shape.output = {LengthShape::fixed, 101, 0, {}};
    const BatchStation s = e.make();
    const double first = exampleStep(0, 0, 512, 1, 0), gap = s.decodeStep(1).si();
    for (double share : {0.0, 1e-9, 1e-6, 1e-5, 1e-4}) {
        const StationResult r = solve(s, share * s.capacity());
        EXPECT_NEAR(r.ttft.mean.si(), 0.045 + first, 0.02 * first) << share;
        EXPECT_NEAR(r.ttft.p99.si(), 0.045 + first, 0.02 * first) << share;
        for (Seconds tpot : {r.tpot.mean, r.tpot.p50, r.tpot.p95, r.tpot.p99})
            EXPECT_NEAR(tpot.si(), gap, 0.02 * gap) << share;
        for (Seconds e2e : {r.e2e.mean, r.e2e.p50, r.e2e.p99})
            EXPECT_NEAR(e2e.si(), 0.06 + first + 100 * gap, 0.02 * 100 * gap) << share;
    }
    EXPECT_EQ(solve(s, RequestRate(0)).meanConcurrency, 0);
}

TEST(BatchStation, PartsAddUpToTheMeanAndToThePercentiles)
{
    for (BatchPolicy policy : kPolicies) {
        Example e;
        e.input.policy = policy;
        e.input.replicas = 4;
        e.input.prefillShare = 0.25;
        const BatchStation s = e.make();
        for (double load : {0.01, 0.5, 0.9}) {
            const StationResult r = solve(s, load * s.capacity());
            ASSERT_TRUE(r.stable);
            EXPECT_NEAR(r.partsMean.total().si(), r.e2e.mean.si(), 1e-9 * r.e2e.mean.si());
            EXPECT_NEAR(r.partsP95.total().si(), r.e2e.p95.si(), 1e-9 * r.e2e.p95.si());
            EXPECT_NEAR(r.partsP99.total().si(), r.e2e.p99.si(), 1e-9 * r.e2e.p99.si());
            EXPECT_GE(r.partsP99.queue.si(), 0);
        }
    }
}

TEST(BatchStation, KeepsLittlesLaw)
{
    Example e;
    e.input.replicas = 3;
    const BatchStation s = e.make();
    const RequestRate rate = 0.7 * s.capacity();
    const StationResult r = solve(s, rate);
    const Seconds inEngine = r.partsMean.queue + r.partsMean.prefill + r.partsMean.decode;
    EXPECT_NEAR(r.meanConcurrency, (rate / 3 * inEngine).in(request), 1e-9);
    EXPECT_NEAR(r.meanQueue, (rate / 3 * r.partsMean.queue).in(request), 1e-9);
}

TEST(BatchStation, AnswersOverloadWithInfiniteWaitsAndFullThroughput)
{
    for (BatchPolicy policy : kPolicies) {
        Example e;
        e.input.policy = policy;
        e.input.replicas = 2;
        const BatchStation s = e.make();
        const StationResult r = solve(s, 1.3 * s.capacity());
        EXPECT_FALSE(r.stable);
        EXPECT_NEAR(r.utilization, 1.3, 1e-12);
        EXPECT_EQ(r.throughput, s.capacity());
        EXPECT_TRUE(std::isinf(r.ttft.p50.si()) && std::isinf(r.e2e.mean.si()));
        if (policy != BatchPolicy::disaggregated) {
            EXPECT_TRUE(std::isfinite(r.tpot.mean.si()) && r.tpot.mean.si() > 0);
        }
        EXPECT_EQ(r.attainment, 0);
    }
}

TEST(BatchStation, SplitPhasesInOverloadHaveAPaceOnlyWhereThePromptsAreTheBottleneck)
{
    Example e;
    e.input.policy = BatchPolicy::disaggregated;
    e.input.replicas = 8;
    const auto pace = [&](double prefillShare) {
        e.input.prefillShare = prefillShare;
        const BatchStation s = e.make();
        return std::pair(solve(s, 0.99 * s.capacity()).tpot.mean.si(), solve(s, 1.3 * s.capacity()).tpot.mean.si());
    };
    EXPECT_TRUE(std::isinf(pace(7.0 / 8).second)) << "one replica decodes: the second token waits for a seat in it";
    const auto [below, above] = pace(1.0 / 8);
    EXPECT_NEAR(above / below, 1, 0.05) << "the decode pool gets what one replica prefills, however much comes";
}

TEST(BatchStation, ThePaceOfTokensGoesOnAcrossTheSaturation)
{
    for (BatchPolicy policy : {BatchPolicy::chunked, BatchPolicy::prefillFirst, BatchPolicy::continuous}) {
        Example e;
        e.input.policy = policy;
        const BatchStation s = e.make();
        const LatencySummary below = solve(s, 0.999 * s.capacity()).tpot, above = solve(s, 1.2 * s.capacity()).tpot;
        EXPECT_NEAR(above.mean / below.mean, 1, 0.1) << static_cast<int>(policy);
        EXPECT_NEAR(above.p95 / below.p95, 1, 0.08) << static_cast<int>(policy);
        EXPECT_GT(above.p95, above.mean) << "answers of different lengths have different means";
        EXPECT_GE(above.p99, above.p95);
        const std::array shares{0.5, 0.95};
        const LatencyQuantiles q = latencyQuantiles(s, 1.2 * s.capacity(), shares);
        EXPECT_EQ(q.tpot[0], above.p50.si());
        EXPECT_EQ(q.tpot[1], above.p95.si());
    }
}

TEST(BatchStation, WithoutSeatsServesNobody)
{
    Example e;
    e.input.seats = 0;
    const BatchStation s = e.make();
    EXPECT_EQ(s.capacity(), RequestRate(0));
    EXPECT_FALSE(solve(s, RequestRate(1)).stable);
    EXPECT_EQ(solve(s, RequestRate(1)).throughput, RequestRate(0));
    EXPECT_EQ(s.decodeStep(1), Seconds(0)) << "total: there are no tables to read";
    EXPECT_EQ(s.promptService(1), Seconds(0));
}

// MODEL.md 2: the token budget caps the rate at C / ((p + m) d(B*, B* c, C - B*)), B* = C m / (p + m).
TEST(BatchStation, IsCappedByTheTokenBudget)
{
    Example e;
    e.workload.shape.prompt = {LengthShape::fixed, 4000, 0, {}};
    e.workload.shape.output = {LengthShape::fixed, 101, 0, {}};
    e.input.seats = 256;
    e.input.tokenBudget = Tokens(512);
    const BatchStation s = e.make();
    const double decodes = 512.0 * 100 / 4100;
    // Chunks of 512 - B* tokens lie anywhere in the prompt: 2,000 tokens before them on average.
    const double full = exampleStep(decodes, e.summary.contextMean, 512 - decodes, 1, 2000 - (512 - decodes) / 2);
    const double bound = 512 / (4100 * full);
    EXPECT_NEAR(s.capacity().si(), bound, 0.04 * bound);
}

TEST(BatchStation, HasQuantilesThatRiseAndAgreeWithItsSummary)
{
    for (BatchPolicy policy : kPolicies) {
        Example e;
        e.input.policy = policy;
        e.input.replicas = 2;
        const BatchStation s = e.make();
        const RequestRate rate = 0.6 * s.capacity();
        const std::array<double, 5> p{0.05, 0.5, 0.8, 0.95, 0.99};
        const LatencyQuantiles q = latencyQuantiles(s, rate, p);
        const StationResult r = solve(s, rate);
        EXPECT_EQ(q.ttft[1], r.ttft.p50.si());
        EXPECT_EQ(q.e2e[3], r.e2e.p95.si());
        EXPECT_EQ(q.e2e[4], r.e2e.p99.si());
        for (std::size_t i = 1; i < p.size(); ++i) {
            EXPECT_GE(q.ttft[i], q.ttft[i - 1]);
            EXPECT_GE(q.tpot[i], q.tpot[i - 1]);
            EXPECT_GE(q.e2e[i], q.e2e[i - 1]);
        }
    }
}

TEST(BatchStation, HasQuantilesThatDoNotCrossWhereAllTakeAboutAsLong)
{
    Example e;
    e.workload.shape.output = {LengthShape::fixed, 64, 0, {}};
    e.input.policy = BatchPolicy::disaggregated;
    e.input.replicas = 3;
    std::vector<double> p;
    for (int percent = 1; percent < 100; ++percent)
        p.push_back(0.01 * percent);
    const BatchStation s = e.make();
    for (double share : {0.2, 0.5, 0.8}) {
        const LatencyQuantiles q = latencyQuantiles(s, share * s.capacity(), p);
        EXPECT_TRUE(std::ranges::is_sorted(q.e2e)) << share;
        EXPECT_TRUE(std::ranges::is_sorted(q.ttft)) << share;
    }
}

TEST(BatchStation, AttainsATargetAsOftenAsItsQuantileSays)
{
    Example e;
    const Seconds p80(latencyQuantiles(e.make(), 0.6 * e.make().capacity(), std::array{0.8}).ttft[0]);
    e.input.targets.ttftP95 = p80;
    const BatchStation s = e.make();
    EXPECT_NEAR(solve(s, 0.6 * s.capacity()).attainment, 0.8, 0.01);
    const Seconds e2e90(latencyQuantiles(s, 0.6 * s.capacity(), std::array{0.9}).e2e[0]);
    e.input.targets = {};
    e.input.targets.e2eP99 = e2e90;
    EXPECT_NEAR(solve(e.make(), 0.6 * s.capacity()).attainment, 0.9, 0.01);
}

TEST(BatchStation, GivesEachClassItsOwnTargets)
{
    Example e;
    RequestClass small, large;
    small.name = "small";
    small.share = 0.7;
    small.shape = e.workload.shape;
    large = small;
    large.name = "large";
    large.share = 0.3;
    large.shape.prompt.mean = 6000;
    small.ttftTarget = large.ttftTarget = Seconds(0.2);
    e.workload.classes = {small, large};
    const BatchStation s = e.make();
    const StationResult r = solve(s, 0.5 * s.capacity());
    ASSERT_EQ(r.attainmentPerClass.size(), 2U);
    EXPECT_GT(r.attainmentPerClass[0], r.attainmentPerClass[1] + 0.1);
    EXPECT_NEAR(r.attainment, 0.7 * r.attainmentPerClass[0] + 0.3 * r.attainmentPerClass[1], 1e-12);
}

TEST(BatchStation, WaitsLessBehindARouterThatKnows)
{
    const auto p95 = [](Balancing balancing) {
        Example e;
        e.input.replicas = 8;
        e.input.seats = 16;
        e.input.balancing = balancing;
        const BatchStation s = e.make();
        return solve(s, 0.9 * s.capacity()).ttft.p95;
    };
    EXPECT_LT(p95(Balancing::joinShortest), p95(Balancing::roundRobin));
    EXPECT_LT(p95(Balancing::roundRobin), p95(Balancing::random));
    EXPECT_LT(p95(Balancing::powerOfTwo), p95(Balancing::random));
}

TEST(BatchStation, SaysThatTheTailOfTheFirstTokenIsOffNearSaturation)
{
    Example e;
    const BatchStation s = e.make();
    EXPECT_TRUE(solve(s, 0.75 * s.capacity()).covered);
    const StationResult busy = solve(s, 0.85 * s.capacity());
    EXPECT_FALSE(busy.covered);
    EXPECT_NE(busy.reason.find("first token"), std::string_view::npos);
}

Targets targets(std::optional<Seconds> ttft, std::optional<Seconds> tpot, std::optional<Seconds> e2e)
{
    Targets out;
    out.ttftP95 = ttft;
    out.tpotP95 = tpot;
    out.e2eP99 = e2e;
    return out;
}

TEST(BatchStation, GivesSearchesTheNumbersOfTheWholeSolve)
{
    for (BatchPolicy policy : kPolicies) {
        Example e;
        e.input.policy = policy;
        e.input.replicas = 2;
        const BatchStation s = e.make();
        for (double load : {0.2, 0.7, 0.95}) {
            const RequestRate rate = load * s.capacity();
            const StationResult r = solve(s, rate);
            const Seconds target(0.3), ttft = r.ttft.p95, tpot = r.tpot.p95, e2e = r.e2e.p99;
            EXPECT_NEAR(targetMargin(s, rate, targets(target, {}, {})), std::log(ttft / target), 1e-9);
            EXPECT_NEAR(targetMargin(s, rate, targets({}, target, {})), std::log(tpot / target), 1e-9);
            EXPECT_NEAR(targetMargin(s, rate, targets({}, {}, target)), std::log(e2e / target), 1e-9);
            // The worst of several, whichever it is, and slowed without the fixed parts.
            EXPECT_NEAR(targetMargin(s, rate, targets(ttft, {}, 0.8 * e2e)), std::log(1 / 0.8), 1e-9);
            EXPECT_NEAR(targetMargin(s, rate, targets(ttft, {}, 2 * e2e)), 0, 1e-9);
            EXPECT_NEAR(targetMargin(s, rate, targets({}, tpot, {}), {.tpot = 1.5}), std::log(1.5), 1e-9);
        }
        EXPECT_TRUE(std::isinf(targetMargin(s, 1.1 * s.capacity(), targets(Seconds(1), {}, {}))));
    }
}

/// How far the edge of a band is from the whole solution, over many stations.
struct EdgeErrors {
    std::vector<double> ttftP95, e2eP95, others;
    std::vector<double> parts; ///< of E2E, in shares of the whole

    void add(const LatencyEdge& edge, const StationResult& whole)
    {
        const auto error = [](Seconds a, Seconds b) { return std::abs(a / b - 1); };
        ttftP95.push_back(error(edge.ttftP95, whole.ttft.p95));
        e2eP95.push_back(error(edge.e2eP95, whole.e2e.p95));
        others.push_back(error(edge.tpotP95, whole.tpot.p95));
        others.push_back(error(edge.ttftMean, whole.ttft.mean));
        others.push_back(error(edge.tpotMean, whole.tpot.mean));
        others.push_back(error(edge.e2eMean, whole.e2e.mean));
        const LatencyParts& p = whole.partsMean;
        for (const auto& [one, same] :
            {std::pair(edge.queueMean, p.queue), {edge.prefillMean, p.prefill}, {edge.decodeMean, p.decode}})
            parts.push_back(std::abs((one - same) / whole.e2e.mean));
        const Seconds fixed = p.network + p.retrieval + p.post;
        EXPECT_NEAR((edge.queueMean + edge.prefillMean + edge.decodeMean + fixed).si(), edge.e2eMean.si(),
            1e-9 * edge.e2eMean.si());
    }
    /// The error that a share of them stays below.
    static double quantile(std::vector<double> errors, double share)
    {
        std::sort(errors.begin(), errors.end());
        return errors[static_cast<std::size_t>(share * static_cast<double>(errors.size()))];
    }
};

TEST(BatchStation, GivesBandsAboutTheNumbersOfTheWholeSolve)
{
    EdgeErrors errors;
    for (BatchPolicy policy : kPolicies)
        for (double seats : {16.0, 256.0})
            for (double budget : {512.0, 4096.0})
                for (double prompt : {200.0, 1200.0, 6000.0})
                    for (LengthShape shape : {LengthShape::lognormal, LengthShape::gamma}) {
                        Example e;
                        e.workload.shape.prompt = {shape, prompt, 1.0, {}};
                        e.workload.shape.output.shape = shape;
                        e.input.policy = policy;
                        e.input.seats = seats;
                        e.input.tokenBudget = Tokens(budget);
                        const BatchStation s = e.make();
                        for (double load : {0.2, 0.5, 0.8, 0.95})
                            errors.add(latencyEdge(s, load * s.capacity()), solve(s, load * s.capacity()));
                    }
    EXPECT_LT(EdgeErrors::quantile(errors.ttftP95, 0.5), 0.007);
    EXPECT_LT(EdgeErrors::quantile(errors.e2eP95, 0.5), 0.007);
    EXPECT_LT(EdgeErrors::quantile(errors.ttftP95, 0.99), 0.064);
    EXPECT_LT(EdgeErrors::quantile(errors.e2eP95, 0.99), 0.025);
    EXPECT_LT(EdgeErrors::quantile(errors.others, 0.99), 0.011);
    EXPECT_LT(EdgeErrors::quantile(errors.parts, 0.99), 0.011);
}

// Whoever holds a seat decodes or has its prompt computed, at capacity: Little's law for the two together.
TEST(BatchStation, AtCapacitySeatsAreHeldByDecodesAndPrompts)
{
    for (double prompt : {100.0, 1200.0, 9000.0})
        for (double budget : {300.0, 2048.0})
            for (double seats = 1; seats <= 280; seats = std::ceil(1.1 * seats)) {
                Example e;
                e.workload.shape.prompt.mean = prompt;
                e.input.policy = BatchPolicy::chunked;
                e.input.seats = seats;
                e.input.tokenBudget = Tokens(budget);
                const BatchStation s = e.make();
                const StationTables& t = s.tables();
                const double held = t.fullDecodes + t.capacity * t.promptNodeAt(t.fullDecodes).alone;
                EXPECT_LE(held, seats * (1 + 2e-4)) << prompt << " " << budget;
                const bool isBudgetBound = held < seats * (1 - 2e-4); // the rest of the seats waits for the budget
                EXPECT_LE(isBudgetBound, prompt / budget > 0.1) << seats << " " << held;
            }
}

// Found in a picture: just below saturation more of the KV memory was in use than all seats have.
TEST(BatchStation, RunsNoMoreRequestsThanThereAreSeats)
{
    for (double seats : {4.0, 64.0})
        for (double load : {0.9, 0.99, 0.999, 0.99999}) {
            Example e;
            e.input.seats = seats;
            const BatchStation s = e.make();
            const StationResult r = solve(s, load * s.capacity());
            EXPECT_LE(r.meanRunning, seats) << load;
            EXPECT_GT(r.meanRunning, 0.5 * seats) << load;
        }
}

TEST(BatchStation, SuffersFromBursts)
{
    Example e;
    const BatchStation steady = e.make();
    const RequestRate rate = 0.7 * steady.capacity();
    e.workload.process = e.input.process = ArrivalProcess::mmpp2;
    e.workload.arrivalRate = rate;
    e.input.burst = e.workload.burst = {.peakRatio = 2, .burstShare = 0.2, .meanBurst = Seconds(30)};
    const StationResult bursts = solve(e.make(), rate), smooth = solve(steady, rate);
    EXPECT_GT(bursts.ttft.p95.si(), 2 * smooth.ttft.p95.si());
    EXPECT_FALSE(bursts.covered);
    EXPECT_FALSE(bursts.reason.empty());
    EXPECT_TRUE(smooth.covered);
}

TEST(ClosedLoop, OfOneClientIsALoneRequestAfterAnother)
{
    Example e;
    e.workload.shape.prompt = {LengthShape::fixed, 512, 0, {}};
    e.workload.shape.output = {LengthShape::fixed, 101, 0, {}};
    e.input.process = ArrivalProcess::closedLoop;
    e.input.concurrency = 1;
    const BatchStation s = e.make();
    const StationResult r = solve(s, RequestRate(123));
    const double cycle = 0.06 + exampleStep(0, 0, 512, 1, 0) + 100 * s.decodeStep(1).si();
    EXPECT_NEAR(r.throughput.si(), 1 / cycle, 0.02 / cycle);
    EXPECT_NEAR(r.e2e.mean.si(), cycle, 0.02 * cycle);
}

TEST(ClosedLoop, SaturatesAtCapacityAndKeepsLittlesLaw)
{
    double last = 0;
    for (int clients : {1, 4, 16, 64, 200, 2000}) {
        Example e;
        e.input.process = ArrivalProcess::closedLoop;
        e.input.concurrency = clients;
        const BatchStation s = e.make();
        const StationResult r = solve(s, RequestRate(0));
        EXPECT_GE(r.throughput.si(), last);
        EXPECT_LE(r.throughput.si(), s.capacity().si() * (1 + 1e-9));
        EXPECT_NEAR(r.throughput.si() * r.e2e.mean.si(), clients, 0.04 * clients) << clients;
        last = r.throughput.si();
    }
}

TEST(Disaggregation, TakesPromptsOutOfTheTimeBetweenTokens)
{
    Example e;
    e.input.replicas = 4;
    e.input.prefillShare = 0.25;
    const BatchStation mixed = e.make();
    const RequestRate rate = 0.6 * mixed.capacity();
    e.input.policy = BatchPolicy::disaggregated;
    e.input.transferPerToken = Seconds(1e-5);
    const BatchStation split = e.make();
    const StationResult a = solve(mixed, rate), b = solve(split, rate);
    EXPECT_LT((b.tpot.p99 - b.tpot.p50).si(), (a.tpot.p99 - a.tpot.p50).si());
    // The slower pool sets the pace.
    e.input.prefillShare = 0.75;
    EXPECT_LT(e.make().capacity(), split.capacity());
}

TEST(StaticBatching, GivesTheFirstTokenWithTheLast)
{
    Example e;
    e.input.policy = BatchPolicy::static_;
    e.input.seats = 16;
    const BatchStation s = e.make();
    const StationResult r = solve(s, 0.7 * s.capacity());
    EXPECT_EQ(r.ttft, r.e2e);
    EXPECT_FALSE(r.covered);
    Example chunked;
    chunked.input.seats = 16;
    EXPECT_GT(chunked.make().capacity(), 1.5 * s.capacity()) << "padding to the longest costs";
}

TEST(SeatsTaken, AllOfThemAreTheCapacityAndFewerCarryLess)
{
    for (const BatchPolicy policy : kPolicies) {
        Example e;
        e.input.policy = policy;
        e.input.replicas = 3;
        const BatchStation s = e.make();
        if (policy == BatchPolicy::static_ || policy == BatchPolicy::disaggregated) {
            EXPECT_FALSE(s.whileTaken(4)) << "prompts and answers share no steps";
            continue;
        }
        EXPECT_NEAR(3 * s.whileTaken(e.input.seats)->departures.si() / s.capacity().si(), 1, 1e-9);
        double before = 0;
        for (const double taken : {1.0, 4.0, 16.0, e.input.seats}) {
            const auto some = s.whileTaken(taken);
            ASSERT_TRUE(some);
            EXPECT_GT(some->departures.si(), before);
            EXPECT_LE(some->decodes, taken * (1 + 1e-9));
            before = some->departures.si();
        }
    }
}

TEST(SeatsTaken, APlanAtAModerateLoadLiesOnTheirCurve)
{
    Example e;
    const BatchStation s = e.make();
    const StationResult r = solve(s, 0.6 * s.capacity());
    double seats = 1; // whose decodes are those of the plan
    while (seats < e.input.seats && s.whileTaken(seats)->decodes < r.meanDecodes)
        seats += 0.1;
    EXPECT_NEAR(s.whileTaken(seats)->departures.si() / r.throughput.si(), 1, 0.1);
}

} // namespace
} // namespace headroom
