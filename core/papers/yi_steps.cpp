#include "core/papers/yi_steps.h"

#include <Eigen/Dense>

#include <algorithm>
#include <functional>
#include <span>

namespace headroom::papers {
namespace {

using Basis = std::function<Eigen::Vector3d(double)>;

Eigen::Vector3d fit(
    std::span<const MeasuredStep> points, const std::function<bool(std::size_t)>& isUsed, const Basis& basis)
{
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(points.size()), 3);
    Eigen::Index n = 0;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (isUsed(i))
            rows.row(n++) = basis(points[i].size) / points[i].milliseconds;
    return rows.topRows(n).colPivHouseholderQr().solve(Eigen::VectorXd::Ones(n));
}

constexpr double kShortest = 512; ///< tokens: below, a prefill takes as long as reading the weights

} // namespace

double YiLaw::decodeMilliseconds(double sequences) const
{
    return base + (sequences >= kWide ? more : 0) + perSequence * sequences;
}

double YiLaw::prefillMilliseconds(double tokens) const
{
    return std::max(base, fixed + perToken * tokens + perSquare * tokens * tokens);
}

YiLaw fitYi(LeftOut out)
{
    const Eigen::Vector3d decode = fit(
        kYiDecode, [&](std::size_t i) { return i != out.decode; },
        [](double b) { return Eigen::Vector3d(1, b >= YiLaw::kWide ? 1 : 0, b); });
    const Eigen::Vector3d prefill = fit(
        kYiPrefill,
        [&](std::size_t i) { return i != out.prefill && i != kYiOutlier && kYiPrefill.at(i).size >= kShortest; },
        [](double x) { return Eigen::Vector3d(1, x, x * x); });
    return {.base = decode[0],
        .more = decode[1],
        .perSequence = decode[2],
        .fixed = prefill[0],
        .perToken = prefill[1],
        .perSquare = prefill[2]};
}

sim::Physics physicsOf(const YiLaw& yi)
{
    sim::Physics physics;
    physics.law = [yi](double decodes, double prefillTokens, double prompts) {
        StepLaw law;
        if (prompts <= 0) {
            law.base = decodes > 0 ? 1e-3 * yi.decodeMilliseconds(decodes) : 0;
            return law;
        }
        const double tokens = prefillTokens + decodes;
        const double linear =
            std::max(yi.decodeMilliseconds(decodes) - yi.perSequence * decodes, yi.fixed + yi.perToken * tokens);
        law.base = 1e-3 * (linear + yi.perSequence * decodes);
        law.perPair[0] = 1e-3 * 2 * yi.perSquare; // x^2/2 pairs in a prompt of x tokens
        return law;
    };
    return physics;
}

} // namespace headroom::papers
