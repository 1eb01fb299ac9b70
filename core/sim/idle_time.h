// How long a request takes alone on an idle replica: what slowdown is measured against.
#pragma once

#include "core/sim/step_laws.h"

#include <cstdint>
#include <vector>

namespace headroom::sim {

class IdleTime {
public:
    /// \param chunk prompt tokens of a step of the policy alone: the token budget when chunked, else everything
    IdleTime(const Physics&, std::int64_t chunk);
    /// Seconds from the first scheduled step to the last token. \param cached prompt tokens that need no computing
    double engineSeconds(std::int64_t prompt, std::int64_t cached, std::int64_t output);

private:
    double chunks(std::int64_t count, std::int64_t size, std::int64_t cached);
    /// Base, then slopes per pair and per prefix of each reach in use, of a step with one chunk.
    const double* lawOf(std::int64_t tokens);
    void remember(double* values, std::int64_t tokens) const;

    const Physics* m_physics;
    std::size_t m_reaches = 1;
    std::size_t m_stride = 3; ///< doubles of one law
    std::int64_t m_chunk;
    StepLaw m_decode;
    std::vector<double> m_laws; ///< by tokens of the chunk; base below 0 = not asked for yet
    std::vector<double> m_long; ///< of a chunk longer than the table
};

} // namespace headroom::sim
