#include "core/calibration/calibrate.h"

#include "core/calibration/fit.h"

#include <Eigen/Dense>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace headroom {
namespace {

constexpr int kLeastRuns = 4;
constexpr double kLargestRepeatGap = 1.3;  // between two runs of one configuration
constexpr double kWorstMedianError = 0.25; // after the fit
constexpr double kSpread = 0.5;            // prior standard deviation of ln(factor)
constexpr double kNoise = 0.1;             // of ln(measured)
constexpr double kLeast = 0.2, kMost = 5;

using Factors = Eigen::Vector4d; ///< ln of compute, bandwidth, network, overhead

Calibration calibrationOf(const Factors& f)
{
    const Eigen::Array4d factor = f.array().exp();
    return {factor(0), factor(1), factor(2), factor(3)};
}

struct Target {
    MeasuredCase run;
    Metric metric;
    std::string statistic;
    double value;
};

double logError(const Target& t, const Factors& f)
{
    StepInput in{.model = &t.run.model,
        .gpu = &t.run.gpu,
        .layout = t.run.layout,
        .weightFormat = t.run.weightFormat,
        .kvFormat = t.run.kvFormat,
        .engine = t.run.engine,
        .calibration = calibrationOf(f)};
    const std::optional<double> predicted = predictedValue(playRun(t.run, StepModel(in)), t.metric, t.statistic);
    return predicted ? std::log(*predicted / t.value) : 0;
}

double lossOf(const std::vector<Target>& targets, const Factors& f)
{
    double loss = 0.5 * f.squaredNorm() / (kSpread * kSpread);
    for (const Target& t : targets) {
        const double r = std::abs(logError(t, f)) / kNoise;
        loss += r <= 2 ? 0.5 * r * r : 2 * (r - 1);
    }
    return loss;
}

Factors fitFactors(const std::vector<Target>& targets)
{
    constexpr double kStep = 0.02;
    Factors best = Factors::Zero();
    double bestLoss = lossOf(targets, best), damping = 0.01;
    for (int iteration = 0; iteration < 30; ++iteration) {
        Eigen::Matrix4d normal = Eigen::Matrix4d::Identity() / (kSpread * kSpread);
        Factors gradient = best / (kSpread * kSpread);
        for (const Target& t : targets) {
            const double r = logError(t, best);
            Factors slope;
            for (int i = 0; i < 4; ++i)
                slope(i) = (logError(t, best + kStep * Factors::Unit(i)) - r) / kStep;
            const double weight = std::min(1.0, 2 * kNoise / std::max(1e-12, std::abs(r))) / (kNoise * kNoise);
            normal += weight * slope * slope.transpose();
            gradient += weight * r * slope;
        }
        normal.diagonal() *= 1 + damping;
        const Factors move = -normal.ldlt().solve(gradient);
        const Factors next = (best + move).cwiseMax(std::log(kLeast)).cwiseMin(std::log(kMost));
        const double loss = lossOf(targets, next);
        damping = loss < bestLoss ? damping / 4 : damping * 8;
        if (loss < bestLoss) {
            const bool settled = bestLoss - loss < 1e-6 * bestLoss;
            best = next;
            bestLoss = loss;
            if (settled)
                break;
        }
    }
    return best;
}

/// Median and 90th percentile of |predicted / measured - 1|.
std::pair<double, double> errorsOf(const std::vector<Target>& targets, const Factors& f)
{
    std::vector<double> errors;
    for (const Target& t : targets)
        errors.push_back(std::abs(std::expm1(logError(t, f))));
    std::sort(errors.begin(), errors.end());
    const auto at = [&](double q) {
        return errors[static_cast<std::size_t>(q * static_cast<double>(errors.size() - 1))];
    };
    return {at(0.5), at(0.9)};
}

/// Two runs of one configuration that cannot both be right.
Result<void> agree(const MeasurementTable& table)
{
    std::map<std::vector<std::string>, const Measurement*> first;
    for (const Measurement& m : table.rows) {
        const auto text = [](const auto& x) { return x ? std::to_string(*x) : std::string(); };
        const std::vector<std::string> key{m.engine, m.model, m.detail, m.weightFormat, m.kvFormat, text(m.tp),
            text(m.pp), text(m.ep), text(m.inputTokens), text(m.outputTokens), text(m.load),
            std::string(name(m.loadKind)), std::string(name(m.metric)), m.statistic};
        const auto [known, fresh] = first.emplace(key, &m);
        const double ratio = fresh ? 1 : m.value / known->second->value;
        if (std::max(ratio, 1 / ratio) > kLargestRepeatGap)
            return fail("line " + std::to_string(m.line), "contradicts line " + std::to_string(known->second->line) +
                                                              ": the same run measured differs by more than 30 %");
    }
    return {};
}

} // namespace

Result<CalibrationFit> calibrate(const MeasurementTable& table)
{
    CalibrationFit fit;
    std::vector<Target> targets;
    for (const Measurement& m : table.rows) {
        Result<MeasuredCase> c = caseOf(m);
        if (!c || !c->fits || c->loadKind == LoadKind::requestRate || m.metric == Metric::e2e) {
            fit.skipped += 1;
            continue;
        }
        if (!fit.gpu.empty() && fit.gpu != c->gpu.name)
            return fail("line " + std::to_string(m.line) + ": gpu",
                "a calibration is of one GPU, expected " + fit.gpu + ", found " + c->gpu.name);
        fit.gpu = c->gpu.name;
        targets.push_back({*std::move(c), m.metric, m.statistic, m.value});
    }
    fit.rows = static_cast<int>(targets.size());
    if (fit.rows < kLeastRuns)
        return fail("measurements", std::to_string(fit.rows) + " usable, expected at least " +
                                        std::to_string(kLeastRuns) +
                                        " (few and many requests, short and long prompts)");
    if (Result<void> consistent = agree(table); !consistent)
        return tl::unexpected(consistent.error());
    const Factors factors = fitFactors(targets);
    std::tie(fit.medianBefore, fit.p90Before) = errorsOf(targets, Factors::Zero());
    std::tie(fit.medianAfter, fit.p90After) = errorsOf(targets, factors);
    fit.calibration = calibrationOf(factors);
    if (fit.medianAfter > kWorstMedianError)
        return fail(
            "measurements", "no factors on compute, bandwidth, network and overhead explain them (median error " +
                                std::to_string(static_cast<int>(100 * fit.medianAfter)) +
                                " % after the fit): check model, GPUs and lengths of each row");
    return fit;
}

} // namespace headroom
