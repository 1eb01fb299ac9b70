#include "tests/core/sim/random_scenario.h"

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
    return s;
}

std::string describe(const Scenario& s)
{
    std::ostringstream text;
    text << "requests " << s.trace->requests.size() << ", replicas " << s.replicas << ", blocks " << s.kv.blocks
         << " of " << s.kv.blockTokens << ", seats " << s.batching.maxSequences << ", budget "
         << s.batching.tokenBudget.in(token) << ", reservation " << static_cast<int>(s.batching.reservation)
         << ", order " << static_cast<int>(s.scheduling.order) << ", swap "
         << (s.batching.preemption == Preemption::swap) << ", timeout "
         << (s.scheduling.clientTimeout ? s.scheduling.clientTimeout->si() : 0) << ", windows " << s.physics.reach[1]
         << " " << s.physics.reach[2] << ", context " << s.maxContext.in(token);
    return text.str();
}

} // namespace headroom::sim
