#include "app/commands/bench_simulation.h"
#include "app/commands/declare.h"
#include "app/commands/example_plan.h"
#include "app/commands/text_table.h"
#include "core/evaluate.h"
#include "core/plan/plan_io.h"
#include "core/sweep.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace headroom::cli {
namespace {

/// CPU seconds of this thread: the rows are about one thread, and other programs on the machine must not count.
double threadSeconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Keeps a result alive for the optimiser.
void use(double value) { asm volatile("" : : "m"(value) : "memory"); }

/// CPU seconds that one call takes: the median of 15 samples, each of so many calls that it lasts 20 ms, after a warm-up
/// of the same length. The median, because a sample that was disturbed is only ever too long.
template <class Call>
double medianSeconds(const Call& call)
{
    constexpr double kSample = 0.02;
    std::size_t calls = 1;
    while (true) { // warm-up, and how many calls fill a sample
        const double start = threadSeconds();
        for (std::size_t i = 0; i < calls; ++i)
            use(call());
        if ((threadSeconds() - start) >= kSample)
            break;
        calls *= 2;
    }
    std::array<double, 15> samples{};
    for (double& sample : samples) {
        const double start = threadSeconds();
        for (std::size_t i = 0; i < calls; ++i)
            use(call());
        sample = (threadSeconds() - start) / static_cast<double>(calls);
    }
    std::nth_element(samples.begin(), samples.begin() + samples.size() / 2, samples.end());
    return samples[samples.size() / 2];
}

constexpr const char* kExample = "example llama-3.1-8b-h100: bf16, one H100-SXM-80GB, chunked, N_max 256";

/// The plan of the closed-form rows: the first example as it ships.
Plan examplePlan()
{
    auto plan = parsePlan(embedded::examplePlanJson(), "llama-3.1-8b-h100.plan.json");
    HR_ASSERT(plan.has_value());
    return std::move(*plan);
}

std::optional<double> stepTimeNs(const std::string&)
{
    const Evaluator evaluator(examplePlan());
    const StepModel& model = evaluator.step();
    // Sixty-four different steps, so that neither the branch predictor nor the compiler knows the answer.
    std::array<StepBatch, 64> batches;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        batches[i] = model.decodeBatch(static_cast<double>(1 + 4 * i), 200 + 37 * static_cast<double>(i));
        if (i % 2 == 1)
            model.addPrompt(batches[i], 300, 0);
    }
    const double all = medianSeconds([&] {
        double sum = 0;
        for (const StepBatch& batch : batches)
            sum += model.time(batch).si();
        return sum;
    });
    return all / static_cast<double>(batches.size()) * 1e9;
}

std::optional<double> evaluatePointUs(const std::string&)
{
    const Plan plan = examplePlan();
    return medianSeconds([&] { return evaluatePoint(plan).ttft.p95.si(); }) * 1e6;
}

std::optional<double> evaluateUs(const std::string&)
{
    const Plan plan = examplePlan();
    return medianSeconds([&] { return evaluate(plan).headroom.si(); }) * 1e6;
}

std::optional<double> curve200Ms(const std::string&)
{
    const Plan plan = examplePlan();
    return medianSeconds([&] { return sweepLoad(Evaluator(plan), 200).back().result.cost.fleet.si(); }) * 1e3;
}

struct Row {
    const char *name, *unit, *plan;
    std::optional<double> (*measure)(const std::string& traceFile); ///< absent = n/a
};

/// The benchmark table: one line each.
constexpr Row kRows[] = {
    {"step_time_ns", "ns", kExample, &stepTimeNs},
    {"evaluate_point_us", "µs", kExample, &evaluatePointUs},
    {"evaluate_us", "µs", kExample, &evaluateUs},
    {"curve200_ms", "ms", kExample, &curve200Ms},
    {"azure_trace_ms", "ms", kSimulationPlan, &azureTraceMs},
    {"simulate_req_s", "req/s", kSimulationPlan, &simulateReqS},
    {"simulate_overload_req_s", "req/s", kSimulationPlan, &simulateOverloadReqS},
    {"memory_10m_mib", "MiB", kSimulationPlan, &memory10mMib},
};

struct Options {
    std::vector<std::string> only;
    std::string traceFile = "../shared/traces/azure_llm_2023_conv.csv";
    bool json = false;
};

bool isWanted(const Options& options, std::string_view row)
{
    return options.only.empty() || std::find(options.only.begin(), options.only.end(), row) != options.only.end();
}

Exit run(const Options& options)
{
    for (const std::string& name : options.only)
        if (std::none_of(std::begin(kRows), std::end(kRows), [&](const Row& row) { return row.name == name; }))
            return report({"--row", "there is no row \"" + name + "\", `headroom-cli bench` shows them all"});
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    std::vector<std::vector<std::string>> rows;
    for (const Row& row : kRows) {
        if (!isWanted(options, row.name))
            continue;
        const auto value = row.measure(options.traceFile);
        object[row.name] = value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
        rows.push_back({row.name, value ? ui::number(*value) : "n/a", value ? row.unit : "", row.plan});
    }
    if (options.json)
        return print(object.dump(2) + "\n");
    std::string text = textTable({{"row"}, {"value", TextColumn::Align::right}, {"unit"}, {"plan"}}, rows);
    if (std::string_view(HEADROOM_BUILD_TYPE) != "Release")
        text += "\nThis is a " HEADROOM_BUILD_TYPE " build; `cmake --preset release` gives the figures to compare.\n";
    return print(text);
}

} // namespace

Run declareBench(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("--row", options->only, "Measure this row only; repeatable").typeName("ROW").repeatable();
    app.option("--trace", options->traceFile, "The Azure LLM conversation trace").showDefault();
    app.flag("--json", options->json, "One JSON object, null where a row has nothing to measure");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
