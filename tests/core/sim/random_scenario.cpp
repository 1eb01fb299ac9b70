#include "tests/core/sim/random_scenario.h"

#include "core/sim/policy/batching.h"
#include "core/sim/policy/scaling.h"
#include "core/sim/random.h"

#include <cmath>
#include <sstream>

namespace headroom::sim {

Physics affinePhysics(
    double base, double perDecode, double perToken, double perContext, double perPair, double perPrefix)
{
    Physics physics;
    physics.law = [=](double decodes, double tokens, double prompts) {
        StepLaw law;
        law.base = base + perDecode * decodes + perToken * tokens + 1e-5 * prompts;
        law.perContext[0] = perContext;
        law.perPair[0] = perPair;
        law.perPrefix[0] = perPrefix;
        return law;
    };
    return physics;
}

namespace {

class Draw {
public:
    explicit Draw(std::uint64_t seed) : m_random(seed, "random scenario") {}
    bool chance(double p) { return m_random.uniform() < p; }
    std::int64_t whole(std::int64_t low, std::int64_t high)
    {
        return low + static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(high - low + 1)));
    }
    double real(double low, double high) { return low + (high - low) * m_random.uniform(); }
    double exponential() { return m_random.exponential(); }

private:
    RandomStream m_random;
};

std::shared_ptr<const Trace> randomTrace(Draw& draw, int classes)
{
    auto trace = std::make_shared<Trace>();
    const auto requests = draw.whole(1, 60);
    const double gap = std::exp(draw.real(std::log(0.001), std::log(1.0)));
    const auto longest = draw.chance(0.2) ? 1500 : 200;
    const auto mostOutput = draw.chance(0.1) ? 6000 : draw.chance(0.5) ? 200 : 20;
    double now = draw.real(0, 5);
    for (std::int64_t i = 0; i < requests; ++i) {
        TraceRequest r;
        r.arrival = now;
        r.promptTokens = static_cast<std::int32_t>(draw.whole(1, longest));
        r.outputTokens = static_cast<std::int32_t>(draw.chance(0.1) ? 1 : draw.whole(1, mostOutput));
        r.requestClass = static_cast<std::int32_t>(draw.whole(0, classes - 1));
        trace->requests.push_back(r);
        if (!draw.chance(0.05)) // sometimes two at once
            now += gap * draw.exponential();
    }
    return trace;
}

void randomPhysics(Draw& draw, Physics& physics)
{
    physics = affinePhysics(draw.real(0.002, 0.02), draw.real(0, 2e-4), draw.real(1e-5, 2e-4), draw.real(0, 2e-6),
        draw.real(0, 2e-8), draw.real(0, 1e-7));
    if (!draw.chance(0.3))
        return;
    const double window = static_cast<double>(draw.whole(8, 300)), slope = draw.real(0, 2e-6);
    physics.reach = {std::numeric_limits<double>::infinity(), window, draw.chance(0.5) ? 2 * window + 3 : 0};
    physics.law = [law = physics.law, slope](double b, double x, double p) {
        StepLaw l = law(b, x, p);
        l.perContext[1] = slope;
        l.perContext[2] = 0.7 * slope;
        l.perPair[1] = slope / 50;
        l.perPrefix[2] = slope / 20;
        return l;
    };
}

/// Grows with what waits and shrinks when little does: any rule that changes its mind often would do.
int followTheQueue(const FleetView& v, ScalingState&)
{
    std::int64_t waiting = 0, running = 0;
    for (const auto& r : v.replicas) {
        waiting += r.waiting;
        running += r.running;
    }
    return waiting > 2 ? v.wanted + 1 : running < 3 ? v.wanted - 1 : v.wanted;
}

constexpr ScalingRow kFollow{"follow", "Follow the queue", &followTheQueue};

/// Prompts with common beginnings: hash blocks in the trace, or shared prefixes of the workload.
void randomPrefixes(Draw& draw, Scenario& s)
{
    s.prefixCache = true;
    auto& shared = s.workload.sharedPrefixes;
    shared.count = static_cast<int>(draw.whole(1, 8));
    shared.length = Tokens(static_cast<double>(draw.whole(1, 150)));
    shared.skew = draw.real(0, 2);
    if (draw.chance(0.5))
        return;
    auto trace = std::make_shared<Trace>(*s.trace);
    trace->hashBlockTokens = static_cast<int>(s.kv.blockTokens * draw.whole(1, 3));
    for (auto& r : trace->requests) {
        r.firstHash = static_cast<std::uint32_t>(trace->hashes.size());
        r.hashCount = static_cast<std::uint32_t>(r.promptTokens / trace->hashBlockTokens);
        const auto root = static_cast<std::uint64_t>(draw.whole(1, 4)),
                   common = static_cast<std::uint64_t>(draw.whole(0, 6));
        for (std::uint64_t k = 0; k < r.hashCount; ++k) // a common beginning, then blocks of its own
            trace->hashes.push_back(k < common ? root * 1000 + k : 1'000'000 + trace->hashes.size());
    }
    s.trace = trace;
}

/// Clients that come again, rules at the door, routers, and fleets that change.
void randomService(Draw& draw, Scenario& s)
{
    auto& rules = s.scheduling;
    for (auto& c : s.classes)
        c.weight = draw.real(0.2, 4);
    rules.weighted = draw.chance(0.4);
    rules.preemptive = draw.chance(0.5);
    rules.retries = static_cast<int>(draw.chance(0.5) ? draw.whole(1, 3) : 0);
    rules.retryBackoff = Seconds(draw.real(0.01, 0.5));
    if (draw.chance(0.3))
        s.clients.retryBudget = draw.real(0, 0.5);
    if (draw.chance(0.4))
        rules.admission = static_cast<Admission>(draw.whole(1, 4));
    rules.queueCap = static_cast<int>(draw.whole(1, 10));
    rules.bucketRate = RequestRate(draw.real(1, 50));
    rules.bucketBurst = draw.real(1, 10);
    s.targets.ttftP95 = Seconds(draw.real(0.02, 1));
    s.router = static_cast<Router>(draw.whole(0, 4));
    if (draw.chance(0.3))
        randomPrefixes(draw, s);
    if (s.batching.policy == BatchPolicy::disaggregated && draw.chance(0.5))
        s.batching.mixedThreshold = Tokens(static_cast<double>(draw.whole(0, 400)));
    if (draw.chance(0.25)) {
        s.controller = {
            .policy = &kFollow, .interval = draw.real(0.05, 1), .coldStart = draw.chance(0.3) ? 0 : draw.real(0, 1)};
        s.controller.least = static_cast<int>(draw.whole(1, 2));
        s.controller.most = s.replicas + static_cast<int>(draw.whole(0, 3));
    }
}

/// Lengths to draw, where a trace said them before.
void randomLengths(Draw& draw, Scenario& s)
{
    for (auto& c : s.classes) {
        c.shape.prompt = {draw.chance(0.5) ? LengthShape::lognormal : LengthShape::uniform, draw.real(5, 200), 0.5, {}};
        c.shape.output = {draw.chance(0.5) ? LengthShape::lognormal : LengthShape::uniform, draw.real(2, 100), 0.5, {}};
    }
    s.trace.reset();
    s.record.warmupRequests = 0; // as with a trace
}

/// What came to the reference last: a predictor that errs, blocking, closed loops, and what papers compare with.
void randomVariants(Draw& draw, Scenario& s)
{
    if (s.scheduling.order == Order::shortest && draw.chance(0.6))
        s.scheduling.predictorError = draw.real(0.1, 1.5);
    s.record.headOfLine = draw.chance(0.5);
    if (s.batching.policy == BatchPolicy::static_ && draw.chance(0.4))
        s.staticStart = StaticStart::shortestPrompt;
    if (s.batching.policy == BatchPolicy::chunked && draw.chance(0.25))
        s.batchingRow = &chunksApart();
    if (!draw.chance(0.2))
        return;
    s.workload.process = ArrivalProcess::closedLoop;
    s.workload.concurrency = static_cast<int>(draw.whole(1, 30));
    randomLengths(draw, s);
}

/// Requests that come at random instead of from a trace, clients whose patience with retries has an end, and runs that
/// are cut off.
void randomArrivals(Draw& draw, Scenario& s)
{
    s.scheduling.retryBackoffMost = Seconds(draw.real(0.01, 0.6));
    if (s.trace && draw.chance(0.3)) {
        s.workload.process = ArrivalProcess::poisson;
        s.workload.arrivalRate = RequestRate(std::exp(draw.real(std::log(1.0), std::log(300.0))));
        randomLengths(draw, s);
    }
    if (draw.chance(0.25))
        s.limits.horizon = std::exp(draw.real(std::log(0.1), std::log(20.0)));
}

} // namespace

Scenario randomScenario(BatchPolicy policy, std::uint64_t seed)
{
    Draw draw(seed * 5 + static_cast<std::uint64_t>(policy));
    Scenario s;
    s.workload.process = ArrivalProcess::trace;
    const int classes = static_cast<int>(draw.whole(1, 3));
    for (int i = 0; i < classes; ++i) {
        RequestClass c;
        c.share = 1.0 / classes;
        c.priority = static_cast<int>(draw.whole(0, 2));
        c.shape.prefixHitRate = draw.chance(0.3) ? draw.real(0, 1) : 0;
        s.classes.push_back(c);
    }
    s.trace = randomTrace(draw, classes);
    s.limits.requests = s.trace->requests.size();
    randomPhysics(draw, s.physics);
    s.maxContext = Tokens(static_cast<double>(draw.chance(0.2) ? draw.whole(100, 400) : 8192));
    s.kv.blockTokens = static_cast<int>(draw.chance(0.5) ? 16 : draw.whole(1, 40));
    const std::int64_t memory = draw.chance(0.5) ? draw.whole(250, 3000) : draw.whole(3000, 100000); // tokens
    s.kv.blocks = memory / s.kv.blockTokens;
    s.kv.transferSecondsPerToken = draw.real(0, 1e-5);
    s.kv.swapSecondsPerToken = draw.real(1e-7, 1e-5);
    s.replicas = static_cast<int>(draw.chance(0.7) ? 1 : draw.whole(2, 4));
    s.batching.policy = policy;
    if (policy == BatchPolicy::disaggregated) {
        s.replicas = static_cast<int>(draw.whole(2, 4));
        s.prefillReplicas = static_cast<int>(draw.whole(1, s.replicas - 1));
    }
    s.batching.maxSequences = static_cast<int>(draw.chance(0.5) ? draw.whole(1, 12) : 256);
    s.batching.tokenBudget = Tokens(static_cast<double>(draw.chance(0.5) ? draw.whole(16, 200) : 512));
    s.batching.blockTokens = s.kv.blockTokens;
    s.batching.preemption = draw.chance(0.5) ? Preemption::swap : Preemption::recompute;
    s.batching.staticTimeout = Seconds(draw.real(0, 0.5));
    if ((policy == BatchPolicy::continuous || policy == BatchPolicy::static_) && draw.chance(0.7))
        s.batching.reservation = static_cast<Reservation>(draw.whole(0, 2));
    s.scheduling.order = static_cast<Order>(draw.whole(0, 2));
    s.router = Router::joinShortest;
    if (draw.chance(0.3))
        s.scheduling.clientTimeout = Seconds(draw.real(0.1, 3));
    s.limits.events = 1'000'000; // so that a fault cannot hang the test
    s.record.rows = true;
    s.record.seriesPoints = 16;
    Draw more(seed * 5 + static_cast<std::uint64_t>(policy) + 1'000'000'000);
    if (more.chance(0.7))
        randomService(more, s);
    Draw variants(seed * 5 + static_cast<std::uint64_t>(policy) + 2'000'000'000);
    randomVariants(variants, s);
    Draw arrivals(seed * 5 + static_cast<std::uint64_t>(policy) + 3'000'000'000);
    randomArrivals(arrivals, s);
    Draw measures(seed * 5 + static_cast<std::uint64_t>(policy) + 4'000'000'000);
    s.record.slowestGaps = measures.chance(0.5);
    return s;
}

std::string describe(const Scenario& s)
{
    std::ostringstream text;
    text << "requests " << s.limits.requests;
    if (s.workload.process == ArrivalProcess::poisson)
        text << " at random, " << s.workload.arrivalRate.si() << " a second";
    if (s.workload.process == ArrivalProcess::closedLoop)
        text << " in a closed loop of " << s.workload.concurrency;
    text << ", until " << s.limits.horizon << " s, replicas " << s.replicas << ", blocks " << s.kv.blocks << " of "
         << s.kv.blockTokens << ", seats " << s.batching.maxSequences << ", budget " << s.batching.tokenBudget.in(token)
         << ", reservation " << static_cast<int>(s.batching.reservation) << ", order "
         << static_cast<int>(s.scheduling.order) << ", swap " << (s.batching.preemption == Preemption::swap)
         << ", timeout " << (s.scheduling.clientTimeout ? s.scheduling.clientTimeout->si() : 0) << ", windows "
         << s.physics.reach[1] << " " << s.physics.reach[2] << ", context " << s.maxContext.in(token) << ", weighted "
         << s.scheduling.weighted << ", preemptive " << s.scheduling.preemptive << ", retries " << s.scheduling.retries
         << " (budget " << s.clients.retryBudget << "), admission " << static_cast<int>(s.scheduling.admission)
         << ", router " << static_cast<int>(s.router) << ", prefixes "
         << (s.prefixCache ? s.workload.sharedPrefixes.count : 0) << " of "
         << s.workload.sharedPrefixes.length.in(token) << " hashes of " << (s.trace ? s.trace->hashBlockTokens : 0)
         << ", mixed " << (s.batching.mixedThreshold ? s.batching.mixedThreshold->in(token) : -1)
         << ", controller every " << (s.controller.policy ? s.controller.interval : 0) << " s, cold "
         << s.controller.coldStart << ", " << s.controller.least << " to " << s.controller.most << ", predictor error "
         << s.scheduling.predictorError << ", static start " << static_cast<int>(s.staticStart) << ", chunks apart "
         << (s.batchingRow != nullptr);
    return text.str();
}

} // namespace headroom::sim
