#include "core/calibration/publish.h"

#include "core/calibration/bands.h"
#include "core/calibration/nearness.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <tuple>

namespace headroom {
namespace {

constexpr int kLeastOfGroup = 3; ///< rows that make a line of the table of residuals

constexpr std::array<std::string_view, kArchitectures> kArchitectureNames{"volta", "turing", "ampere", "ada", "hopper",
    "blackwell", "blackwellWorkstation", "cdna3", "cdna4", "gaudi", "tpu"};
constexpr std::array<std::string_view, kMeasuredRegimes> kRegimeNames{
    "offlineThroughput", "offlineLatency", "closedLoopTpot", "closedLoopTtft", "firstToken", "batch"};
constexpr std::array<std::string_view, 4> kLoadNames{"offlineMax", "fixedConcurrency", "requestRate", "staticBatch"};
constexpr std::array<std::string_view, 6> kMetricNames{
    "outputTokenRate", "totalTokenRate", "requestRate", "ttft", "tpot", "e2e"};

template <std::size_t N, class Enum>
std::string_view in(const std::array<std::string_view, N>& names, Enum e)
{
    return names.at(static_cast<std::size_t>(e));
}

template <class... Values>
std::string line(const char* format, Values... values)
{
    std::array<char, 256> text{};
    const int length = std::snprintf(text.data(), text.size(), format, values...);
    return {text.data(), static_cast<std::size_t>(std::clamp(length, 0, static_cast<int>(text.size()) - 1))};
}

std::string inQuotes(std::string_view s) { return "\"" + std::string(s) + "\""; }

/// A row that was left out and predicted.
struct LeftOut {
    const Measurement* measured = nullptr;
    int bits = 16;
    double predicted = 0;
    double error() const { return predicted / measured->value - 1; }
};

std::vector<LeftOut> leftOut(const MeasurementTable& scored, const std::vector<RowOutcome>& outcomes)
{
    std::vector<LeftOut> all;
    for (std::size_t i = 0; i < scored.rows.size(); ++i) {
        const Measurement& m = scored.rows[i];
        const Result<MeasuredCase> c = caseOf(m);
        if (!regimeOf(m) || !c || !outcomes[i].predicted || outcomes[i].assumed)
            continue;
        all.push_back({&m, storedBits(c->weightFormat), *outcomes[i].predicted});
    }
    return all;
}

using Ratios = std::vector<std::pair<double, double>>; ///< a value, and its weight

std::string fitText(const EfficiencyTable& t, const std::vector<ShippedBand>& bands)
{
    std::string text =
        "// Written by `headroom-cli validate BENCH.csv --fit-on MEASURED.csv --publish FOLDER`: not by hand.\n"
        "#include \"core/model/shipped_fit.h\"\n\n#include <array>\n\nnamespace headroom {\nnamespace {\n\n"
        "using A = GpuArchitecture;\nusing R = MeasuredRegime;\n\n"
        "constexpr std::array<double, kCoefficients> kShared{{\n";
    for (std::size_t i = 0; i < kCoefficients; ++i)
        text += line("    %.4g, // ", t.shared[i]) + std::string(coefficientInfos()[i].name) + "\n";
    text += "}};\n\n";
    std::string factors;
    int count = 0;
    for (std::size_t i = 0; i < kCoefficients; ++i)
        for (std::size_t a = 0; a < kArchitectures; ++a)
            if (std::abs(t.factor[a][i] - 1) >= 0.005) {
                factors += "    {A::" + std::string(kArchitectureNames[a]) + ", " +
                           inQuotes(coefficientInfos()[i].name) + line(", %.3g},\n", t.factor[a][i]);
                ++count;
            }
    text += line("constexpr std::array<ShippedFactor, %d> kFactors{{\n", count) + factors + "}};\n\n";
    text += "// 0 and -1: any. The last figure is rows, each GPU and each family left out once.\n" +
            line("constexpr std::array<ShippedBand, %d> kBands{{\n", static_cast<int>(bands.size()));
    for (const ShippedBand& b : bands)
        text += "    {R::" + std::string(in(kRegimeNames, b.regime)) +
                line(", %d, %d, %.3g, %.3g, %d},", b.bits, b.architecture, b.lo, b.hi, b.rows) +
                (b.architecture < 0 ? "" : " // " + std::string(in(kArchitectureNames, b.architecture))) + "\n";
    return text +
           "}};\n\n} // namespace\n\nstd::span<const double, kCoefficients> shippedShared() { return kShared; }\n"
           "std::span<const ShippedFactor> shippedFactors() { return kFactors; }\n"
           "std::span<const ShippedBand> shippedBands() { return kBands; }\n\n} // namespace headroom\n";
}

struct Spread {
    double median = 0, p90 = 0, bias = 0;
};
Spread spreadOf(const std::vector<LeftOut>& rows)
{
    Ratios absolute, plain;
    for (const LeftOut& r : rows) {
        absolute.emplace_back(std::abs(r.error()), 1.0);
        plain.emplace_back(r.error(), 1.0);
    }
    return {weightedQuantile(absolute, 0.5), weightedQuantile(absolute, 0.9), weightedQuantile(plain, 0.5)};
}

std::string groupLines(const std::vector<LeftOut>& rows, int& count)
{
    std::map<std::tuple<std::string, std::string, std::string, int, LoadKind, Metric>, std::vector<LeftOut>> groups;
    for (const LeftOut& r : rows)
        groups[{r.measured->gpu, r.measured->engine, r.measured->model, r.bits, r.measured->loadKind,
                   r.measured->metric}]
            .push_back(r);
    std::string text;
    for (const auto& [key, group] : groups) {
        if (static_cast<int>(group.size()) < kLeastOfGroup)
            continue;
        const auto& [gpu, engine, model, bits, load, metric] = key;
        const Spread s = spreadOf(group);
        text += "    {" + inQuotes(gpu) + ", " + inQuotes(engine) + ", " + inQuotes(model) + line(", %d, L::", bits) +
                std::string(in(kLoadNames, load)) + ", M::" + std::string(in(kMetricNames, metric)) +
                line(", %d, %.3f, %.3f},\n", static_cast<int>(group.size()), s.median, s.bias);
        ++count;
    }
    return text;
}

/// One line for each kind of measurement that leftOut() counts: what --cross-validate prints.
std::string accuracyLines(
    std::string_view without, const MeasurementTable& scored, const std::vector<RowOutcome>& outcomes)
{
    std::string text;
    for (const ErrorSummary& s : summarizeErrors(scored, outcomes, Weighting::byCase)) {
        Measurement kind;
        kind.metric = s.metric;
        kind.loadKind = s.loadKind;
        if (regimeOf(kind) && !s.assumed && s.covered > 0)
            text += "    {" + inQuotes(without) + ", M::" + std::string(in(kMetricNames, s.metric)) +
                    ", L::" + std::string(in(kLoadNames, s.loadKind)) +
                    line(", %d, %.3f, %.3f, %.3f, %.3f},\n", static_cast<int>(std::lround(s.covered * s.rows)),
                        s.medianAbsError, s.p90AbsError, s.bias, s.insideBand);
    }
    return text;
}

} // namespace

Result<PublishedFit> publishFit(
    const MeasurementTable& scored, const MeasurementTable& fitted, const FitOptions& options, int threads)
{
    if (fitCases(fitted).empty())
        return fail("--fit-on", "no row that a fit can use");
    const LeftOutRows folds = leaveOutGpusAndFamilies(scored, fitted, options, threads);
    const std::vector<ShippedBand> bands = bandsOf(folds.unseen);
    if (bands.empty())
        return fail("MEASURED", "no row of a kind that has bands");
    const std::vector<RowOutcome> source = crossValidate(scored, fitted, LeaveOut::source, options, threads);
    const std::vector<LeftOut> gpu = leftOut(scored, folds.gpu);

    int groups = 0;
    const std::string lines = groupLines(gpu, groups);
    std::string accuracy;
    for (const auto& [name, by, outcomes] :
        {std::tuple("GPU", LeaveOut::gpu, &folds.gpu), std::tuple("model family", LeaveOut::family, &folds.family),
            std::tuple("source", LeaveOut::source, &source)})
        accuracy += accuracyLines(name, scored, withBandsOfFolds(scored, *outcomes, by, folds.unseen));
    std::string residuals =
        "// Written by `headroom-cli validate BENCH.csv --fit-on MEASURED.csv --publish FOLDER`: not by hand. "
        "Statistics of\n"
        "// residuals, no measurement. The runs are public: TensorRT-LLM performance overviews 0.9 to 1.2, "
        "InferenceX,\n"
        "// GPUStack performance lab, aiconfigurator, splitwise-sim.\n"
        "#include \"core/calibration/nearness.h\"\n\n#include <array>\n\nnamespace headroom {\nnamespace {\n\n"
        "using L = LoadKind;\nusing M = Metric;\n\n";
    residuals += line("constexpr std::array<ResidualGroup, %d> kGroups{{\n", groups) + lines + "}};\n\n";
    residuals += line("constexpr std::array<ShippedAccuracy, %d> kAccuracy{{\n",
                     static_cast<int>(std::count(accuracy.begin(), accuracy.end(), '\n'))) +
                 accuracy + "}};\n\n} // namespace\n\n";
    residuals += "std::span<const ResidualGroup> shippedResiduals() { return kGroups; }\n"
                 "std::span<const ShippedAccuracy> shippedAccuracy() { return kAccuracy; }\n" +
                 line("int shippedRuns() { return %d; }\n\n", static_cast<int>(gpu.size())) +
                 "} // namespace headroom\n";
    return PublishedFit{fitText(fitToAll(fitted, options), bands), residuals};
}

} // namespace headroom
