#include "core/calibration/validate.h"
#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "core/calibration/bands.h"
#include "core/calibration/kernels.h"
#include "core/calibration/publish.h"
#include "core/calibration/repeats.h"
#include "core/importers/trace_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string measured, rows, leaveOut, fitOn, publish;
    std::vector<std::string> traces; ///< CASE_ID=FILE
    bool measuredTpot = false;
    int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    bool kernels = false;
    bool coefficients = false;
    bool repeats = false;
    bool json = false;
};

Outcome<MeasurementTable> readTable(const std::string& file)
{
    if (auto readable = checkReadable(file); !readable)
        return tl::unexpected(readable.error());
    std::ifstream in(file);
    Result<MeasurementTable> table = readMeasurements(in, file);
    if (!table)
        return tl::unexpected(Failure{Exit::badInput, {table.error()}});
    return *std::move(table);
}

Outcome<CaseTraces> readTraces(const std::vector<std::string>& arguments)
{
    CaseTraces traces;
    for (const std::string& argument : arguments) {
        const std::size_t equals = argument.find('=');
        if (equals == std::string::npos || equals == 0)
            return tl::unexpected(Failure{Exit::badInput, {{"--trace", "expected CASE_ID=FILE, found " + argument}}});
        const std::string file = argument.substr(equals + 1);
        if (auto readable = checkReadable(file); !readable)
            return tl::unexpected(readable.error());
        Result<TraceImport> read = readTraceFile(file);
        if (!read)
            return tl::unexpected(Failure{Exit::badInput, {read.error()}});
        traces[argument.substr(0, equals)] = std::make_shared<const Trace>(std::move(read->trace));
    }
    return traces;
}

std::string shortest(double x)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", x);
    return text.data();
}

/// The input columns and what was predicted, in the unit of the metric column.
std::string rowsCsv(const MeasurementTable& table, const std::vector<RowOutcome>& outcomes)
{
    std::vector<std::string> header = table.header;
    for (const char* column : {"predicted", "lo", "hi", "assumed", "skipped_because"})
        header.emplace_back(column);
    std::string text = joinCsvLine(header) + "\n";
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const RowOutcome& o = outcomes[i];
        const double unit = isLatency(table.rows[i].metric) ? 1e-3 : 1; // latencies are written in milliseconds
        std::vector<std::string> cells = table.rows[i].cells;
        for (const double x : {o.predicted.value_or(0), o.lo, o.hi})
            cells.push_back(o.predicted ? shortest(x / unit) : "");
        cells.emplace_back(o.assumed ? "1" : "0");
        cells.push_back(o.skippedBecause);
        text += joinCsvLine(cells) + "\n";
    }
    return text;
}

Json errorsJson(const ErrorSummary& s)
{
    return {{"median_abs_error", s.medianAbsError}, {"p90_abs_error", s.p90AbsError}, {"bias", s.bias},
        {"inside_band", s.insideBand}};
}

using Reasons = std::vector<std::pair<std::string, int>>;

std::string summaryJson(
    const std::vector<ErrorSummary>& byCase, const std::vector<ErrorSummary>& bySource, const Reasons& skipped)
{
    Json groups = Json::array();
    int rows = 0;
    double covered = 0;
    for (std::size_t i = 0; i < byCase.size(); ++i) {
        const ErrorSummary& s = byCase[i];
        groups.push_back({{"metric", name(s.metric)}, {"load_kind", name(s.loadKind)}, {"assumed", s.assumed},
            {"rows", s.rows}, {"covered", s.covered}, {"cases", s.cases}, {"sources", s.sources},
            {"by_case", errorsJson(s)}, {"by_source", errorsJson(bySource[i])}});
        rows += s.rows;
        covered += s.rows * s.covered;
    }
    Json reasons = Json::array();
    for (const auto& [because, count] : skipped)
        reasons.push_back({{"because", because}, {"rows", count}});
    return Json{{"rows", rows}, {"covered", rows > 0 ? covered / rows : 0}, {"groups", groups}, {"skipped", reasons}}
               .dump(2) +
           "\n";
}

std::string percent(double share)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", 100 * share);
    return text.data();
}

/// Why rows have no prediction; nothing where all have one.
std::string skippedText(const Reasons& skipped)
{
    std::vector<std::vector<std::string>> rows;
    for (const auto& [because, count] : skipped)
        rows.push_back({because, std::to_string(count)});
    return rows.empty()
               ? std::string()
               : "\n" + textTable(
                            {{"not run because", TextColumn::Align::left}, {"rows", TextColumn::Align::right}}, rows);
}

std::string summaryText(
    const std::vector<ErrorSummary>& byCase, const std::vector<ErrorSummary>& bySource, const Reasons& skipped)
{
    using enum TextColumn::Align;
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < byCase.size(); ++i) {
        const ErrorSummary &c = byCase[i], &s = bySource[i];
        rows.push_back(
            {std::string(name(c.metric)) + " " + std::string(name(c.loadKind)) + (c.assumed ? " (assumed)" : ""),
                std::to_string(c.rows), percent(c.covered), percent(c.medianAbsError), percent(c.p90AbsError),
                percent(c.bias), percent(c.insideBand), percent(s.medianAbsError), percent(s.p90AbsError)});
    }
    return "Errors |predicted / measured - 1| in %; every case the same weight, and beside it every source.\n" +
           textTable({{"measured", left}, {"rows", right}, {"covered", right}, {"median", right}, {"p90", right},
                         {"bias", right}, {"in band", right}, {"median by source", right}, {"p90 by source", right}},
               rows) +
           skippedText(skipped);
}

/// A trace drives a case of the table whose arrivals it can be.
Outcome<void> belong(const CaseTraces& traces, const MeasurementTable& table)
{
    for (const auto& [id, trace] : traces) {
        const bool isThere = std::ranges::any_of(
            table.rows, [&](const Measurement& m) { return m.caseId == id && m.loadKind == LoadKind::requestRate; });
        if (!isThere)
            return tl::unexpected(
                Failure{Exit::badInput, {{"--trace " + id, "there is no request_rate case of this id"}}});
    }
    return {};
}

Outcome<std::vector<RowOutcome>> outcomesOf(const Options& options, const MeasurementTable& table)
{
    const auto traces = readTraces(options.traces);
    if (!traces)
        return tl::unexpected(traces.error());
    if (auto known = belong(*traces, table); !known)
        return tl::unexpected(known.error());
    if (options.leaveOut.empty())
        return predictRows(table, shippedEfficiency(), *traces, options.measuredTpot ? PutIn::tpot : PutIn::nothing);
    const LeaveOut by = options.leaveOut == "gpu"      ? LeaveOut::gpu
                        : options.leaveOut == "family" ? LeaveOut::family
                                                       : LeaveOut::source;
    const auto fitOn = readTable(options.fitOn.empty() ? options.measured : options.fitOn);
    if (!fitOn)
        return tl::unexpected(fitOn.error());
    LeftOutRows folds = leaveOutGpusAndFamilies(table, *fitOn, FitOptions{}, options.threads, *traces);
    std::vector<RowOutcome> outcomes = by == LeaveOut::gpu ? std::move(folds.gpu)
                                       : by == LeaveOut::family
                                           ? std::move(folds.family)
                                           : crossValidate(table, *fitOn, by, FitOptions{}, options.threads, *traces);
    return withBandsOfFolds(table, std::move(outcomes), by, folds.unseen);
}

/// Single kernels: each GPU predicted by a fit to the others.
Exit runKernels(const Options& options)
{
    if (auto readable = checkReadable(options.measured); !readable)
        return report(readable.error());
    std::ifstream in(options.measured);
    const Result<KernelTable> table = readKernels(in, options.measured);
    const Result<KernelValidation> errors = table ? crossValidateKernels(*table) : tl::unexpected(table.error());
    if (!errors)
        return report(Failure{Exit::badInput, {errors.error()}});
    std::vector<std::vector<std::string>> rows;
    Json json = {{"kernel", name(table->kind)}, {"skipped", table->skipped}, {"left_out", Json::array()},
        {"by_format_and_library", Json::array()}};
    const auto add = [&](const char* key, const char* what, const KernelErrors& e) {
        rows.push_back({e.of, std::to_string(e.runs), percent(e.median), percent(e.p90)});
        json[key].push_back({{what, e.of}, {"runs", e.runs}, {"median_abs_error", e.median}, {"p90_abs_error", e.p90}});
    };
    for (const KernelErrors& e : errors->byGpu)
        add("left_out", "gpu", e);
    add("left_out", "gpu", errors->all);
    for (const KernelErrors& e : errors->byLabel)
        add("by_format_and_library", "kernels", e);
    if (options.json)
        return print(json.dump(2) + "\n");
    using enum TextColumn::Align;
    return print("Errors |predicted / measured - 1| in % of " + std::string(name(table->kind)) +
                 " kernels, each GPU by a fit to the others; below the same runs by number format and library; " +
                 std::to_string(table->skipped) + " lines skipped.\n" +
                 textTable({{"left out", left}, {"runs", right}, {"median", right}, {"p90", right}}, rows));
}

/// The table a fit to all rows ends at: the shared value of each coefficient, and its factors.
std::string coefficientsText(const EfficiencyTable& t)
{
    std::string text;
    for (std::size_t i = 0; i < kCoefficients; ++i) {
        text += std::string(coefficientInfos()[i].name) + " " + shortest(t.shared[i]);
        for (std::size_t a = 0; a < kArchitectures; ++a)
            if (t.factor[a][i] != 1)
                text += " architecture" + std::to_string(a) + "*" + shortest(t.factor[a][i]);
        text += "\n";
    }
    return text;
}

/// The source files that carry a fit.
Exit runPublish(const Options& options, const MeasurementTable& scored)
{
    const auto fitOn = readTable(options.fitOn.empty() ? options.measured : options.fitOn);
    if (!fitOn)
        return report(fitOn.error());
    const Result<PublishedFit> fit = publishFit(scored, *fitOn, FitOptions{}, options.threads);
    if (!fit)
        return report(Failure{Exit::badInput, {fit.error()}});
    for (const auto& [file, text] :
        {std::pair("shipped_fit.cpp", &fit->fit), std::pair("residuals.cpp", &fit->residuals)})
        if (auto written = writeFile(options.publish + "/" + file, *text); !written)
            return report(written.error());
    return Exit::done;
}

/// How far equal runs differ among themselves: the least error that any model can have.
std::string repeatsText(const std::vector<RepeatSpread>& spreads)
{
    using enum TextColumn::Align;
    std::vector<std::vector<std::string>> rows;
    for (const RepeatSpread& s : spreads)
        rows.push_back({std::string(name(s.metric)) + " " + std::string(name(s.loadKind)),
            s.sameEngine ? "same" : "any", std::to_string(s.rows), percent(s.median), percent(s.p90)});
    return "Runs that agree in all that is stated, one against the other, |a / b - 1| in %.\n" +
           textTable({{"measured", left}, {"engine", left}, {"rows", right}, {"median", right}, {"p90", right}}, rows);
}

Exit run(const Options& options)
{
    if (options.kernels)
        return runKernels(options);
    const auto table = readTable(options.measured);
    if (!table)
        return report(table.error());
    if (options.repeats)
        return print(repeatsText(repeatSpread(*table)));
    if (options.coefficients)
        return print(coefficientsText(fitToAll(*table, FitOptions{})));
    if (!options.publish.empty())
        return runPublish(options, *table);
    const auto outcomes = outcomesOf(options, *table);
    if (!outcomes)
        return report(outcomes.error());
    if (!options.rows.empty())
        if (auto written = writeFile(options.rows, rowsCsv(*table, *outcomes)); !written)
            return report(written.error());
    const auto byCase = summarizeErrors(*table, *outcomes, Weighting::byCase);
    const auto bySource = summarizeErrors(*table, *outcomes, Weighting::bySource);
    const Reasons skipped = skippedByReason(*outcomes);
    return print(options.json ? summaryJson(byCase, bySource, skipped) : summaryText(byCase, bySource, skipped));
}

} // namespace

Run declareValidate(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("MEASURED", options->measured, "CSV table of measured runs").required();
    app.option("--trace", options->traces, "CASE_ID=FILE: the requests of a request_rate case (repeatable)");
    const Argument measuredTpot = app.flag("--measured-tpot", options->measuredTpot,
        "Put the measured TPOT of request_rate cases in: what is left is the error of the queueing");
    app.option("--rows", options->rows, "Write each row with its prediction to this CSV file");
    app.option("--cross-validate", options->leaveOut,
           "Predict each row with coefficients fitted without its gpu, model family or source")
        .oneOf({"gpu", "family", "source"})
        .excludes(measuredTpot);
    app.option("--fit-on", options->fitOn, "With --cross-validate and --publish: the table to fit to, if not MEASURED");
    app.option("--publish", options->publish,
        "Write to this folder the source files that carry the fit: shipped_fit.cpp and residuals.cpp");
    app.flag("--kernels", options->kernels, "MEASURED is a table of single kernels; each GPU by a fit to the others");
    app.flag("--coefficients", options->coefficients, "Print the coefficients of a fit to all rows of MEASURED");
    app.flag("--repeats", options->repeats, "Print how far rows that agree in all that is stated differ");
    app.option("--threads", options->threads, "Fits that run in parallel").between(1, 256);
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
