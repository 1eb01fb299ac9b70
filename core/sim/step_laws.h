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
    const DecodeLaw& decode(std::int64_t decodes)
    {
        const auto index = static_cast<std::size_t>(decodes);
        if (index >= m_decode.size() || m_decode[index].base < 0)
            remember(index);
        return m_decode[index];
    }
    /// Law of a step with prompt tokens, as it is remembered: slopes of the reaches in use only. Valid until the next
    /// question.
    class MixedLaw {
    public:
        explicit MixedLaw(const double* values) : m_values(values) {}
        double base() const { return m_values[0]; }
        double perContext(std::size_t reach) const { return m_values[1 + 3 * reach]; }
        double perPair(std::size_t reach) const { return m_values[2 + 3 * reach]; }
        double perPrefix(std::size_t reach) const { return m_values[3 + 3 * reach]; }

    private:
        const double* m_values;
    };
    MixedLaw mixed(std::int64_t decodes, std::int64_t tokens, std::int64_t prompts)
    {
        const std::uint64_t key = static_cast<std::uint64_t>(decodes) ^ (static_cast<std::uint64_t>(tokens) << 16U) ^
                                  (static_cast<std::uint64_t>(prompts) << 48U);
        const std::size_t entry = (key * 0x9e3779b97f4a7c15U >> 40U) & (kRemembered - 1);
        double* values = &m_mixed[entry * m_stride];
        if (m_keys[entry] != key) {
            m_keys[entry] = key;
            remember(values, decodes, tokens, prompts);
        }
        return MixedLaw(values);
    }

    /// Adds a chunk of x prompt tokens behind P cached ones: pairs sum min(position, reach), prefix min(P, reach).
    void addChunk(ChunkSums&, std::int64_t x, std::int64_t cached) const;
    /// Number of attention reaches in use: 1 to kReaches.
    int reaches() const { return m_reaches; }
    double reach(int i) const { return m_physics->reach[static_cast<std::size_t>(i)]; }

private:
    static constexpr std::size_t kRemembered = 4096; ///< a sixth of a megabyte: stays in the second-level cache
    void remember(std::size_t decodes);
    void remember(double* values, std::int64_t decodes, std::int64_t tokens, std::int64_t prompts) const;

    const Physics* m_physics;
    int m_reaches = 1;
    std::vector<DecodeLaw> m_decode;
    std::vector<std::uint64_t> m_keys; ///< direct-mapped
    std::size_t m_stride = 4;          ///< doubles of one entry of m_mixed
    std::vector<double> m_mixed;
};

} // namespace headroom::sim
