// Step laws of a run, remembered: most steps of a run have a batch that came before.
#pragma once

#include "core/sim/scenario.h"

#include <array>
#include <cstdint>
#include <vector>

namespace headroom::sim {

/// Sums over the prompt chunks of a step (StepBatch, without the decodes).
struct ChunkSums {
    std::int64_t tokens = 0, prompts = 0;
    std::array<double, kReaches> pairs{}, prefix{};
};

/// Sum over positions P + 1 ... P + x of min(position, reach).
double pairsWithin(double x, double cached, double reach);

class StepLaws {
public:
    explicit StepLaws(const Physics&);

    /// Base and slopes of a step of `decodes` decodes only.
    struct DecodeLaw {
        double base = -1;
        std::array<double, kReaches> perContext{};
    };
    const DecodeLaw& decode(std::int64_t decodes);
    /// Law of a step with prompt tokens.
    const StepLaw& mixed(std::int64_t decodes, std::int64_t tokens, std::int64_t prompts);

    /// Adds a chunk of x prompt tokens behind P cached ones: pairs sum min(position, reach), prefix min(P, reach).
    void addChunk(ChunkSums&, std::int64_t x, std::int64_t cached) const;
    /// Number of attention reaches in use: 1 to kReaches.
    int reaches() const { return m_reaches; }
    double reach(int i) const { return m_physics->reach[static_cast<std::size_t>(i)]; }

private:
    struct Remembered {
        std::uint64_t key = ~0ULL;
        StepLaw law;
    };
    const Physics* m_physics;
    int m_reaches = 1;
    std::vector<DecodeLaw> m_decode;
    std::vector<Remembered> m_mixed; ///< direct-mapped
};

} // namespace headroom::sim
