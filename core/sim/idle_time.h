// How long a request takes alone on an idle replica: what slowdown is measured against.
#pragma once

#include "core/sim/step_laws.h"

#include <cstdint>

namespace headroom::sim {

class IdleTime {
public:
    /// \param chunk prompt tokens of a step of the policy alone: the token budget when chunked, else everything
    IdleTime(StepLaws& laws, std::int64_t chunk) : m_laws(&laws), m_chunk(chunk) {}
    /// Seconds from the first scheduled step to the last token. \param cached prompt tokens that need no computing
    double engineSeconds(std::int64_t prompt, std::int64_t cached, std::int64_t output) const;

private:
    double chunks(std::int64_t count, std::int64_t size, std::int64_t cached) const;

    StepLaws* m_laws;
    std::int64_t m_chunk;
};

} // namespace headroom::sim
