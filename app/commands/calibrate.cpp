#include "core/calibration/calibrate.h"
#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "core/plan/plan_io.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> measured;
    std::string out, plan;
    bool json = false;
};

Json asJson(const CalibrationFit& f)
{
    return {{"gpu", f.gpu}, {"rows", f.values}, {"skipped", f.skippedValues()},
        {"hardware.calibration_compute", f.calibration.compute},
        {"hardware.calibration_bandwidth", f.calibration.bandwidth},
        {"hardware.calibration_network", f.calibration.network},
        {"hardware.calibration_overhead", f.calibration.overhead},
        {"before", {{"median_abs_error", f.medianBefore}, {"p90_abs_error", f.p90Before}}},
        {"after", {{"median_abs_error", f.medianAfter}, {"p90_abs_error", f.p90After}}}};
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
    return block("Calibration of " + f.gpu,
        {{"runs used", std::to_string(f.values) + " (" + std::to_string(f.skippedValues()) + " skipped)"},
            {"compute", number(f.calibration.compute, "%.3f")}, {"bandwidth", number(f.calibration.bandwidth, "%.3f")},
            {"network", number(f.calibration.network, "%.3f")}, {"overhead", number(f.calibration.overhead, "%.3f")},
            {"error before", errors(f.medianBefore, f.p90Before)}, {"error after", errors(f.medianAfter, f.p90After)}});
}

Outcome<MeasurementTable> readAll(const std::vector<std::string>& files)
{
    MeasurementTable all;
    for (const std::string& file : files) {
        if (auto readable = checkReadable(file); !readable)
            return tl::unexpected(readable.error());
        std::ifstream in(file);
        Result<MeasurementTable> table = readMeasurements(in, file);
        if (!table)
            return tl::unexpected(Failure{Exit::badInput, {table.error()}});
        all.header = table->header;
        all.rows.insert(all.rows.end(), table->rows.begin(), table->rows.end());
    }
    return all;
}

Exit storeInPlan(const std::string& file, const CalibrationFit& fit)
{
    auto plan = readPlan({file, {}});
    if (!plan)
        return report(plan.error());
    if (plan->hardware.gpu.name != fit.gpu)
        return report(Error{file + ": hardware.gpu", plan->hardware.gpu.name + ", but the runs are of " + fit.gpu});
    plan->hardware.calibration = fit.calibration;
    if (auto saved = savePlan(*plan, file); !saved)
        return report(saved.error(), Exit::noAccess);
    return Exit::done;
}

Exit run(const Options& options)
{
    const auto table = readAll(options.measured);
    if (!table)
        return report(table.error());
    const auto fit = calibrate(*table);
    if (!fit)
        return report(fit.error());
    if (!options.plan.empty())
        if (const Exit stored = storeInPlan(options.plan, *fit); stored != Exit::done)
            return stored;
    if (!options.out.empty())
        if (auto written = writeFile(options.out, asJson(*fit).dump(2) + "\n"); !written)
            return report(written.error());
    return print(options.json ? asJson(*fit).dump(2) + "\n" : asText(*fit));
}

} // namespace

Run declareCalibrate(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("MEASURED", options->measured, "CSV tables of one's own runs on one GPU").required();
    const Argument out = app.option("--out", options->out, "Write the factors to this JSON file");
    app.option("--plan", options->plan, "Store them in this plan").excludes(out);
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
