#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "core/evaluate.h"
#include "core/plan/catalog.h"
#include "core/sweep.h"
#include "ui/plots/numbers.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

namespace headroom::cli {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Keeps a result alive for the optimiser.
void use(double value) { asm volatile("" : : "m"(value) : "memory"); }

/// Seconds that one call takes: the median of 15 samples, each of so many calls that it lasts 20 ms, after a warm-up
/// of the same length. The median, because a sample that the system interrupted is only ever too long.
template <class Call>
double medianSeconds(const Call& call)
{
    constexpr double kSample = 0.02;
    std::size_t calls = 1;
    while (true) { // warm-up, and how many calls fill a sample
        const auto start = Clock::now();
        for (std::size_t i = 0; i < calls; ++i)
            use(call());
        if (secondsSince(start) >= kSample)
            break;
        calls *= 2;
    }
    std::array<double, 15> samples{};
    for (double& sample : samples) {
        const auto start = Clock::now();
        for (std::size_t i = 0; i < calls; ++i)
            use(call());
        sample = secondsSince(start) / static_cast<double>(calls);
    }
    std::nth_element(samples.begin(), samples.begin() + samples.size() / 2, samples.end());
    return samples[samples.size() / 2];
}

constexpr const char* kExample = "Llama-3.1-8B bf16, H100-SXM-80GB, tp 1, chunked, 256 sequences, 512-token budget";

/// The plan of the closed-form rows: the first example at its own load.
Plan examplePlan()
{
    Plan plan = defaultPlan();
    HR_ASSERT(chooseModel(plan, "Llama-3.1-8B") && chooseGpu(plan, "H100-SXM-80GB"));
    plan.batching.policy = BatchPolicy::chunked;
    plan.batching.maxSequences = 256;
    plan.batching.tokenBudget = Tokens(512);
    return plan;
}

std::optional<double> stepTimeNs()
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

std::optional<double> evaluatePointUs()
{
    const Plan plan = examplePlan();
    return medianSeconds([&] { return evaluatePoint(plan).ttft.p95.si(); }) * 1e6;
}

std::optional<double> evaluateUs()
{
    const Plan plan = examplePlan();
    return medianSeconds([&] { return evaluate(plan).headroom.si(); }) * 1e6;
}

std::optional<double> curve200Ms()
{
    const Plan plan = examplePlan();
    return medianSeconds([&] { return sweepLoad(Evaluator(plan), 200).back().result.cost.fleet.si(); }) * 1e3;
}

std::optional<double> notThere() { return std::nullopt; }

struct Row {
    const char *name, *unit, *plan;
    std::optional<double> (*measure)(); ///< absent = n/a
};

constexpr const char* kAzure = "Llama-3.1-8B bf16, A100-SXM-80GB, tp 1, chunked, budget 512, 512 sequences";

/// One row of the benchmark table each; the simulator's rows measure once there is a simulator.
constexpr Row kRows[] = {
    {"step_time_ns", "ns", kExample, &stepTimeNs},
    {"evaluate_point_us", "µs", kExample, &evaluatePointUs},
    {"evaluate_us", "µs", kExample, &evaluateUs},
    {"curve200_ms", "ms", kExample, &curve200Ms},
    {"azure_trace_ms", "ms", kAzure, &notThere},
    {"simulate_req_s", "req/s", kAzure, &notThere},
    {"simulate_overload_req_s", "req/s", kAzure, &notThere},
    {"memory_10m_mib", "MiB", kAzure, &notThere},
};

Exit run(bool json)
{
    nlohmann::ordered_json object;
    std::vector<std::vector<std::string>> rows;
    for (const Row& row : kRows) {
        const auto value = row.measure();
        object[row.name] = value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
        rows.push_back({row.name, value ? ui::number(*value) : "n/a", value ? row.unit : "", row.plan});
    }
    if (json)
        return print(object.dump(2) + "\n");
    std::string text = textTable({{"row"}, {"value", TextColumn::Align::right}, {"unit"}, {"plan"}}, rows);
    if (std::string_view(HEADROOM_BUILD_TYPE) != "Release")
        text += "\nThis is a " HEADROOM_BUILD_TYPE " build; `cmake --preset release` gives the figures to compare.\n";
    return print(text);
}

} // namespace

Run declareBench(CLI::App& app)
{
    auto json = std::make_shared<bool>(false);
    app.add_flag("--json", *json, "One JSON object, null where a row has nothing to measure");
    return [json] { return run(*json); };
}

} // namespace headroom::cli
