#include "app/commands/result_text.h"

#include "app/commands/text_table.h"
#include "core/calibration/calibrate.h"
#include "core/calibration/nearness.h"
#include "core/derived_bands.h"
#include "core/headroom.h"
#include "core/plan/catalog.h"
#include "ui/plots/load_curve.h"
#include "ui/plots/numbers.h"

namespace headroom::cli {
namespace {

using ui::bytes, ui::counted, ui::duration, ui::number, ui::percent, ui::rate, ui::signedPercent, ui::usd, ui::whole;
using Lines = std::vector<std::pair<std::string, std::string>>;
using Align = TextColumn::Align;

std::string perMillion(UsdPerToken price) { return usd((price * millionTokens).in(dollar)); }

/// " (3.1 to 4.2)"; nothing where the band is the value.
std::string within(const Band& band, double factor = 1)
{
    return band.hi > band.lo ? " (" + number(band.lo * factor) + " to " + number(band.hi * factor) + ")" : "";
}

std::string verdict(const Plan& plan, const Evaluation& e)
{
    if (!e.fits)
        return "Does not fit: " + ui::whyItDoesNotFit(plan, e.memory) + ". " + ui::whatWouldFit(plan);
    if (!e.stable)
        return "Overloaded: " + rate(plan.workload.arrivalRate) + " arrive, " + rate(e.capacity) +
               " can be served. Queues grow without end.";
    if (!e.meetsTargets)
        return "Misses its targets at " + rate(plan.workload.arrivalRate) +
               (e.targetRate > RequestRate(0) ? "; they hold up to " + rate(e.targetRate) + "." : ", and at any load.");
    return "Holds: targets are met up to " + rate(e.targetRate) + ", " + signedPercent(e.headroomFraction) +
           " above the present " + rate(plan.workload.arrivalRate) + ".";
}

std::string deployed(const Plan& plan, const Evaluation& e)
{
    const Deployment& d = plan.deployment;
    return plan.model.spec.name + ", " + std::string(info(plan.model.weightFormat).name) + " weights, on " +
           counted(e.gpus, "GPU", "GPUs") + " " + plan.hardware.gpu.name + " (" +
           counted(d.replicas, "replica", "replicas") + " of tp " + std::to_string(d.tp) + ", pp " +
           std::to_string(d.pp) + ")";
}

std::string latencyTable(const Plan& plan, const Evaluation& e)
{
    const auto row = [](const char* name, const LatencySummary& s, const std::optional<Seconds>& target,
                         Seconds aimed) -> std::vector<std::string> {
        return {name, duration(s.mean), duration(s.p50), duration(s.p95), duration(s.p99),
            duration(s.lo) + " to " + duration(s.hi), target ? duration(*target) : "none",
            !target            ? ""
            : aimed <= *target ? "ok"
                               : "missed"};
    };
    const std::vector<TextColumn> columns{{"Latency", Align::left}, {"mean", Align::right}, {"p50", Align::right},
        {"p95", Align::right}, {"p99", Align::right}, {"p95 band", Align::right}, {"target", Align::right},
        {"", Align::left}};
    return textTable(columns, {row("TTFT p95", e.ttft, plan.targets.ttftP95, e.ttft.p95),
                                  row("TPOT p95", e.tpot, plan.targets.tpotP95, e.tpot.p95),
                                  row("E2E p99", e.e2e, plan.targets.e2eP99, e.e2e.p99)});
}

std::string partsTable(const Evaluation& e)
{
    std::vector<std::vector<std::string>> rows;
    const auto add = [&](const char* name, const LatencyParts& p, const PartsBand& band, const Band& whole) {
        rows.push_back({name, duration(p.network), duration(p.retrieval), duration(p.queue), duration(p.prefill),
            duration(p.decode), duration(p.post), duration(p.total())});
        const auto edge = [&](const char* side, const LatencyParts& at, double total) {
            rows.push_back({side, "", "", duration(at.queue), duration(at.prefill), duration(at.decode), "",
                duration(Seconds(total))});
        };
        edge("  from", band.lo, whole.lo);
        edge("  to", band.hi, whole.hi);
    };
    add("mean", e.partsMean, e.partsMeanBand, e.e2eMeanBand);
    add("p95", e.partsP95, partsP95Band(e), {e.e2e.lo.si(), e.e2e.hi.si()});
    add("p99", e.partsP99, partsP99Band(e), farBand(e.e2e));
    std::vector<TextColumn> columns{{"Where the time goes", Align::left}};
    for (const char* part : {"network", "retrieval", "queue", "prefill", "decode", "post", "total"})
        columns.push_back({part, Align::right});
    return textTable(columns, rows);
}

Lines loadLines(const Plan& plan, const Evaluation& e)
{
    std::string limits = std::string(name(e.binding));
    for (const Elasticity& item : e.elasticities)
        if (item.elasticity >= 0.005) // below half a percent for ten percent more, nobody would buy it
            limits += "; 10 % more " + std::string(name(item.resource)) + ": " + signedPercent(0.1 * item.elasticity);
    Lines lines{{"arrival rate", rate(plan.workload.arrivalRate)},
        {"capacity", rate(e.capacity) + within(e.capacityBand)},
        {"within targets", "up to " + rate(e.targetRate) + within(targetRateBand(plan, e))},
        {"headroom", rate(e.headroom) + " (at worst " + rate(e.headroomLo) + ")"},
        {"utilization", percent(e.utilization) + ", engine busy " + percent(e.busyFraction) + " of the time"},
        {"replicas needed", e.replicasNeeded ? std::to_string(*e.replicasNeeded) + " (there are " +
                                                   std::to_string(plan.deployment.replicas) + ")"
                            : e.targetRate > RequestRate(0) ? "more than " + whole(kMostReplicas)
                                                            : "no number of replicas is enough"},
        {"limited by", limits},
        {"in a replica", number(e.meanRunning) + " running, " + number(e.meanQueue) + " waiting on average"},
        {"throughput", rate(e.throughput.output) + within(e.throughputBand) + " output, " + rate(e.throughput.total) +
                           within(inProportion(e.throughput.total.si(), e.throughput.output.si(), e.throughputBand)) +
                           " in all"},
        {"goodput", rate(e.throughput.goodput) + within(goodputBand(e, plan.targets)) + ", " +
                        percent(e.sloAttainment) + " of requests are good"}};
    if (!e.notCovered.empty())
        lines.emplace_back("not covered", wrapped(e.notCovered, 19));
    if (const auto words = calibrationWords(plan.hardware.calibration); !words.empty())
        lines.emplace_back("calibrated", words);
    if (const auto caution = bandsCaution(plan); !caution.empty())
        lines.emplace_back("bands", wrapped(caution, 19));
    return lines;
}

Lines memoryLines(const Evaluation& e)
{
    const MemoryUse& m = e.memory;
    const bool isOffloaded = m.host.size > Bytes(0);
    const std::string weights =
        bytes(m.weights.total()) +
        (isOffloaded ? ", " + bytes(m.host.weights) + " on the host, " + bytes(m.disk.weights) + " on disk" : "");
    return {{"GPU memory", bytes(m.gpuMemory) + ", of which " + bytes(m.usable) + " may be used"}, {"weights", weights},
        {"workspace", bytes(m.workspace)},
        {"KV cache", bytes(isOffloaded ? m.kvReach : m.kvPool) + " for " + whole(m.kvCapacity.si()) + " tokens, " +
                         percent(e.kvFraction) + " in use"},
        {"KV per token", whole(e.kvBytesPerToken.si()) + " B"},
        {"seats", whole(m.seats) + " sequences (memory alone: " + number(m.seatsByMemory) +
                      ", at full length: " + number(e.worstCaseSeats) + ")"},
        {"preemption", percent(m.preemptionProbability) + " probable with all seats taken"}};
}

Lines costLines(const Evaluation& e)
{
    const CostResult& c = e.cost;
    if (!c.priced)
        return {{"fleet", "no price known of the GPUs: set hardware.price_usd_per_gpu_hour"}};
    const auto asCost = [&](UsdPerToken value) { return inProportion(value.si(), c.perOutputToken.si(), e.costBand); };
    return {{"fleet", usd((c.fleet * hour).in(dollar)) + " an hour for " + counted(e.gpus, "GPU", "GPUs")},
        {"per M output tokens",
            perMillion(c.perOutputToken) + within(e.costBand, millionTokens.si()) + " at this load, " +
                perMillion(c.perOutputTokenAtCapacity) +
                within(inInverseProportion(c.perOutputTokenAtCapacity.si(), e.capacity.si(), e.capacityBand),
                    millionTokens.si()) +
                " at capacity"},
        {"per M tokens", perMillion(c.perToken) + within(asCost(c.perToken), millionTokens.si())},
        {"quality-adjusted", perMillion(c.qualityAdjusted) + within(asCost(c.qualityAdjusted), millionTokens.si()) +
                                 " per M output tokens"}};
}

} // namespace

std::string evaluationText(const Plan& plan, const Evaluation& e)
{
    std::string text = heading(plan.name) + "\n" + deployed(plan, e) + "\n" + wrapped(verdict(plan, e), 0) + "\n\n";
    if (e.fits && e.stable)
        text += latencyTable(plan, e) + "\n" + partsTable(e) + "\n";
    text += block("Load", loadLines(plan, e)) + "\n" + block("Memory of the busiest GPU", memoryLines(e)) + "\n" +
            block("Cost", costLines(e));
    for (const std::string& difference : differencesFromCatalog(plan))
        text += "\nDiffers from the catalog: " + difference;
    return text.ends_with('\n') ? text : text + "\n";
}

std::string stepText(const StepParts& p, const ErrorBand& errors)
{
    const auto share = [&](Seconds part) {
        return duration(part) + (p.total() > Seconds(0)
                                        ? " (" + percent(part / p.total()) + "; " + duration(errors.lo * part) +
                                              " to " + duration(errors.hi * part) + ")"
                                        : "");
    };
    using Rows = std::vector<std::pair<std::string, std::string>>;
    Rows resources{{"compute", share(p.compute)}, {"bandwidth", share(p.bandwidth)}, {"network", share(p.network)},
        {"overhead", share(p.overhead)}};
    Rows groups{{"attention", share(p.attention)}, {"projections", share(p.projections)},
        {"feed-forward", share(p.feedForward)}, {"experts", share(p.experts)}, {"head", share(p.head)},
        {"other", share(p.other)}, {"communication", share(p.communication)}, {"engine", share(p.engine)}};
    if (p.host > Seconds(0))
        for (Rows* rows : {&resources, &groups})
            rows->emplace_back("host and disk", share(p.host));
    const std::string band = " (" + duration(errors.lo * p.total()) + " to " + duration(errors.hi * p.total()) + ")";
    return block("Step of " + duration(p.total()) + band + ", by what limits it", resources) + "\n" +
           block("By part of the model", groups);
}

} // namespace headroom::cli
