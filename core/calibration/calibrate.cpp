#include "core/calibration/calibrate.h"

#include "core/calibration/fit.h"

#include <Eigen/Dense>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
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

/// One measured figure of one run; the geometric mean where it was measured more than once.
struct Target {
    MeasuredCase run;
    Metric metric;
    std::string statistic;
    double value;
    int times = 1;
    double first;      ///< what its first measurement says
    std::string place; ///< and where
};

std::optional<double> predicted(const Target& t, const Factors& f)
{
    StepInput in{.model = &t.run.model,
        .gpu = &t.run.gpu,
        .layout = t.run.layout,
        .weightFormat = t.run.weightFormat,
        .kvFormat = t.run.kvFormat,
        .engine = t.run.engine,
        .calibration = calibrationOf(f)};
    return predictedValue(playRun(t.run, StepModel(in)), t.metric, t.statistic);
}

/// Of a target whose run shows its figure, which no factor changes.
double logError(const Target& t, const Factors& f) { return std::log(predicted(t, f).value_or(t.value) / t.value); }

/// The largest factors with which the runs stay below their datasheets: the share of the peak that a factor of 1 stands
/// for, turned over. Overheads have no peak.
Factors largestFactors(const std::vector<Target>& targets)
{
    double compute = 0, bandwidth = 0, network = 0;
    for (const Target& t : targets) {
        const EfficiencyTable& table = shippedEfficiency();
        const GpuArchitecture architecture = t.run.gpu.architecture;
        for (const NumberFormat format : {t.run.weightFormat, NumberFormat::bf16}) {
            const GemmEfficiency e = gemmEfficiency(table, architecture, computeFormat(t.run.gpu, format), format);
            compute = std::max(compute, e.compute);
            bandwidth = std::max(bandwidth, e.weightBandwidth);
        }
        bandwidth = std::max(bandwidth, table.at(Coefficient::attentionDecodeBandwidth, architecture));
        if (t.run.layout.gpus() > 1)
            network = std::max(network, linkEfficiency(table, architecture, t.run.gpu.inNode.topology).bandwidth);
    }
    const auto above = [](double share) { return std::log(share > 0 ? std::clamp(1 / share, 1.0, kMost) : kMost); };
    return {above(compute), above(bandwidth), above(network), std::log(kMost)};
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

Factors fitFactors(const std::vector<Target>& targets, const Factors& largest)
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
        const Factors next = (best + move).cwiseMax(std::log(kLeast)).cwiseMin(largest);
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

/// What was run, as far as it is stated; the same for all figures of one run.
std::string runOf(const Measurement& m)
{
    const auto text = [](const auto& x) { return x ? std::to_string(*x) : std::string(); };
    std::string key;
    for (const std::string& part : {m.engine, m.engineVersion, m.model, m.detail, m.weightFormat, m.kvFormat,
             std::to_string(m.gpus), text(m.tp), text(m.pp), text(m.ep), text(m.inputTokens), text(m.outputTokens),
             text(m.load), std::string(name(m.loadKind))})
        key += part + '\n';
    return key;
}

/// Why a figure takes no part, or what it is evidence of.
Result<Target> targetOf(const Measurement& m, const HardwareChoice* own)
{
    Result<MeasuredCase> c = caseOf(m, own);
    if (!c)
        return tl::unexpected(c.error());
    if (c->assumed)
        return fail("isl", "is empty, and lengths decide what is measured");
    if (!c->fits)
        return fail("model", "does not fit into the memory of its GPUs");
    if (c->loadKind == LoadKind::requestRate)
        return fail("load_kind",
            "request_rate: its queue hides the factors, expected a fixed number of clients, one batch "
            "or everything at once");
    if (m.metric == Metric::e2e)
        return fail("metric", "e2e_ms follows from TTFT and TPOT");
    Target target{*std::move(c), m.metric, m.statistic, m.value, 1, m.value, m.place};
    if (!predicted(target, Factors::Zero()))
        return fail("metric", "the run does not show " + std::string(name(m.metric)));
    return target;
}

/// What of a table is evidence.
struct Evidence {
    std::map<std::string, Target> targets; ///< by run and figure: the same again is no more evidence
    std::set<std::string> runs;
    std::map<std::string, int> skipped;
    std::string gpu;
    int repeats = 0;

    Result<void> take(const Measurement& m, const HardwareChoice* own)
    {
        Result<Target> target = targetOf(m, own);
        if (!target) {
            skipped[target.error().where + ": " + target.error().message] += 1;
            return {};
        }
        if (!gpu.empty() && gpu != target->run.gpu.name)
            return fail(
                m.place + ": gpu", "a calibration is of one GPU, expected " + gpu + ", found " + target->run.gpu.name);
        gpu = target->run.gpu.name;
        runs.insert(runOf(m));
        const std::string figure = runOf(m) + std::string(name(m.metric)) + " " + m.statistic;
        const auto [known, isNew] = targets.emplace(figure, *target);
        return isNew ? Result<void>{} : again(known->second, m);
    }

private:
    /// A figure that was measured before.
    Result<void> again(Target& known, const Measurement& m)
    {
        const double ratio = m.value / known.first;
        if (std::max(ratio, 1 / ratio) > kLargestRepeatGap)
            return fail(m.place, "contradicts " + known.place + ": the same run measured differs by more than 30 %");
        known.value = std::exp((std::log(known.value) * known.times + std::log(m.value)) / (known.times + 1));
        known.times += 1;
        repeats += 1;
        return {};
    }
};

std::string rounded(double x, const char* format)
{
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), format, x);
    return text.data();
}

Error tooFew(const CalibrationFit& fit)
{
    std::string message = std::to_string(fit.runs) + " different " + (fit.runs == 1 ? "run" : "runs") +
                          " can be used, expected at least " + std::to_string(kLeastRuns) +
                          " (few and many requests, short and long prompts)";
    for (const auto& [reason, count] : fit.skipped)
        message += "; " + std::to_string(count) + " not used: " + reason;
    return {"measurements", message};
}

constexpr std::array<const char*, 4> kFactorNames{"compute", "bandwidth", "network", "overhead"};

/// What a reader should know before relying on the fit.
std::vector<std::string> cautionsAbout(const CalibrationFit& fit, const Factors& factors, const Factors& largest)
{
    std::vector<std::string> cautions;
    for (int i = 0; i < 4; ++i) {
        const std::string held = std::string(kFactorNames[static_cast<std::size_t>(i)]) + " is held at " +
                                 rounded(std::exp(factors(i)), "%.2f");
        if (factors(i) >= largest(i) - 1e-9)
            cautions.push_back(held + (i < 3 ? ": with more, the GPU would exceed its datasheet"
                                             : ": no more is taken for a property of the engine"));
        else if (factors(i) <= std::log(kLeast) + 1e-9)
            cautions.push_back(held + ": less is no property of a GPU that works");
    }
    if (fit.medianAfter >= fit.medianBefore && fit.p90After >= fit.p90Before)
        cautions.emplace_back("the factors explain these runs no better than 1 does");
    else if (fit.p90After > fit.p90Before)
        cautions.push_back(
            "the factors help most runs and hurt the worst: the 90th percentile of the error grew from " +
            rounded(100 * fit.p90Before, "%.1f") + " to " + rounded(100 * fit.p90After, "%.1f %%"));
    else if (fit.medianAfter > fit.medianBefore)
        cautions.push_back("the factors help the worst runs and hurt the others: the median error grew from " +
                           rounded(100 * fit.medianBefore, "%.1f") + " to " +
                           rounded(100 * fit.medianAfter, "%.1f %%"));
    return cautions;
}

} // namespace

Result<CalibrationFit> calibrate(const MeasurementTable& table, const HardwareChoice* own)
{
    Evidence evidence;
    for (const Measurement& m : table.rows)
        if (Result<void> taken = evidence.take(m, own); !taken)
            return tl::unexpected(taken.error());
    CalibrationFit fit;
    fit.gpu = evidence.gpu;
    fit.runs = static_cast<int>(evidence.runs.size());
    fit.values = static_cast<int>(evidence.targets.size());
    fit.repeats = evidence.repeats;
    fit.skipped.assign(evidence.skipped.begin(), evidence.skipped.end());
    if (fit.runs < kLeastRuns)
        return tl::unexpected(tooFew(fit));
    std::vector<Target> targets;
    for (auto& [figure, target] : evidence.targets)
        targets.push_back(std::move(target));
    const Factors largest = largestFactors(targets);
    const Factors factors = fitFactors(targets, largest);
    std::tie(fit.medianBefore, fit.p90Before) = errorsOf(targets, Factors::Zero());
    std::tie(fit.medianAfter, fit.p90After) = errorsOf(targets, factors);
    fit.calibration = calibrationOf(factors);
    fit.cautions = cautionsAbout(fit, factors, largest);
    if (fit.medianAfter > kWorstMedianError)
        return fail(
            "measurements", "no factors on compute, bandwidth, network and overhead explain them (median error " +
                                rounded(100 * fit.medianAfter, "%.0f %%") +
                                " after the fit): check model, GPUs and lengths of each row");
    return fit;
}

std::string calibrationWords(const Calibration& c)
{
    std::string words;
    const std::array<double, 4> factors{c.compute, c.bandwidth, c.network, c.overhead};
    for (std::size_t i = 0; i < factors.size(); ++i)
        if (factors[i] != 1)
            words += (words.empty() ? "" : ", ") + std::string(kFactorNames[i]) + " × " + rounded(factors[i], "%.3g");
    return words.empty() ? words : words + " of what ships";
}

} // namespace headroom
