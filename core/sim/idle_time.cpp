#include "core/sim/idle_time.h"

#include <algorithm>

namespace headroom::sim {

double IdleTime::chunks(std::int64_t count, std::int64_t size, std::int64_t cached) const
{
    const StepLaw& law = m_laws->mixed(0, size, 1);
    const auto n = static_cast<double>(count), x = static_cast<double>(size), before = static_cast<double>(cached);
    double seconds = n * law.base;
    for (int r = 0; r < m_laws->reaches(); ++r) {
        const auto i = static_cast<std::size_t>(r);
        ChunkSums all;
        m_laws->addChunk(all, count * size, cached); // the pairs of all chunks are the pairs of the whole
        double prefix = 0;
        if (r == 0)
            prefix = n * before + 0.5 * x * n * (n - 1);
        else
            for (std::int64_t c = 0; c < count; ++c)
                prefix += std::min(before + static_cast<double>(c) * x, m_laws->reach(r));
        seconds += law.perPair[i] * all.pairs[i] + law.perPrefix[i] * prefix;
    }
    return seconds;
}

double IdleTime::engineSeconds(std::int64_t prompt, std::int64_t cached, std::int64_t output) const
{
    const std::int64_t tokens = prompt - cached;
    const std::int64_t full = tokens / m_chunk, rest = tokens - full * m_chunk;
    double seconds = 0;
    if (full > 0)
        seconds += chunks(full, m_chunk, cached);
    if (rest > 0)
        seconds += chunks(1, rest, cached + full * m_chunk);
    if (output > 1) {
        const auto& law = m_laws->decode(1);
        ChunkSums contexts; // of the decode steps: prompt, prompt + 1, ...
        m_laws->addChunk(contexts, output - 1, prompt - 1);
        seconds += static_cast<double>(output - 1) * law.base;
        for (std::size_t i = 0; i < static_cast<std::size_t>(m_laws->reaches()); ++i)
            seconds += law.perContext[i] * contexts.pairs[i];
    }
    return seconds;
}

} // namespace headroom::sim
