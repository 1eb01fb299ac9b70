#include "core/sim/step_laws.h"

#include <algorithm>

namespace headroom::sim {

double pairsWithin(double x, double cached, double reach)
{
    const double below = std::clamp(reach - cached, 0.0, x); // positions that have not filled the reach
    return below * cached + 0.5 * below * (below + 1) + (x - below) * reach;
}

StepLaws::StepLaws(const Physics& physics) : m_physics(&physics)
{
    for (int i = 1; i < kReaches; ++i)
        if (physics.reach[static_cast<std::size_t>(i)] > 0)
            m_reaches = i + 1;
    m_lines = m_reaches <= 2 ? 1 : 2;
    m_mixed.resize(kRemembered * m_lines);
    for (Line& line : m_mixed)
        line.words[0] = kNoKey;
}

void StepLaws::remember(std::size_t decodes)
{
    if (decodes >= m_decode.size())
        m_decode.resize(std::max(decodes + 1, 2 * m_decode.size()));
    const StepLaw full = m_physics->law(static_cast<double>(decodes), 0, 0);
    m_decode[decodes] = {full.base, full.perContext};
}

void StepLaws::remember(double* values, std::int64_t decodes, std::int64_t tokens, std::int64_t prompts) const
{
    const StepLaw law =
        m_physics->law(static_cast<double>(decodes), static_cast<double>(tokens), static_cast<double>(prompts));
    *values++ = law.base;
    for (std::size_t r = 0; r < static_cast<std::size_t>(m_reaches); ++r) {
        *values++ = law.perContext[r];
        *values++ = law.perPair[r];
        *values++ = law.perPrefix[r];
    }
}

void StepLaws::addWindows(ChunkSums& sums, std::int64_t x, std::int64_t cached) const
{
    const auto tokens = static_cast<double>(x), before = static_cast<double>(cached);
    for (std::size_t i = 1; i < static_cast<std::size_t>(m_reaches); ++i) {
        const double reach = m_physics->reach[i];
        sums.pairs[i] += pairsWithin(tokens, before, reach);
        sums.prefix[i] += std::min(before, reach);
    }
}

} // namespace headroom::sim
