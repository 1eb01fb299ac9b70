#include "core/sim/simulate.h"

#include "app/commands/declare.h"
#include "app/commands/interrupt.h"
#include "app/commands/result_json.h"
#include "app/commands/simulation_json.h"
#include "core/evaluate.h"
#include "core/importers/trace_file.h"
#include "core/plan/plan_io.h"
#include "core/sim/spans.h"

#include <cmath>
#include <filesystem>
#include <memory>

namespace headroom::cli {
namespace {

struct Options {
    PlanArgument plan;
    std::string trace, csv, spans;
    std::optional<std::uint64_t> requests, warmup;
    std::optional<double> horizon, untilCi;
    std::uint64_t seed = 1;
    int replications = 1, threads = 1;
    bool headOfLine = false, json = false;
};

/// The trace of the command line, else the one the plan names (relative to the plan file).
Outcome<std::shared_ptr<const Trace>> readTrace(const Options& options, const Plan& plan)
{
    std::filesystem::path file = options.trace;
    if (file.empty()) {
        if (plan.workload.process != ArrivalProcess::trace || plan.workload.traceFile.empty())
            return std::shared_ptr<const Trace>();
        file = std::filesystem::path(options.plan.file).parent_path() / plan.workload.traceFile;
    }
    if (auto readable = checkReadable(file.string()); !readable)
        return tl::unexpected(readable.error());
    auto import = readTraceFile(file);
    if (!import)
        return tl::unexpected(Failure{Exit::badInput, {import.error()}});
    return std::make_shared<const Trace>(std::move(import->trace));
}

Outcome<sim::Scenario> makeScenario(const Options& options, const Plan& plan)
{
    const auto refuse = [](std::string where, std::string message) {
        return tl::unexpected(Failure{Exit::badInput, {{std::move(where), std::move(message)}}});
    };
    if (options.threads < 1 || options.threads > 1024)
        return refuse("--threads", "expected 1 to 1024");
    if (options.replications < 1 || options.replications > 10'000)
        return refuse("--replications", "expected 1 to 10,000");
    if (options.untilCi && !(*options.untilCi > 0 && *options.untilCi <= 100))
        return refuse("--until-ci", "expected a percentage above 0, at most 100");
    if (options.horizon && !(*options.horizon > 0))
        return refuse("--horizon", "expected seconds above 0");
    auto trace = readTrace(options, plan);
    if (!trace)
        return tl::unexpected(trace.error());
    auto made = sim::makeScenario(plan, std::move(*trace));
    if (!made)
        return tl::unexpected(Failure{Exit::badInput, {made.error()}});
    sim::Scenario& scenario = *made;
    if (options.requests)
        scenario.limits.requests = *options.requests;
    if (options.horizon)
        scenario.limits.horizon = *options.horizon;
    if (options.warmup && *options.warmup >= scenario.limits.requests)
        return refuse("--warmup", std::to_string(*options.warmup) + " of " + std::to_string(scenario.limits.requests) +
                                      " requests, expected fewer than there are");
    scenario.record.warmupRequests = options.warmup;
    scenario.record.rows = !options.csv.empty() || !options.spans.empty();
    scenario.record.slowestGaps = !options.csv.empty();
    scenario.record.headOfLine = options.headOfLine;
    scenario.seed = options.seed;
    scenario.replications = options.replications;
    scenario.threads = options.threads;
    if (options.untilCi)
        scenario.untilCi = *options.untilCi / 100;
    return std::move(*made);
}

/// Offered load over capacity, by the closed forms. Absent where there is no capacity.
std::optional<double> utilizationOf(const Plan& plan, const sim::Scenario& scenario, const sim::SimResult& result)
{
    const double capacity = Evaluator(plan).capacity().si();
    double rate = plan.workload.arrivalRate.si();
    if (scenario.trace)
        rate = scenario.trace->requests.empty() || !(scenario.trace->requests.back().arrival > 0)
                   ? 0
                   : scenario.traceRateScale * static_cast<double>(scenario.trace->requests.size()) /
                         scenario.trace->requests.back().arrival;
    else if (plan.workload.process == ArrivalProcess::closedLoop)
        rate = result.requestsPerSecond;
    return capacity > 0 && std::isfinite(rate / capacity) ? std::optional(rate / capacity) : std::nullopt;
}

/// What of the plan a trace takes the place of; empty without one.
std::string traceNote(const Options& options, const sim::Scenario& scenario)
{
    if (options.trace.empty() || !scenario.trace)
        return {};
    return "\nRequests, their times and lengths are those of " + options.trace +
           "; what the plan says of arrivals and lengths is not used.\n";
}

Exit writeFiles(const Options& options, const sim::Scenario& scenario, const sim::SimResult& result)
{
    if (!options.csv.empty())
        if (const auto written = writeFile(options.csv, sim::rowsCsv(result.rows)); !written)
            return report(written.error());
    if (!options.spans.empty())
        if (const auto written = writeFile(options.spans, sim::chromeTrace(result.rows, scenario.latency)); !written)
            return report(written.error());
    return Exit::done;
}

Exit run(const Options& options)
{
    const auto plan = readPlan(options.plan);
    if (!plan)
        return report(plan.error());
    const auto scenario = makeScenario(options, *plan);
    if (!scenario)
        return report(scenario.error());
    for (const std::string& file : {options.csv, options.spans})
        if (const auto writable = checkWritable(file); !writable) // before the run, which may take long
            return report(writable.error());
    watchForInterrupt();
    std::stop_source stop;
    const auto result = sim::simulate(*scenario, stop.get_token(), [&](const sim::ProgressReport&) {
        if (interrupted())
            stop.request_stop();
    });
    if (result.cancelled)
        return report({"simulate", "interrupted"}, Exit::interrupted);
    if (const Exit written = writeFiles(options, *scenario, result); written != Exit::done)
        return written;
    const auto utilization = utilizationOf(*plan, *scenario, result);
    std::optional<PointEvaluation> closed; // of a trace it knows neither the times nor the lengths
    if (!scenario->trace)
        closed = evaluatePoint(*plan);
    const PointEvaluation* bands = closed ? &*closed : nullptr;
    return print(options.json ? indented(withFirstMembers(simulationJson(result, utilization, bands),
                                    "\"name\":" + quoted(plan->name) + ",\"plan_hash\":" + quoted(planHash(*plan)))) +
                                    "\n"
                              : simulationText(*plan, result, utilization, bands) + traceNote(options, *scenario));
}

} // namespace

Run declareSimulate(Arguments app)
{
    auto options = std::make_shared<Options>();
    addPlan(app, options->plan);
    app.option("--trace", options->trace, "Replay the requests of this trace").typeName("FILE");
    app.option("--requests", options->requests, "Requests, default 100,000 or the whole trace");
    app.option("--horizon", options->horizon, "Stop at this simulated time").typeName("SECONDS");
    app.option("--warmup", options->warmup, "First requests left out, default 5 % (none of a trace)");
    app.option("--seed", options->seed, "Seed of the random streams, default 1");
    app.option("--replications", options->replications, "Independent runs, for 95 % intervals");
    app.option("--threads", options->threads, "Threads, default 1; the result does not depend on it");
    app.option("--until-ci", options->untilCi, "Add replications until p95 of TTFT and E2E are known to +- PCT %")
        .typeName("PCT");
    app.flag("--head-of-line", options->headOfLine, "Measure the time blocked by longer requests");
    app.option("--csv", options->csv, "One line per request of the first replication").typeName("OUT");
    app.option("--spans", options->spans, "Spans as Chrome trace, for Perfetto").typeName("OUT");
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
