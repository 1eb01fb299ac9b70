// Replica: the gaps of each single request, where they are asked for (Recording::slowestGaps).
#include "core/sim/replica.h"

#include "core/slo/percentile.h"

#include <algorithm>

namespace headroom::sim {

/// The decode steps of the leap that ends, for those who read them when they leave.
void Replica::keepLeap()
{
    m_gapLog->add(m_step, m_leap, m_body.time);
    if (!m_gapLog->isFull())
        return;
    std::int64_t earliest = m_step;
    forEachRunning([&](std::int32_t slot) {
        if (at(slot).stage == Stage::decoding)
            earliest = std::min(earliest, at(slot).joinStep);
    });
    m_gapLog->forgetBefore(earliest);
}

/// A token that came with the end of a prompt: the first one, or that of a sequence computed anew after a preemption.
/// Called before `lastToken` is that of this one.
void Replica::noteLateToken(std::int32_t slot)
{
    auto& all = m_context.slots.gaps;
    if (static_cast<std::size_t>(slot) >= all.size())
        all.resize(static_cast<std::size_t>(slot) + 1);
    auto& gaps = all[static_cast<std::size_t>(slot)];
    if (at(slot).generated == 1)
        gaps.clear(); // those of who had the slot before
    else
        gaps.push_back(m_leapEnd - at(slot).lastToken);
}

/// Adds those that a sequence has had since it joined the decodes.
void Replica::gatherGaps(std::int32_t slot)
{
    const Sequence& s = at(slot);
    m_gapLog->collect(s.joinStep, s.lastToken, m_context.slots.gaps[static_cast<std::size_t>(slot)]);
}

void Replica::endGaps(std::int32_t slot)
{
    at(slot).slowestGaps = meanOfSlowestTenth(m_context.slots.gaps[static_cast<std::size_t>(slot)]);
}

} // namespace headroom::sim
