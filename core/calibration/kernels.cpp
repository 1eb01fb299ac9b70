#include "core/calibration/kernel_laws.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

namespace headroom {
namespace {

constexpr double kHuber = 0.1; ///< log error beyond which a run pulls with constant force
constexpr double kNoise = 0.1; ///< of ln(measured)

/// Damped Gauss-Newton on the logarithms.
class Fitter {
public:
    Fitter(KernelKind kind, std::vector<const KernelRun*> runs) : m_kind(kind), m_slots(kind), m_runs(std::move(runs))
    {
        m_start = m_slots.start();
        std::set<std::size_t> used;
        std::array<std::size_t, KernelSlots::kMost> slots{};
        for (const KernelRun* r : m_runs)
            for (std::size_t i = 0; i < m_slots.infos().size(); ++i)
                used.insert(slots.begin(), slots.begin() + m_slots.slotsOf(i, *r, slots));
        m_used.assign(used.begin(), used.end());
    }

    std::vector<double> fit() const
    {
        std::vector<double> best = m_start;
        double bestLoss = loss(best), damping = 1e-2;
        for (int iteration = 0; iteration < 40; ++iteration) {
            const auto [matrix, gradient] = normal(best);
            bool settled = true;
            for (int attempt = 0; attempt < 6; ++attempt) {
                Eigen::MatrixXd damped = matrix;
                damped.diagonal() *= 1 + damping;
                const Eigen::VectorXd move = -damped.ldlt().solve(gradient);
                std::vector<double> next = best;
                for (std::size_t i = 0; i < m_used.size(); ++i)
                    next[m_used[i]] += std::clamp(move(static_cast<Eigen::Index>(i)), -0.7, 0.7);
                const double there = loss(next);
                if (there >= bestLoss) {
                    damping *= 8;
                    continue;
                }
                settled = bestLoss - there < 1e-4 * bestLoss;
                damping = std::max(1e-6, damping / 5);
                best = std::move(next);
                bestLoss = there;
                break;
            }
            if (settled)
                break;
        }
        return best;
    }

private:
    double logError(std::span<const double> v, const KernelRun& r) const
    {
        return std::log(kernelSeconds(m_kind, m_slots, v, r) / r.seconds);
    }

    double loss(const std::vector<double>& v) const
    {
        double sum = 0;
        for (const std::size_t i : m_used) {
            const double away = (v[i] - m_start[i]) / m_slots.spread(i);
            sum += 0.5 * away * away;
        }
        for (const KernelRun* r : m_runs) {
            const double e = std::abs(logError(v, *r));
            sum += (e <= kHuber ? 0.5 * e * e : kHuber * (e - 0.5 * kHuber)) / (kNoise * kNoise);
        }
        return sum;
    }

    std::pair<Eigen::MatrixXd, Eigen::VectorXd> normal(const std::vector<double>& v) const
    {
        constexpr double kStep = 1e-4;
        const auto n = static_cast<Eigen::Index>(m_used.size());
        Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n, n);
        Eigen::VectorXd gradient = Eigen::VectorXd::Zero(n), slope(n);
        std::vector<double> moved = v;
        std::array<std::size_t, KernelSlots::kMost> slots{};
        for (const KernelRun* r : m_runs) {
            const double e = logError(v, *r);
            slope.setZero();
            for (std::size_t i = 0; i < m_slots.infos().size(); ++i) {
                // All that a coefficient is the sum of moves a prediction alike.
                const std::size_t count = m_slots.slotsOf(i, *r, slots);
                moved[slots[0]] += kStep;
                const double by = (logError(moved, *r) - e) / kStep;
                moved[slots[0]] = v[slots[0]];
                for (std::size_t k = 0; k < count; ++k)
                    slope(place(slots[k])) = by;
            }
            const double w = std::min(1.0, kHuber / std::max(1e-12, std::abs(e))) / (kNoise * kNoise);
            matrix.selfadjointView<Eigen::Lower>().rankUpdate(slope, w);
            gradient += w * e * slope;
        }
        matrix = Eigen::MatrixXd(matrix.selfadjointView<Eigen::Lower>());
        for (std::size_t i = 0; i < m_used.size(); ++i) {
            const double precision = 1 / (m_slots.spread(m_used[i]) * m_slots.spread(m_used[i]));
            matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) += precision;
            gradient(static_cast<Eigen::Index>(i)) += precision * (v[m_used[i]] - m_start[m_used[i]]);
        }
        return {matrix, gradient};
    }

    Eigen::Index place(std::size_t index) const
    {
        return std::lower_bound(m_used.begin(), m_used.end(), index) - m_used.begin();
    }

    KernelKind m_kind;
    KernelSlots m_slots;
    std::vector<const KernelRun*> m_runs;
    std::vector<double> m_start;
    std::vector<std::size_t> m_used; ///< indices that the runs depend on, sorted
};

/// About `most` runs of those that are not of one GPU, the same number of each other one, evenly over the table.
std::vector<const KernelRun*> selection(const KernelTable& table, std::string_view without, std::size_t most)
{
    std::set<std::string_view> gpus;
    for (const KernelRun& r : table.runs)
        if (r.gpuName != without)
            gpus.insert(r.gpuName);
    std::vector<const KernelRun*> chosen;
    for (const std::string_view gpu : gpus) {
        std::vector<const KernelRun*> of;
        for (const KernelRun& r : table.runs)
            if (r.gpuName == gpu)
                of.push_back(&r);
        const double step = std::max(1.0, static_cast<double>(of.size() * gpus.size()) / static_cast<double>(most));
        for (double i = 0; i < static_cast<double>(of.size()); i += step)
            chosen.push_back(of[static_cast<std::size_t>(i)]);
    }
    return chosen;
}

KernelErrors errorsOf(std::string gpu, std::vector<double> errors)
{
    std::sort(errors.begin(), errors.end());
    const auto at = [&](double q) {
        return errors[static_cast<std::size_t>(q * static_cast<double>(errors.size() - 1))];
    };
    return {std::move(gpu), static_cast<int>(errors.size()), at(0.5), at(0.9)};
}

} // namespace

std::string_view name(KernelKind kind)
{
    constexpr std::array<std::string_view, 5> names{
        "gemm", "decode attention", "prefill attention", "moe", "all-reduce"};
    return names[static_cast<std::size_t>(kind)];
}

Result<KernelFit> fitKernels(const KernelTable& table, std::string_view without, std::size_t most)
{
    std::vector<const KernelRun*> runs = selection(table, without, most);
    if (runs.size() < 20)
        return fail("kernels", std::to_string(runs.size()) + " usable runs, expected at least 20");
    return KernelFit{table.kind, Fitter(table.kind, std::move(runs)).fit()};
}

double kernelSeconds(const KernelFit& fit, const KernelRun& run)
{
    return kernelSeconds(fit.kind, KernelSlots(fit.kind), fit.values, run);
}

std::vector<KernelCoefficient> coefficientsOf(const KernelFit& fit)
{
    const KernelSlots slots(fit.kind);
    std::vector<KernelCoefficient> all;
    for (std::size_t i = 0; i < slots.infos().size(); ++i) {
        const KernelInfo& info = slots.infos()[i];
        for (std::size_t g = 0; g < (info.byGroup ? KernelSlots::kGroups : 1); ++g)
            all.push_back({std::string(info.name) + (info.byGroup ? "." + std::to_string(g) : ""),
                std::string(info.unit), slots.value(fit.values, i, g)});
    }
    return all;
}

Result<KernelValidation> crossValidateKernels(const KernelTable& table, std::size_t most)
{
    std::map<std::string, std::vector<double>> byGpu, byLabel;
    for (const KernelRun& r : table.runs)
        byGpu[r.gpuName];
    if (byGpu.size() < 2)
        return fail("kernels", "kernels of one GPU only, expected at least two to leave one out");
    std::vector<double> every;
    for (auto& [gpu, errors] : byGpu) {
        const Result<KernelFit> fit = fitKernels(table, gpu, most);
        if (!fit)
            return tl::unexpected(fit.error());
        for (const KernelRun& r : table.runs) {
            if (r.gpuName != gpu)
                continue;
            const double error = std::abs(kernelSeconds(*fit, r) / r.seconds - 1);
            errors.push_back(error);
            byLabel[r.label].push_back(error);
            every.push_back(error);
        }
    }
    KernelValidation validation;
    for (auto& [gpu, errors] : byGpu)
        validation.byGpu.push_back(errorsOf(gpu, std::move(errors)));
    for (auto& [label, errors] : byLabel)
        validation.byLabel.push_back(errorsOf(label, std::move(errors)));
    validation.all = errorsOf("all", std::move(every));
    return validation;
}

} // namespace headroom
