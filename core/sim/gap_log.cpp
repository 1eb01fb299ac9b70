#include "core/sim/gap_log.h"

#include <algorithm>

namespace headroom::sim {

void GapLog::add(std::int64_t before, const Leap& leap, double lastStep)
{
    // Prompts may have had steps of their own since.
    m_leaps.push_back({before, leap, lastStep == leap.start ? leap.first : leap.start + leap.first - lastStep});
}

void GapLog::collect(std::int64_t joined, double lastToken, std::vector<double>& gaps) const
{
    for (auto entry = std::ranges::lower_bound(m_leaps, joined, {}, &Entry::before); entry != m_leaps.end(); ++entry) {
        const Leap& leap = entry->leap;
        if (entry->before > joined)
            gaps.push_back(entry->firstGap);
        else
            gaps.push_back(lastToken == leap.start ? leap.first : leap.start + leap.first - lastToken);
        for (std::int64_t i = 1; i < leap.steps; ++i)
            gaps.push_back(leap.first + static_cast<double>(i) * leap.increment);
    }
}

void GapLog::forgetBefore(std::int64_t earliest)
{
    m_leaps.erase(m_leaps.begin(), std::ranges::lower_bound(m_leaps, earliest, {}, &Entry::before));
    m_full = std::max(kLeast, 2 * m_leaps.size());
}

} // namespace headroom::sim
