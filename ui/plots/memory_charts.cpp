// Tab Memory: what lies on a GPU, how many sequences fit, what a token's KV takes, and what reservations waste.
#include "core/plan/fields.h"
#include "ui/plots/chart_tables.h"
#include "ui/plots/ghosts.h"
#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"
#include "ui/plots/weight_groups.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::ui {
namespace {

/// KV memory of the busiest GPU at the present load: holding tokens, lost to reservation and fragments, and free.
struct KvSplit {
    Bytes used, lost, free;
};

KvSplit kvSplit(const Evaluation& e)
{
    const Fragmentation& f = e.memory.fragmentation;
    const double wasted = std::clamp(f.reserved + f.internal + f.external, 0.0, 1.0);
    const MemoryUse& m = e.memory;
    const Bytes taken = std::min(m.kvPool, m.cacheOnGpu * std::clamp(e.kvFraction, 0.0, 1.0) * m.kvReach);
    return {(1 - wasted) * taken, wasted * taken, m.kvPool - taken};
}

/// What a level of an offloaded plan holds.
struct LevelBar {
    const char* name;
    Bytes size, weights, kvInUse, kvFree, workspace, unused;
};

std::vector<LevelBar> levelBars(const PlanResults& results)
{
    const MemoryUse& m = results.evaluation.memory;
    const Placement cache = results.plan->deployment.offload.cache();
    const double gpus = results.plan->layout().gpus();
    const Bytes held = m.fits ? std::clamp(results.evaluation.kvFraction, 0.0, 1.0) * gpus * m.kvReach : Bytes(0);
    const Bytes onGpu = std::min(m.kvPool, cache.gpu * held / gpus);
    std::vector<LevelBar> bars{{"one GPU", m.gpuMemory, m.weights.total(), onGpu, m.kvPool - onGpu, m.workspace,
        std::max(m.gpuMemory - m.usable, Bytes(0))}};
    for (const auto& [name, level, share] : {std::tuple{"host", &m.host, cache.host}, {"disk", &m.disk, cache.disk}}) {
        const Bytes taken = std::min(level->kvPool, share * held);
        if (level->weights.si() > 0 || share > 0)
            bars.push_back({name, level->size, level->weights, taken, level->kvPool - taken, Bytes(0), Bytes(0)});
    }
    return bars;
}

/// GPU, host and disk of an offloaded plan, each as shares of itself: they differ by orders of magnitude.
ChartSpec memoryByLevel(const Snapshot& snapshot)
{
    const MemoryUse& m = snapshot.now.evaluation.memory;
    ChartSpec chart{"Memory of GPU, host and disk", "% of each", "", "", StackedBars{}};
    StackedBars body;
    body.value = {"share of what is there", "%", false, 0.0, {}};
    const std::array parts{std::tuple{"weights", Role::weights, &LevelBar::weights},
        std::tuple{"KV in use", Role::kv, &LevelBar::kvInUse}, std::tuple{"KV free", Role::free, &LevelBar::kvFree},
        std::tuple{"workspace", Role::workspace, &LevelBar::workspace},
        std::tuple{"not used by the engine", Role::spare, &LevelBar::unused}};
    const std::vector<LevelBar> bars = levelBars(snapshot.now);
    for (const auto& [name, role, part] : parts) {
        BarSegment segment{name, role, {}, {}};
        for (const LevelBar& bar : bars)
            segment.values.push_back(bar.size.si() > 0 ? 100 * (bar.*part / bar.size) : 0);
        if (std::ranges::any_of(segment.values, [](double v) { return v > 0; }))
            body.segments.push_back(std::move(segment));
    }
    for (const LevelBar& bar : bars) {
        body.categories.emplace_back(bar.name);
        body.totals.push_back("of " + bytes(bar.size));
    }
    body.limits.push_back({"full", Role::target, 100, true});
    chart.says = m.fits ? "Of the weights " + bytes(m.weights.total()) + " stay on the GPU, " + bytes(m.host.weights) +
                              " lie on the host and " + bytes(m.disk.weights) +
                              " on disk; together they hold the cache of " + counted(m.seats, "sequence", "sequences") +
                              "."
                        : "It does not fit: " + whyItDoesNotFit(snapshot.now) + ".";
    chart.body = std::move(body);
    return chart;
}

ChartSpec memoryPerGpu(const Snapshot& snapshot)
{
    if (snapshot.now.plan->deployment.offload.enabled)
        return memoryByLevel(snapshot);
    ChartSpec chart{"Memory of one GPU", "GiB per GPU", "", "", StackedBars{}};
    std::vector<const PlanResults*> plans{&snapshot.now};
    for (const auto& ghost : snapshot.pinned)
        plans.push_back(ghost.get());
    StackedBars body;
    body.value = {"memory", "GiB", false, 0.0, {}};
    std::vector<BarSegment> segments = weightSegments();
    const std::size_t rest = segments.size();
    for (const auto& [name, role] : {std::pair{"KV in use", Role::kv}, {"KV lost", Role::waste},
             {"KV free", Role::free}, {"workspace", Role::workspace}, {"not used by the engine", Role::spare}})
        segments.push_back({name, role, {}, {}});
    for (const PlanResults* results : plans) {
        const MemoryUse& m = results->evaluation.memory;
        const KvSplit kv = kvSplit(results->evaluation);
        body.categories.push_back(results == &snapshot.now ? "this plan" : results->name);
        appendWeights(segments, m.weights);
        const std::array others{
            kv.used, kv.lost, kv.free, m.workspace, m.fits ? std::max(m.gpuMemory - m.usable, Bytes(0)) : Bytes(0)};
        for (std::size_t i = 0; i < others.size(); ++i)
            segments[rest + i].values.push_back(others[i].in(gibibyte));
        const bool fits = m.fits;
        body.totals.push_back(fits ? whole(m.seats) + (m.seats == 1 ? " seat" : " seats") : "does not fit");
    }
    for (BarSegment& segment : segments)
        if (std::any_of(segment.values.begin(), segment.values.end(), [](double v) { return v > 0; }))
            body.segments.push_back(std::move(segment));
    const MemoryUse& m = snapshot.now.evaluation.memory;
    body.limits.push_back({"GPU " + bytes(m.gpuMemory), Role::target, m.gpuMemory.in(gibibyte), true});
    const KvSplit kv = kvSplit(snapshot.now.evaluation);
    chart.says = m.fits ? "Weights take " + percent(m.weights.total() / m.gpuMemory) + " of the GPU; of the " +
                              bytes(m.kvPool) + " for KV, " + bytes(kv.used) + " hold tokens at this load."
                        : "It does not fit: " + whyItDoesNotFit(snapshot.now) + ".";
    chart.body = std::move(body);
    return chart;
}

/// Mean prompt + output tokens of the mix.
double contextOf(const WorkloadSummary& workload) { return (workload.promptMean + workload.outputMean).in(token); }

/// Seats over the mean context. The field that people set scales the prompts, so the curve goes through it.
Curve seatsCurve(const Plan& plan, std::string name, Role role, double from, double to, int points)
{
    Curve curve;
    curve.name = std::move(name);
    curve.role = role;
    const auto& field = std::get<NumberField>(*findField("workload.context_tokens_mean"));
    Plan varied = plan;
    varied.model.maxContext = Tokens(std::max(varied.model.maxContext.in(token), to));
    for (int i = 0; i < points; ++i) {
        const double context = from * std::pow(to / from, static_cast<double>(i) / (points - 1));
        if (context < field.min || context > field.max)
            continue;
        field.set(varied, context);
        const MemoryUse memory = memoryOf(varied);
        if (!std::isfinite(memory.seats))
            continue;
        curve.x.push_back(context);
        curve.y.push_back(memory.fits ? memory.seats : 0);
    }
    return curve;
}

/// The KV format worth comparing with: half the bytes, or back to sixteen bits where the plan is there already.
NumberFormat otherKvFormat(NumberFormat present)
{
    return info(present).bytesPerKvEntry > 1 ? NumberFormat::fp8 : NumberFormat::bf16;
}

ChartSpec seatsVsContext(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    const Evaluation& e = snapshot.now.evaluation;
    const MemoryUse& m = e.memory;
    ChartSpec chart{"Concurrency against context length", "sequences in a replica", "", "", LineChart{}};
    if (m.lacks != MemoryLevel::none) {
        chart.empty = "No sequence fits at any length: " + whyItDoesNotFit(snapshot.now) + ".";
        return chart;
    }
    const double present = contextOf(snapshot.now.evaluator->workload());
    const double outputs = snapshot.now.evaluator->workload().outputMean.in(token);
    // From short chats to a long document; the output length stays, so no context is shorter than it.
    const double from = std::max(std::min(512.0, present / 2), outputs + 1), to = std::max(32768.0, 2 * present);
    const int points = std::clamp(snapshot.curvePoints / 4, 16, 48);
    LineChart body;
    body.x = {"context length, prompt + output", "tok", true, from, to};
    body.y = {"sequences", "", false, 0.0, {}};
    body.curves.push_back(
        seatsCurve(plan, std::string(info(plan.model.kvFormat).name) + " KV", Role::primary, from, to, points));
    Plan other = plan;
    other.model.kvFormat = otherKvFormat(plan.model.kvFormat);
    Curve alternative = seatsCurve(
        other, "with " + std::string(info(other.model.kvFormat).name) + " KV", Role::secondary, from, to, points);
    alternative.dashed = true;
    body.curves.push_back(std::move(alternative));
    addGhostCurves(body, snapshot,
        [&](const PlanResults& pinned) { return seatsCurve(*pinned.plan, {}, Role::ghost, from, to, points); });
    addGhostPoints(body, snapshot, [](const PlanResults& pinned) {
        const MemoryUse& memory = pinned.evaluation.memory;
        return memory.fits ? std::optional(std::pair(contextOf(pinned.evaluator->workload()), memory.seats))
                           : std::nullopt;
    });
    const double most = plan.batching.maxSequences;
    body.limits.push_back({"max_sequences " + whole(most), Role::saturation, most, false});
    body.markers.push_back({counted(m.seats, "seat", "seats"), Role::primary, present, m.seats});
    chart.says = m.seats >= most
                     ? "The limit of " + whole(most) + " sequences binds at " + whole(present) +
                           " tokens each; memory alone would hold " + whole(m.seatsByMemory) + "."
                     : "Memory holds " + counted(m.seats, "sequence", "sequences") + " of " + whole(present) +
                           " tokens on average, and " + whole(snapshot.now.evaluation.worstCaseSeats) +
                           " if all were at their full length.";
    chart.body = std::move(body);
    return chart;
}

/// Bytes of a token's KV in one layer group alone.
double groupKvBytes(const ModelSpec& model, std::size_t group, NumberFormat format)
{
    ModelSpec alone = model;
    alone.groups = {model.groups[group]};
    return kvBytesPerToken(alone, format).si();
}

/// "58 layers, full attention, MoE": the catalog names groups by attention and feed-forward, "full moe".
std::string layersInWords(const LayerGroup& group)
{
    std::string words = group.name;
    for (const std::string_view kind : {"full", "sliding", "sparse", "linear"})
        if (const auto at = words.find(kind); at != std::string::npos)
            words.insert(at + kind.size(), " attention");
    for (const auto& [raw, shown] : {std::pair(" moe", ", MoE"), std::pair(" dense", ", dense")})
        if (const auto at = words.find(raw); at != std::string::npos)
            words.replace(
                words[at - 1] == ',' ? at - 1 : at, std::string_view(raw).size() + (words[at - 1] == ','), shown);
    return counted(group.layers, "layer", "layers") + ", " + words;
}

ChartSpec kvPerToken(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    const ModelSpec& model = plan.model.spec;
    ChartSpec chart{"KV cache of one token", "KiB per token, all layers", "", "", StackedBars{}};
    std::vector<NumberFormat> formats{NumberFormat::bf16, NumberFormat::fp8, NumberFormat::int4};
    if (std::find(formats.begin(), formats.end(), plan.model.kvFormat) == formats.end())
        formats.insert(formats.begin(), plan.model.kvFormat);
    StackedBars body;
    body.value = {"KV per token", "KiB", false, 0.0, {}};
    constexpr std::array kRoles{
        Role::kv, Role::series1, Role::series7, Role::series4, Role::series5, Role::series6}; // none of the waste's
    double all = 0;
    for (std::size_t g = 0; g < model.groups.size(); ++g) {
        BarSegment segment{layersInWords(model.groups[g]), kRoles[g % kRoles.size()], {}, {}};
        for (const NumberFormat format : formats)
            segment.values.push_back(groupKvBytes(model, g, format) / kibibyte.si());
        all += segment.values.front();
        if (segment.values.front() > 0)
            body.segments.push_back(std::move(segment));
    }
    if (!(all > 0)) {
        chart.empty = "This model keeps no KV cache: each sequence has a state of constant size.";
        return chart;
    }
    for (const NumberFormat format : formats) {
        const bool present = format == plan.model.kvFormat;
        body.categories.push_back(std::string(info(format).name) + (present ? " (this plan)" : ""));
        body.totals.push_back(bytes(kvBytesPerToken(model, format) * token));
    }
    addGhostMarks(body, snapshot, [&](const PlanResults& pinned) {
        std::vector<double> ends;
        for (const NumberFormat format : formats)
            ends.push_back(kvBytesPerToken(pinned.plan->model.spec, format).si() / kibibyte.si());
        return ends;
    });
    const BytesPerToken now = kvBytesPerToken(model, plan.model.kvFormat);
    chart.says =
        "Each token of a sequence keeps " + whole(now.si()) + " bytes; a request of " +
        whole(contextOf(snapshot.now.evaluator->workload())) + " tokens holds " +
        bytes(now * (snapshot.now.evaluator->workload().promptMean + snapshot.now.evaluator->workload().outputMean)) +
        " when it ends" + (model.groups.size() > 1 ? ", less where a window bounds a layer." : ".");
    chart.body = std::move(body);
    return chart;
}

struct Scheme {
    Reservation reservation;
    std::string_view name;
};
constexpr std::array kSchemes{Scheme{Reservation::paged, "paged"}, Scheme{Reservation::oracle, "oracle"},
    Scheme{Reservation::powerOfTwo, "power of two"}, Scheme{Reservation::maximum, "maximum length"}};

/// The memory of a plan with another way to reserve. The pools of a split fleet page: as if they were one.
MemoryUse memoryReservedBy(const Plan& plan, Reservation reservation)
{
    Plan varied = plan;
    if (varied.batching.policy == BatchPolicy::disaggregated)
        varied.batching.policy = BatchPolicy::chunked;
    varied.batching.reservation = reservation;
    return memoryOf(varied);
}

/// Percent of KV memory that holds tokens.
double tokenShare(const Fragmentation& f) { return 100 * std::max(0.0, 1 - f.reserved - f.internal - f.external); }

ChartSpec fragmentation(const Snapshot& snapshot)
{
    ChartSpec chart{"What a reservation wastes", "% of KV memory", "", "", StackedBars{}};
    const MemoryUse& now = snapshot.now.evaluation.memory;
    if (!(now.kvReach.si() > 0)) {
        chart.empty = "There is no KV memory to waste: " + whyItDoesNotFit(snapshot.now) + ".";
        return chart;
    }
    StackedBars body;
    body.value = {"share of KV memory", "%", false, 0.0, 100.0};
    body.segments = {{"tokens", Role::kv, {}, {}}, {"reserved for later", Role::reserved, {}, {}},
        {"never used", Role::waste, {}, {}}, {"between blocks", Role::series4, {}, {}}};
    double paged = 0, maximum = 0;
    const bool isSplit = snapshot.now.plan->batching.policy == BatchPolicy::disaggregated;
    for (const Scheme& scheme : kSchemes) {
        const MemoryUse memory = memoryReservedBy(*snapshot.now.plan, scheme.reservation);
        const Fragmentation& f = memory.fragmentation;
        const std::array lost{f.reserved, f.internal, f.external};
        body.segments[0].values.push_back(tokenShare(f));
        for (std::size_t i = 0; i < lost.size(); ++i)
            body.segments[i + 1].values.push_back(100 * lost[i]);
        const bool present =
            scheme.reservation == (isSplit ? Reservation::paged : snapshot.now.plan->batching.reservation);
        body.categories.push_back(std::string(scheme.name) + (present ? " (this plan)" : ""));
        body.totals.push_back(counted(memory.fits ? memory.seats : 0, "seat", "seats"));
        (scheme.reservation == Reservation::paged ? paged : maximum) = memory.fits ? memory.seats : 0;
    }
    addGhostMarks(
        body, snapshot,
        [](const PlanResults& pinned) {
            std::vector<double> ends;
            for (const Scheme& scheme : kSchemes)
                ends.push_back(tokenShare(memoryReservedBy(*pinned.plan, scheme.reservation).fragmentation));
            return ends;
        },
        "tokens");
    chart.says = "Paged memory seats " + counted(paged, "sequence", "sequences") + "; a reservation of the full " +
                 whole(snapshot.now.plan->model.maxContext.in(token)) + " tokens seats " + whole(maximum) + ".";
    chart.body = std::move(body);
    return chart;
}

constexpr std::array kCharts{
    ChartRow{"memory_per_gpu", "memory", "Memory of one GPU",
        "Weights by part of the model, KV in use, lost and free, workspace, and what the engine leaves alone.", "5.4",
        &memoryPerGpu},
    ChartRow{"seats_vs_context", "memory", "Concurrency against context length",
        "How many sequences a replica holds over the mean length of a request.", "5.4", &seatsVsContext},
    ChartRow{"kv_per_token", "memory", "KV cache of one token",
        "Bytes that one token keeps in each layer group, by KV format.", "5.2", &kvPerToken},
    ChartRow{"fragmentation", "memory", "What a reservation wastes",
        "Shares of KV memory lost to reservation, half-filled blocks and buddy fragments, for each scheme.", "5.5",
        &fragmentation},
};

} // namespace

std::span<const ChartRow> memoryCharts() { return kCharts; }

std::string memorySentence(const Snapshot& snapshot)
{
    const Plan& plan = *snapshot.now.plan;
    const MemoryUse& m = snapshot.now.evaluation.memory;
    const std::string held = plan.model.spec.name + (m.fits ? " takes " : " would take ") +
                             bold(bytes(m.weights.total())) + " of each " + plan.hardware.gpu.name + "'s " +
                             bytes(m.gpuMemory);
    if (!m.fits)
        return held + " and **does not fit**: " + whyItDoesNotFit(snapshot.now) + ". " + whatWouldFit(plan) +
               " Another way is offloading (menu Plan, Best offloading).";
    const bool bySeats = m.seats >= plan.batching.maxSequences;
    const bool isOffloaded = plan.deployment.offload.enabled;
    const std::string elsewhere = isOffloaded ? " (" + bytes(m.host.weights) + " of weights are on the host, " +
                                                    bytes(m.disk.weights) + " on disk)"
                                              : "";
    const bool isSplit = plan.batching.policy == BatchPolicy::disaggregated;
    const double taken = isSplit ? snapshot.now.evaluation.meanDecodes : snapshot.now.evaluation.meanRunning;
    const Bytes beside = m.gpuMemory - m.weights.total() - m.kvPool;
    return held + elsewhere + "; " + bytes(beside) + " are workspace or out of the engine's reach, which leaves " +
           bold(bytes(isOffloaded ? m.kvReach : m.kvPool)) + (isOffloaded ? " on all levels" : "") +
           " for KV: room for " + bold(counted(m.seats, "sequence", "sequences")) +
           (bySeats ? " (max_sequences binds; memory would hold " + whole(m.seatsByMemory) + ")" : "") + ", of which " +
           bold(number(taken)) + (taken == 1 ? " is" : " are") + " taken at this load" +
           (isSplit ? " in a replica that decodes" : "") +
           (m.preemptionProbability > 0.01
                   ? "; with all taken, their contexts need more KV than there is " + percent(m.preemptionProbability) +
                         " of the time, and the last to come is preempted."
                   : ".");
}

} // namespace headroom::ui
