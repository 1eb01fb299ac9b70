#include "core/sweep.h"

#include "app/commands/declare.h"
#include "app/commands/interrupt.h"
#include "app/commands/result_json.h"
#include "app/commands/resumable_file.h"
#include "app/commands/simulation_json.h"
#include "app/commands/text_table.h"
#include "core/derived_bands.h"
#include "core/importers/trace_file.h"
#include "core/plan/plan_io.h"
#include "core/sim/simulate.h"
#include "core/version_info.h"
#include "ui/plots/catalog.h"
#include "ui/plots/numbers.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <thread>

namespace headroom::cli {
namespace {

struct Options {
    PlanArgument plan;
    std::vector<std::string> vary;
    std::string shard, file;
    int threads = 1;
    std::uint64_t requests = 100'000, seed = 1;
    bool simulate = false, json = false;
};

/// Shard `index` of `count` (from 1) evaluates every count-th point, so that shards cost about the same.
struct Shard {
    std::size_t index = 1, count = 1;
};

Result<Shard> parseShard(const std::string& text)
{
    if (text.empty())
        return Shard{};
    Shard shard;
    const auto slash = text.find('/');
    const auto whole = [](std::string_view part, std::size_t& value) {
        const auto read = std::from_chars(part.data(), part.data() + part.size(), value);
        return read.ec == std::errc() && read.ptr == part.data() + part.size();
    };
    const std::string_view view = text;
    if (slash == std::string::npos || !whole(view.substr(0, slash), shard.index) ||
        !whole(view.substr(slash + 1), shard.count) || shard.index < 1 || shard.index > shard.count)
        return fail("--shard", "\"" + text + "\" is no shard, expected I/N with I from 1 to N");
    return shard;
}

/// What is simulated at each point besides the closed forms.
struct Simulation {
    std::uint64_t requests = 100'000, seed = 1;
    std::shared_ptr<const Trace> trace; ///< of a plan that replays one
};

struct Grid {
    Plan plan;
    std::vector<SweepAxis> axes;
    Shard shard;
    std::optional<Simulation> simulation;
    std::size_t pieces() const
    {
        const std::size_t size = gridSize(axes);
        return size / shard.count + (size % shard.count >= shard.index ? 1 : 0);
    }
    std::size_t pointOf(std::size_t piece) const { return piece * shard.count + shard.index - 1; }
};

struct Row {
    std::vector<std::string> coordinates; ///< one per axis
    std::optional<Evaluation> result;     ///< absent where a field refuses its value
    std::string simulated;                ///< a compact JSON object; empty without --simulate
    Seconds simulatedTtft, simulatedE2e;  ///< p95 and p99, for people
    Targets targets;                      ///< of this point's plan
    Error refused;
};

constexpr const char* kSimulated = "simulated"; ///< key and column prefix of what the simulator says
constexpr const char* kSeries = "series";       ///< left out: hundreds of numbers for each point

/// Simulates the plan of a row; what cannot run takes the row out, with the reason.
void simulateRow(Row& row, const Plan& plan, const Simulation& simulation)
{
    auto scenario = sim::makeScenario(plan, simulation.trace);
    if (!scenario) {
        row.refused = scenario.error();
        row.result.reset();
        return;
    }
    scenario->limits.requests = simulation.requests;
    scenario->seed = simulation.seed;
    std::stop_source stop;
    const sim::SimResult result = sim::simulate(*scenario, stop.get_token(), [&](const sim::ProgressReport&) {
        if (interrupted())
            stop.request_stop();
    });
    row.simulated = withoutMember(
        simulationJson(result, row.result->utilization, simulation.trace ? nullptr : &*row.result), kSeries);
    const auto seconds = [](const sim::Distribution& d, double v) {
        return d.count > 0 ? Seconds(v) : Seconds::infinite(); // nobody was served
    };
    row.simulatedTtft = seconds(result.ttft, result.ttft.p95);
    row.simulatedE2e = seconds(result.e2e, result.e2e.p99);
}

Row evaluatePiece(const Grid& grid, std::size_t piece)
{
    GridPoint point = gridPoint(grid.plan, grid.axes, grid.pointOf(piece));
    Row row;
    for (std::size_t i = 0; i < grid.axes.size(); ++i)
        row.coordinates.push_back(axisText(grid.axes[i], point.coordinates[i]));
    row.refused = std::move(point.refused);
    if (point.plan) {
        row.result = evaluate(*point.plan);
        row.targets = point.plan->targets;
        if (grid.simulation)
            simulateRow(row, *point.plan, *grid.simulation);
    }
    return row;
}

/// Pieces first .. first+count-1, in order, on several threads.
std::vector<Row> evaluatePieces(const Grid& grid, std::size_t first, std::size_t count, int threads)
{
    std::vector<Row> rows(count);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < count && !interrupted(); i = next++)
            rows[i] = evaluatePiece(grid, first + i);
    };
    std::vector<std::jthread> others;
    for (int t = 1; t < threads; ++t)
        others.emplace_back(work);
    work();
    others.clear();
    return rows;
}

std::string csvHeader(const Grid& grid)
{
    std::string line;
    for (const SweepAxis& axis : grid.axes)
        line += (line.empty() ? "" : ",") + std::string(info(*axis.field).key);
    for (const auto& [key, value] : evaluationCells(Evaluation{}, {}))
        line += (line.empty() ? "" : ",") + key;
    if (grid.simulation)
        for (const auto& [key, value] : jsonCells(withoutMember(simulationJson({}, 0.0, nullptr), kSeries), kSimulated))
            line += "," + key;
    return line + "\r\n";
}

std::string csvLine(const Row& row)
{
    std::string line;
    for (const std::string& coordinate : row.coordinates)
        line += (line.empty() ? "" : ",") + ui::csvCell(coordinate);
    for (const auto& [key, value] : evaluationCells(*row.result, row.targets))
        line += (line.empty() ? "" : ",") + ui::csvCell(value);
    if (!row.simulated.empty())
        for (const auto& [key, value] : jsonCells(row.simulated, kSimulated))
            line += "," + ui::csvCell(value);
    return line + "\r\n";
}

std::string jsonLine(const Grid& grid, const Row& row)
{
    std::string members;
    for (std::size_t i = 0; i < grid.axes.size(); ++i) {
        const bool number = std::holds_alternative<NumberField>(*grid.axes[i].field);
        members += (i ? "," : "") + quoted(std::string(info(*grid.axes[i].field).key)) + ":" +
                   (number ? row.coordinates[i] : quoted(row.coordinates[i]));
    }
    if (!row.simulated.empty())
        members += "," + quoted(kSimulated) + ":" + row.simulated;
    return withFirstMembers(evaluationJson(*row.result, row.targets), members) + "\n";
}

/// "216 ms (152–540 ms)": with the band of the model error.
std::string withBand(Seconds value, const Band& band)
{
    if (!std::isfinite(value.si()))
        return ui::duration(value);
    return ui::duration(value) + " (" + ui::durationRange(Seconds(band.lo), Seconds(band.hi)) + ")";
}

std::string textRows(const Grid& grid, const std::vector<Row>& rows)
{
    using Align = TextColumn::Align;
    std::vector<TextColumn> columns;
    for (const SweepAxis& axis : grid.axes)
        columns.push_back({std::string(info(*axis.field).key), Align::right});
    for (const char* name :
        {"capacity req/s", "headroom", "TTFT p95", "TPOT p95", "E2E p99", "$/M output", "GPUs", "replicas needed"})
        columns.push_back({name, Align::right});
    columns.push_back({"limited by", Align::left});
    columns.push_back({"verdict", Align::left});
    if (grid.simulation) {
        columns.push_back({"simulated TTFT p95", Align::right});
        columns.push_back({"E2E p99", Align::right});
    }
    std::vector<std::vector<std::string>> cells;
    for (const Row& row : rows) {
        if (!row.result)
            continue;
        const Evaluation& e = *row.result;
        auto line = row.coordinates;
        for (std::string cell : {ui::number(e.capacity.si()), ui::signedPercent(e.headroomFraction),
                 withBand(e.ttft.p95, {e.ttft.lo.si(), e.ttft.hi.si()}),
                 withBand(e.tpot.p95, {e.tpot.lo.si(), e.tpot.hi.si()}), withBand(e.e2e.p99, farBand(e.e2e)),
                 e.cost.priced ? ui::usd((e.cost.perOutputToken * millionTokens).in(dollar)) : std::string("no price"),
                 std::to_string(e.gpus),
                 e.replicasNeeded ? std::to_string(*e.replicasNeeded) : std::string("none helps"),
                 std::string(name(e.binding)),
                 std::string(!e.fits           ? "does not fit"
                             : !e.stable       ? "overloaded"
                             : !e.meetsTargets ? "misses targets"
                                               : "holds")})
            line.push_back(std::move(cell));
        if (grid.simulation)
            line.insert(line.end(), {ui::duration(row.simulatedTtft), ui::duration(row.simulatedE2e)});
        cells.push_back(std::move(line));
    }
    return textTable(columns, cells);
}

/// The trace is read once, for a plan that replays one; its path is relative to the plan file.
Outcome<Simulation> readSimulation(const Options& options, const Plan& plan)
{
    Simulation simulation{options.requests, options.seed, nullptr};
    if (options.requests < 1)
        return tl::unexpected(Failure{Exit::badInput, {{"--requests", "expected at least 1"}}});
    if (plan.workload.process != ArrivalProcess::trace || plan.workload.traceFile.empty())
        return simulation;
    const auto file = std::filesystem::path(options.plan.file).parent_path() / plan.workload.traceFile;
    if (auto readable = checkReadable(file.string()); !readable)
        return tl::unexpected(readable.error());
    auto read = readTraceFile(file);
    if (!read)
        return tl::unexpected(Failure{Exit::badInput, {read.error()}});
    simulation.trace = std::make_shared<const Trace>(std::move(read->trace));
    return simulation;
}

Outcome<Grid> readGrid(const Options& options)
{
    auto plan = readPlan(options.plan);
    if (!plan)
        return tl::unexpected(plan.error());
    Grid grid{std::move(*plan), {}, {}, std::nullopt};
    for (const std::string& text : options.vary) {
        auto axis = parseAxis(text, grid.plan);
        if (!axis)
            return tl::unexpected(Failure{Exit::badInput, {axis.error()}});
        grid.axes.push_back(std::move(*axis));
    }
    const auto shard = parseShard(options.shard);
    if (!shard)
        return tl::unexpected(Failure{Exit::badInput, {shard.error()}});
    grid.shard = *shard;
    if (options.simulate) {
        auto simulation = readSimulation(options, grid.plan);
        if (!simulation)
            return tl::unexpected(simulation.error());
        grid.simulation = std::move(*simulation);
    }
    if (gridSize(grid.axes) > kMaxGridPoints)
        return tl::unexpected(Failure{Exit::badInput,
            {{"--vary", "the grid has more than " + ui::whole(static_cast<double>(kMaxGridPoints)) + " points"}}});
    if (options.threads < 1 || options.threads > 1024)
        return tl::unexpected(Failure{Exit::badInput, {{"--threads", "expected 1 to 1024"}}});
    return grid;
}

/// Says once per reason how many points a field refused.
void reportRefused(const std::map<std::string, std::size_t>& refused)
{
    for (const auto& [reason, count] : refused)
        report({"--vary", ui::counted(static_cast<double>(count), "point", "points") + " left out: " + reason});
}

/// Everything the content of the file depends on, in one line.
std::string identityOf(const Options& options, const Grid& grid)
{
    std::string text = "headroom " + std::string(version()) + " sweep " + planHash(grid.plan) +
                       (options.json ? " json" : " csv") + " shard " + std::to_string(grid.shard.index) + "/" +
                       std::to_string(grid.shard.count);
    for (const std::string& axis : options.vary)
        text += " " + axis;
    if (grid.simulation)
        text += " simulate " + std::to_string(options.requests) + " seed " + std::to_string(options.seed);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

// Points between two writes of the progress file: enough work that writing it costs little, little enough to lose.
constexpr std::size_t kBlock = 128, kSimulatedBlock = 8;
std::size_t blockOf(const Grid& grid) { return grid.simulation ? kSimulatedBlock : kBlock; }

Exit toFile(const Options& options, const Grid& grid)
{
    auto file = ResumableFile::open(options.file, identityOf(options, grid));
    if (!file)
        return report(file.error());
    std::map<std::string, std::size_t> refused;
    if (file->isEmpty() && !options.json)
        if (auto written = file->append(csvHeader(grid), 0); !written)
            return report(written.error());
    while (file->done() < grid.pieces()) {
        const std::size_t count = std::min(blockOf(grid), grid.pieces() - file->done());
        std::string text;
        const auto rows = evaluatePieces(grid, file->done(), count, options.threads);
        if (interrupted())
            return report({options.file, "interrupted after " + std::to_string(file->done()) + " of " +
                                             std::to_string(grid.pieces()) + " points" +
                                             (file->isResumable() ? "; the same command continues" : "")},
                Exit::interrupted);
        for (const Row& row : rows)
            if (row.result)
                text += options.json ? jsonLine(grid, row) : csvLine(row);
            else
                ++refused[row.refused.where + ": " + row.refused.message];
        if (auto written = file->append(text, file->done() + count); !written)
            return report(written.error());
    }
    reportRefused(refused);
    if (auto finished = file->finish(); !finished)
        return report(finished.error());
    return Exit::done;
}

Exit toStandardOutput(const Options& options, const Grid& grid)
{
    std::map<std::string, std::size_t> refused;
    std::vector<Row> all;
    for (std::size_t first = 0; first < grid.pieces(); first += blockOf(grid)) {
        auto rows = evaluatePieces(grid, first, std::min(blockOf(grid), grid.pieces() - first), options.threads);
        if (interrupted())
            return Exit::interrupted;
        std::string text;
        for (Row& row : rows) {
            if (!row.result)
                ++refused[row.refused.where + ": " + row.refused.message];
            else if (options.json)
                text += jsonLine(grid, row);
            else
                all.push_back(std::move(row));
        }
        if (const Exit printed = print(text); printed != Exit::done)
            return printed;
    }
    reportRefused(refused);
    return options.json ? Exit::done : print(textRows(grid, all));
}

Exit run(const Options& options)
{
    const auto grid = readGrid(options);
    if (!grid)
        return report(grid.error());
    watchForInterrupt();
    return options.file.empty() ? toStandardOutput(options, *grid) : toFile(options, *grid);
}

} // namespace

Run declareSweep(Arguments app)
{
    auto options = std::make_shared<Options>();
    options->threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    addPlan(app, options->plan);
    app.option("--vary", options->vary, "FROM:TO:STEPS[:log] or A,B,C; repeatable, the last varies fastest")
        .typeName("KEY=RANGE")
        .required()
        .repeatable();
    app.flag("--simulate", options->simulate, "Run the simulator at each point too");
    app.option("--requests", options->requests, "Simulated requests of a point").showDefault();
    app.option("--seed", options->seed, "Seed of every simulation").showDefault();
    app.option("--shard", options->shard, "Evaluate share I of N only").typeName("I/N");
    app.option("--out", options->file, "Write CSV (JSON lines with --json); an interrupted run continues");
    app.option("--threads", options->threads, "Threads, default all");
    app.flag("--json", options->json, "One JSON object a line");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
