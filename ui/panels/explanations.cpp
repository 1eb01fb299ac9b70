#include "ui/panels/explanations.h"

#include "core/calibration/calibrate.h"
#include "core/derived_bands.h"
#include "core/plan/catalog.h"
#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/money.h"
#include "ui/plots/load_curve.h"

#include <QCoreApplication>

#include <array>
#include <cmath>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("Explanations", words); }

QString time(Seconds s) { return quantity(s.si(), "s", 3); }

QString rate(RequestRate r) { return number(r.si(), 3) + QStringLiteral(" req/s"); }

/// What overload means: words say more than infinities.
QString noSteadyState(const Evaluation& e, RequestRate now)
{
    return tr("No steady state: more arrives than is served, so the queue grows by %1 requests a second for as long as "
              "this load lasts.")
        .arg(number(std::max(0.0, now.si() - e.capacity.si())));
}

QString bandWords(const LatencySummary& latency, const Snapshot& s)
{
    if (!std::isfinite(latency.p95.si()))
        return noSteadyState(s.now.evaluation, s.now.plan->workload.arrivalRate);
    if (!std::isfinite(latency.hi.si()))
        return tr("Band of the p95 (80 %): from %1, open above.").arg(time(latency.lo));
    return tr("Band of the p95 (80 %): %1 to %2.").arg(time(latency.lo), time(latency.hi));
}

/// The same of the p99, which end-to-end targets are stated for.
QString farBandWords(const LatencySummary& latency, const Snapshot& s)
{
    const Band band = farBand(latency);
    if (!std::isfinite(latency.p99.si()) || !std::isfinite(band.hi))
        return bandWords(latency, s);
    return tr("Band of the p99 (80 %): %1 to %2.").arg(time(Seconds(band.lo)), time(Seconds(band.hi)));
}

/// "0.1 to 0.3 s"; a wait that may have no end is open above.
QString rangeWords(const Band& band, std::string_view unit, double factor = 1)
{
    if (!std::isfinite(band.lo))
        return tr("without end");
    if (!std::isfinite(band.hi))
        return tr("from %1, open above").arg(quantity(band.lo * factor, unit));
    return range(band.lo * factor, band.hi * factor, unit);
}

/// Of a part of the mean request.
QString partWords(const Evaluation& e, Seconds LatencyParts::*part)
{
    return rangeWords(e.partsMeanBand.of(part), "s");
}

QString littlesLaw(const Evaluation& e, RequestRate now, int replicas)
{
    if (!std::isfinite(e.e2e.mean.si()))
        return noSteadyState(e, now);
    // Network, retrieval and post-processing are outside of the replicas.
    const Seconds stay = e.partsMean.queue + e.partsMean.prefill + e.partsMean.decode;
    return tr(
        "Check, Little's law: λ · W = %1 × %2 = %3, and %4 requests are in the replicas (W is E2E without network, "
        "retrieval and post-processing).")
        .arg(number(now.si()), time(stay), number(now.si() * stay.si()), number(e.meanConcurrency * replicas));
}

/// A clause as a sentence of its own.
QString sentence(const std::string& clause)
{
    const QString words = text(clause);
    return words.left(1).toUpper() + words.mid(1) + QLatin1Char('.');
}

Explanation headroomOf(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    const RequestRate now = s.now.plan->workload.arrivalRate;
    return {QStringLiteral("headroom"), QStringLiteral("2.3"), tr("Headroom"),
        tr("How much more load the plan carries before the first target fails. Below zero a target is missed already."),
        {tr("headroom = λ* − λ"), QStringLiteral("= %1 − %2 req/s").arg(number(e.targetRate.si()), number(now.si())),
            QStringLiteral("= %1 (%2)").arg(rate(e.headroom), signedPercent(e.headroomFraction))},
        {tr("λ*: the first arrival rate, from below, at which a target fails; the capacity R·μ where none is stated."),
            tr("Headroom at the pessimistic edge of the band: %1.").arg(rate(e.headroomLo)),
            sentence(replicasNeededText(s.now))},
        tr("Search on the batch chain for the first crossing of a target"), tr("within targets")};
}

Explanation ttftOf(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    const LatencyParts& p = e.partsMean;
    const bool ends = std::isfinite(e.ttft.p95.si()); // the queue does
    const bool atOnce = s.now.plan->batching.policy == BatchPolicy::static_;
    return {QStringLiteral("ttft"), QStringLiteral("1.1"), tr("Time to first token"),
        atOnce ? tr("A static batch answers when all of it is done: the first token comes with the last.")
               : tr("From sending a request to its first token: the way in, retrieval, waiting, and reading the "
                    "prompt."),
        {atOnce ? tr("TTFT = network + retrieval + queue + prefill + decode")
                : tr("TTFT = network in + retrieval + queue + prefill"),
            ends && atOnce ? tr("= queue %1 + prefill %2 + decode %3 + fixed parts, mean")
                                 .arg(time(p.queue), time(p.prefill), time(p.decode))
            : ends ? tr("= queue %1 + prefill %2 + fixed parts, mean").arg(time(p.queue), time(p.prefill))
                   : tr("= a queue without end + prefill %1 + fixed parts").arg(time(p.prefill)),
            ends ? tr("= mean %1 · p95 %2").arg(time(e.ttft.mean), time(e.ttft.p95)) : tr("grows with time")},
        {bandWords(e.ttft, s),
            tr("Bands of the means (80 %): queue %1; prefill %2.")
                .arg(partWords(e, &LatencyParts::queue), partWords(e, &LatencyParts::prefill)),
            tr("The way in, with the frontend: %1; retrieval %2.")
                .arg(time(0.5 * s.now.plan->latency.network + s.now.plan->latency.frontend), time(p.retrieval))},
        tr("Birth–death chain over the batch; wait behind prompts as M/G/1"), tr("TTFT")};
}

Explanation e2eOf(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    const LatencyParts& p = e.partsMean;
    const bool ends = std::isfinite(e.e2e.p99.si()); // the queue does
    const bool atOnce = s.now.plan->batching.policy == BatchPolicy::static_;
    return {QStringLiteral("e2e"), QStringLiteral("3.5"), tr("End to end"),
        tr("From sending a request to its last token, and what is done with it then."),
        {atOnce ? tr("E2E = TTFT: a static batch answers when all of it is done")
                : tr("E2E = TTFT + (n − 1) · TPOT + post-processing + network out"),
            ends && atOnce ? tr("= queue %1 + prefill %2 + decode %3 + fixed parts, mean")
                                 .arg(time(p.queue), time(p.prefill), time(p.decode))
            : ends ? tr("= TTFT %1 + decode %2 + post %3, mean").arg(time(e.ttft.mean), time(p.decode), time(p.post))
                   : tr("= a wait without end + decode %1").arg(time(p.decode)),
            ends ? tr("= mean %1 · p95 %2 · p99 %3").arg(time(e.e2e.mean), time(e.e2e.p95), time(e.e2e.p99))
                 : tr("grows with time")},
        {farBandWords(e.e2e, s),
            tr("Bands of the means (80 %): queue %1; prefill %2; decode %3.")
                .arg(partWords(e, &LatencyParts::queue), partWords(e, &LatencyParts::prefill),
                    partWords(e, &LatencyParts::decode)),
            tr("n: output tokens, %1 on average.").arg(number(s.now.evaluator->workload().outputMean.si()))},
        tr("Convolution of the wait for the first token with the lengths of answers"), tr("E2E")};
}

Explanation tpotOf(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    const StepParts& d = e.step;
    const bool isOffloaded = s.now.plan->deployment.offload.enabled;
    return {QStringLiteral("tpot"), QStringLiteral("3.3"), tr("Time per output token"),
        tr("The mean gap between the tokens of one request: the engine's step, stretched by prompts that join it."),
        {isOffloaded ? tr("d(B) = compute + bandwidth + network + overhead + host and disk")
                     : tr("d(B) = compute + bandwidth + network + overhead"),
            QStringLiteral("= %1 + %2 + %3 + %4")
                    .arg(time(d.compute), time(d.bandwidth), time(d.network), time(d.overhead)) +
                (isOffloaded ? QStringLiteral(" + ") + time(d.host) : QString()),
            std::isfinite(e.tpot.p95.si())
                ? tr("= %1 at B = %2 · TPOT p95 %3").arg(time(d.total()), number(e.stepDecodes), time(e.tpot.p95))
                : tr("= %1 at B = %2").arg(time(d.total()), number(e.stepDecodes))},
        {tr("d: one decode step of the mean batch B, split by what limits it.") +
                (e.binding == Binding::compute && d.compute < d.bandwidth
                        ? tr(" Compute binds the plan all the same: at its limit, prompts fill the steps.")
                        : QString()),
            tr("Band of one step (80 %): %1; what it is made of moves alike.").arg(rangeWords(e.stepBand, "s")),
            bandWords(e.tpot, s)},
        tr("Roofline by operator group with measured efficiencies"), tr("TPOT")};
}

Explanation utilizationOf(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    const RequestRate now = s.now.plan->workload.arrivalRate;
    const int replicas = s.now.plan->deployment.replicas;
    return {QStringLiteral("utilization"), QStringLiteral("2.3"), tr("Utilization"),
        tr("The share of its capacity that the arriving work keeps busy. Waiting grows like 1/(1 − ρ): the last 20 % "
           "cost more than the first 80."),
        {tr("ρ = λ / (R · μ)"),
            tr("= %1 / (%2 × %3 req/s)")
                .arg(number(now.si()))
                .arg(replicas)
                .arg(number(e.capacity.si() / std::max(1, replicas))),
            QStringLiteral("= %1").arg(number(e.utilization, 2))},
        {tr("μ: departure rate of one replica with all %1 seats taken.").arg(number(e.memory.seats)),
            littlesLaw(e, now, replicas)},
        tr("Little 1961; chain of a replica with continuous batching"), tr("capacity")};
}

Explanation kvOf(const Snapshot& s)
{
    const MemoryUse& m = s.now.evaluation.memory;
    const auto gib = [](Bytes b) { return number(b.in(gibibyte), 4); };
    const bool isOffloaded = s.now.plan->deployment.offload.enabled;
    return {QStringLiteral("kv_memory"), QStringLiteral("5.4"), tr("KV memory"),
        tr("What is left beside weights and workspace holds the keys and values of running requests: it sets how many "
           "can run at once."),
        {isOffloaded ? tr("N = smallest of (room / share of the cache) on GPU, host, disk / KV of one request")
                     : tr("N = (u·M − weights − workspace) / KV of one request"),
            isOffloaded ? tr("= %1 GiB / %2").arg(gib(m.kvReach), quantity(m.kvPerRequest.si(), "B", 3))
                        : tr("= (%1 − %2 − %3 GiB) / %4")
                                  .arg(gib(m.usable), gib(m.weights.total()), gib(m.workspace),
                                      quantity(m.kvPerRequest.si(), "B", 3)) +
                              (s.now.plan->deployment.attentionDp > 1
                                      ? tr(" × %1 ranks").arg(s.now.plan->deployment.attentionDp)
                                      : QString()),
            m.seats < std::floor(m.seatsByMemory)
                ? tr("= %1 seats, %2 with max_sequences").arg(number(std::floor(m.seatsByMemory)), number(m.seats))
                : tr("= %1 seats").arg(number(m.seats))},
        {tr("KV of one request: averaged over its stay, on the busiest GPU."),
            tr("One token of one sequence takes %1 bytes.").arg(number(s.now.evaluation.kvBytesPerToken.si(), 6)),
            tr("If every request were at its longest: %1 seats.").arg(number(s.now.evaluation.worstCaseSeats))},
        tr("PagedAttention, Kwon et al. 2023"), tr("capacity")};
}

/// Where the price of a GPU-hour comes from.
QString priceSourceOf(const Plan& plan)
{
    const CatalogGpu* gpu = findGpu(plan.hardware.gpu.name);
    if (plan.hardware.priceEdited || gpu == nullptr)
        return tr("the price of a GPU-hour is the plan's own");
    return gpu->priceSource.empty() ? tr("no price of this GPU is known") : tr("price: %1").arg(text(gpu->priceSource));
}

Explanation costOf(const Snapshot& s)
{
    const Evaluation& e = s.now.evaluation;
    const double hourly = (e.cost.fleet * hour).in(dollar);
    if (!e.cost.priced)
        return {QStringLiteral("cost"), QStringLiteral("7.3"), tr("Cost of a token"),
            tr("The plan has no price per GPU-hour, so nothing can be said of its cost."),
            {tr("USD per M = 10⁶ · C / (3600 · Q)")}, {tr("Q: output tokens served at the present load.")},
            tr("GPU price and its date: catalog"), tr("cost")};
    return {QStringLiteral("cost"), QStringLiteral("7.3"), tr("Cost of a token"),
        tr("The fleet costs about the same when it idles, so a token is dear at low load and cheapest at full load."),
        {tr("USD per M = 10⁶ · C / (3600 · Q)"),
            tr("= 10⁶ × %1/h / (3600 × %2 tok/s)").arg(money(hourly), number(e.throughput.output.si())),
            QStringLiteral("= %1").arg(money((e.cost.perOutputToken * millionTokens).in(dollar)))},
        {tr("Q: output tokens served at the present load."),
            e.costBand.hi > e.costBand.lo ? tr("Band (80 %): %1.").arg(rangeWords(e.costBand, "$", millionTokens.si()))
                                          : tr("No band at this load: even at worst all that arrives is served."),
            tr("At full load: %1 (%2).")
                .arg(money((e.cost.perOutputTokenAtCapacity * millionTokens).in(dollar)),
                    rangeWords(
                        inInverseProportion(e.cost.perOutputTokenAtCapacity.si(), e.capacity.si(), e.capacityBand), "$",
                        millionTokens.si())),
            tr("Charged to input and output alike: %1.").arg(money((e.cost.perToken * millionTokens).in(dollar)))},
        priceSourceOf(*s.now.plan), tr("cost")};
}

/// "token budget" for token_budget
QString words(std::string_view id) { return text(id).replace(QLatin1Char('_'), QLatin1Char(' ')); }

Explanation bindingOf(const Snapshot& s)
{
    constexpr double kTrace = 5e-4; // of rounding
    QStringList gains;
    for (const Elasticity& e : s.now.evaluation.elasticities)
        gains.append(
            tr("%1: %2").arg(words(name(e.resource)), number(std::abs(e.elasticity) < kTrace ? 0 : e.elasticity, 2)));
    if (gains.isEmpty())
        gains.append(tr("no resource was probed"));
    return {QStringLiteral("binding"), QStringLiteral("4.3"), tr("What binds first"),
        tr("The resource whose 10 % relaxation raises the load the plan carries most: buy more of this first."),
        {tr("elasticity = (Δλ*/λ*) / 10 %"), gains.join(QStringLiteral("\n")),
            tr("binds: %1").arg(words(name(s.now.evaluation.binding)))},
        {tr("1 = the load grows in proportion; 0 = more of it changes nothing.")},
        tr("Probe of the step model and of λ*"), tr("within targets")};
}

/// Where the model does not fit nothing is served: no queue, no steady state, no times.
Explanation whereNothingFits(Explanation e, const Snapshot& s)
{
    e.formula = {e.formula.front(), tr("no value: nothing is served")};
    e.notes = {tr("The model does not fit: %1.").arg(text(whyItDoesNotFit(s.now))), text(whatWouldFit(*s.now.plan))};
    return e;
}

/// A plan with factors of its own says so beside every number: they are not what ships.
Explanation withCalibration(Explanation e, const Plan& plan)
{
    if (const std::string words = calibrationWords(plan.hardware.calibration); !words.empty())
        e.notes.append(tr("Calibrated by measurements: %1.").arg(text(words)));
    return e;
}

} // namespace

Explanation explain(const QString& id, const Snapshot& snapshot)
{
    using Make = Explanation (*)(const Snapshot&);
    constexpr std::array<std::pair<const char*, Make>, 8> kAll{
        {{"headroom", &headroomOf}, {"ttft", &ttftOf}, {"e2e", &e2eOf}, {"tpot", &tpotOf},
            {"utilization", &utilizationOf}, {"kv_memory", &kvOf}, {"cost", &costOf}, {"binding", &bindingOf}}};
    for (const auto& [known, make] : kAll)
        if (id == QLatin1String(known)) {
            const bool isOfMemory = make == &kvOf; // that is what there is to see
            if (!snapshot.now.evaluation.fits && !isOfMemory)
                return whereNothingFits(make(snapshot), snapshot);
            return withCalibration(make(snapshot), *snapshot.now.plan);
        }
    return explain(QStringLiteral("utilization"), snapshot);
}

QString explanationOfChart(std::string_view chart)
{
    const auto has = [&](std::string_view part) { return chart.find(part) != std::string_view::npos; };
    if (has("memory") || has("seats") || has("kv") || has("fragment"))
        return QStringLiteral("kv_memory");
    if (has("cost") || has("bill") || has("price") || has("gpu_table"))
        return QStringLiteral("cost");
    if (has("tpot") || has("step") || has("batch") || has("roofline") || has("network"))
        return QStringLiteral("tpot");
    if (has("e2e") || has("time_parts") || has("waterfall") || has("cdf"))
        return QStringLiteral("e2e");
    if (has("latency") || has("time"))
        return QStringLiteral("ttft");
    return QStringLiteral("utilization");
}

} // namespace headroom::ui
