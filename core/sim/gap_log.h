// Gaps between the tokens of each single request, of which the mean of the slowest tenth is wanted (Mooncake's TBT, PAPERS
// 8.2). Nobody is touched at a step: a replica keeps its leaps, and who leaves reads those since it joined.
#pragma once

#include "core/sim/leap.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace headroom::sim {

class GapLog {
public:
    /// Decode steps have run. \param before decode steps of the replica until then \param lastStep end of the last of them, s
    void add(std::int64_t before, const Leap&, double lastStep);
    /// Appends the gaps of a sequence among the decodes since decode step `joined`, in seconds; the first one began with
    /// its last token before that, at `lastToken`.
    void collect(std::int64_t joined, double lastToken, std::vector<double>& gaps) const;
    /// Whether it is time to call forgetBefore(): what is kept stays within twice what is needed.
    bool isFull() const { return m_leaps.size() >= m_full; }
    /// Nobody joined before decode step `earliest` any more.
    void forgetBefore(std::int64_t earliest);

private:
    struct Entry {
        std::int64_t before;
        Leap leap;
        double firstGap; ///< of those who decoded in the step before, s
    };
    static constexpr std::size_t kLeast = 1024;
    std::vector<Entry> m_leaps;
    std::size_t m_full = kLeast;
};

} // namespace headroom::sim
