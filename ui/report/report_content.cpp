// The verdict, the results and what they assume, in words.
#include "ui/report/report_content.h"

#include "core/calibration/calibrate.h"
#include "core/calibration/nearness.h"
#include "core/derived_bands.h"
#include "core/headroom.h"
#include "core/plan/catalog.h"
#include "ui/format.h"
#include "ui/plots/catalog.h"
#include "ui/plots/load_curve.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("Report", words); }

const QString kNoBand = QStringLiteral("–"); // no error model for this figure
constexpr double kHoursPerMonth = 730;       // 365 days / 12
constexpr double kClose = 0.1;               ///< headroom below this share is called thin

QString counted(int n, const QString& one, const QString& many) { return number(n, 4) + u' ' + (n == 1 ? one : many); }

QString bold(const QString& s) { return QStringLiteral("**") + s + QStringLiteral("**"); }

QString rate(RequestRate r) { return quantity(r.si(), "req/s"); }

/// "2 × H100 SXM 80GB"
QString fleetOf(const Plan& plan, int replicas)
{
    const int gpus = plan.layout().gpus() * replicas;
    return counted(gpus, tr("GPU"), tr("GPUs")) + QStringLiteral(" (") + text(plan.hardware.gpu.name) +
           QStringLiteral(")");
}

QString shapeOf(const Plan& plan, int replicas)
{
    const int each = plan.layout().gpus();
    QString s = counted(replicas, tr("replica"), tr("replicas"));
    if (each > 1)
        s += tr(" of %1").arg(counted(each, tr("GPU"), tr("GPUs")));
    return s;
}

QString bindingWords(Binding binding)
{
    switch (binding) {
    case Binding::none:
        return tr("Nothing binds at this load: no target is near.");
    case Binding::memory:
        return tr("**GPU memory** gives out first: more room for the KV cache would raise the load most.");
    case Binding::compute:
        return tr(
            "**Compute** gives out first: at the limit prompts fill the steps, and matrix products set their length.");
    case Binding::bandwidth:
        return tr("**Memory bandwidth** gives out first: each decode step reads weights and KV cache.");
    case Binding::network:
        return tr("**The network** between GPUs gives out first.");
    case Binding::host:
        return tr("**Host and disk** give out first: each step waits for what does not lie on the GPU.");
    case Binding::overhead:
        return tr("**Engine overhead** gives out first: the time per step that no GPU work fills.");
    case Binding::sequences:
        return tr("**The limit on sequences** gives out first: max_sequences is full before memory is.");
    case Binding::tokenBudget:
        return tr("**The token budget** of a step gives out first: prompts wait for their turn.");
    case Binding::queue:
        return tr("**Waiting** gives out first: bursts queue although no single resource is short.");
    case Binding::latencyFloor:
        return tr("**A target fails even without load**: a faster GPU or another layout is needed, not more of them.");
    }
    return {};
}

QString needSentence(const Snapshot& s)
{
    const Plan& plan = *s.now.plan;
    const Evaluation& e = s.now.evaluation;
    if (!e.fits)
        return tr("**Do not buy this**: %1 does not fit on %2 with this layout: %3. %4")
            .arg(text(plan.model.spec.name), text(plan.hardware.gpu.name), text(whyItDoesNotFit(plan, e.memory)),
                text(whatWouldFit(plan)));
    if (!e.replicasNeeded && e.targetRate > RequestRate(0))
        return tr("**More than %1 replicas are needed**: this plan is far from that load.")
            .arg(number(static_cast<double>(kMostReplicas)));
    if (!e.replicasNeeded)
        return tr(
            "**No number of these GPUs is enough** in this layout: a target fails on %1 however many replicas share "
            "the load.")
            .arg(text(plan.hardware.gpu.name));
    const int needed = *e.replicasNeeded, have = plan.deployment.replicas;
    QString why = tr("for %1").arg(rate(plan.workload.arrivalRate));
    if (plan.workload.peakFactor > 1)
        why += tr(" with peaks of %1 times that").arg(number(plan.workload.peakFactor));
    if (plan.deployment.spareReplicas > 0)
        why += tr(" and %1 down").arg(counted(plan.deployment.spareReplicas, tr("replica"), tr("replicas")));
    const QString need = bold(fleetOf(plan, needed)) + tr(" as ") + shapeOf(plan, needed);
    if (needed == have)
        return tr("Buy or rent %1 %2: the plan has exactly that.").arg(need, why);
    if (needed < have)
        return tr("Buy or rent %1 %2. The plan has %3, more than the targets ask for.")
            .arg(need, why, shapeOf(plan, have));
    return tr("Buy or rent %1 %2. The plan has %3, which is **not enough**.").arg(need, why, shapeOf(plan, have));
}

QString costSentence(const Snapshot& s)
{
    const Plan& plan = *s.now.plan;
    const Evaluation& e = s.now.evaluation;
    if (!e.cost.priced)
        return tr("The plan as it stands (%1) has **no price** per GPU-hour, so nothing is said of its cost.")
            .arg(fleetOf(plan, plan.deployment.replicas));
    const double hourly = (e.cost.fleet * hour).in(dollar);
    QString t = tr("The plan as it stands (%1) costs %2 or about %3 a month")
                    .arg(fleetOf(plan, plan.deployment.replicas), bold(quantity(hourly, "USD/h")),
                        quantity(hourly * kHoursPerMonth, "USD"));
    const double perMillion = (e.cost.perOutputToken * millionTokens).in(dollar);
    if (std::isfinite(perMillion))
        t += tr(", that is %1 per million output tokens at the present load").arg(bold(quantity(perMillion, "USD")));
    t += u'.';
    const int needed = e.replicasNeeded.value_or(0), have = plan.deployment.replicas;
    if (needed > have) {
        const double whole = hourly * needed / std::max(1, have);
        t += tr(" What is needed costs about %1 or %2 a month")
                 .arg(bold(quantity(whole, "USD/h")), quantity(whole * kHoursPerMonth, "USD"));
        if (std::isfinite(perMillion))
            t += tr(", that is %1 per million output tokens")
                     .arg(bold(quantity(perMillion * needed / std::max(1, have), "USD")));
        t += u'.';
    }
    return t;
}

QString holdSentence(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    const RequestRate now = s.now.plan->workload.arrivalRate;
    if (!e.fits)
        return tr("Nothing is served.");
    if (!e.stable)
        return tr("**Overloaded**: %1 arrive, %2 is all it can serve; queues grow without end.")
            .arg(rate(now), rate(e.capacity));
    if (e.targetRate.si() <= 0)
        return tr("**A target is missed even at an idle service.**");
    if (e.headroom.si() < 0)
        return tr("**Targets are missed** at %1; they hold up to %2. It saturates at %3.")
            .arg(rate(now), bold(rate(e.targetRate)), rate(e.capacity));
    QString t = tr("All targets hold up to %1: headroom of %2 over the present %3. It saturates at %4.")
                    .arg(bold(rate(e.targetRate)), bold(percent(e.headroomFraction)), rate(now), rate(e.capacity));
    if (e.headroomLo.si() < 0)
        t += tr(" At the pessimistic edge of the model's error the targets would be missed already.");
    else if (e.headroomFraction < kClose)
        t += tr(" That is thin.");
    return t;
}

QString verdictOf(Seconds reached, Seconds edge, Seconds target)
{
    if (reached > target)
        return tr("missed");
    return edge > target ? tr("holds, but the band passes it") : tr("holds");
}

/// The band of goodput as shares of the requests that are offered.
std::pair<double, double> shareOfGood(const Evaluation& e, const Targets& targets)
{
    if (!(e.sloAttainment > 0) || !(e.throughput.goodput.si() > 0))
        return {e.sloAttainment, e.sloAttainment};
    const Band good = goodputBand(e, targets);
    const double each = e.sloAttainment / e.throughput.goodput.si();
    return {std::min(1.0, each * good.lo), std::min(1.0, each * good.hi)};
}

QString bandText(Seconds lo, Seconds hi)
{
    if (!std::isfinite(hi.si()) || !(hi > lo))
        return kNoBand;
    return range(lo.si(), hi.si(), "s");
}

QString bandText(const Band& b, double factor, std::string_view unit)
{
    constexpr double kShown = 2e-3; // relative: both ends of a narrower one read alike
    if (!std::isfinite(b.hi) || !(b.hi > b.lo * (1 + kShown)))
        return kNoBand;
    return range(b.lo * factor, b.hi * factor, unit);
}

TextTable resultTable()
{
    TextTable t;
    t.columns = {tr("Result"), tr("Value"), tr("Band (80 %)"), tr("Assumes")};
    t.shares = {0.26, 0.15, 0.21, 0.38};
    t.numeric = {false, true, true, false};
    return t;
}

class Rows {
public:
    explicit Rows(TextTable& table) : m_table(table) {}
    void add(const QString& name, const QString& value, const QString& range, const QString& assumes)
    {
        m_table.rows.push_back({name, value, range, assumes});
    }

private:
    TextTable& m_table;
};

TextTable latencyResults(const Evaluation& e)
{
    TextTable t = resultTable();
    Rows rows(t);
    const auto seconds = [](Seconds s) { return quantity(s.si(), "s"); };
    rows.add(tr("TTFT p50"), seconds(e.ttft.p50), bandText(medianBand(e.ttft, e.ttftMeanBand), 1, "s"),
        tr("chain of the running batch; prompts wait as in M/G/1"));
    rows.add(tr("TTFT p95"), seconds(e.ttft.p95), bandText(e.ttft.lo, e.ttft.hi),
        tr("the same, and the length distributions of the plan"));
    rows.add(tr("TTFT p99"), seconds(e.ttft.p99), bandText(farBand(e.ttft), 1, "s"),
        tr("the same; the far tail is the least certain"));
    rows.add(tr("TPOT mean"), seconds(e.tpot.mean), bandText(e.tpotMeanBand, 1, "s"),
        tr("step time at the mean batch and context"));
    rows.add(tr("TPOT p95"), seconds(e.tpot.p95), bandText(e.tpot.lo, e.tpot.hi), tr("batch size as arrivals find it"));
    rows.add(
        tr("E2E mean"), seconds(e.e2e.mean), bandText(e.e2eMeanBand, 1, "s"), tr("six parts that add up; no retries"));
    const auto part = [&](const QString& name, Seconds LatencyParts::*which, const QString& assumes) {
        rows.add(name, seconds(e.partsMean.*which), bandText(e.partsMeanBand.of(which), 1, "s"), assumes);
    };
    if (e.stable) { // else they are no parts of anything
        part(tr("of which queue"), &LatencyParts::queue, tr("until a step takes the first own prompt token"));
        part(tr("of which prefill"), &LatencyParts::prefill, tr("steps shared with others' prompts and answers"));
        part(tr("of which decode"), &LatencyParts::decode, tr("gaps between tokens, each a step"));
    }
    rows.add(tr("E2E p95"), seconds(e.e2e.p95), bandText(e.e2e.lo, e.e2e.hi),
        tr("integrated over batch size and output length"));
    rows.add(tr("E2E p99"), seconds(e.e2e.p99), bandText(farBand(e.e2e), 1, "s"), tr("the same"));
    return t;
}

TextTable loadResults(const Evaluation& e, const Plan& plan)
{
    TextTable t = resultTable();
    Rows rows(t);
    rows.add(tr("Saturation rate"), rate(e.capacity), bandText(e.capacityBand, 1, "req/s"),
        tr("all seats taken, prompts at the stated mix"));
    rows.add(tr("Rate that holds the targets"), rate(e.targetRate), bandText(targetRateBand(plan, e), 1, "req/s"),
        tr("all classes grow alike, burstiness as it is"));
    rows.add(tr("Utilization"), percent(e.utilization), kNoBand, tr("arrivals over saturation rate"));
    rows.add(tr("Output throughput"), quantity(e.throughput.output.si(), "tok/s"),
        bandText(e.throughputBand, 1, "tok/s"), tr("what arrives is served while the queue is stable"));
    rows.add(tr("Goodput"), rate(e.throughput.goodput), bandText(goodputBand(e, plan.targets), 1, "req/s"),
        tr("requests within every target"));
    rows.add(
        tr("Requests in a replica"), number(e.meanConcurrency), kNoBand, tr("Little's law, checked against the chain"));
    rows.add(tr("Seats of a replica"), number(e.memory.seats), kNoBand,
        e.memory.seatsByMemory > e.memory.seats
            ? tr("the limit of the plan: memory holds %1").arg(number(std::floor(e.memory.seatsByMemory)))
            : tr("KV memory over the mean context, block by block"));
    rows.add(tr("KV memory in use"), percent(e.kvFraction), kNoBand, tr("mean over time; bursts use more"));
    rows.add(tr("Share of good requests"), percent(e.sloAttainment, 4), kNoBand,
        tr("offered requests, each target for itself"));
    return t;
}

TextTable costResults(const Evaluation& e)
{
    TextTable t = resultTable();
    Rows rows(t);
    const auto priced = [&](double usd, const char* unit) {
        return e.cost.priced ? quantity(usd, unit) : tr("no price");
    };
    const auto perMillion = [&](UsdPerToken c) { return priced((c * millionTokens).in(dollar), "USD"); };
    rows.add(tr("GPUs"), QString::number(e.gpus), kNoBand, tr("the plan's replicas, all of them paid"));
    rows.add(tr("Bill"), priced((e.cost.fleet * hour).in(dollar), "USD/h"), kNoBand,
        tr("idle GPUs cost the same; staff and power as stated"));
    rows.add(tr("Per million output tokens"), perMillion(e.cost.perOutputToken),
        bandText(e.costBand, millionTokens.si(), "USD"), tr("whole bill on output, at the present load"));
    rows.add(tr("The same at saturation"), perMillion(e.cost.perOutputTokenAtCapacity),
        bandText(inInverseProportion(e.cost.perOutputTokenAtCapacity.si(), e.capacity.si(), e.capacityBand),
            millionTokens.si(), "USD"),
        tr("no plan should run there; a lower bound"));
    rows.add(tr("Per million tokens, in and out"), perMillion(e.cost.perToken),
        bandText(inProportion(e.cost.perToken.si(), e.cost.perOutputToken.si(), e.costBand), millionTokens.si(), "USD"),
        tr("prompt tokens count as much as output tokens"));
    if (std::isfinite(e.cost.joulesPerToken)) {
        rows.add(tr("Energy of an output token"), quantity(e.cost.joulesPerToken, "J"), bandText(energyBand(e), 1, "J"),
            tr("board limit of the GPU times the power usage effectiveness"));
        rows.add(tr("CO2 of a million output tokens"), quantity(e.cost.gramsCo2PerToken * millionTokens.si(), "g"),
            bandText(
                inProportion(e.cost.gramsCo2PerToken, e.cost.joulesPerToken, energyBand(e)), millionTokens.si(), "g"),
            tr("that energy at the carbon intensity of the plan"));
    }
    return t;
}

} // namespace

std::vector<QString> verdictSentences(const Snapshot& s)
{
    std::vector<QString> out{needSentence(s), costSentence(s), holdSentence(s)};
    if (s.now.evaluation.fits) // else the weights are what there is no room for
        out.push_back(bindingWords(s.now.evaluation.binding));
    if (const auto least = leastCostSentence(s); !least.empty())
        out.insert(out.begin() + 2, text(least));
    if (const auto other = otherLayoutSentence(s); !other.empty())
        out.insert(out.begin() + 1, text(other));
    if (!s.now.evaluation.notCovered.empty())
        out.push_back(tr("Mind: ") + text(s.now.evaluation.notCovered));
    return out;
}

TextTable targetsTable(const Snapshot& s)
{
    const Targets& t = s.now.plan->targets;
    const Evaluation& e = s.now.evaluation;
    TextTable out;
    out.columns = {tr("Target"), tr("Asked"), tr("Reached"), tr("Band (80 %)"), tr("Verdict")};
    out.shares = {0.25, 0.12, 0.12, 0.21, 0.30};
    out.numeric = {false, true, true, true, false};
    const auto add = [&out](const QString& name, std::optional<Seconds> target, Seconds reached, const QString& range,
                         Seconds edge) {
        if (target)
            out.rows.push_back({name, quantity(target->si(), "s"), quantity(reached.si(), "s"), range,
                verdictOf(reached, edge, *target)});
    };
    add(tr("Time to first token, p95"), t.ttftP95, e.ttft.p95, bandText(e.ttft.lo, e.ttft.hi), e.ttft.hi);
    add(tr("Time per output token, p95"), t.tpotP95, e.tpot.p95, bandText(e.tpot.lo, e.tpot.hi), e.tpot.hi);
    const Band end = farBand(e.e2e);
    add(tr("End to end, p99"), t.e2eP99, e.e2e.p99, bandText(end, 1, "s"), Seconds(end.hi));
    const auto [fewest, most] = shareOfGood(e, t);
    out.rows.push_back({tr("Good requests"), percent(t.attainment, 4), percent(e.sloAttainment, 4),
        most > fewest ? tr("%1 to %2").arg(percent(fewest, 3), percent(most, 3)) : kNoBand,
        e.sloAttainment < t.attainment ? tr("missed")
        : fewest < t.attainment        ? tr("holds, but the band passes it")
                                       : tr("holds")});
    return out;
}

std::vector<InputGroup> resultTables(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    return {{tr("Latency"), latencyResults(e)}, {tr("Load and memory"), loadResults(e, *s.now.plan)},
        {tr("Cost"), costResults(e)}};
}

QString simulationSentence(const Snapshot& s)
{
    const sim::SimResult* own = studyIsCurrent(s) ? s.study->own() : nullptr;
    if (own == nullptr)
        return tr("Verdict and results are closed forms; nothing was simulated.");
    return tr(
        "Verdict and results are closed forms. What the charts call simulated is %1 of %2, seed %3, which gives the "
        "same requests every time.")
        .arg(counted(s.study->settings.replications, tr("run"), tr("runs")),
            counted(static_cast<int>(s.study->requests), tr("request"), tr("requests")), QString::number(own->seed));
}

std::vector<QString> assumptions(const Snapshot& s)
{
    std::vector<QString> out{tr("Figures are for the steady state at one arrival rate. Start-up, "
                                "deployments and failures are not in them, except "
                                "where spare replicas are stated."),
        tr("A replica is a chain over the requests in it, with a departure rate for each batch size. Waits "
           "behind prompts are those of an "
           "M/G/1 queue, which is somewhat optimistic when prompts come in bursts."),
        tr("A step takes the larger of compute and memory time, per group of operators, plus communication "
           "and engine overhead. Efficiencies "
           "belong to the GPU architecture and number format."),
        tr("Bands are nominal 80 % ranges of the model's own error. They hold no doubt about the inputs: "
           "see the sensitivities for that."),
        tr("Percentiles of latencies are over completed requests; a target holds when the percentile over "
           "offered requests is within it."),
        tr("Cost counts GPUs as paid whether busy or idle. Prices are the plan's; no discount, egress or "
           "storage is added."),
        tr("Replicas needed are at the peak rate with the spare replicas down.")};
    out.push_back(tr("**Nearest measurements:** ") + text(nearnessSentence(*s.now.plan)));
    if (const auto words = calibrationWords(s.now.plan->hardware.calibration); !words.empty())
        out.push_back(tr("**Calibrated:** %1. Bands are those of the shipped efficiencies.").arg(text(words)));
    if (const auto caution = bandsCaution(*s.now.plan); !caution.empty())
        out.push_back(tr("**Bands:** ") + text(caution));
    if (!s.now.evaluation.notCovered.empty())
        out.push_back(tr("**Outside what the closed forms cover:** ") + text(s.now.evaluation.notCovered));
    return out;
}

namespace {

/// What a figure of the catalog is called: its key stands in no report.
QString figureLabel(const std::string& key)
{
    struct Label {
        std::string_view key;
        const char* label;
    };
    static constexpr std::array kLabels{Label{"memory_mib", QT_TRANSLATE_NOOP("Report", "memory")},
        Label{"bandwidth_gb_s", QT_TRANSLATE_NOOP("Report", "memory bandwidth")},
        Label{"fp16_tflops", QT_TRANSLATE_NOOP("Report", "16-bit peak")},
        Label{"fp8_tflops", QT_TRANSLATE_NOOP("Report", "FP8 peak")},
        Label{"int8_tflops", QT_TRANSLATE_NOOP("Report", "INT8 peak")},
        Label{"fp4_tflops", QT_TRANSLATE_NOOP("Report", "FP4 peak")},
        Label{"link_gb_s", QT_TRANSLATE_NOOP("Report", "links between GPUs")},
        Label{"between_nodes_gb_s", QT_TRANSLATE_NOOP("Report", "network between nodes")},
        Label{"host_gb_s", QT_TRANSLATE_NOOP("Report", "link to the host")},
        Label{"power_w", QT_TRANSLATE_NOOP("Report", "board power")},
        Label{"published_params", QT_TRANSLATE_NOOP("Report", "published parameters")},
        Label{"published_active", QT_TRANSLATE_NOOP("Report", "published active parameters")}};
    const auto found = std::ranges::find(kLabels, std::string_view(key), &Label::key);
    return found != kLabels.end() ? tr(found->label) : text(key);
}

/// Whether the plan computes in the format that a peak is of; any other figure counts always.
bool isUsed(const std::string& figure, const Plan& plan)
{
    const NumberFormat weights = plan.model.weightFormat, kv = plan.model.kvFormat;
    if (figure == "int8_tflops")
        return weights == NumberFormat::int8;
    if (figure == "fp8_tflops")
        return weights == NumberFormat::fp8 || weights == NumberFormat::mxfp4 || kv == NumberFormat::fp8;
    if (figure == "fp4_tflops")
        return weights == NumberFormat::fp4 || weights == NumberFormat::mxfp4;
    return true;
}

/// Where a figure comes from: "datasheet, 2026-11-22".
QString origin(const Provenance& p)
{
    QString line = text(p.source);
    if (!p.date.empty())
        line += QStringLiteral(", ") + text(p.date);
    if (p.recalled && !line.contains(QLatin1String("recalled"), Qt::CaseInsensitive))
        line += tr(" (recalled, not looked up)");
    return line;
}

/// A line for each source, with all that was taken from it.
void addSources(
    std::vector<QString>& out, const std::string& name, const std::vector<Provenance>& list, const Plan& plan)
{
    std::vector<std::pair<QString, QStringList>> bySource;
    for (const Provenance& p : list) {
        if (!isUsed(p.figure, plan))
            continue;
        const QString from = origin(p);
        auto found = std::ranges::find(bySource, from, &std::pair<QString, QStringList>::first);
        if (found == bySource.end())
            found = bySource.insert(found, {from, {}});
        found->second << figureLabel(p.figure);
    }
    for (const auto& [from, figures] : bySource)
        out.push_back(
            text(name) + QStringLiteral(", ") + figures.join(QStringLiteral(", ")) + QStringLiteral(": ") + from);
}

} // namespace

std::vector<QString> sources(const Plan& plan)
{
    std::vector<QString> out;
    if (const CatalogGpu* gpu = findGpu(plan.hardware.gpu.name)) {
        addSources(out, gpu->spec.name, gpu->provenance, plan);
        if (!plan.hardware.priceEdited && !gpu->priceSource.empty())
            out.push_back(text(gpu->spec.name) + tr(", price: ") + text(gpu->priceSource));
    } else {
        out.push_back(
            tr("%1 is not in the catalog: its figures are the plan's own.").arg(text(plan.hardware.gpu.name)));
    }
    if (const auto model = findModel(plan.model.spec.name); model && model->model)
        addSources(out, model->model->spec.name, model->model->provenance, plan);
    else
        out.push_back(
            tr("The model %1 is not in the catalog: its shape is the plan's own.").arg(text(plan.model.spec.name)));
    for (const std::string& difference : differencesFromCatalog(plan))
        out.push_back(tr("Differs from the catalog: ") + text(difference));
    return out;
}

} // namespace headroom::ui
