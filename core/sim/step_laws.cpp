#include "core/sim/step_laws.h"

#include <algorithm>

namespace headroom::sim {

namespace {

constexpr std::size_t kRemembered = 4096; ///< 0.4 MB: stays in the second-level cache

} // namespace

double pairsWithin(double x, double cached, double reach)
{
    const double below = std::clamp(reach - cached, 0.0, x); // positions that have not filled the reach
    return below * cached + 0.5 * below * (below + 1) + (x - below) * reach;
}

StepLaws::StepLaws(const Physics& physics) : m_physics(&physics), m_mixed(kRemembered)
{
    for (int i = 1; i < kReaches; ++i)
        if (physics.reach[static_cast<std::size_t>(i)] > 0)
            m_reaches = i + 1;
}

const StepLaws::DecodeLaw& StepLaws::decode(std::int64_t decodes)
{
    const auto index = static_cast<std::size_t>(decodes);
    if (index >= m_decode.size())
        m_decode.resize(std::max(index + 1, 2 * m_decode.size()));
    DecodeLaw& law = m_decode[index];
    if (law.base < 0) {
        const StepLaw full = m_physics->law(static_cast<double>(decodes), 0, 0);
        law.base = full.base;
        law.perContext = full.perContext;
    }
    return law;
}

const StepLaw& StepLaws::mixed(std::int64_t decodes, std::int64_t tokens, std::int64_t prompts)
{
    const std::uint64_t key = static_cast<std::uint64_t>(decodes) ^ (static_cast<std::uint64_t>(tokens) << 16U) ^
                              (static_cast<std::uint64_t>(prompts) << 48U);
    Remembered& entry = m_mixed[(key * 0x9e3779b97f4a7c15U >> 40U) & (kRemembered - 1)];
    if (entry.key != key) {
        entry.key = key;
        entry.law =
            m_physics->law(static_cast<double>(decodes), static_cast<double>(tokens), static_cast<double>(prompts));
    }
    return entry.law;
}

void StepLaws::addChunk(ChunkSums& sums, std::int64_t x, std::int64_t cached) const
{
    const auto tokens = static_cast<double>(x), before = static_cast<double>(cached);
    sums.tokens += x;
    ++sums.prompts;
    sums.pairs[0] += tokens * before + 0.5 * tokens * (tokens + 1);
    sums.prefix[0] += before;
    for (std::size_t i = 1; i < static_cast<std::size_t>(m_reaches); ++i) {
        const double reach = m_physics->reach[i];
        sums.pairs[i] += pairsWithin(tokens, before, reach);
        sums.prefix[i] += std::min(before, reach);
    }
}

} // namespace headroom::sim
