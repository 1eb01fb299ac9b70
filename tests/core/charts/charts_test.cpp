#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "tests/core/charts/example_plans.h"
#include "ui/plots/catalog.h"
#include "ui/plots/supposed.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Problems {
    std::vector<std::string> found;
    void number(double value, const std::string& where)
    {
        if (!std::isfinite(value))
            found.push_back(where + " is not a finite number");
    }
};

void checkCurve(Problems& problems, const Curve& curve, const Axis& x, const Axis& y)
{
    const std::string name = "curve " + curve.name;
    if (curve.x.size() != curve.y.size())
        problems.found.push_back(name + ": x and y differ in length");
    for (const auto* band : {&curve.lo, &curve.hi, &curve.errorLo, &curve.errorHi})
        if (!band->empty() && band->size() != curve.x.size())
            problems.found.push_back(name + ": a band differs in length");
    for (const auto* values : {&curve.x, &curve.y, &curve.lo})
        for (const double value : *values)
            problems.number(value, name);
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
        if (i > 0 && curve.x[i] < curve.x[i - 1])
            problems.found.push_back(name + ": x does not ascend");
        if ((x.logarithmic && curve.x[i] <= 0) || (y.logarithmic && curve.y[i] <= 0))
            problems.found.push_back(name + ": nothing at or below zero has a place on a logarithmic axis");
        if (!curve.lo.empty() && (curve.lo[i] > curve.y[i] * (1 + 1e-9) || curve.hi[i] < curve.y[i] * (1 - 1e-9)))
            problems.found.push_back(name + ": the band does not hold the curve");
    }
}

void check(Problems& problems, const LineChart& chart)
{
    std::size_t points = 0;
    for (const Curve& curve : chart.curves) {
        checkCurve(problems, curve, chart.x, chart.y);
        points += curve.x.size();
    }
    if (points < 2)
        problems.found.push_back("no curve to draw, and no reason given");
    for (const Limit& limit : chart.limits)
        problems.number(limit.value, "limit " + limit.name);
    for (const Marker& marker : chart.markers) {
        problems.number(marker.x, "marker " + marker.name);
        problems.number(marker.y, "marker " + marker.name);
    }
    for (const Region& region : chart.regions)
        if (!(region.from < region.to))
            problems.found.push_back("region " + region.name + " is empty");
}

void check(Problems& problems, const StackedBars& chart)
{
    if (chart.categories.empty() || chart.segments.empty())
        problems.found.push_back("no bars, and no reason given");
    if (!chart.totals.empty() && chart.totals.size() != chart.categories.size())
        problems.found.push_back("totals and categories differ in number");
    for (const BarSegment& segment : chart.segments) {
        if (segment.values.size() != chart.categories.size())
            problems.found.push_back("segment " + segment.name + " has not one value per category");
        for (const double value : segment.values)
            problems.number(value, "segment " + segment.name);
        for (const double value : segment.values)
            if (value < 0)
                problems.found.push_back("segment " + segment.name + " is negative");
    }
}

void check(Problems& problems, const Table& chart)
{
    for (const auto& row : chart.rows)
        if (row.size() != chart.columns.size())
            problems.found.push_back("a row has not one cell per column");
    if (chart.numeric.size() != chart.columns.size())
        problems.found.push_back("not every column says whether it is numeric");
}

template <class Other>
void check(Problems&, const Other&)
{}

std::vector<std::string> problemsOf(const ChartSpec& chart)
{
    Problems problems;
    if (chart.title.empty())
        problems.found.emplace_back("no title");
    if (!chart.empty.empty())
        return problems.found;
    if (chart.says.empty())
        problems.found.emplace_back("says nothing");
    std::visit([&](const auto& body) { check(problems, body); }, chart.body);
    for (const char* bad : {"nan", "n/a", "inf "})
        if (chart.says.find(bad) != std::string::npos)
            problems.found.push_back("says \"" + chart.says + "\"");
    return problems.found;
}

ChartSpec chartOf(const char* id, const Snapshot& snapshot)
{
    const ChartRow* row = findChart(id);
    EXPECT_NE(row, nullptr) << id;
    return row->build(snapshot);
}

const Curve* curveOf(const ChartSpec& chart, const std::string& name)
{
    for (const Curve& curve : std::get<LineChart>(chart.body).curves)
        if (curve.name == name)
            return &curve;
    return nullptr;
}

TEST(Charts, OneThingHasOneColourOnAllTabs)
{
    const std::map<std::string, std::string> spelledElse{{"attention weights", "attention"},
        {"feed-forward weights", "feed-forward"}, {"expert weights", "experts"}, {"embeddings and head", "head"},
        {"KV in use", "KV cache"}, {"communication", "network"}, {"engine", "overhead"}};
    std::map<std::string, Role> roles;
    for (const auto& [why, plan] : difficultPlans()) {
        const Snapshot snapshot = snapshotOf(plan, 16);
        for (const ChartRow& row : charts()) {
            const ChartSpec chart = row.build(snapshot);
            const auto* bars = std::get_if<StackedBars>(&chart.body);
            if (!bars || row.id == "kv_per_token") // its parts are the model's own
                continue;
            for (const BarSegment& segment : bars->segments) {
                const auto other = spelledElse.find(segment.name);
                const std::string& name = other == spelledElse.end() ? segment.name : other->second;
                EXPECT_EQ(roles.emplace(name, segment.role).first->second, segment.role) << name << " in " << row.id;
            }
        }
    }
}

TEST(Charts, EachHasAnIdOfItsOwnATabATitleAndAHelp)
{
    std::set<std::string_view> ids;
    for (const ChartRow& row : charts()) {
        EXPECT_TRUE(ids.insert(row.id).second) << row.id;
        EXPECT_EQ(findChart(row.id), &row);
        EXPECT_FALSE(row.tab.empty() || row.title.empty() || row.help.empty() || row.topic.empty()) << row.id;
    }
    EXPECT_GE(ids.size(), 20u);
    EXPECT_EQ(findChart("no_such_chart"), nullptr);
}

TEST(Charts, NothingButFiniteNumbersIsDrawnWhateverThePlan)
{
    for (const auto& [why, plan] : difficultPlans()) {
        const Snapshot snapshot = snapshotOf(plan);
        for (const ChartRow& row : charts())
            EXPECT_THAT(problemsOf(row.build(snapshot)), testing::IsEmpty()) << row.id << " of the plan: " << why;
    }
}

TEST(Charts, WhatDrawsNothingSaysNothingOfNumbers)
{
    for (const auto& [why, plan] : difficultPlans()) {
        const Snapshot snapshot = snapshotOf(plan);
        for (const ChartRow& row : charts()) {
            const ChartSpec chart = chartOrSupposed(row, snapshot);
            EXPECT_NE(chart.empty.empty(), chart.says.empty()) << row.id << ", " << why;
        }
    }
}

TEST(Charts, PinnedPlansOfAnyKindAreDrawnToo)
{
    Snapshot snapshot = snapshotOf(example());
    for (const auto& [why, plan] : difficultPlans())
        if (snapshot.pinned.size() < 8)
            pin(snapshot, why.c_str(), plan);
    for (const ChartRow& row : charts())
        EXPECT_THAT(problemsOf(row.build(snapshot)), testing::IsEmpty()) << row.id;
    const ChartSpec latency = chartOf("latency_vs_load", snapshot);
    const auto& curves = std::get<LineChart>(latency.body).curves;
    const auto named = [](const Curve& c) { return c.name.find("no targets") != std::string::npos; };
    const auto ghost = std::ranges::find_if(curves, named); // beside others whose curve is the same
    ASSERT_NE(ghost, curves.end());
    EXPECT_EQ(ghost->role, Role::ghost);
    EXPECT_TRUE(ghost->dashed);
}

TEST(Charts, EachChangesWithAnInputItDependsOn)
{
    const std::map<std::string_view, std::pair<const char*, const char*>> inputs{
        {"latency_vs_load", {"workload.prompt_tokens_mean", "3000"}},
        {"time_parts", {"workload.output_tokens_mean", "500"}}, {"throughput_vs_load", {"deployment.replicas", "3"}},
        {"cost_vs_load", {"hardware.price_usd_per_gpu_hour", "9"}},
        {"e2e_vs_load", {"workload.output_tokens_mean", "500"}}, {"tpot_vs_load", {"hardware.gpu", "A100-SXM-80GB"}},
        {"latency_waterfall", {"latency.retrieval_s", "0.2"}}, {"latency_cdf", {"workload.output_tokens_cv", "1.7"}},
        {"memory_per_gpu", {"deployment.memory_utilization", "0.7"}}, {"seats_vs_context", {"model.kv_format", "fp8"}},
        {"kv_per_token", {"model.name", "Llama-3.1-70B"}}, {"fragmentation", {"model.max_context_tokens", "16384"}},
        {"batch_throughput", {"hardware.gpu", "A100-SXM-80GB"}}, {"batch_tpot", {"model.weight_format", "fp8"}},
        {"step_parts", {"batching.token_budget", "4096"}}, {"roofline", {"model.weight_format", "fp8"}},
        {"engine_vs_load", {"workload.output_tokens_mean", "500"}}, {"ablation", {"deployment.replicas", "3"}},
        {"step_vs_gpus", {"hardware.gpu", "A100-SXM-80GB"}}, {"network_share", {"hardware.gpu", "A100-PCIe-80GB"}},
        {"memory_by_tp", {"model.weight_format", "fp8"}}, {"cost_vs_gpus", {"hardware.price_usd_per_gpu_hour", "9"}},
        {"rate_vs_gpus", {"model.weight_format", "fp8"}}, {"bill_vs_load", {"hardware.price_usd_per_gpu_hour", "9"}},
        {"token_prices", {"hardware.price_usd_per_gpu_hour", "9"}},
        {"gpu_table", {"workload.arrival_rate_req_s", "60"}}, {"sim_queue", {"workload.arrival_rate_req_s", "6"}},
        {"sim_batch", {"workload.output_tokens_mean", "500"}}, {"sim_kv", {"workload.output_tokens_mean", "500"}},
        {"sim_throughput", {"workload.output_tokens_mean", "500"}},
        {"sim_latency_cdf", {"workload.output_tokens_cv", "1.7"}}, {"sim_policies", {"batching.token_budget", "256"}},
        {"sim_ttft_policies", {"workload.prompt_tokens_mean", "3000"}},
        {"sim_tpot_policies", {"workload.arrival_rate_req_s", "6"}},
        {"sim_e2e_policies", {"workload.output_tokens_mean", "500"}},
        {"sim_outcomes", {"scheduling.client_timeout_s", "1"}},
        {"sim_requests", {"workload.prompt_tokens_mean", "3000"}}};
    const Snapshot before = snapshotOf(example(), 128);
    for (const ChartRow& row : charts()) {
        const auto input = inputs.find(row.id);
        ASSERT_NE(input, inputs.end()) << row.id << " needs an input here";
        const Snapshot after = snapshotOf(with(example(), {input->second}), 128);
        EXPECT_NE(chartCsv(row.build(before)), chartCsv(row.build(after))) << row.id << " on " << input->second.first;
    }
}

TEST(LatencyVsLoad, TheOperatingPointLiesOnTheCurveAndTheCurveRisesToSaturation)
{
    const Snapshot snapshot = snapshotOf(example(), 200);
    const ChartSpec chart = chartOf("latency_vs_load", snapshot);
    const LineChart& body = std::get<LineChart>(chart.body);
    const Curve& curve = body.curves.front();
    ASSERT_EQ(body.markers.size(), 1u);
    const auto at = std::lower_bound(curve.x.begin(), curve.x.end(), body.markers[0].x) - curve.x.begin();
    EXPECT_DOUBLE_EQ(curve.x[static_cast<std::size_t>(at)], 2) << "the present load is one of the points";
    EXPECT_NEAR(curve.y[static_cast<std::size_t>(at)], body.markers[0].y, 1e-9 * body.markers[0].y);
    EXPECT_GT(curve.y.back(), 2 * curve.y.front());
    const double capacity = snapshot.now.evaluation.capacity.si();
    EXPECT_LT(curve.x.back(), capacity);
    EXPECT_GT(curve.x.back(), 0.99 * capacity);
    for (const Limit& limit : body.limits)
        if (limit.vertical)
            EXPECT_DOUBLE_EQ(limit.value, capacity);
        else
            EXPECT_DOUBLE_EQ(limit.value, 2000) << "the target in ms";
    ASSERT_EQ(body.regions.size(), 1u);
    EXPECT_DOUBLE_EQ(body.regions[0].from, capacity);
}

TEST(LatencyVsLoad, AnOverloadedPlanIsALineBeyondSaturation)
{
    const ChartSpec chart = chartOf("latency_vs_load", snapshotOf(difficultPlans().at("overloaded")));
    const LineChart& body = std::get<LineChart>(chart.body);
    EXPECT_TRUE(body.markers.empty());
    EXPECT_THAT(chart.says, HasSubstr("without end"));
    const auto present = std::find_if(
        body.limits.begin(), body.limits.end(), [](const Limit& limit) { return limit.name.starts_with("you: "); });
    ASSERT_NE(present, body.limits.end());
    EXPECT_EQ(present->role, Role::bad);
    EXPECT_DOUBLE_EQ(present->value, 10000);
}

TEST(TimeParts, EachBarAddsUpToItsLatency)
{
    const Snapshot snapshot = snapshotOf(example());
    const ChartSpec chart = chartOf("time_parts", snapshot);
    const auto& body = std::get<StackedBars>(chart.body);
    double mean = 0;
    for (const BarSegment& segment : body.segments)
        mean += segment.values.front();
    EXPECT_NEAR(mean, snapshot.now.evaluation.e2e.mean.in(second), 1e-6 * mean);
    const ChartSpec stepByStep = chartOf("latency_waterfall", snapshot);
    const auto& waterfall = std::get<StackedBars>(stepByStep.body);
    const BarSegment& last = waterfall.segments.back();
    EXPECT_NEAR(last.starts.back() + last.values.back(), mean, 1e-6 * mean);
    // The first token comes when the prompt is computed: the way back is not before it.
    const auto prefill = std::ranges::find(waterfall.segments, "prefill", &BarSegment::name);
    ASSERT_NE(prefill, waterfall.segments.end());
    const auto at = static_cast<std::size_t>(prefill - waterfall.segments.begin());
    EXPECT_NEAR(prefill->starts[at] + prefill->values[at], waterfall.limits.front().value, 1e-6 * mean);
}

TEST(MemoryPerGpu, TheStackIsTheGpu)
{
    const Snapshot snapshot = snapshotOf(example());
    const ChartSpec chart = chartOf("memory_per_gpu", snapshot);
    double sum = 0;
    for (const BarSegment& segment : std::get<StackedBars>(chart.body).segments)
        sum += segment.values.front();
    EXPECT_NEAR(sum, snapshot.now.evaluation.memory.gpuMemory.in(gibibyte), 1e-6 * sum);
}

TEST(MemoryPerGpu, WhatDoesNotFitIsDrawnBeyondTheGpu)
{
    const ChartSpec chart = chartOf("memory_per_gpu", snapshotOf(difficultPlans().at("does not fit")));
    const auto& body = std::get<StackedBars>(chart.body);
    EXPECT_EQ(body.totals.front(), "does not fit");
    double weights = 0;
    for (const BarSegment& segment : body.segments)
        weights += segment.values.front();
    EXPECT_GT(weights, body.limits.front().value);
    EXPECT_THAT(chart.says, HasSubstr("weights and workspace take"));
}

TEST(MemoryPerGpu, OfAnOffloadedPlanShowsHostAndDiskBesideTheGpu)
{
    const Snapshot snapshot = snapshotOf(difficultPlans().at("offloaded"));
    const MemoryUse& memory = snapshot.now.evaluation.memory;
    ASSERT_TRUE(memory.fits);
    const ChartSpec chart = chartOf("memory_per_gpu", snapshot);
    const auto& body = std::get<StackedBars>(chart.body);
    EXPECT_THAT(body.categories, testing::ElementsAre("one GPU", "host", "disk"));
    std::vector<double> bars(3, 0);
    for (const BarSegment& segment : body.segments)
        for (std::size_t i = 0; i < bars.size(); ++i)
            bars[i] += segment.values[i];
    EXPECT_THAT(bars, testing::Each(testing::DoubleNear(100, 1e-6)));
    EXPECT_NEAR(body.segments.front().values[1], 100 * (memory.host.weights / memory.host.size), 1e-9);
    EXPECT_THAT(chartOf("memory_per_gpu", snapshotOf(difficultPlans().at("offloaded to too small a host"))).says,
        HasSubstr("weights put on the host"));
}

TEST(SeatsVsContext, LongerContextsNeverSeatMoreAndTheMarkerLiesOnTheCurve)
{
    const Snapshot snapshot = snapshotOf(with(example(), {{"batching.max_sequences", "65536"}}), 200);
    const ChartSpec chart = chartOf("seats_vs_context", snapshot);
    const LineChart& body = std::get<LineChart>(chart.body);
    const Curve& curve = body.curves.front();
    for (std::size_t i = 1; i < curve.y.size(); ++i)
        EXPECT_LE(curve.y[i], curve.y[i - 1]);
    const Marker& marker = body.markers.front();
    const auto above = std::lower_bound(curve.x.begin(), curve.x.end(), marker.x) - curve.x.begin();
    ASSERT_GT(above, 0);
    EXPECT_LE(marker.y, curve.y[static_cast<std::size_t>(above - 1)]);
    EXPECT_GE(marker.y, curve.y[static_cast<std::size_t>(above)]);
    const Curve* narrow = curveOf(chart, "with fp8 KV");
    ASSERT_NE(narrow, nullptr);
    EXPECT_NEAR(narrow->y[5], 2 * curve.y[5], 0.02 * narrow->y[5] + 2) << "half the bytes, twice the seats";
}

TEST(KvPerToken, GroupsAddUpToThePublishedBytes)
{
    const std::map<const char*, double> published{
        {"Llama-3.1-8B", 131072}, {"Llama-3.1-70B", 327680}, {"OPT-13B", 819200}, {"DeepSeek-V3", 70272}};
    for (const auto& [model, bytesPerToken] : published) {
        const ChartSpec chart =
            chartOf("kv_per_token", snapshotOf(with(example(), {{"model.name", model}, {"model.kv_format", "bf16"}})));
        double kib = 0;
        for (const BarSegment& segment : std::get<StackedBars>(chart.body).segments)
            kib += segment.values.front();
        EXPECT_DOUBLE_EQ(kib * 1024, bytesPerToken) << model;
    }
}

TEST(Fragmentation, EachSchemeIsTheWholeMemoryAndPagedSeatsTheMost)
{
    const ChartSpec chart =
        chartOf("fragmentation", snapshotOf(with(example(), {{"batching.max_sequences", "65536"}})));
    const auto& body = std::get<StackedBars>(chart.body);
    ASSERT_EQ(body.categories.size(), 4u);
    EXPECT_EQ(body.categories.front(), "paged (this plan)");
    for (std::size_t c = 0; c < body.categories.size(); ++c) {
        double sum = 0;
        for (const BarSegment& segment : body.segments)
            sum += segment.values[c];
        EXPECT_NEAR(sum, 100, 1e-6) << body.categories[c];
    }
    EXPECT_GT(body.segments[0].values.front(), body.segments[0].values.back())
        << "paged holds more tokens than maximum";
}

TEST(CostVsLoad, IdleGpusMakeTokensDearAndTheTargetsEndTheSolidLine)
{
    const Snapshot snapshot = snapshotOf(with(example(), {{"targets.ttft_p95_s", "0.6"}}), 200);
    const ChartSpec chart = chartOf("cost_vs_load", snapshot);
    const Curve* holds = curveOf(chart, "cost");
    const Curve* misses = curveOf(chart, "misses targets");
    ASSERT_NE(holds, nullptr);
    ASSERT_NE(misses, nullptr);
    for (std::size_t i = 1; i < holds->y.size(); ++i)
        EXPECT_LE(holds->y[i], holds->y[i - 1] * (1 + 1e-9));
    EXPECT_LE(holds->x.back(), snapshot.now.evaluation.targetRate.si());
    EXPECT_DOUBLE_EQ(misses->x.front(), holds->x.back()) << "the dashed part starts where the solid one ends";
    EXPECT_TRUE(misses->dashed);
}

TEST(BillVsLoad, BreakEvenIsWhereBothBillsAreEqual)
{
    const Snapshot cheap = snapshotOf(example(), 200);
    const double atCapacity = (cheap.now.evaluation.cost.perOutputTokenAtCapacity * millionTokens).in(dollar);
    const std::string hosted = std::to_string(3 * atCapacity);
    const Snapshot snapshot =
        snapshotOf(with(example(), {{"cost.hosted_usd_per_million_tokens", hosted.c_str()}}), 200);
    const ChartSpec chart = chartOf("bill_vs_load", snapshot);
    const LineChart& body = std::get<LineChart>(chart.body);
    ASSERT_EQ(body.limits.back().name.substr(0, 10), "break-even");
    const auto at = snapshot.now.evaluator->at(RequestRate(body.limits.back().value));
    EXPECT_NEAR((at.cost.perOutputToken * millionTokens).in(dollar), 3 * atCapacity, 0.02 * 3 * atCapacity);
}

TEST(NetworkShare, OneGpuWaitsForNoLink)
{
    const ChartSpec chart = chartOf("network_share", snapshotOf(example()));
    const auto& body = std::get<StackedBars>(chart.body);
    const BarSegment& network = body.segments[2];
    ASSERT_EQ(network.name, "network");
    EXPECT_EQ(network.values.front(), 0);
    EXPECT_GT(network.values.back(), 0);
    for (std::size_t c = 0; c < body.categories.size(); ++c) {
        double sum = 0;
        for (const BarSegment& segment : body.segments)
            sum += segment.values[c];
        EXPECT_NEAR(sum, 100, 1e-6);
    }
}

TEST(Roofline, NoBatchReachesTheRoof)
{
    for (const char* plan : {"example", "experts and latent attention", "fp8 KV"}) {
        const ChartSpec chart = chartOf("roofline", snapshotOf(difficultPlans().at(plan)));
        const LineChart& body = std::get<LineChart>(chart.body);
        const Curve &roof = body.curves[0], &reached = body.curves[1];
        const double bandwidth = roof.y[0] / roof.x[0], peak = roof.y.back();
        for (std::size_t i = 0; i < reached.x.size(); ++i)
            EXPECT_LT(reached.y[i], std::min(peak, bandwidth * reached.x[i])) << plan << " at " << reached.x[i];
    }
}

TEST(Parallelism, ARowOfAWiderReplicaIsThePlanThatHasIt)
{
    const auto weights = [](const Plan& plan) {
        const auto bars = std::get<StackedBars>(chartOf("memory_by_tp", snapshotOf(plan)).body);
        double sum = 0;
        for (const BarSegment& segment : bars.segments)
            if (segment.name.find("weights") != std::string::npos)
                sum += segment.values.at(3);
        EXPECT_THAT(bars.categories.at(3), HasSubstr("tp 8"));
        return sum;
    };
    const Plan one = example(), eight = with(example(), {{"deployment.tp", "8"}});
    EXPECT_NEAR(weights(one), weights(eight), 1e-9 * weights(one)) << "attention is cut as well";
    EXPECT_LT(weights(one), 0.2 * 16);
}

TEST(Charts, APlanThatDoesNotFitIsToldOnceOnATabWithWhatWouldHoldIt)
{
    const Snapshot snapshot = snapshotOf(difficultPlans().at("does not fit"));
    for (const auto& tab : {std::vector{"latency_vs_load", "time_parts", "throughput_vs_load", "cost_vs_load"},
             std::vector{"e2e_vs_load", "tpot_vs_load", "latency_waterfall", "latency_cdf"}}) {
        std::set<std::string> said;
        for (const char* id : tab) {
            const std::string empty = chartOf(id, snapshot).empty;
            EXPECT_FALSE(empty.empty()) << id;
            EXPECT_TRUE(said.insert(empty).second) << id << " repeats: " << empty;
        }
    }
    EXPECT_THAT(chartOf("latency_vs_load", snapshot).empty, HasSubstr("It fits with tensor parallel"));
    EXPECT_THAT(tabSentence("capacity", snapshot), HasSubstr("It fits with tensor parallel"));
}

} // namespace
} // namespace headroom::ui
