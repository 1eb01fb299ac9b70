// The reference engine as one class; its definition of right is in the three .cpp files.
#pragma once

#include "core/sim/policy/batching.h"
#include "core/sim/policy/scaling.h"
#include "core/sim/random.h"
#include "tests/core/sim/reference_engine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace headroom::sim::reference {

inline constexpr double kNever = std::numeric_limits<double>::infinity();
enum class At { source, waiting, prefilling, pulling, pulled, decoding, host, gone };

struct Request {
    std::uint64_t id = 0, order = 0; ///< of the request; of the attempt, by arrival
    int attempt = 0;
    double timeoutAt = kNever;
    double tag = 0;                    ///< weighted priorities
    std::vector<std::uint64_t> hashes; ///< whole blocks of the prompt that others may have too
    std::vector<std::uint64_t> held;   ///< of these, those it refers to in the cache of replica `heldOn`
    int heldOn = -1;
    double lastToken = 0;
    double arrival = 0, scheduled = -1, first = -1, finish = -1;
    double headOfLine = 0;    ///< s
    std::vector<double> gaps; ///< between its tokens, s
    std::int64_t predicted = 1;
    std::int64_t prompt = 1, output = 1, cached = 0, generated = 0, target = 1, computed = 0, context = 0;
    std::int64_t chunk = 0; ///< reserved start (buddy)
    int requestClass = 0, preemptions = 0, replica = 0, holder = -1;
    At at = At::source;
    bool leaving = false;
    Status status = Status::unfinished;
    Rejection rejection = Rejection::none;
    double pulledAt = kNever;
};

/// A block in a prefix cache: nobody refers to it since idleSince (a count, not a time) when refs is 0.
struct CachedBlock {
    int refs = 0;
    std::uint64_t idleSince = 0;
};

struct Engine {
    double served = 0; ///< weighted priorities: tag of the last one taken
    std::vector<double> classTags;
    std::map<std::uint64_t, CachedBlock> cache;
    ReplicaStatus::Phase phase = ReplicaStatus::Phase::ready;
    double readyAt = kNever;
    std::vector<int> waiting, seated, host; ///< seated: prefilling, pulling, pulled, decoding, by order of admission
    std::vector<int> batch;
    std::vector<double> stays; ///< of those who have left, from their first step on
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
    explicit Simulation(const Scenario&);
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
    bool isStaticDecode(const Engine& e) const { return isStatic() && e.decodes; }
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

    // reference_arrivals.cpp
    bool isClosedLoop() const { return m_s.workload.process == ArrivalProcess::closedLoop && !m_s.trace; }
    bool chunksApart() const { return m_s.batchingRow == &sim::chunksApart(); }
    void prepareReplicas();
    void readTrace();
    void drawPoisson();
    Request drawRequest(double arrival);
    void sendNext(double repliedAt);
    Request newRequest(int requestClass, std::int64_t prompt, std::int64_t output);
    void drawPrefix(Request& r);
    int prefillPool() const { return policy() == BatchPolicy::disaggregated ? m_s.prefillReplicas : 0; }
    int ready() const;
    std::int64_t backlog(int e) const;
    int route(const Request& r);
    int chooseReplica(const Request& r);
    bool couldHold(int e, const Request& r) const;
    Rejection judge(int e, const Request& r);
    double expectedTtft(int e, const Request&) const;
    bool hasRoomFor(int e, const Request& r) const;
    void retry(const Request& left, double leftAt);
    void wakeController();
    double nextTime() const;

    // reference_memory.cpp
    bool hasCache(int e) const;
    std::int64_t blocksPerHash() const { return m_hashTokens / m_s.kv.blockTokens; }
    std::int64_t found(int e, const Request& r) const;
    void evict(int e);
    void drop(Request& r);
    void share(int e, Request& r);
    bool outranks(int e);
    bool yields(int swappedOut, int waits) const;
    void enqueue(int e, int i, bool hasLostPlace = false);
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
    void dropLeaving(int e);
    void plan(int e);
    void startStep(int e, std::int64_t promptTokens, bool decodes);
    void startStatic(int e);
    double stepSeconds(const Engine& e, std::int64_t decodes, const std::vector<std::int64_t>& contexts,
        const std::vector<std::pair<std::int64_t, std::int64_t>>& chunks) const;
    void blockHeadOfLine(const Engine& e);
    void finishStep(int e);
    void finishStatic(int e);
    void complete(int e, int i, double now);
    void arrive(int i);
    void advanceTo(double t);
    bool isPreemptive() const
    {
        return m_s.scheduling.order == Order::priority && m_s.scheduling.preemptive && !m_s.scheduling.weighted &&
               policy() != BatchPolicy::disaggregated;
    }
    void abandon(int i);
    void giveBack(Engine& e, Request& r)
    {
        if (usesBuddy())
            e.buddy[0].give(r.chunk, reserved(r));
        drop(r);
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
    std::deque<Request> m_r; ///< attempts; those of retries are added at the end
    std::vector<Engine> m_e;
    std::size_t m_next = 0;             ///< attempt that comes next by itself
    std::size_t m_open = 0, m_sent = 0; ///< m_open: come whatever is replied; m_sent: drawn, not read from a trace
    std::vector<std::pair<QuantileSampler, QuantileSampler>> m_lengths; ///< prompt and output by class
    std::multimap<double, int> m_again;                                 ///< retries to come, by time of arrival
    std::uint64_t m_order = 0, m_retries = 0, m_idleClock = 0;
    RandomStream m_routing, m_drawing, m_predicting, m_popularity;
    std::size_t m_turn = 0;             ///< round robin
    double m_level = 0, m_filledAt = 0; ///< token bucket
    std::int64_t m_hashTokens = 0;      ///< of a block of the prefix caches; 0 = none
    int m_wanted = 1;
    double m_wake = kNever;
    ScalingState m_scaling;
    double m_now = 0;
    Outcome m_out;
};

} // namespace headroom::sim::reference
