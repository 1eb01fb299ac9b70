#include "core/sim/random.h"

#include <bit>
#include <cmath>

namespace headroom::sim {

namespace {

constexpr std::size_t kTableSteps = 2048;
constexpr std::size_t kExactSteps = 16; ///< at each end, 0.8 % of the probability

/// splitmix64, the seeding that the authors of xoshiro recommend.
std::uint64_t mix(std::uint64_t& state)
{
    std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

/// FNV-1a, 64 bits.
std::uint64_t hashOf(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash;
}

} // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t index)
{
    std::uint64_t state = seed;
    state = mix(state) ^ hashOf(purpose);
    state = mix(state) ^ index;
    for (auto& word : m_state)
        word = mix(state);
}

std::uint64_t RandomStream::next()
{
    auto& s = m_state;
    const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const std::uint64_t t = s[1] << 17U;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
    return result;
}

double RandomStream::uniform() { return (static_cast<double>(next() >> 11U) + 0.5) * 0x1p-53; }

std::uint64_t RandomStream::below(std::uint64_t n)
{
    return ((next() >> 32U) * n) >> 32U; // biased by n / 2^32: nothing for a number of replicas
}

double RandomStream::exponential() { return -std::log(uniform()); }

QuantileSampler::QuantileSampler(std::function<double(double)> quantileFunction)
    : m_quantile(std::move(quantileFunction)), m_table(kTableSteps + 1)
{
    for (std::size_t i = kExactSteps; i <= kTableSteps - kExactSteps; ++i)
        m_table[i] = m_quantile(static_cast<double>(i) / static_cast<double>(kTableSteps));
}

double QuantileSampler::operator()(double u) const
{
    const double position = u * static_cast<double>(kTableSteps);
    const auto step = static_cast<std::size_t>(position);
    if (step < kExactSteps || step >= kTableSteps - kExactSteps)
        return m_quantile(u);
    const double fraction = position - static_cast<double>(step);
    return m_table[step] + fraction * (m_table[step + 1] - m_table[step]);
}

} // namespace headroom::sim
