#include "core/calibration/calibrate.h"
#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "core/importers/bench_results.h"
#include "core/importers/gpu_file.h"
#include "core/plan/catalog.h"
#include "core/plan/plan_io.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> measured;
    std::string out, plan;
    ServerSetup stated; ///< what result files do not say
    bool json = false;
};

Json asJson(const CalibrationFit& f)
{
    Json skipped = Json::array();
    for (const auto& [because, rows] : f.skipped)
        skipped.push_back({{"because", because}, {"rows", rows}});
    return {{"gpu", f.gpu}, {"rows", f.values}, {"runs", f.runs}, {"repeats", f.repeats},
        {"skipped", f.skippedValues()}, {"skipped_because", skipped},
        {"hardware.calibration_compute", f.calibration.compute},
        {"hardware.calibration_bandwidth", f.calibration.bandwidth},
        {"hardware.calibration_network", f.calibration.network},
        {"hardware.calibration_overhead", f.calibration.overhead},
        {"before", {{"median_abs_error", f.medianBefore}, {"p90_abs_error", f.p90Before}}},
        {"after", {{"median_abs_error", f.medianAfter}, {"p90_abs_error", f.p90After}}}, {"cautions", f.cautions}};
}

std::string asText(const CalibrationFit& f)
{
    const auto number = [](double x, const char* format) {
        std::array<char, 48> text{};
        std::snprintf(text.data(), text.size(), format, x);
        return std::string(text.data());
    };
    const auto errors = [&](double median, double p90) {
        return "median " + number(100 * median, "%.1f %%") + ", 90 % within " + number(100 * p90, "%.1f %%");
    };
    std::string used = std::to_string(f.runs) + " (" + std::to_string(f.values) + " measured values";
    if (f.repeats > 0)
        used += ", " + std::to_string(f.repeats) + " more of the same";
    std::string text = block("Calibration of " + f.gpu,
        {{"runs used", used + ")"}, {"compute", number(f.calibration.compute, "%.3f")},
            {"bandwidth", number(f.calibration.bandwidth, "%.3f")}, {"network", number(f.calibration.network, "%.3f")},
            {"overhead", number(f.calibration.overhead, "%.3f")}, {"error before", errors(f.medianBefore, f.p90Before)},
            {"error after", errors(f.medianAfter, f.p90After)}});
    for (const auto& [because, rows] : f.skipped)
        text += "  " + wrapped("not used: " + std::to_string(rows) + " values, " + because, 2) + "\n";
    for (const std::string& caution : f.cautions)
        text += "  " + wrapped("caution: " + caution, 2) + "\n";
    return text;
}

Result<MeasurementTable> tableOf(
    const std::string& text, const std::string& file, const Options& options, const std::optional<Plan>& plan)
{
    std::istringstream in(text);
    if (!isBenchResults(text))
        return readMeasurements(in, file);
    const Result<BenchResults> results = readBenchResults(text, file);
    if (!results)
        return tl::unexpected(results.error());
    return measurementsOf(*results, options.stated, plan ? setupOf(*plan) : ServerSetup{});
}

Outcome<MeasurementTable> readAll(const Options& options, const std::optional<Plan>& plan)
{
    MeasurementTable all;
    for (const std::string& file : options.measured) {
        if (auto readable = checkReadable(file); !readable)
            return tl::unexpected(readable.error());
        std::ifstream in(file, std::ios::binary);
        Result<MeasurementTable> table =
            tableOf(std::string{std::istreambuf_iterator<char>(in), {}}, file, options, plan);
        if (!table)
            return tl::unexpected(Failure{Exit::badInput, {table.error()}});
        all.rows.insert(all.rows.end(), table->rows.begin(), table->rows.end());
    }
    return all;
}

/// The hardware that the runs are of, with the factors: a plan's own, else the catalog's.
HardwareChoice calibrated(const CalibrationFit& fit, const std::optional<Plan>& plan)
{
    Plan calibrated = plan ? *plan : defaultPlan();
    if (!plan)
        HR_ASSERT(chooseGpu(calibrated, fit.gpu).has_value()); // only those of the catalog can be run without a plan
    calibrated.hardware.calibration = fit.calibration;
    return calibrated.hardware;
}

/// Where the factors go: into a file of their own if one is named, else into the plan.
Exit store(const Options& options, const CalibrationFit& fit, std::optional<Plan> plan)
{
    if (plan && plan->hardware.gpu.name != fit.gpu)
        return report(
            Error{options.plan + ": hardware.gpu", plan->hardware.gpu.name + ", but the runs are of " + fit.gpu});
    const HardwareChoice hardware = calibrated(fit, plan);
    if (!options.out.empty()) {
        const std::string about = "Fitted by headroom-cli calibrate to " + std::to_string(fit.values) +
                                  " measured values of " + std::to_string(fit.runs) + " runs.";
        const auto written = writeFile(options.out, gpuFileText(hardware, about));
        return written ? Exit::done : report(written.error());
    }
    if (!plan)
        return Exit::done;
    plan->hardware = hardware;
    const auto saved = savePlan(*plan, options.plan);
    return saved ? Exit::done : report(saved.error(), Exit::noAccess);
}

Exit run(const Options& options)
{
    std::optional<Plan> plan;
    if (!options.plan.empty()) {
        const auto read = readPlan({options.plan, {}});
        if (!read)
            return report(read.error());
        plan = *read;
    }
    const auto table = readAll(options, plan);
    if (!table)
        return report(table.error());
    const auto fit = calibrate(*table, plan ? &plan->hardware : nullptr);
    if (!fit)
        return report(fit.error());
    if (const Exit stored = store(options, *fit, std::move(plan)); stored != Exit::done)
        return stored;
    return print(options.json ? asJson(*fit).dump(2) + "\n" : asText(*fit));
}

} // namespace

Run declareCalibrate(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("MEASURED", options->measured,
           "Own runs on one GPU: CSV tables (CONTRIBUTING.md lists the columns), results of vllm bench serve, "
           "throughput or latency and of SGLang's bench_serving, GuideLLM reports")
        .required();
    app.option("--out", options->out, "Write a GPU with the factors, for `import` and the window").typeName("GPU.json");
    app.option("--plan", options->plan,
           "Store the factors in this plan, unless --out is given; it says of the server what result files do not")
        .typeName("PLAN");
    ServerSetup& stated = options->stated;
    app.option("--gpu", stated.gpu, "Where result files do not say it: the GPU they were measured on");
    app.option("--model", stated.model, "The model");
    app.option("--tp", stated.tp, "GPUs that share the weights (tensor parallelism)").between(1, 1024);
    app.option("--pp", stated.pp, "Pipeline stages").between(1, 1024);
    app.option("--ep", stated.ep, "Expert parallelism").between(1, 1024);
    app.option(
        "--weight-format", stated.weightFormat, "Number format of the weights, default: as the model's name says");
    app.option("--kv-format", stated.kvFormat, "Number format of the KV cache");
    app.option("--engine", stated.engine, "vLLM, SGLang or TensorRT-LLM");
    app.option("--engine-version", stated.engineVersion, "Its version: vLLM schedules ahead since 0.14");
    app.option("--engine-options", stated.engineOptions, "Its limits, as on its command line: \"--max-num-seqs 64\"");
    app.option("--isl", stated.inputTokens, "Tokens of a prompt, for results of vllm bench throughput and latency");
    app.option("--osl", stated.outputTokens, "Tokens of an answer, for the same");
    app.option("--batch", stated.batch, "Requests in the batch, for results of vllm bench latency");
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
