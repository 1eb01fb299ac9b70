#include "core/calibration/group_run.h"

#include "core/queueing/micro_batches.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <vector>

namespace headroom {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kNotYet = std::numeric_limits<std::size_t>::max();
/// Groups that share the seats, and groups of a whole run. Equal requests move in step, so few groups do; of wide lengths
/// the longest few decide how a run drains, and only many groups have them.
struct Fineness {
    double inFlight, whole;
};
constexpr Fineness kEqual{8, 80}, kWide{64, 256};
constexpr double kWideCv = 0.2;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// `size` requests that move as one.
struct Group {
    double size = 0, prompt = 0, output = 0;   ///< tokens of each request
    std::size_t submitted = 0, firstToken = 0; ///< legs before it
    double prefilled = 0;                      ///< prompt tokens done, of each request
    double decoded = 0;                        ///< tokens out
    double context() const { return prefilled + decoded; }
    /// A preempted group writes its cache anew, with what it has put out so far.
    double toPrefill() const { return prompt + decoded; }
};

/// Query-key pairs and cached tokens read, for each token of a prompt that is taken in chunks of `chunk`.
struct PromptWork {
    std::array<double, kReaches> pairs{}, prefix{};
};

class Planner {
public:
    Planner(const MeasuredCase& c, const StepModel& step)
        : m_case(c), m_step(step), m_stages(c.loadKind == LoadKind::staticBatch ? 1 : std::max(1, c.layout.pp))
    {
        makeGroups();
    }

    RunSchedule plan()
    {
        // Each pass prefills, decodes, or ends the run. The cap stops a case whose cache holds not even one request.
        for (int pass = 0; pass < 20000 && (!m_waiting.empty() || !m_prefilling.empty() || !m_running.empty());
             ++pass) {
            admit();
            if (!m_prefilling.empty())
                prefillStep();
            else if (!m_running.empty())
                decodeLeap();
            else
                break;
        }
        return std::move(m_plan);
    }

private:
    void makeGroups()
    {
        const double byMemory = m_case.kvTokens / (m_case.input.mean + m_case.output.mean);
        const double seats = std::max(1.0, std::min({m_case.inFlight, m_case.maxSequences, byMemory}));
        const double runs = std::max(m_case.requests, m_case.inFlight);
        // A long run settles: six fillings of the seats tell its rate, and the rest is added at that rate.
        const double played = std::min(runs, std::max(6 * seats, 64.0));
        const Fineness& fine = std::max(m_case.input.cv, m_case.output.cv) > kWideCv ? kWide : kEqual;
        const double size = std::max({1.0, seats / fine.inFlight, played / fine.whole});
        const int count = std::max(1, static_cast<int>(std::round(played / size)));
        m_plan.requests = runs;
        m_plan.played = played;
        m_plan.replicas = m_case.replicas;
        m_plan.wave = std::max(1.0, std::floor(seats * count / played * 1.0001));
        for (int i = 0; i < count; ++i) {
            Group g;
            g.size = played / count;
            // Two sequences of evenly spread numbers: every part of the run sees all lengths, in no order.
            g.prompt = std::max(1.0, quantile(m_case.input, spread(i, 0.6180339887)));
            g.output = std::max(1.0, quantile(m_case.output, spread(i, 0.7548776662)));
            g.submitted = (i + 1) * g.size <= m_case.inFlight + 0.5 * g.size ? 0 : kNotYet;
            m_waiting.push_back(g);
        }
    }

    static double spread(int i, double step)
    {
        const double x = 0.5 + i * step;
        return x - std::floor(x);
    }

    double held() const
    {
        double tokens = 0;
        for (const std::deque<Group>* groups : {&m_running, &m_prefilling})
            for (const Group& g : *groups)
                tokens += g.size * (m_case.reservesAll ? g.prompt + g.output : g.toPrefill());
        return tokens;
    }

    double seatsTaken() const
    {
        double n = 0;
        for (const std::deque<Group>* groups : {&m_running, &m_prefilling})
            for (const Group& g : *groups)
                n += g.size;
        return n;
    }

    void admit()
    {
        double tokens = held(), seats = seatsTaken();
        while (!m_waiting.empty() && m_waiting.front().submitted <= now()) {
            const Group& g = m_waiting.front();
            const double need = g.size * (m_case.reservesAll ? g.prompt + g.output : g.toPrefill() + 1);
            const bool alone = seats <= 0; // one group always runs, however little room there is
            // Everyone else keeps room for a next token, or whoever is admitted would push somebody out at once.
            const double growth = m_case.reservesAll ? 0 : seats;
            if (!alone && (seats + g.size > m_case.maxSequences * 1.0001 || tokens + growth + need > m_case.kvTokens))
                break;
            tokens += need;
            seats += g.size;
            m_prefilling.push_back(g);
            m_waiting.pop_front();
        }
    }

    StepBatch decodes(double later) const
    {
        StepBatch b;
        for (const Group& g : m_running) {
            b.decodes += g.size;
            for (std::size_t r = 0; r < at(kReaches); ++r)
                b.context[r] += g.size * std::min(g.context() + later, m_step.reach(static_cast<int>(r)));
        }
        if (m_stages > 1 && b.decodes > 0) {
            const double all = m_stages * decodesOfMicroBatch(b.decodes, m_stages) / b.decodes;
            b.decodes *= all;
            for (double& tokens : b.context)
                tokens *= all;
        }
        return b;
    }

    PromptWork workOf(double prompt, double chunk) const
    {
        StepBatch whole;
        m_step.addPrompt(whole, prompt, 0);
        PromptWork w;
        const double chunks = std::max(1.0, prompt / std::max(1.0, chunk));
        for (std::size_t r = 0; r < at(kReaches); ++r) {
            w.pairs[r] = whole.pairs[r] / prompt;
            const double cached = std::min((chunks - 1) * chunk / 2, m_step.reach(static_cast<int>(r)));
            w.prefix[r] = cached * chunks / prompt;
        }
        return w;
    }

    static double leftOf(const Group& g) { return g.size * (g.toPrefill() - g.prefilled); }

    /// Prompt tokens that a group gives to a step with `room` for more: a prompt is in one micro-batch only.
    double takeOf(const Group& g, double room, double chunk) const
    {
        const double most = m_stages > 1 ? std::max(1.0, g.size) * chunk : room;
        return std::min({room, leftOf(g), most});
    }

    /// Steps that take as many tokens of the same groups as the next one does.
    double leapOf(double room, double chunk) const
    {
        double steps = kInfinity;
        for (const Group& g : m_prefilling) {
            const double take = takeOf(g, room, chunk), left = leftOf(g);
            if (take <= 0)
                break;
            steps = std::min(steps, left > 2 * take ? std::floor(left / take) : 1.0);
            room -= take;
        }
        return std::isfinite(steps) ? steps : 1;
    }

    /// Mean size of a prompt's chunks as its tokens see it.
    static double chunkBySize(double prompt, double chunk)
    {
        const double full = std::floor(prompt / chunk), rest = prompt - full * chunk;
        return (full * chunk * chunk + rest * rest) / prompt;
    }

    /// One or more steps that take prompt tokens in order, up to the token budget, which is that of a micro-batch.
    void prefillStep()
    {
        const bool mixed = m_case.mixing == PromptMixing::together;
        StepBatch b = mixed ? decodes(0) : StepBatch{};
        const double chunk = std::max(m_case.tokenBudget - b.decodes / m_stages, 0.05 * m_case.tokenBudget);
        double room = m_stages * chunk;
        double steps = leapOf(room, chunk);
        if (mixed && steps > 1)
            for (const Group& g : m_running)
                steps = std::min(steps, std::max(1.0, g.output - g.decoded));
        StepBatch prompts;
        double bySize = 0, largest = 0; // sum of each token's chunk; the largest
        for (Group& g : m_prefilling) {
            const double take = takeOf(g, room, chunk);
            if (take <= 0)
                break;
            const PromptWork w = workOf(g.toPrefill(), chunk);
            prompts.prefillTokens += take;
            prompts.prompts += std::max(1.0, take / g.toPrefill());
            for (std::size_t r = 0; r < at(kReaches); ++r) {
                prompts.pairs[r] += take * w.pairs[r];
                prompts.prefix[r] += take * w.prefix[r];
            }
            bySize += take * chunkBySize(g.toPrefill(), chunk);
            largest = std::max(largest, std::min({take, chunk, g.toPrefill() - g.prefilled}));
            g.prefilled += steps * take / g.size;
            room -= take;
        }
        addAlike(b, prompts, timesLongest(prompts.prefillTokens, chunk, bySize, largest));
        m_plan.legs.push_back({b, steps});
        if (mixed)
            advance(steps);
        while (!m_prefilling.empty() && m_prefilling.front().prefilled > m_prefilling.front().toPrefill() * (1 - 1e-9))
            startDecoding();
    }

    /// All micro-batches of a step as long as the longest, over its prompt tokens. None is shorter than the largest chunk.
    double timesLongest(double tokens, double chunk, double bySize, double largest) const
    {
        if (m_stages == 1 || tokens <= 0)
            return 1;
        const double longest = longestMicroBatch(tokens, m_stages, chunk, bySize / tokens);
        return m_stages * std::max(largest, longest) / tokens;
    }

    /// Adds the prompts of a step `times` over.
    static void addAlike(StepBatch& b, const StepBatch& prompts, double times)
    {
        b.prefillTokens += times * prompts.prefillTokens;
        b.prompts += times * prompts.prompts;
        for (std::size_t r = 0; r < at(kReaches); ++r) {
            b.pairs[r] += times * prompts.pairs[r];
            b.prefix[r] += times * prompts.prefix[r];
        }
    }

    void startDecoding()
    {
        Group g = m_prefilling.front();
        m_prefilling.pop_front();
        g.prefilled = g.prompt;
        if (g.decoded == 0) { // else it was preempted and had its first token before
            g.firstToken = now();
            g.decoded = 1;
        }
        m_running.push_back(g);
        finish();
    }

    void decodeLeap()
    {
        double steps = kInfinity, size = 0;
        for (const Group& g : m_running) {
            steps = std::min(steps, g.output - g.decoded);
            size += g.size;
        }
        steps = std::max(1.0, steps);
        if (!m_case.reservesAll && m_running.size() > 1) {
            const double room = (m_case.kvTokens - held()) / size;
            if (room < 1) {
                preempt();
                return;
            }
            steps = std::min(steps, std::max(1.0, room));
        }
        m_plan.legs.push_back({decodes((steps - 1) / 2), steps});
        advance(steps);
    }

    /// The newest group gives up its cache and starts again, with what it has written as part of its prompt.
    void preempt()
    {
        Group g = m_running.back();
        m_running.pop_back();
        g.prefilled = 0;
        m_waiting.push_front(g);
    }

    void advance(double steps)
    {
        for (Group& g : m_running)
            g.decoded += steps;
        finish();
    }

    void finish()
    {
        for (std::size_t i = 0; i < m_running.size();) {
            if (m_running[i].decoded < m_running[i].output - 1e-9) {
                ++i;
                continue;
            }
            const Group& g = m_running[i];
            m_plan.groups.push_back({g.size, g.prompt, g.output, g.submitted, g.firstToken, now()});
            m_running.erase(m_running.begin() + static_cast<std::ptrdiff_t>(i));
            for (Group& next : m_waiting) // a client sends its next request
                if (next.submitted == kNotYet) {
                    next.submitted = now();
                    break;
                }
        }
    }

    std::size_t now() const { return m_plan.legs.size(); }

    const MeasuredCase& m_case;
    const StepModel& m_step;
    int m_stages; ///< with as many micro-batches in flight; a static batch is shared out evenly, as in a plan
    RunSchedule m_plan;
    std::deque<Group> m_waiting, m_prefilling, m_running;
};

/// Time of all requests: those played, and the rest at the rate of the middle of the run.
double wholeTime(const RunSchedule& plan, const std::vector<double>& clock)
{
    const double end = clock.back();
    const auto& done = plan.groups;
    if (plan.requests <= plan.played * 1.001 || done.size() < 8)
        return end;
    // Equal requests end in waves. Whole waves are counted, without the first, which began with an empty server, and the
    // last, which leaves one.
    const auto wave = static_cast<std::size_t>(plan.wave);
    const std::size_t waves = done.size() / wave;
    if (waves < 3)
        return end * plan.requests / plan.played;
    const std::size_t first = wave - 1, last = (waves - 1) * wave - 1;
    double between = 0;
    for (std::size_t i = first + 1; i <= last; ++i)
        between += done[i].size;
    const double rate = between / std::max(1e-12, clock[done[last].finished] - clock[done[first].finished]);
    return end + (plan.requests - plan.played) / std::min(rate, 2 * plan.played / end);
}

RunLatency latencyOf(std::vector<std::pair<double, double>>& values) ///< (seconds, requests)
{
    RunLatency l;
    std::sort(values.begin(), values.end());
    double total = 0;
    for (const auto& [seconds, weight] : values) {
        total += weight;
        l.mean += seconds * weight;
    }
    if (total <= 0)
        return l;
    l.mean /= total;
    const auto quantile = [&](double p) {
        double below = 0;
        for (const auto& [seconds, weight] : values) {
            below += weight;
            if (below >= p * total)
                return seconds;
        }
        return values.back().first;
    };
    l.p50 = quantile(0.5);
    l.p90 = quantile(0.9);
    l.p95 = quantile(0.95);
    l.p99 = quantile(0.99);
    return l;
}

} // namespace

RunSchedule planRun(const MeasuredCase& c, const StepModel& step)
{
    return c.fits ? Planner(c, step).plan() : RunSchedule{};
}

RunResult timeRun(const RunSchedule& plan, const StepModel& step)
{
    std::vector<double> clock(1, 0.0); // after so many legs
    clock.reserve(plan.legs.size() + 1);
    for (const RunSchedule::Leg& leg : plan.legs)
        clock.push_back(clock.back() + leg.steps * step.time(leg.batch).si());
    RunResult r;
    std::vector<std::pair<double, double>> ttft, tpot, e2e;
    double requests = 0, in = 0, out = 0;
    for (const RunSchedule::Group& g : plan.groups) {
        const double firstToken = clock[g.firstToken], finished = clock[g.finished], submitted = clock[g.submitted];
        requests += g.size;
        in += g.size * g.prompt;
        out += g.size * g.output;
        ttft.emplace_back(firstToken - submitted, g.size);
        e2e.emplace_back(finished - submitted, g.size);
        if (g.output > 1.5)
            tpot.emplace_back((finished - firstToken) / (g.output - 1), g.size);
    }
    const double time = wholeTime(plan, clock);
    if (requests <= 0 || time <= 0)
        return r;
    r.requestRate = plan.replicas * std::max(plan.requests, plan.played) / time;
    r.outputTokenRate = r.requestRate * out / requests;
    r.totalTokenRate = r.requestRate * (in + out) / requests;
    r.ttft = latencyOf(ttft);
    r.tpot = latencyOf(tpot);
    r.e2e = latencyOf(e2e);
    return r;
}

RunResult playRun(const MeasuredCase& c, const StepModel& step) { return timeRun(planRun(c, step), step); }

} // namespace headroom
