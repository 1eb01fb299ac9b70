// Tab Cost: the bill against the load and a hosted price, prices of input and output, and every GPU of the catalog.
#include "core/derived_bands.h"
#include "core/sizing.h"
#include "core/slo/slo.h"
#include "ui/plots/chart_tables.h"
#include "ui/plots/ghosts.h"
#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace headroom::ui {
namespace {

double perMillion(UsdPerToken price) { return (price * millionTokens).in(dollar); }

constexpr const char* kNoPrice = "The plan has no price per GPU-hour.";

std::string whyNoBill(const Snapshot& snapshot)
{
    return snapshot.now.evaluation.cost.fleet.si() > 0 ? whyNoLoadCurve(snapshot) : kNoPrice;
}

/// What the hosted API would bill per hour for the tokens served at a point.
double hostedPerHour(const PointEvaluation& p, double usdPerMillion)
{
    return (p.throughput.output * hour).in(millionTokens)*usdPerMillion;
}

/// The load above which the own fleet is cheaper than the hosted price; absent where it never is.
std::optional<double> breakEven(const Snapshot& snapshot)
{
    const auto& hosted = snapshot.now.plan->cost.hostedUsdPerMillion;
    if (!hosted)
        return std::nullopt;
    const auto& load = snapshot.now.load;
    const auto gap = [&](const LoadPoint& p) { return perMillion(p.result.cost.perOutputToken) - *hosted; };
    for (std::size_t i = 0; i < load.size(); ++i)
        if (gap(load[i]) <= 0) {
            if (i == 0)
                return load[i].rate.si();
            const double before = gap(load[i - 1]), after = gap(load[i]);
            const double t = std::isfinite(before) && before > after ? before / (before - after) : 1;
            return load[i - 1].rate.si() + t * (load[i].rate - load[i - 1].rate).si();
        }
    return std::nullopt;
}

ChartSpec billVsLoad(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const auto& hosted = snapshot.now.plan->cost.hostedUsdPerMillion;
    ChartSpec chart{"The bill against the load", "$ per hour", "", whyNoBill(snapshot), LineChart{}};
    if (!chart.empty.empty())
        return chart;
    LineChart body = chartOverLoad(
        snapshot, {"bill", "$/h", false, 0.0, {}},
        [](const PointEvaluation& p) { return (p.cost.fleet * hour).in(dollar); }, nullptr, "fleet",
        usd((e.cost.fleet * hour).in(dollar)) + " an hour");
    const PointValue inUse = [](const PointEvaluation& p) {
        return p.stable ? (p.cost.fleet * hour).in(dollar)*p.utilization : std::numeric_limits<double>::quiet_NaN();
    };
    Curve used =
        curveOverLoad(snapshot.now, "of it in use", Role::secondary, body.y, inUse, [](const PointEvaluation& p) {
            const double all = (p.cost.fleet * hour).in(dollar);
            const Band share = inInverseProportion(p.utilization, p.capacity.si(), p.capacityBand);
            return Band{all * std::min(1.0, share.lo), all * std::min(1.0, share.hi)};
        });
    body.curves.push_back(std::move(used)); // ends where all of it is in use
    if (hosted) {
        Curve api{"hosted API at " + usd(*hosted), Role::good, {}, {}, {}, {}, true, false, {}, {}};
        for (const LoadPoint& point : snapshot.now.load) {
            api.x.push_back(point.rate.si());
            api.y.push_back(hostedPerHour(point.result, *hosted));
        }
        body.curves.push_back(std::move(api));
        if (const auto even = breakEven(snapshot))
            body.limits.push_back({"break-even " + number(*even), Role::good, *even, true});
    }
    const double idle = std::max(0.0, 1 - e.utilization);
    chart.says = usd((e.cost.fleet * hour).in(dollar)) + " an hour, of which " +
                 usd((e.cost.fleet * hour).in(dollar)*idle) + " pay for capacity that no request uses at this load.";
    if (hosted)
        chart.says += breakEven(snapshot) ? " The own fleet beats " + usd(*hosted) + " per million above " +
                                                number(*breakEven(snapshot)) + " req/s."
                                          : " The hosted price of " + usd(*hosted) + " is lower at any load.";
    chart.body = std::move(body);
    return chart;
}

struct PriceRow {
    std::string_view name;
    double price = 0;      ///< dollars per million tokens; not finite where nothing is served
    double forQuality = 0; ///< what it costs more per good token
    Band band{};           ///< of the price
};

std::vector<PriceRow> priceRows(const PlanResults& results)
{
    const CostResult& c = results.evaluation.cost;
    const double extra = perMillion(c.qualityAdjusted) - perMillion(c.perOutputToken);
    const Evaluation& e = results.evaluation;
    const auto here = [&](UsdPerToken price) {
        return inProportion(perMillion(price), c.perOutputToken.si(), e.costBand);
    };
    const double full = perMillion(c.perOutputTokenAtCapacity);
    std::vector<PriceRow> rows{{"whole bill on output", perMillion(c.perOutputToken),
                                   std::isfinite(extra) ? std::max(0.0, extra) : 0, here(c.perOutputToken)},
        {"the same at full load", full, 0, inInverseProportion(full, e.capacity.si(), e.capacityBand)},
        {"on input and output alike", perMillion(c.perToken), 0, here(c.perToken)},
        {"input alone", perMillion(c.inputPrice), 0, here(c.inputPrice)},
        {"output alone", perMillion(c.outputPrice), 0, here(c.outputPrice)}};
    if (const auto& hosted = results.plan->cost.hostedUsdPerMillion)
        rows.push_back({"hosted API", *hosted, 0, {*hosted, *hosted}});
    return rows;
}

ChartSpec tokenPrices(const Snapshot& snapshot)
{
    const CostResult& c = snapshot.now.evaluation.cost;
    ChartSpec chart{"What a million tokens cost", "$ per M tokens", "", "", StackedBars{}};
    if (!(c.fleet.si() > 0))
        chart.empty = kNoPrice;
    else if (!snapshot.now.evaluation.fits)
        chart.empty = "This plan does not fit, so it serves no token: " + whyItDoesNotFit(snapshot.now) + ".";
    std::vector<PriceRow> rows = priceRows(snapshot.now);
    std::erase_if(rows, [](const PriceRow& row) { return !std::isfinite(row.price); });
    if (chart.empty.empty() && rows.size() < 2)
        chart.empty =
            "Without requests no token has a price; the fleet costs " + usd((c.fleet * hour).in(dollar)) + " an hour.";
    if (!chart.empty.empty())
        return chart;
    StackedBars body;
    body.value = {"price", "$/M tok", false, 0.0, {}};
    BarSegment price{"price", Role::primary, {}, {}}, quality{"for quality below 1", Role::warning, {}, {}};
    for (const PriceRow& row : rows) {
        body.categories.emplace_back(row.name);
        price.values.push_back(row.price);
        price.lo.push_back(row.band.lo);
        price.hi.push_back(row.band.hi);
        quality.values.push_back(row.forQuality);
        body.totals.push_back(usd(row.price + row.forQuality));
    }
    addGhostMarks(body, snapshot, [&](const PlanResults& pinned) {
        const std::vector<PriceRow> all = priceRows(pinned);
        std::vector<double> ends;
        for (const PriceRow& row : rows) {
            const auto its = std::ranges::find(all, row.name, &PriceRow::name);
            ends.push_back(its == all.end() ? std::numeric_limits<double>::quiet_NaN() : its->price + its->forQuality);
        }
        return ends;
    });
    body.segments.push_back(std::move(price));
    if (quality.values.front() > 0)
        body.segments.push_back(std::move(quality));
    chart.says = "Split by the GPU time they take, a million input tokens cost " + usd(perMillion(c.inputPrice)) +
                 " and a million output tokens " + usd(perMillion(c.outputPrice)) + ".";
    chart.body = std::move(body);
    return chart;
}

std::string milliseconds(Seconds time) { return number(time.in(millisecond)); }

std::vector<std::string> gpuRow(const GpuSizing& s)
{
    std::string why(name(s.binding));
    std::ranges::replace(why, '_', ' ');
    if (!s.fits || !s.meetsTargets)
        return {s.gpu, "", "", "", "", "", "", s.fits ? "misses targets: " + why : "does not fit"};
    const std::string stages = s.pp > 1 ? " × pp " + std::to_string(s.pp) : "";
    return {s.gpu, std::to_string(s.gpus), std::to_string(s.replicas) + " × " + std::to_string(s.tp) + stages,
        s.fleet ? usd((*s.fleet * hour).in(dollar)) : "–", s.perOutputToken ? usd(perMillion(*s.perOutputToken)) : "–",
        milliseconds(s.ttft.p95), milliseconds(s.tpot.p95), why};
}

/// The same row for a file.
std::vector<std::string> exactGpuRow(const GpuSizing& s)
{
    std::vector<std::string> row = gpuRow(s);
    if (!s.fits || !s.meetsTargets)
        return row;
    row[3] = s.fleet ? exact((*s.fleet * hour).in(dollar)) : "";
    row[4] = s.perOutputToken ? exact(perMillion(*s.perOutputToken)) : "";
    row[5] = exact(s.ttft.p95.in(millisecond));
    row[6] = exact(s.tpot.p95.in(millisecond));
    for (const LatencySummary* latency : {&s.ttft, &s.tpot})
        for (const Seconds edge : {latency->lo, latency->hi})
            row.push_back(exact(edge.in(millisecond)));
    for (double Band::*edge : {&Band::lo, &Band::hi})
        row.push_back(
            s.perOutputTokenBand ? exact(perMillion(UsdPerToken((*s.perOutputTokenBand).*edge))) : std::string());
    return row;
}

/// What the mouse shows: "80 % band: 137–473 ms".
std::vector<std::string> gpuTips(const GpuSizing& s)
{
    if (!s.fits || !s.meetsTargets)
        return {};
    const auto band = [](const LatencySummary& latency) {
        return "80 % band: " + durationRange(latency.lo, latency.hi);
    };
    const auto& price = s.perOutputTokenBand;
    const bool isOpen = price && price->hi > price->lo; // what is served is sure far below the capacity
    return {"", "", "", "",
        isOpen ? "80 % band: " + usd(perMillion(UsdPerToken(price->lo))) + "–" + usd(perMillion(UsdPerToken(price->hi)))
               : "",
        band(s.ttft), band(s.tpot), ""};
}

/// Sizings that came with the snapshot, or computed here if nobody else does. Null while they are awaited.
std::shared_ptr<const std::vector<GpuSizing>> sizings(const Snapshot& snapshot)
{
    if (const auto& known = snapshot.now.everyGpu; known.value || known.comes)
        return known.value;
    return std::make_shared<const std::vector<GpuSizing>>(sizeOnEveryGpu(*snapshot.now.plan));
}

/// What the fleets of the table are sized for: "sized for 18 req/s and 1 replica down; times are p95 at 12 req/s".
std::string sizedFor(const Plan& plan)
{
    const RequestRate now = plan.workload.arrivalRate;
    const double peak = std::max(1.0, plan.workload.peakFactor);
    const int spare = plan.deployment.spareReplicas;
    const std::string fewest = "fewest GPUs at any tensor parallelism; ";
    if (peak == 1 && spare == 0)
        return fewest + "times are p95";
    std::string text = fewest + "sized for " + rate(peak * now) +
                       (peak > 1 ? ", the peak at " + number(peak) + " times the load" : "");
    if (spare > 0)
        text += " and " + counted(spare, "replica", "replicas") + " down";
    return text + (peak > 1 ? "; times are p95 at " + rate(now) : "; times are p95");
}

/// Of sizings in their order, the cheapest first.
std::string leastCost(const std::vector<GpuSizing>& all, const Plan& plan)
{
    const auto cheapest = std::ranges::find_if(all, [](const GpuSizing& s) { return s.meetsTargets && s.fleet; });
    const std::string does = hasLatencyTarget(plan.targets) ? " meets the targets" : " serves the load";
    if (cheapest == all.end())
        return "No GPU of the catalog with a price" + does + ".";
    const std::string fleet = std::to_string(cheapest->gpus) + " × " + cheapest->gpu + " at " +
                              usd((*cheapest->fleet * hour).in(dollar)) + " an hour";
    return cheapest->gpu == plan.hardware.gpu.name
               ? "No GPU of the catalog with a price" + does + " for less than " + fleet + "."
               : "Of the GPUs with a price " + fleet + does + " at the least cost.";
}

/// "4 × H100-SXM-80GB as 2 replicas of tensor parallel 2"
std::string fleetInLayout(const GpuSizing& s)
{
    std::string text = std::to_string(s.gpus) + " × " + s.gpu + " as " + counted(s.replicas, "replica", "replicas");
    if (s.tp * s.pp == 1)
        return text + " of one GPU";
    text += " of tensor parallel " + std::to_string(s.tp);
    return s.pp > 1 ? text + " in " + std::to_string(s.pp) + " stages" : text;
}

/// Why paper lists a GPU below the table in place of a row of dashes.
std::string foldedAs(const GpuSizing& s, const Plan& plan)
{
    if (s.gpu == plan.hardware.gpu.name)
        return {};
    if (!s.fits)
        return "The model does not fit on";
    if (!s.meetsTargets)
        return "The targets are missed on";
    return s.fleet ? "" : "No price is known of";
}

/// The plan's own GPU in the number and the groups that the load asks for, which need not be those of the plan.
std::string shownName(const GpuSizing& s, const Plan& plan)
{
    const int each = plan.layout().gpus();
    if (s.gpu != plan.hardware.gpu.name || !s.meetsTargets ||
        (s.replicas == plan.deployment.replicas && s.tp * s.pp == each))
        return s.gpu;
    return s.gpu + (s.gpus == each * plan.deployment.replicas ? ", regrouped" : ", resized");
}

ChartSpec gpuTable(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    ChartSpec chart{"The same service on every GPU", sizedFor(plan), "", "", Table{}};
    Table body;
    body.columns = {"GPU", "GPUs", "replicas × tp", "$/h", "$/M output", "TTFT ms", "TPOT ms", "limited by"};
    body.exactColumns = {
        "TTFT ms, low", "TTFT ms, high", "TPOT ms, low", "TPOT ms, high", "$/M output, low", "$/M output, high"};
    body.numeric = {false, true, true, true, true, true, true, false};
    const auto all = sizings(snapshot);
    if (!all) {
        chart.empty = "The plan is being sized on every GPU of the catalog.";
        return chart;
    }
    body.faded = snapshot.now.everyGpu.value && snapshot.now.everyGpu.isOlder;
    if (body.faded)
        chart.unit = kOfOlderPlan;
    for (const GpuSizing& sizing : *all) {
        if (sizing.gpu == plan.hardware.gpu.name)
            body.highlighted = static_cast<int>(body.rows.size());
        body.rows.push_back(gpuRow(sizing));
        body.rows.back().front() = shownName(sizing, plan);
        body.folded.push_back(foldedAs(sizing, plan));
        body.exact.push_back(exactGpuRow(sizing));
        body.tips.push_back(gpuTips(sizing));
    }
    if (body.rows.empty())
        chart.empty = "The catalog has no GPUs.";
    else
        chart.says = leastCost(*all, plan);
    chart.body = std::move(body);
    return chart;
}

constexpr std::array kCharts{
    ChartRow{"bill_vs_load", "cost", "The bill against the load",
        "USD per hour of the fleet, the part in use, and what a hosted API would bill for the same tokens.", "7.4",
        &billVsLoad},
    ChartRow{"token_prices", "cost", "What a million tokens cost",
        "The bill spread over output, over all tokens, and split by the GPU time of input and output.", "7.3",
        &tokenPrices},
    ChartRow{"gpu_table", "cost", "The same service on every GPU",
        "For each GPU of the catalog: the tensor parallelism that takes the fewest GPUs, the replicas needed, cost, "
        "and what limits.",
        "7.1", &gpuTable},
};

} // namespace

std::span<const ChartRow> costCharts() { return kCharts; }

namespace {

/// " (power $0.16 of it)", where a plan pays for it.
std::string ofPower(const PlanResults& results)
{
    constexpr double kNothing = 5e-4; // of the bill
    const double bill = (results.evaluation.cost.fleet * hour).in(dollar);
    const double rent = (results.plan->hardware.pricePerGpu * hour).in(dollar)*results.evaluation.gpus;
    return bill - rent > kNothing * bill ? " (power " + usd(bill - rent) + " of it)" : std::string();
}

} // namespace

std::string costSentence(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const CostResult& c = e.cost;
    if (!(c.fleet.si() > 0))
        return "This plan has **no price**: set the USD per GPU-hour.";
    std::string text = bold(usd((c.fleet * hour).in(dollar))) + " an hour for " + bold(counted(e.gpus, "GPU", "GPUs")) +
                       ofPower(snapshot.now) + ": ";
    if (!e.fits)
        return text + "the model **does not fit**, so nothing is served for it.";
    if (!std::isfinite(c.perOutputToken.si()))
        return text + "without requests, all of it is idle.";
    text += bold(usd(perMillion(c.perOutputToken))) + " per million output tokens at " + loadText(snapshot) + ", " +
            bold(usd(perMillion(c.perOutputTokenAtCapacity))) + " at full load";
    if (const auto even = breakEven(snapshot))
        text += "; cheaper than the hosted API above " + bold(number(*even) + " req/s") + ".";
    else
        text += snapshot.now.plan->cost.hostedUsdPerMillion ? "; the hosted API is cheaper at any load." : ".";
    const auto& sized = snapshot.now.everyGpu;
    if (!sized.value || sized.isOlder)
        return text;
    text += " " + leastCost(*sized.value, *snapshot.now.plan);
    const std::string other = otherLayoutSentence(snapshot);
    return other.empty() ? text : text + " " + other;
}

std::string leastCostSentence(const Snapshot& snapshot)
{
    const auto all = sizings(snapshot);
    return all && !all->empty() ? leastCost(*all, *snapshot.now.plan) : std::string();
}

std::string otherLayoutSentence(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const auto all = sizings(snapshot);
    if (!all || !e.fits)
        return {};
    const Plan& plan = *snapshot.now.plan;
    const auto own = std::ranges::find(*all, plan.hardware.gpu.name, &GpuSizing::gpu);
    if (own == all->end() || !own->meetsTargets)
        return {};
    if (!e.replicasNeeded)
        return "In another layout " + own->gpu + " meets the targets: " + bold(fleetInLayout(*own)) + ".";
    const int needed = *e.replicasNeeded * plan.layout().gpus();
    return own->gpus < needed ? "In another layout fewer " + own->gpu + " do: " + bold(fleetInLayout(*own)) +
                                    " in place of " + std::to_string(needed) + "."
                              : std::string();
}

} // namespace headroom::ui
