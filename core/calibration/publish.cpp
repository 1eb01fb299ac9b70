#include "core/calibration/publish.h"

#include "core/calibration/nearness.h"
#include "core/model/shipped_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <tuple>

namespace headroom {
namespace {

constexpr double kRowsOfParent = 20; ///< what the level above counts, in rows
constexpr int kLeastForArchitecture = 10;
constexpr int kLeastOfGroup = 3; ///< rows that make a line of the table of residuals

constexpr std::array<std::string_view, kArchitectures> kArchitectureNames{"volta", "turing", "ampere", "ada", "hopper",
    "blackwell", "blackwellWorkstation", "cdna3", "cdna4", "gaudi", "tpu"};
constexpr std::array<std::string_view, 4> kRegimeNames{
    "offlineThroughput", "closedLoopTpot", "closedLoopTtft", "batch"};
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
    MeasuredRegime regime{};
    int bits = 16;
    GpuArchitecture architecture{};
    double predicted = 0;
    double ratio() const { return measured->value / predicted; }
    double error() const { return predicted / measured->value - 1; }
};

std::vector<LeftOut> leftOut(const MeasurementTable& scored, const std::vector<RowOutcome>& outcomes)
{
    std::vector<LeftOut> all;
    for (std::size_t i = 0; i < scored.rows.size(); ++i) {
        const Measurement& m = scored.rows[i];
        const Result<MeasuredCase> c = caseOf(m);
        const auto regime = regimeOf(m);
        if (!regime || !c || !outcomes[i].predicted || outcomes[i].assumed)
            continue;
        all.push_back({&m, *regime, storedBits(c->weightFormat), c->gpu.architecture, *outcomes[i].predicted});
    }
    return all;
}

using Ratios = std::vector<std::pair<double, double>>; ///< measured / predicted, and its weight

ShippedBand bandOf(const Ratios& own, const Ratios& parent, MeasuredRegime regime, int bits, int architecture)
{
    Ratios pooled = own;
    double total = 0;
    for (const auto& [ratio, weight] : parent)
        total += weight;
    for (const auto& [ratio, weight] : parent)
        pooled.emplace_back(ratio, weight * kRowsOfParent / total);
    return {regime, bits, architecture, weightedQuantile(pooled, 0.1), weightedQuantile(pooled, 0.9),
        static_cast<int>(own.size())};
}

/// From the widest kind to the narrowest.
std::vector<ShippedBand> bandsOf(const std::vector<LeftOut>& rows)
{
    std::vector<ShippedBand> bands;
    const auto those = [&](MeasuredRegime regime, int bits, int architecture) {
        Ratios some;
        for (const LeftOut& r : rows)
            if (r.regime == regime && (bits == 0 || r.bits == bits) &&
                (architecture < 0 || static_cast<int>(r.architecture) == architecture))
                some.emplace_back(r.ratio(), 1.0);
        return some;
    };
    for (std::size_t i = 0; i < kRegimeNames.size(); ++i) {
        const auto regime = static_cast<MeasuredRegime>(i);
        const Ratios all = those(regime, 0, -1);
        if (all.empty())
            continue;
        bands.push_back(bandOf(all, {}, regime, 0, -1));
        for (const int bits : {16, 8, 4}) {
            const Ratios some = those(regime, bits, -1);
            if (some.empty())
                continue;
            bands.push_back(bandOf(some, all, regime, bits, -1));
            for (int a = 0; a < static_cast<int>(kArchitectures); ++a)
                if (const Ratios few = those(regime, bits, a); few.size() >= 2 * kLeastForArchitecture) // of two folds
                    bands.push_back(bandOf(few, some, regime, bits, a));
        }
    }
    return bands;
}

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

/// The narrowest band that covers a kind, of those from widest to narrowest.
double insideShare(const std::vector<LeftOut>& rows, const std::vector<ShippedBand>& bands)
{
    double inside = 0;
    for (const LeftOut& r : rows) {
        const ErrorBand b = narrowestBand(bands, r.regime, r.bits, r.architecture);
        inside += b.lo <= r.ratio() && r.ratio() <= b.hi ? 1 : 0;
    }
    return rows.empty() ? 0 : inside / static_cast<double>(rows.size());
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

/// One line for each kind of measurement that is measured often enough to be held to a mark.
std::string accuracyLines(
    std::string_view without, const std::vector<LeftOut>& rows, const std::vector<ShippedBand>& bands)
{
    constexpr std::array<std::pair<Metric, LoadKind>, 4> kKinds{
        {{Metric::outputTokenRate, LoadKind::offlineMax}, {Metric::tpot, LoadKind::fixedConcurrency},
            {Metric::ttft, LoadKind::staticBatch}, {Metric::tpot, LoadKind::staticBatch}}};
    std::string text;
    for (const auto& [metric, load] : kKinds) {
        std::vector<LeftOut> some;
        for (const LeftOut& r : rows)
            if (r.measured->metric == metric && r.measured->loadKind == load)
                some.push_back(r);
        if (some.empty())
            continue;
        const Spread s = spreadOf(some);
        text += "    {" + inQuotes(without) + ", M::" + std::string(in(kMetricNames, metric)) +
                ", L::" + std::string(in(kLoadNames, load)) +
                line(", %d, %.3f, %.3f, %.3f, %.2f},\n", static_cast<int>(some.size()), s.median, s.p90, s.bias,
                    insideShare(some, bands));
    }
    return text;
}

} // namespace

Result<PublishedFit> publishFit(
    const MeasurementTable& scored, const MeasurementTable& fitted, const FitOptions& options, int threads)
{
    if (fitCases(fitted).empty())
        return fail("--fit-on", "no row that a fit can use");
    const auto without = [&](LeaveOut by) {
        return leftOut(scored, crossValidate(scored, fitted, by, options, threads));
    };
    const std::vector<LeftOut> gpu = without(LeaveOut::gpu), family = without(LeaveOut::family),
                               source = without(LeaveOut::source);
    std::vector<LeftOut> pooled = gpu;
    pooled.insert(pooled.end(), family.begin(), family.end());
    const std::vector<ShippedBand> bands = bandsOf(pooled);
    if (bands.empty())
        return fail("MEASURED", "no row of a kind that has bands");

    int groups = 0;
    const std::string lines = groupLines(gpu, groups);
    const std::string accuracy = accuracyLines("GPU", gpu, bands) + accuracyLines("model family", family, bands) +
                                 accuracyLines("source", source, bands);
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
