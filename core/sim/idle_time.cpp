#include "core/sim/idle_time.h"

#include <algorithm>

namespace headroom::sim {

namespace {

constexpr std::int64_t kTable = 4096; ///< chunks this long are remembered: 0.1 MB at most with one reach

} // namespace

IdleTime::IdleTime(const Physics& physics, std::int64_t chunk)
    : m_physics(&physics), m_chunk(chunk), m_decode(physics.law(1, 0, 0))
{
    for (std::size_t r = 1; r < kReaches; ++r)
        if (physics.reach[r] > 0)
            m_reaches = r + 1;
    m_stride = 1 + 2 * m_reaches;
    m_laws.assign(static_cast<std::size_t>(std::min(chunk, kTable) + 1) * m_stride, -1);
    m_long.resize(m_stride);
}

void IdleTime::remember(double* values, std::int64_t tokens) const
{
    const StepLaw law = m_physics->law(0, static_cast<double>(tokens), 1);
    *values++ = law.base;
    for (std::size_t r = 0; r < m_reaches; ++r) {
        *values++ = law.perPair[r];
        *values++ = law.perPrefix[r];
    }
}

const double* IdleTime::lawOf(std::int64_t tokens)
{
    const std::size_t first = static_cast<std::size_t>(tokens) * m_stride;
    double* values = first < m_laws.size() ? &m_laws[first] : m_long.data();
    if (first >= m_laws.size() || *values < 0)
        remember(values, tokens);
    return values;
}

/// `count` steps, each with a chunk of `size` tokens, the first behind `cached` tokens.
double IdleTime::chunks(std::int64_t count, std::int64_t size, std::int64_t cached)
{
    const double* law = lawOf(size);
    const auto n = static_cast<double>(count), x = static_cast<double>(size), before = static_cast<double>(cached);
    // The pairs of all chunks are the pairs of the whole.
    double seconds = n * law[0] + law[1] * (n * x * before + 0.5 * n * x * (n * x + 1)) +
                     law[2] * (n * before + 0.5 * x * n * (n - 1));
    for (std::size_t r = 1; r < m_reaches; ++r) {
        const double reach = m_physics->reach[r];
        double prefix = 0;
        for (std::int64_t c = 0; c < count; ++c)
            prefix += std::min(before + static_cast<double>(c) * x, reach);
        seconds += law[1 + 2 * r] * pairsWithin(n * x, before, reach) + law[2 + 2 * r] * prefix;
    }
    return seconds;
}

// Once a request: in one piece.
[[gnu::flatten]] double IdleTime::engineSeconds(std::int64_t prompt, std::int64_t cached, std::int64_t output)
{
    const std::int64_t tokens = prompt - cached;
    // A short division is a fast one.
    const std::int64_t full = ((tokens | m_chunk) >> 32) == 0
                                  ? static_cast<std::uint32_t>(tokens) / static_cast<std::uint32_t>(m_chunk)
                                  : tokens / m_chunk;
    const std::int64_t rest = tokens - full * m_chunk;
    double seconds = chunks(full, m_chunk, cached); // of none as well: no guess for a processor to make
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
