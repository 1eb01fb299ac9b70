// Step laws of a run, remembered: most steps of a run have a batch that came before.
#pragma once

#include "core/sim/scenario.h"

#include <array>
#include <bit>
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
        double* words = m_mixed[entry * m_lines].words.data();
        if (std::bit_cast<std::uint64_t>(words[0]) != key) {
            words[0] = std::bit_cast<double>(key);
            remember(words + 1, decodes, tokens, prompts);
        }
        return MixedLaw(words + 1);
    }

    /// Adds a chunk of x prompt tokens behind P cached ones: pairs sum min(position, reach), prefix min(P, reach).
    void addChunk(ChunkSums& sums, std::int64_t x, std::int64_t cached) const
    {
        addUnbounded(sums, x, cached);
        addWindows(sums, x, cached);
    }
    /// The part of addChunk() that every model has: tokens, prompts and the first reach, which is infinite.
    static void addUnbounded(ChunkSums& sums, std::int64_t x, std::int64_t cached)
    {
        const auto tokens = static_cast<double>(x), before = static_cast<double>(cached);
        sums.tokens += x;
        ++sums.prompts;
        sums.pairs[0] += tokens * before + 0.5 * tokens * (tokens + 1);
        sums.prefix[0] += before;
    }
    /// The rest of addChunk(): reaches 1 and up.
    void addWindows(ChunkSums&, std::int64_t x, std::int64_t cached) const;
    /// Number of attention reaches in use: 1 to kReaches.
    int reaches() const { return m_reaches; }
    double reach(int i) const { return m_physics->reach[static_cast<std::size_t>(i)]; }

private:
    static constexpr std::size_t kRemembered = 1024; ///< 64 KiB: more hits cost less than a miss of the cache saves
    static constexpr double kNoKey = std::bit_cast<double>(~0ULL);
    /// Key and slopes in one line of the cache; with three reaches in two.
    struct alignas(64) Line {
        std::array<double, 8> words{};
    };
    void remember(std::size_t decodes);
    void remember(double* values, std::int64_t decodes, std::int64_t tokens, std::int64_t prompts) const;

    const Physics* m_physics;
    int m_reaches = 1;
    std::vector<DecodeLaw> m_decode;
    std::size_t m_lines = 1;   ///< of one entry
    std::vector<Line> m_mixed; ///< direct-mapped
};

} // namespace headroom::sim
