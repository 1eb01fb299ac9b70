// The reference engine as one class; its definition of right is in the two .cpp files.
#pragma once

#include "tests/core/sim/reference_engine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace headroom::sim::reference {

inline constexpr double kNever = std::numeric_limits<double>::infinity();
enum class At { source, waiting, prefilling, pulling, pulled, decoding, host, gone };

struct Request {
    double arrival = 0, scheduled = -1, first = -1, finish = -1;
    std::int64_t prompt = 1, output = 1, cached = 0, generated = 0, target = 1, computed = 0, context = 0;
    std::int64_t chunk = 0; ///< reserved start (buddy)
    int requestClass = 0, preemptions = 0, replica = 0, holder = -1;
    At at = At::source;
    bool leaving = false;
    Status status = Status::unfinished;
    Rejection rejection = Rejection::none;
    double pulledAt = kNever;
};

struct Engine {
    std::vector<int> waiting, seated, host; ///< seated: prefilling, pulling, pulled, decoding, by order of admission
    std::vector<int> batch;
    bool busy = false, preempted = false;
    double begin = 0, end = kNever, wake = kNever, extra = 0, linkFree = 0;
    bool decodes = false;
    std::map<int, std::int64_t> chunks;
    std::int64_t padded = 0, staticLeft = 0;
    std::vector<BuddyAllocator> buddy;
    bool prefillPool = false, decodePool = false;
};

class Simulation {
public:
    explicit Simulation(const Scenario& s) : m_s(s)
    {
        for (const auto& t : s.trace->requests) {
            Request r;
            r.arrival = t.arrival - s.trace->requests.front().arrival + before();
            r.prompt = r.target = t.promptTokens;
            r.output = std::min<std::int64_t>(t.outputTokens, maxContext() - r.prompt);
            r.requestClass = t.requestClass;
            const double share = s.classes[static_cast<std::size_t>(t.requestClass)].shape.prefixHitRate;
            r.cached =
                std::min<std::int64_t>(static_cast<std::int64_t>(std::floor(share * t.promptTokens)), r.prompt - 1);
            r.computed = r.cached;
            m_r.push_back(r);
        }
        m_e.resize(static_cast<std::size_t>(s.replicas));
        for (std::size_t i = 0; i < m_e.size(); ++i) {
            if (s.batching.policy == BatchPolicy::disaggregated)
                (static_cast<int>(i) < s.prefillReplicas ? m_e[i].prefillPool : m_e[i].decodePool) = true;
            if (usesBuddy())
                m_e[i].buddy.emplace_back(slots());
        }
    }
    Outcome run();

private:
    double before() const
    {
        return m_s.latency.network.si() / 2 + m_s.latency.frontend.si() + m_s.latency.retrieval.si();
    }
    double after() const { return m_s.latency.network.si() / 2 + m_s.latency.post.si(); }
    std::int64_t maxContext() const { return static_cast<std::int64_t>(m_s.maxContext.in(token)); }
    BatchPolicy policy() const { return m_s.batching.policy; }
    bool usesBuddy() const
    {
        return m_s.batching.reservation != Reservation::paged && policy() != BatchPolicy::disaggregated;
    }
    bool isStatic() const { return policy() == BatchPolicy::static_; }
    std::int64_t slots() const { return m_s.kv.blocks * m_s.kv.blockTokens; }
    std::int64_t budget() const { return static_cast<std::int64_t>(m_s.batching.tokenBudget.in(token)); }
    std::int64_t blocks(std::int64_t tokens) const { return (tokens + m_s.kv.blockTokens - 1) / m_s.kv.blockTokens; }
    std::int64_t watermark() const { return static_cast<std::int64_t>(0.01 * static_cast<double>(m_s.kv.blocks)); }
    std::int64_t reserved(const Request& r) const
    {
        if (m_s.batching.reservation == Reservation::maximum)
            return std::max(r.prompt + r.output, maxContext());
        if (m_s.batching.reservation == Reservation::powerOfTwo)
            return r.prompt + static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(r.output)));
        return r.prompt + r.output;
    }
    Request& at(int i) { return m_r[static_cast<std::size_t>(i)]; }
    const Request& at(int i) const { return m_r[static_cast<std::size_t>(i)]; }

    std::int64_t held(int e, const Request& r) const;
    std::int64_t freeBlocks(int e) const;
    bool fits(int e, const Request& r) const;
    std::int64_t needed(int e) const;
    bool goesBefore(int a, int b) const;
    int head(Engine& e);
    int victim(Engine& e) const;
    void makeRoom(int e);
    void swapIn(int e);
    void admit(int e, int i);
    void admitAll(int e);
    std::int64_t promptLeft(const Engine& e) const;
    std::int64_t decodeCount(const Engine& e) const;
    void unseat(Engine& e, int i);
    void displace(int e, int i);
    void plan(int e);
    void startStep(int e, std::int64_t promptTokens, bool decodes);
    void startStatic(int e);
    double stepSeconds(const Engine& e, std::int64_t decodes, const std::vector<std::int64_t>& contexts,
        const std::vector<std::pair<std::int64_t, std::int64_t>>& chunks) const;
    void finishStep(int e);
    void finishStatic(int e);
    void complete(int e, int i, double now);
    void arrive(int i);
    void abandon(int i);
    void giveBack(Engine& e, Request& r)
    {
        if (usesBuddy())
            e.buddy[0].give(r.chunk, reserved(r));
    }
    int load(int e) const
    {
        const auto& x = m_e[static_cast<std::size_t>(e)];
        return static_cast<int>(x.waiting.size() + x.seated.size() + x.host.size());
    }
    int shortest(int from, int to) const
    {
        int best = from;
        for (int i = from; i < to; ++i)
            if (load(i) < load(best))
                best = i;
        return best;
    }
    void look(double a, double b)
    {
        if (a != b && std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b)))
            m_out.nearTie = true;
    }

    const Scenario& m_s;
    std::vector<Request> m_r;
    std::vector<Engine> m_e;
    double m_now = 0;
    Outcome m_out;
};

} // namespace headroom::sim::reference
