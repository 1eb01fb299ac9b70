// Tab Parallelism: what more GPUs in a replica do to the step, to memory, to the network's share and to the price.
#include "core/derived_bands.h"
#include "core/plan/validate.h"
#include "ui/plots/chart_tables.h"
#include "ui/plots/ghosts.h"
#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"
#include "ui/plots/time_axis.h"
#include "ui/plots/weight_groups.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace headroom::ui {
namespace {

enum class Way { tensor, pipeline };

struct Layouted {
    int degree = 1;
    Plan plan;
};

/// The plan with 1, 2, 4 ... GPUs in one of the two ways, the other way as it is; degrees the model cannot be cut into
/// are left out.
std::vector<Layouted> layouts(const Plan& plan, Way way)
{
    std::vector<Layouted> all;
    const int present = way == Way::tensor ? plan.deployment.tp : plan.deployment.pp;
    const int most = std::max(present, way == Way::tensor ? plan.hardware.gpusPerNode : 8);
    for (int degree = 1; degree <= most; degree *= 2) {
        Layouted one{degree, plan};
        Deployment& d = one.plan.deployment;
        if (way == Way::tensor) {
            // Expert and attention ranks regroup the GPUs of tp: where the plan uses all of them, so do its variants.
            const auto regrouped = [&](int ranks) {
                return ranks > 1 && ranks == d.tp ? degree : std::min(ranks, degree);
            };
            d.ep = regrouped(d.ep);
            d.attentionDp = regrouped(d.attentionDp);
            d.tp = degree;
        } else {
            d.pp = degree;
        }
        if (validate(one.plan).empty())
            all.push_back(std::move(one));
    }
    return all;
}

struct Scaled {
    int gpus = 1, degree = 1;
    double costAtCapacity = 0; ///< dollars per million output tokens; not finite where it does not fit
    Band costBand;             ///< of it
    double rate = 0;           ///< requests per second that a replica can serve
    Band rateBand;
    Evaluator evaluator;
};

/// All layouts of a plan of the snapshot, compiled. The charts of this tab are built one after the other from the same
/// plan, and compiling is most of their time.
const std::vector<Scaled>& compiled(const Snapshot& snapshot, const PlanResults& results, Way way)
{
    thread_local std::array<KeptPerPlan<std::vector<Scaled>>, 2> kept; // one a way
    return kept[static_cast<std::size_t>(way)].of(snapshot, results, [way](const Plan& plan) {
        std::vector<Scaled> all;
        for (const Layouted& layout : layouts(plan, way)) {
            Evaluator evaluator(layout.plan);
            const PointEvaluation point = evaluator.withoutBandsAt(evaluator.workload().rate);
            const double cost = (point.cost.perOutputTokenAtCapacity * millionTokens).in(dollar);
            const Band band = inInverseProportion(cost, point.capacity.si(), point.capacityBand);
            const double replicas = layout.plan.deployment.replicas;
            const Band rates{point.capacityBand.lo / replicas, point.capacityBand.hi / replicas};
            all.push_back({layout.plan.layout().gpus(), layout.degree, cost, band, point.capacity.si() / replicas,
                rates, std::move(evaluator)});
        }
        return all;
    });
}

/// The numbers of GPUs that curves have: there are none between them.
std::vector<double> degreesOf(const std::vector<Curve>& curves)
{
    std::set<double> gpus;
    for (const Curve& curve : curves)
        gpus.insert(curve.x.begin(), curve.x.end());
    return {gpus.begin(), gpus.end()};
}

double gpusOf(const PlanResults& results) { return results.plan->layout().gpus(); }

/// What a replica of a plan can serve.
double replicaRate(const PlanResults& results)
{
    return results.evaluation.capacity.si() / results.plan->deployment.replicas;
}

double dollarsAtCapacity(const PlanResults& results)
{
    return (results.evaluation.cost.perOutputTokenAtCapacity * millionTokens).in(dollar);
}

/// The operating point of each pinned plan that has a figure above zero.
void addGhostsOverGpus(LineChart& body, const Snapshot& snapshot, double (*figure)(const PlanResults&))
{
    addGhostPoints(body, snapshot, [&](const PlanResults& pinned) {
        const double y = figure(pinned);
        return y > 0 ? std::optional(std::pair(gpusOf(pinned), y)) : std::nullopt;
    });
}

constexpr const char* kNoLayout = "The model cannot be cut into other numbers of GPUs.";

/// The batch that all layouts are compared at: the present one.
double comparedBatch(const Snapshot& snapshot) { return std::max(1.0, snapshot.now.evaluation.meanDecodes); }

Seconds stepOf(const Evaluator& evaluator, double batch)
{
    const StepModel& model = evaluator.step();
    return model.time(model.decodeBatch(batch, evaluator.workload().contextMean));
}

Curve stepCurve(const std::vector<Scaled>& all, double batch, const char* name, Role role)
{
    Curve curve;
    curve.name = name;
    curve.role = role;
    curve.markers = false;
    for (const Scaled& one : all) {
        curve.x.push_back(one.gpus);
        curve.y.push_back(stepOf(one.evaluator, batch).in(millisecond));
    }
    return curve;
}

/// The part of a curve over layouts that do not fit, dashed and joined to those that do, which stay.
Curve splitByFit(Curve& curve, const std::vector<Scaled>& all)
{
    Curve fits = curve, unfit = curve;
    for (auto* values : {&fits.x, &fits.y, &fits.lo, &fits.hi, &unfit.x, &unfit.y, &unfit.lo, &unfit.hi})
        values->clear();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool has = all[i].evaluator.memory().fits;
        const bool joins = has && fits.x.empty() && !unfit.x.empty();
        for (Curve* part : {has ? &fits : nullptr, !has || joins ? &unfit : nullptr})
            if (part != nullptr) {
                part->x.push_back(curve.x[i]);
                part->y.push_back(curve.y[i]);
                if (curve.lo.empty())
                    continue;
                part->lo.push_back(curve.lo[i]);
                part->hi.push_back(curve.hi[i]);
            }
    }
    unfit.name = "does not fit";
    unfit.role = Role::bad;
    unfit.dashed = true;
    curve = std::move(fits);
    return unfit;
}

ChartSpec stepVsGpus(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    ChartSpec chart{"Decode step against GPUs", "ms, log", "", "", LineChart{}};
    const double batch = comparedBatch(snapshot);
    const auto &tensor = compiled(snapshot, snapshot.now, Way::tensor),
               &pipeline = compiled(snapshot, snapshot.now, Way::pipeline);
    if (tensor.empty() || tensor.size() + pipeline.size() < 3) {
        chart.empty = kNoLayout;
        return chart;
    }
    LineChart body;
    body.x = {"GPUs in a replica", "", true, {}, {}};
    body.y = {"step of " + whole(batch) + (batch == 1 ? " sequence" : " sequences"), "ms", true, {}, {}};
    body.curves.push_back(stepCurve(tensor, batch, "tensor parallel", Role::primary));
    if (pipeline.size() > 1)
        body.curves.push_back(stepCurve(pipeline, batch, "pipeline", Role::secondary));
    Curve ideal = body.curves.front();
    ideal.name = "ideal";
    ideal.role = Role::saturation;
    ideal.dashed = true;
    for (std::size_t i = 0; i < ideal.x.size(); ++i)
        ideal.y[i] = body.curves.front().y.front() * ideal.x.front() / ideal.x[i];
    body.curves.push_back(std::move(ideal));
    addGhostCurves(body, snapshot, [&](const PlanResults& pinned) {
        return stepCurve(compiled(snapshot, pinned, Way::tensor), batch, "", Role::ghost);
    });
    addGhostPoints(body, snapshot, [&](const PlanResults& pinned) {
        return pinned.evaluation.fits
                   ? std::optional(std::pair(gpusOf(pinned), stepOf(*pinned.evaluator, batch).in(millisecond)))
                   : std::nullopt;
    });
    const Seconds now = stepOf(*snapshot.now.evaluator, batch);
    if (snapshot.now.evaluation.fits)
        body.markers.push_back(
            {"this plan: " + duration(now), Role::primary, gpusOf(snapshot.now), now.in(millisecond)});
    Curve& curve = body.curves.front();
    const double gain = curve.y.front() / curve.y.back(), gpus = curve.x.back() / curve.x.front();
    chart.says = gpus > 1 ? whole(gpus) + " times the GPUs make a decode step " + number(gain, 2) + " times as fast, " +
                                percent(gain / gpus) + " of what would be ideal."
                          : "Only one tensor-parallel degree divides this model.";
    const ErrorBand errors = errorsOfSteps(plan);
    addFactors(curve, errors.lo, errors.hi);
    if (pipeline.size() > 1)
        addFactors(body.curves[1], errors.lo, errors.hi);
    Curve unfit = splitByFit(curve, tensor);
    if (pipeline.size() > 1) {
        Curve deep = splitByFit(body.curves[1], pipeline);
        deep.isLabelled = unfit.x.empty(); // they look the same: one of them says it
        body.curves.push_back(std::move(deep));
    }
    body.curves.push_back(std::move(unfit));
    std::erase_if(body.curves, [](const Curve& c) { return c.x.empty(); });
    body.x.values = degreesOf(body.curves);
    chart.body = std::move(body);
    return inFittingUnit(std::move(chart));
}

ChartSpec networkShare(const Snapshot& snapshot)
{
    ChartSpec chart{"What a decode step waits for", "% of a decode step", "", "", StackedBars{}};
    const double batch = comparedBatch(snapshot);
    const auto& all = compiled(snapshot, snapshot.now, Way::tensor);
    if (all.empty()) {
        chart.empty = kNoLayout;
        return chart;
    }
    StackedBars body;
    body.value = {"share", "%", false, 0.0, 100.0};
    body.segments = {{"bandwidth", Role::bandwidth, {}, {}}, {"compute", Role::compute, {}, {}},
        {"network", Role::network, {}, {}}, {"overhead", Role::overhead, {}, {}}};
    const auto offloads = [](const PlanResults& r) { return r.plan->deployment.offload.enabled; };
    if (offloads(snapshot.now) ||
        std::ranges::any_of(snapshot.pinned, [&](const auto& pinned) { return offloads(*pinned); }))
        body.segments.push_back({"host and disk", Role::host, {}, {}});
    const auto addRow = [&](const Evaluator& evaluator, std::string name) {
        const StepModel& model = evaluator.step();
        const StepParts parts = model.parts(model.decodeBatch(batch, evaluator.workload().contextMean));
        const std::array values{parts.bandwidth, parts.compute, parts.network, parts.overhead, parts.host};
        for (std::size_t i = 0; i < body.segments.size(); ++i)
            body.segments[i].values.push_back(parts.total().si() > 0 ? 100 * (values[i] / parts.total()) : 0);
        body.categories.push_back(std::move(name));
        body.totals.push_back(duration(parts.total()) + (evaluator.memory().fits ? "" : ", does not fit"));
        return parts.total().si() > 0 ? parts.network / parts.total() : 0;
    };
    double present = 0, last = 0;
    for (const Scaled& one : all) {
        const bool isPresent = one.degree == snapshot.now.plan->deployment.tp;
        last = addRow(one.evaluator, "tp " + std::to_string(one.degree) + (isPresent ? " (this plan)" : ""));
        if (isPresent)
            present = last;
    }
    // Shares always end at 100 %: a mark beside the bars would say nothing, so a pinned plan has a bar of its own.
    for (const auto& pinned : snapshot.pinned)
        addRow(*pinned->evaluator, pinned->name + ", tp " + std::to_string(pinned->plan->deployment.tp));
    chart.says = "The network takes " + percent(present) + " of a decode step with this plan, and " + percent(last) +
                 " with tp " + std::to_string(all.back().degree) + ".";
    chart.body = std::move(body);
    return chart;
}

/// GiB that weights and workspace of a plan take of a GPU, with the degrees of `layouts`; NaN where it has none.
std::vector<double> heldByTp(const PlanResults& results, const std::vector<Layouted>& degrees)
{
    const auto own = layouts(*results.plan, Way::tensor);
    std::vector<double> ends;
    for (const Layouted& one : degrees) {
        const auto its = std::ranges::find(own, one.degree, &Layouted::degree);
        ends.push_back(std::numeric_limits<double>::quiet_NaN());
        if (its != own.end()) {
            const MemoryUse memory = memoryOf(its->plan);
            ends.back() = (memory.weights.total() + memory.workspace).in(gibibyte);
        }
    }
    return ends;
}

ChartSpec memoryByTp(const Snapshot& snapshot)
{
    ChartSpec chart{"Memory of a GPU against tensor parallelism", "GiB per GPU", "", "", StackedBars{}};
    const Plan& plan = *snapshot.now.plan;
    const auto all = layouts(plan, Way::tensor);
    if (all.empty()) {
        chart.empty = kNoLayout;
        return chart;
    }
    StackedBars body;
    body.value = {"memory", "GiB", false, 0.0, {}};
    std::vector<BarSegment> segments = weightSegments();
    const std::size_t rest = segments.size();
    segments.push_back({"workspace", Role::workspace, {}, {}});
    segments.push_back({"KV cache", Role::kv, {}, {}});
    const Layouted* smallest = nullptr;
    for (const Layouted& one : all) {
        const MemoryUse memory = memoryOf(one.plan);
        appendWeights(segments, memory.weights);
        segments[rest].values.push_back(memory.workspace.in(gibibyte));
        segments[rest + 1].values.push_back(memory.kvPool.in(gibibyte));
        body.categories.push_back(
            "tp " + std::to_string(one.degree) + (one.degree == plan.deployment.tp ? " (this plan)" : ""));
        body.totals.push_back(memory.fits ? counted(memory.seats, "seat", "seats") : "does not fit");
        if (memory.fits && !smallest)
            smallest = &one;
    }
    for (BarSegment& segment : segments)
        if (std::any_of(segment.values.begin(), segment.values.end(), [](double v) { return v > 0; }))
            body.segments.push_back(std::move(segment));
    addGhostMarks(
        body, snapshot, [&](const PlanResults& pinned) { return heldByTp(pinned, all); }, "weights and workspace");
    const Bytes usable = snapshot.now.evaluation.memory.usable;
    body.limits.push_back({"usable " + bytes(usable), Role::target, usable.in(gibibyte), true});
    chart.says = smallest ? "It fits from tp " + std::to_string(smallest->degree) +
                                " on; each doubling leaves more of a GPU to KV."
                          : "It fits with no tensor-parallel degree of one node.";
    chart.body = std::move(body);
    return chart;
}

/// A figure of a layout with its band; absent where it has none.
using LayoutValue = std::optional<std::pair<double, Band>> (*)(const Scaled&);

/// Over the GPUs of a replica; the plan's own curves with their bands.
Curve curveOverGpus(const std::vector<Scaled>& all, const char* name, Role role, LayoutValue value)
{
    Curve curve;
    curve.name = name;
    curve.role = role;
    std::vector<double> lo, hi;
    for (const Scaled& one : all)
        if (const auto figure = value(one)) {
            curve.x.push_back(one.gpus);
            curve.y.push_back(figure->first);
            lo.push_back(figure->second.lo);
            hi.push_back(figure->second.hi);
        }
    if (role != Role::ghost && !curve.x.empty())
        addBand(curve, std::move(lo), std::move(hi));
    return curve;
}

/// Both ways to cut the model, and the pinned plans; no curves where no layout has the figure.
LineChart chartOverGpus(const Snapshot& snapshot, Axis y, LayoutValue value)
{
    LineChart body;
    body.x = {"GPUs in a replica", "", true, {}, {}};
    body.y = std::move(y);
    for (const auto& [way, name, role] :
        {std::tuple{Way::tensor, "tensor parallel", Role::primary}, {Way::pipeline, "pipeline", Role::secondary}}) {
        Curve curve = curveOverGpus(compiled(snapshot, snapshot.now, way), name, role, value);
        if (curve.x.size() > 1 || (way == Way::tensor && !curve.x.empty()))
            body.curves.push_back(std::move(curve));
    }
    if (body.curves.empty())
        return body;
    addGhostCurves(body, snapshot, [&](const PlanResults& pinned) {
        return curveOverGpus(compiled(snapshot, pinned, Way::tensor), "", Role::ghost, value);
    });
    body.x.values = degreesOf(body.curves);
    double highest = 0; // all layouts are of interest, also those that reach or cost many times as much
    for (const Curve& curve : body.curves)
        for (const std::vector<double>* ys : {&curve.y, &curve.hi})
            for (const double reached : *ys)
                highest = std::max(highest, reached);
    body.y.max = 1.1 * highest;
    return body;
}

constexpr const char* kNothingFits = "No layout of one node fits this model on this GPU.";

ChartSpec rateVsGpus(const Snapshot& snapshot)
{
    ChartSpec chart{"Throughput against GPUs", "req/s of a replica", "", "", LineChart{}};
    LineChart body = chartOverGpus(snapshot, {"capacity", "req/s", false, 0.0, {}},
        [](const Scaled& one) -> std::optional<std::pair<double, Band>> {
            return one.evaluator.memory().fits ? std::optional(std::pair(one.rate, one.rateBand)) : std::nullopt;
        });
    if (body.curves.empty()) {
        chart.empty = kNothingFits;
        return chart;
    }
    addGhostsOverGpus(body, snapshot, replicaRate);
    const double now = replicaRate(snapshot.now);
    if (now > 0)
        body.markers.push_back({"this plan: " + number(now) + " req/s", Role::primary, gpusOf(snapshot.now), now});
    const Curve& curve = body.curves.front();
    const double most = curve.y.back(), gpus = curve.x.back();
    chart.says = "A replica of " + counted(curve.x.front(), "GPU", "GPUs") + " serves " + number(curve.y.front()) +
                 " req/s" +
                 (gpus > curve.x.front() ? ", one of " + counted(gpus, "GPU", "GPUs") + " " + number(most) : "") + ".";
    chart.body = std::move(body);
    return chart;
}

ChartSpec costVsGpus(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    ChartSpec chart{"Cost at capacity against GPUs", "$ per M output tokens", "", "", LineChart{}};
    LineChart body = chartOverGpus(snapshot, {"cost at capacity", "$/M tok", false, 0.0, {}},
        [](const Scaled& one) -> std::optional<std::pair<double, Band>> {
            const bool has = std::isfinite(one.costAtCapacity) && one.costAtCapacity > 0;
            return has ? std::optional(std::pair(one.costAtCapacity, one.costBand)) : std::nullopt;
        });
    if (body.curves.empty()) {
        chart.empty = plan.hardware.pricePerGpu.si() > 0 ? kNothingFits : "The plan has no price per GPU-hour.";
        return chart;
    }
    addGhostsOverGpus(body, snapshot, dollarsAtCapacity);
    const double now = dollarsAtCapacity(snapshot.now);
    if (std::isfinite(now) && now > 0)
        body.markers.push_back({"this plan: " + usd(now), Role::primary, gpusOf(snapshot.now), now});
    const Curve& curve = body.curves.front();
    const auto least = std::min_element(curve.y.begin(), curve.y.end()) - curve.y.begin();
    chart.says = "At full load a million output tokens are cheapest with " +
                 counted(curve.x[static_cast<std::size_t>(least)], "GPU", "GPUs") +
                 " in a replica: " + usd(curve.y[static_cast<std::size_t>(least)]) + ".";
    chart.body = std::move(body);
    return chart;
}

constexpr std::array kCharts{
    ChartRow{"step_vs_gpus", "parallelism", "Decode step against GPUs",
        "How long a decode step of the present batch takes with more GPUs in a replica, tensor parallel and pipeline.",
        "6.1", &stepVsGpus},
    ChartRow{"network_share", "parallelism", "What a decode step waits for",
        "Share of a decode step by limiting resource, for each tensor-parallel degree.", "6.5", &networkShare},
    ChartRow{"memory_by_tp", "parallelism", "Memory against tensor parallelism",
        "What lies on a GPU for each tensor-parallel degree, and how many sequences a replica seats.", "6.1",
        &memoryByTp},
    ChartRow{"rate_vs_gpus", "parallelism", "Throughput against GPUs",
        "Requests per second that a replica can serve over its GPUs, tensor parallel and pipeline, with the band.",
        "6.1", &rateVsGpus},
    ChartRow{"cost_vs_gpus", "parallelism", "Cost at capacity against GPUs",
        "USD per million output tokens at full load, over the GPUs in a replica.", "7.3", &costVsGpus},
};

} // namespace

std::span<const ChartRow> parallelismCharts() { return kCharts; }

std::string parallelismSentence(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    const Deployment& d = plan.deployment;
    const int gpus = plan.layout().gpus();
    if (!snapshot.now.evaluation.fits)
        return "The model " + bold("does not fit") + " " + counted(gpus, "GPU", "GPUs") + ": " +
               whyItDoesNotFit(snapshot.now) + ". " + whatWouldFit(plan);
    const double batch = comparedBatch(snapshot);
    const StepModel& model = snapshot.now.evaluator->step();
    const StepParts parts = model.parts(model.decodeBatch(batch, snapshot.now.evaluator->workload().contextMean));
    const double share = parts.total().si() > 0 ? parts.network / parts.total() : 0;
    std::string text = bold(counted(d.replicas, "replica", "replicas")) + " of " + bold(counted(gpus, "GPU", "GPUs")) +
                       (d.replicas == 1 ? ": " : " each: ");
    const bool isOffloaded = plan.deployment.offload.enabled;
    const double host = parts.total().si() > 0 ? parts.host / parts.total() : 0;
    text += isOffloaded && gpus == 1 ? "host and disk take " + bold(percent(host)) + " of a decode step"
            : gpus == 1              ? "no step waits for a link"
                        : "the links take " + bold(percent(share)) + " of a decode step (tp " + std::to_string(d.tp) +
                              ", pp " + std::to_string(d.pp) + ")";
    const bool acrossNodes = gpus > plan.hardware.gpusPerNode;
    return text + (acrossNodes ? "; a replica spans **more than one node**, whose links are slower." : ".");
}

} // namespace headroom::ui
