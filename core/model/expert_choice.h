#pragma once

#include <algorithm>
#include <cmath>

namespace headroom {

/// How many of a layer's routed experts the tokens of a step reach. Each token chooses `perToken` of `experts`; popularity
/// is gamma distributed of shape `popularity` over the experts: without limit all are liked alike (then
/// E (1 - (1 - k/E)^n), MODEL.md 5.2), 1 is exponential, small is a few favourites.
class ExpertChoice {
public:
    ExpertChoice() = default;
    /// 0 < perToken, popularity; with perToken >= experts every token reaches all.
    ExpertChoice(double experts, double perToken, double popularity)
        : m_experts(experts),
          m_logMiss(perToken < experts ? std::log1p(-perToken / experts) : kNeverMisses),
          m_popularity(popularity)
    {}

    double experts() const { return m_experts; }
    bool operator==(const ExpertChoice&) const = default;

    /// Distinct experts that `tokens` (>= 0, not whole either) reach: perToken for the first, then those that the earlier
    /// ones missed. The chance that all n - 1 others miss an expert, e^(-x) where all are alike, is (1 + x/a)^(-a) averaged
    /// over a gamma distribution of shape a.
    double reached(double tokens) const
    {
        const double first = std::min(tokens, 1.0), others = tokens - first;
        const double missed = m_logMiss * first - m_popularity * std::log1p(-others * m_logMiss / m_popularity);
        return -m_experts * std::expm1(missed);
    }

private:
    static constexpr double kNeverMisses =
        -700; // e^-700 is next to the least double: minus infinity would make 0 * inf
    double m_experts = 0;
    double m_logMiss = 0; ///< ln(1 - k/E)
    double m_popularity = 1;
};

} // namespace headroom
