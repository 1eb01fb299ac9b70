// The event queue: order is time, then phase, then insertion. It knows nothing of language models.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace headroom::sim {

/// What happens first when times are equal. Completions free memory and seats before anybody asks for them; a client
/// that gives up does so before new requests are judged; the controller sees the state after all of it.
enum class Phase : std::uint8_t { stepDone, transferDone, timeout, wake, arrival, tick };

template <class Payload>
class Calendar {
public:
    static constexpr double kNever = std::numeric_limits<double>::infinity();

    void schedule(double time, Phase phase, Payload payload)
    {
        m_heap.push_back({time, phase, m_sequence++, payload});
        std::push_heap(m_heap.begin(), m_heap.end(), later);
    }
    /// Time of the first event in seconds; infinity when empty.
    double nextTime() const { return m_heap.empty() ? kNever : m_heap.front().time; }
    Phase nextPhase() const { return m_heap.front().phase; }
    Payload take()
    {
        std::pop_heap(m_heap.begin(), m_heap.end(), later);
        Payload payload = m_heap.back().payload;
        m_heap.pop_back();
        return payload;
    }
    bool empty() const { return m_heap.empty(); }

private:
    struct Entry {
        double time;
        Phase phase;
        std::uint64_t sequence;
        Payload payload;
    };
    static bool later(const Entry& a, const Entry& b)
    {
        if (a.time != b.time)
            return a.time > b.time;
        if (a.phase != b.phase)
            return a.phase > b.phase;
        return a.sequence > b.sequence;
    }
    std::vector<Entry> m_heap;
    std::uint64_t m_sequence = 0;
};

} // namespace headroom::sim
