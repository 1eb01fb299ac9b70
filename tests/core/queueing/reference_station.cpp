#include "tests/core/queueing/reference_station.h"

#include "core/slo/percentile.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <queue>
#include <random>

namespace headroom::reference {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

struct Request {
    double arrival = 0, scheduled = kNever, first = 0, last = 0; // seconds
    int prompt = 1, cached = 0, output = 1;                      // tokens; prompt without what is cached
    int done = 0;                                                // prompt tokens processed
    std::size_t cls = 0;
};

struct Uniform {
    std::mt19937_64 engine;
    explicit Uniform(std::uint64_t seed) : engine(seed) {}
    double operator()() { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; }
};

/// One engine. Decoding sequences are kept by the number of the step that gives their last token, so that a step costs
/// its completions and not its batch.
struct Replica {
    std::deque<std::size_t> waiting;  // not scheduled yet
    std::deque<std::size_t> prefills; // scheduled, prompt not finished
    std::priority_queue<std::pair<std::int64_t, std::size_t>, std::vector<std::pair<std::int64_t, std::size_t>>,
        std::greater<>>
        decoding;
    std::int64_t steps = 0;             // that gave tokens to the decoding sequences
    double context = 0;                 // tokens in the caches of the decoding sequences
    double end = kNever;                // of the running step
    bool decodesNow = false;            // the running step gives the decoding sequences a token
    std::vector<std::size_t> finishing; // prompts that the running step completes
    int inSystem() const { return static_cast<int>(waiting.size() + prefills.size() + decoding.size()); }
    int seatsTaken() const { return static_cast<int>(prefills.size() + decoding.size()); }
};

class Simulation {
public:
    Simulation(const StationInput& input, const StepFunction& step, double rate, std::uint64_t seed)
        : m_input(input),
          m_step(step),
          m_rate(rate),
          m_lengths(seed),
          m_gaps(seed + 1000003),
          m_routes(seed + 7),
          m_replicas(static_cast<std::size_t>(input.replicas))
    {}

    Outcome run(std::size_t measured)
    {
        const std::size_t warmUp = measured / 5, total = warmUp + measured;
        const bool closed = m_input.process == ArrivalProcess::closedLoop;
        if (closed) {
            for (int i = 0; i < m_input.concurrency; ++i)
                arrive(1e-9 * i);
        }
        double nextArrival = closed ? kNever : gap();
        while (m_completed.size() < total) {
            std::size_t r = 0;
            for (std::size_t i = 1; i < m_replicas.size(); ++i)
                r = m_replicas[i].end < m_replicas[r].end ? i : r;
            const double now = std::min(m_replicas[r].end, nextArrival);
            account(now);
            if (nextArrival < m_replicas[r].end) {
                arrive(now);
                nextArrival = now + gap();
            } else {
                finishStep(m_replicas[r], now);
                startStep(m_replicas[r], now);
            }
            if (m_completed.size() >= warmUp && m_countFrom == kNever) {
                m_countFrom = now;
                m_area = m_seatArea = 0;
            }
        }
        return outcome(warmUp);
    }

private:
    double gap()
    {
        const double u = m_gaps();
        const double mean = 1 / m_rate;
        switch (m_input.process) {
        case ArrivalProcess::deterministic:
            return mean;
        case ArrivalProcess::mmpp2:
            return burstGap();
        case ArrivalProcess::gamma: {
            const double cv2 = m_input.workload->arrivalScv;
            return quantile(LengthDistribution{LengthShape::gamma, mean, std::sqrt(cv2), {}}, u);
        }
        default:
            return -mean * std::log(u);
        }
    }
    double burstGap()
    {
        const BurstSpec& b = m_input.burst;
        const double high = b.peakRatio * m_rate;
        const double low = m_rate * (1 - b.peakRatio * b.burstShare) / (1 - b.burstShare);
        const double leaveHigh = 1 / b.meanBurst.si(), leaveLow = leaveHigh * b.burstShare / (1 - b.burstShare);
        double waited = 0;
        while (true) {
            const double arrivals = m_inBurst ? high : low, leave = m_inBurst ? leaveHigh : leaveLow;
            waited += -std::log(m_gaps()) / (arrivals + leave);
            if (m_gaps() * (arrivals + leave) < arrivals)
                return waited;
            m_inBurst = !m_inBurst;
        }
    }

    void account(double now)
    {
        int all = 0, seats = 0;
        for (const Replica& r : m_replicas) {
            all += r.inSystem();
            seats += r.seatsTaken();
        }
        m_area += all * (now - m_now);
        m_seatArea += seats * (now - m_now);
        m_now = now;
    }

    std::size_t route()
    {
        const std::size_t n = m_replicas.size();
        const auto any = [&] { return std::min(n - 1, static_cast<std::size_t>(m_routes() * static_cast<double>(n))); };
        if (n == 1)
            return 0;
        switch (m_input.balancing) {
        case Balancing::random:
            return any();
        case Balancing::roundRobin:
            return m_turn++ % n;
        case Balancing::powerOfTwo: {
            const std::size_t a = any(), b = any();
            return m_replicas[b].inSystem() < m_replicas[a].inSystem() ? b : a;
        }
        case Balancing::joinShortest:
    case Balancing::byPrefix:
            break;
        }
        // Ties go on from the last choice, so that no replica is favoured.
        std::size_t best = m_turn++ % n;
        for (std::size_t k = 1; k < n; ++k) {
            const std::size_t i = (best + k) % n;
            best = m_replicas[i].inSystem() < m_replicas[best].inSystem() ? i : best;
        }
        return best;
    }

    void arrive(double now)
    {
        Request r;
        r.arrival = now;
        double u = m_lengths();
        const auto& classes = m_input.workload->classes;
        while (r.cls + 1 < classes.size() && u > classes[r.cls].share)
            u -= classes[r.cls++].share;
        const RequestShape& shape = classes[r.cls].shape;
        const double prompt = std::max(1.0, std::round(quantile(shape.prompt, m_lengths())));
        r.cached = std::min(static_cast<int>(prompt) - 1, static_cast<int>(std::lround(shape.prefixHitRate * prompt)));
        r.prompt = static_cast<int>(prompt) - r.cached;
        r.output = std::max(1, static_cast<int>(std::lround(quantile(shape.output, m_lengths()))));
        Replica& replica = m_replicas[route()];
        replica.waiting.push_back(m_requests.size());
        m_requests.push_back(r);
        if (replica.end == kNever)
            startStep(replica, now);
    }

    void complete(std::size_t id, double now)
    {
        m_requests[id].last = now;
        m_completed.push_back(id);
        if (m_input.process == ArrivalProcess::closedLoop)
            arrive(now);
    }

    void finishStep(Replica& r, double now)
    {
        r.end = now; // a closed loop's next request must not start a step of its own
        if (r.decodesNow) {
            ++r.steps;
            r.context += static_cast<double>(r.decoding.size());
            while (!r.decoding.empty() && r.decoding.top().first == r.steps) {
                const std::size_t id = r.decoding.top().second;
                r.decoding.pop();
                const Request& q = m_requests[id];
                r.context -= q.cached + q.prompt + q.output;
                complete(id, now);
            }
        }
        for (std::size_t id : r.finishing) {
            Request& q = m_requests[id];
            q.first = now;
            r.prefills.erase(std::find(r.prefills.begin(), r.prefills.end(), id));
            if (q.output == 1) {
                complete(id, now);
                continue;
            }
            r.decoding.emplace(r.steps + q.output - 1, id);
            r.context += q.cached + q.prompt + 1;
        }
        r.finishing.clear();
    }

    void startStep(Replica& r, double now)
    {
        const bool chunked = m_input.policy == BatchPolicy::chunked;
        const auto decodes = static_cast<double>(r.decoding.size());
        const bool unlimited = m_input.policy == BatchPolicy::continuous;
        double left = unlimited ? 1e18 : m_input.tokenBudget.si() - (chunked ? decodes : 0);
        double tokens = 0, prompts = 0, behind = 0; // behind: cached tokens weighted by chunk
        const auto take = [&](std::size_t id) {
            Request& q = m_requests[id];
            const int whole = q.prompt - q.done;
            const int x = chunked ? std::min(whole, static_cast<int>(left)) : whole;
            behind += static_cast<double>(x) * (q.cached + q.done);
            q.done += x;
            q.scheduled = std::min(q.scheduled, now);
            left -= x;
            tokens += x;
            prompts += 1;
            if (q.done == q.prompt)
                r.finishing.push_back(id);
        };
        for (std::size_t id : r.prefills) {
            if (left >= 1)
                take(id);
        }
        while (!r.waiting.empty() && r.seatsTaken() < m_input.seats && left >= 1) {
            const std::size_t id = r.waiting.front();
            if (!chunked && prompts > 0 && m_requests[id].prompt > left)
                break;
            r.waiting.pop_front();
            r.prefills.push_back(id);
            take(id);
        }
        const bool promptsOnly = m_input.policy == BatchPolicy::prefillFirst && prompts > 0;
        r.decodesNow = decodes > 0 && !promptsOnly;
        if (!r.decodesNow && prompts == 0) {
            r.end = kNever;
            return;
        }
        const double b = r.decodesNow ? decodes : 0;
        r.end = now + m_step(b, b > 0 ? r.context / b : 0, tokens, prompts, tokens > 0 ? behind / tokens : 0);
    }

    Percentiles percentiles(std::vector<double>& values) const
    {
        Percentiles out;
        for (double v : values)
            out.mean += v / static_cast<double>(std::max<std::size_t>(values.size(), 1));
        out.p50 = quantile(values, 0.5);
        out.p95 = quantile(values, 0.95);
        out.p99 = quantile(values, 0.99);
        return out;
    }

    Outcome outcome(std::size_t warmUp) const
    {
        std::vector<double> ttft, tpot, e2e;
        Outcome out;
        const double before = (m_input.networkIn + m_input.retrieval).si();
        const double after = (m_input.post + m_input.networkOut).si();
        const Targets& targets = m_input.targets;
        for (std::size_t i = warmUp; i < m_completed.size(); ++i) {
            const Request& q = m_requests[m_completed[i]];
            const double first = q.first - q.arrival + before, all = q.last - q.arrival + before + after;
            const double each = q.output > 1 ? (q.last - q.first) / (q.output - 1) : 0;
            ttft.push_back(first);
            e2e.push_back(all);
            if (q.output > 1)
                tpot.push_back(each);
            out.seatWait += q.scheduled - q.arrival;
            const bool good = (!targets.ttftP95 || first <= targets.ttftP95->si()) &&
                              (!targets.tpotP95 || each <= targets.tpotP95->si()) &&
                              (!targets.e2eP99 || all <= targets.e2eP99->si());
            out.attainment += good ? 1 : 0;
        }
        const auto n = static_cast<double>(e2e.size());
        out.seatWait /= n;
        out.attainment /= n;
        out.throughput = n / (m_now - m_countFrom);
        const auto replicas = static_cast<double>(m_replicas.size());
        out.meanInSystem = m_area / (m_now - m_countFrom) / replicas;
        out.meanRunning = m_seatArea / (m_now - m_countFrom) / replicas;
        out.ttft = percentiles(ttft);
        out.tpot = percentiles(tpot);
        out.e2e = percentiles(e2e);
        return out;
    }

    const StationInput& m_input;
    const StepFunction& m_step;
    double m_rate;
    Uniform m_lengths, m_gaps, m_routes;
    std::vector<Replica> m_replicas;
    std::vector<Request> m_requests;
    std::vector<std::size_t> m_completed;
    double m_now = 0, m_area = 0, m_seatArea = 0, m_countFrom = kNever;
    std::size_t m_turn = 0;
    bool m_inBurst = false;
};

} // namespace

Outcome simulate(
    const StationInput& input, const StepFunction& step, double rate, std::size_t requests, std::uint64_t seed)
{
    return Simulation(input, step, rate, seed).run(requests);
}

} // namespace headroom::reference
