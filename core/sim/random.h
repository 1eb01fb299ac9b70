// Random numbers that are the same on every machine and thread: xoshiro256++ streams, one per purpose, and our own
// inverse-CDF sampling (ARCHITECTURE.md 9.3, 9.4).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace headroom::sim {

/// xoshiro256++ (Blackman, Vigna 2019): period 2^256 - 1.
class RandomStream {
public:
    /// A stream for one purpose. Another purpose, seed or index gives an unrelated stream, so that a new consumer of
    /// random numbers shifts nobody else's.
    /// \param index number of the replication
    RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

    std::uint64_t next();
    /// In the open interval (0, 1), 53 bits.
    double uniform();
    /// 0 ... n - 1, 1 <= n < 2^32.
    std::uint64_t below(std::uint64_t n);
    /// Mean 1.
    double exponential();

private:
    std::array<std::uint64_t, 4> m_state{};
};

/// Inverse-CDF sampler of a distribution given by its quantile function. Between 2,048 equal steps of probability it
/// interpolates; the outermost steps ask the function itself, so that tails are exact.
class QuantileSampler {
public:
    explicit QuantileSampler(std::function<double(double)> quantileFunction);
    /// \param u in (0, 1)
    double operator()(double u) const;

private:
    std::function<double(double)> m_quantile;
    std::vector<double> m_table;
};

} // namespace headroom::sim
