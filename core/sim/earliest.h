// Which of some replicas ends its leap first: a tournament, so that one change costs log2 of their number.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace headroom::sim {

class Earliest {
public:
    explicit Earliest(std::size_t n)
    {
        while (m_leaves < n)
            m_leaves *= 2;
        m_times.assign(m_leaves, std::numeric_limits<double>::infinity());
        m_winner.assign(2 * m_leaves, 0);
        for (std::size_t i = 0; i < m_leaves; ++i)
            m_winner[m_leaves + i] = i;
        for (std::size_t node = m_leaves - 1; node > 0; --node)
            m_winner[node] = better(m_winner[2 * node], m_winner[2 * node + 1]);
    }
    /// \param time of replica i, s; infinity = idle
    void set(std::size_t i, double time)
    {
        if (m_leaves == 1) { // alone it always wins
            m_time = time;
            return;
        }
        m_times[i] = time;
        for (std::size_t node = (m_leaves + i) / 2; node > 0; node /= 2)
            m_winner[node] = better(m_winner[2 * node], m_winner[2 * node + 1]);
        m_index = m_winner[1];
        m_time = m_times[m_index];
    }
    /// Of equals the one with the smaller index.
    std::size_t index() const { return m_index; }
    double time() const { return m_time; }

private:
    std::size_t better(std::size_t a, std::size_t b) const { return m_times[b] < m_times[a] ? b : a; }
    std::size_t m_leaves = 1;
    std::vector<double> m_times;
    std::vector<std::size_t> m_winner;
    std::size_t m_index = 0; ///< of the whole tournament, and its time
    double m_time = std::numeric_limits<double>::infinity();
};

} // namespace headroom::sim
