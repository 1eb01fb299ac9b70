#include "core/sim/idle_time.h"

#include <algorithm>

namespace headroom::sim {

namespace {

constexpr std::int64_t kTable = 4096; ///< chunks this long are remembered: 0.3 MB at most

} // namespace

IdleTime::IdleTime(const Physics& physics, std::int64_t chunk)
    : m_physics(&physics),
      m_chunk(chunk),
      m_decode(physics.law(1, 0, 0)),
      m_laws(static_cast<std::size_t>(std::min(chunk, kTable)) + 1)
{
    for (auto& law : m_laws)
        law.base = -1;
    for (std::size_t r = 1; r < kReaches; ++r)
        if (physics.reach[r] > 0)
            m_reaches = r + 1;
}

const StepLaw& IdleTime::lawOf(std::int64_t tokens)
{
    const auto index = static_cast<std::size_t>(tokens);
    if (index >= m_laws.size())
        return m_long = m_physics->law(0, static_cast<double>(tokens), 1);
    if (m_laws[index].base < 0)
        m_laws[index] = m_physics->law(0, static_cast<double>(tokens), 1);
    return m_laws[index];
}

/// `count` steps, each with a chunk of `size` tokens, the first behind `cached` tokens.
double IdleTime::chunks(std::int64_t count, std::int64_t size, std::int64_t cached)
{
    const StepLaw& law = lawOf(size);
    const auto n = static_cast<double>(count), x = static_cast<double>(size), before = static_cast<double>(cached);
    // The pairs of all chunks are the pairs of the whole.
    double seconds = n * law.base + law.perPair[0] * (n * x * before + 0.5 * n * x * (n * x + 1)) +
                     law.perPrefix[0] * (n * before + 0.5 * x * n * (n - 1));
    for (std::size_t r = 1; r < m_reaches; ++r) {
        const double reach = m_physics->reach[r];
        double prefix = 0;
        for (std::int64_t c = 0; c < count; ++c)
            prefix += std::min(before + static_cast<double>(c) * x, reach);
        seconds += law.perPair[r] * pairsWithin(n * x, before, reach) + law.perPrefix[r] * prefix;
    }
    return seconds;
}

double IdleTime::engineSeconds(std::int64_t prompt, std::int64_t cached, std::int64_t output)
{
    const std::int64_t tokens = prompt - cached;
    const std::int64_t full = tokens / m_chunk, rest = tokens - full * m_chunk;
    double seconds = 0;
    if (full > 0)
        seconds += chunks(full, m_chunk, cached);
    if (rest > 0)
        seconds += chunks(1, rest, cached + full * m_chunk);
    // Decode steps attend to prompt, prompt + 1, ... tokens.
    const auto steps = static_cast<double>(output - 1), first = static_cast<double>(prompt);
    seconds += steps * m_decode.base + m_decode.perContext[0] * (steps * first + 0.5 * steps * (steps - 1));
    for (std::size_t r = 1; r < m_reaches; ++r)
        seconds += m_decode.perContext[r] * pairsWithin(steps, first - 1, m_physics->reach[r]);
    return seconds;
}

} // namespace headroom::sim
