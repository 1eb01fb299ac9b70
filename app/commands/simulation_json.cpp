#include "app/commands/simulation_json.h"

#include "app/commands/text_table.h"
#include "core/derived_bands.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdio>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;

Json orNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json distribution(const sim::Distribution& d)
{
    const auto value = [&](double v) { return d.count > 0 ? Json(v) : Json(nullptr); }; // nothing measured is not 0
    return {{"mean", value(d.mean)}, {"p50", value(d.p50)}, {"p95", value(d.p95)}, {"p99", value(d.p99)},
        {"ci_lo", orNull(d.ciLo)}, {"ci_hi", orNull(d.ciHi)}};
}

Json parts(const LatencyParts& p)
{
    return {{"network", p.network.si()}, {"retrieval", p.retrieval.si()}, {"queue", p.queue.si()},
        {"prefill", p.prefill.si()}, {"decode", p.decode.si()}, {"post", p.post.si()}};
}

std::string hex(std::uint64_t value)
{
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
    return text.data();
}

Json overTime(const sim::TimeSeries& s)
{
    return {{"interval_s", s.interval}, {"waiting", s.waiting}, {"running", s.running}, {"kv_fraction", s.kvFraction},
        {"output_tok_s", s.outputTokensPerSecond}, {"busy_fraction", s.busyFraction}};
}

/// A simulated value moves with the step times as the same value does in closed form. Absent where that is not known, or
/// overloaded, or nothing was measured.
std::optional<Band> bandOf(double simulated, double closed, const Band& ofClosed)
{
    if (!(closed > 0) || !std::isfinite(closed) || !std::isfinite(simulated))
        return std::nullopt;
    return inProportion(simulated, closed, ofClosed);
}

struct SimulatedLatency {
    const char* key;
    sim::Distribution sim::SimResult::*simulated;
    LatencySummary PointEvaluation::*closed;
    Band PointEvaluation::*ofMean;
};
constexpr std::array kLatencies{
    SimulatedLatency{"ttft_s", &sim::SimResult::ttft, &PointEvaluation::ttft, &PointEvaluation::ttftMeanBand},
    SimulatedLatency{"tpot_s", &sim::SimResult::tpot, &PointEvaluation::tpot, &PointEvaluation::tpotMeanBand},
    // The gaps between tokens, of which a TPOT is the mean: both are steps.
    SimulatedLatency{"itl_s", &sim::SimResult::itl, &PointEvaluation::tpot, &PointEvaluation::tpotMeanBand},
    SimulatedLatency{"e2e_s", &sim::SimResult::e2e, &PointEvaluation::e2e, &PointEvaluation::e2eMeanBand}};

std::optional<Band> p95BandOf(const SimulatedLatency& l, const sim::SimResult& r, const PointEvaluation* closed)
{
    const sim::Distribution& d = r.*l.simulated;
    if (closed == nullptr || d.count == 0)
        return std::nullopt;
    const LatencySummary& s = closed->*l.closed;
    return bandOf(d.p95, s.p95.si(), {s.lo.si(), s.hi.si()});
}

/// Nominal 80 %, of the step times; all keys are there, for tables.
Json stepBands(const sim::SimResult& r, const PointEvaluation* closed)
{
    Json bands;
    const auto put = [&](const std::string& key, const std::optional<Band>& b) {
        bands[key] = {{"lo", b ? Json(b->lo) : Json(nullptr)}, {"hi", b ? Json(b->hi) : Json(nullptr)}};
    };
    for (const SimulatedLatency& l : kLatencies) {
        const sim::Distribution& d = r.*l.simulated;
        const bool known = closed != nullptr && d.count > 0;
        const std::string key = l.key;
        put(key + ".mean",
            known ? bandOf(d.mean, (closed->*l.closed).mean.si(), closed->*l.ofMean) : std::optional<Band>());
        put(key + ".p95", p95BandOf(l, r, closed));
    }
    for (const auto& [key, part] : {std::pair{"queue", &LatencyParts::queue}, {"prefill", &LatencyParts::prefill},
             {"decode", &LatencyParts::decode}})
        put(std::string("latency_parts_s.mean.") + key,
            closed != nullptr && r.e2e.count > 0
                ? bandOf((r.partsMean.*part).si(), (closed->partsMean.*part).si(), closed->partsMeanBand.of(part))
                : std::optional<Band>());
    for (const auto& [key, value] : {std::pair{"output_tok_s", r.outputTokensPerSecond},
             {"total_tok_s", r.totalTokensPerSecond}, {"req_s", r.requestsPerSecond}})
        put(std::string("throughput.") + key,
            closed != nullptr ? bandOf(value, closed->throughput.output.si(), closed->throughputBand)
                              : std::optional<Band>());
    return bands;
}

void addCounts(Json& object, const sim::Counters& c)
{
    object["requests"] = c.requests;
    object["completed"] = c.completed;
    object["rejected"] = c.rejected;
    object["unfinished"] = c.unfinished;
    object["timed_out"] = c.timedOut;
    object["attempts"] = c.attempts;
    Json rejections = Json::object();
    for (std::size_t i = 1; i < c.rejections.size(); ++i)
        rejections[std::string(sim::kRejectionNames[i])] = c.rejections[i];
    object["rejections"] = rejections;
    object["adjusted"] = c.adjusted;
    object["truncated"] = c.truncated;
    object["preemptions"] = c.preemptions;
    object["swaps"] = c.swaps;
    object["wasted_tokens"] = c.wastedTokens;
    object["cached_tokens"] = c.cachedTokens;
    object["fetched_tokens"] = c.fetchedTokens;
}

} // namespace

std::string simulationJson(const sim::SimResult& r, std::optional<double> utilization, const PointEvaluation* closed)
{
    Json object;
    addCounts(object, r.counters);
    object["simulated_s"] = r.simulatedSeconds;
    object["engine_wall_s"] = r.engineWallSeconds;
    object["seed"] = r.seed;
    object["replications"] = r.replications;
    object["fingerprint"] = hex(r.fingerprint);
    object["limit"] = r.limit.empty() ? Json(nullptr) : Json(r.limit);
    object["cancelled"] = r.cancelled;
    for (const auto& [key, d] :
        {std::pair{"ttft_s", &r.ttft}, {"tpot_s", &r.tpot}, {"itl_s", &r.itl}, {"e2e_s", &r.e2e}, {"queue_s", &r.queue},
            {"slowdown", &r.slowdown}, {"normalized_latency_s", &r.normalizedLatency}})
        object[key] = distribution(*d);
    object["slowest_gaps_mean_s"] = r.itl.count > 0 ? nlohmann::ordered_json(r.slowestGapsMean) : nullptr;
    object["head_of_line_mean_s"] = orNull(r.headOfLineMean);
    object["latency_parts_s"] = {{"mean", parts(r.partsMean)}, {"p99", parts(r.partsP99)}};
    object["bands"] = stepBands(r, closed);
    object["throughput"] = {{"output_tok_s", r.outputTokensPerSecond}, {"total_tok_s", r.totalTokensPerSecond},
        {"req_s", r.requestsPerSecond}, {"goodput_req_s", r.goodputPerSecond}};
    object["slo_attainment"] = r.counters.measured > 0 ? nlohmann::ordered_json(r.attainment) : nullptr;
    object["utilization"] = orNull(utilization);
    object["busy_fraction"] = r.busyFraction;
    object["kv_fraction"] = r.kvFraction;
    object["kv_peak_fraction"] = r.kvPeakFraction;
    object["events"] = r.counters.events;
    object["steps"] = r.counters.steps;
    object["leaps"] = r.counters.leaps;
    object["series"] = overTime(r.series);
    const sim::SeriesBand& band = r.seriesBand;
    object["series"]["replications"] =
        band.isEmpty() ? Json(nullptr) : Json{{"mean", overTime(band.mean)}, {"half_width", overTime(band.half)}};
    return object.dump();
}

std::string simulationText(
    const Plan& plan, const sim::SimResult& r, std::optional<double> utilization, const PointEvaluation* closed)
{
    const auto& c = r.counters;
    const auto count = [](std::uint64_t n) { return ui::whole(static_cast<double>(n)); };
    std::string verdict = count(c.completed) + " of " + count(c.requests) + " requests completed in " +
                          ui::duration(Seconds(r.simulatedSeconds)) + " of simulated time";
    for (const auto& [n, what] :
        {std::pair{c.rejected, " rejected"}, {c.timedOut, " timed out"}, {c.unfinished, " unfinished"}})
        if (n > 0)
            verdict += ", " + count(n) + what;
    for (std::size_t i = 1; i < c.rejections.size(); ++i)
        if (c.rejections[i] > 0)
            verdict += "; rejected by " + std::string(sim::kRejectionNames[i]) + ": " + count(c.rejections[i]);
    if (!r.limit.empty())
        verdict += "; stopped at the limit of " + r.limit;
    std::string text = heading(plan.name) + "\n" + verdict + ".\n\n";
    using Align = TextColumn::Align;
    std::vector<std::vector<std::string>> rows;
    const auto time = [](const sim::Distribution& d, double v) {
        return d.count > 0 ? ui::duration(Seconds(v)) : std::string("-");
    };
    const auto stepsSay = [&](const sim::Distribution* d) -> std::string {
        for (const SimulatedLatency& l : kLatencies)
            if (const auto band = &(r.*l.simulated) == d ? p95BandOf(l, r, closed) : std::nullopt)
                return ui::duration(Seconds(band->lo)) + " to " + ui::duration(Seconds(band->hi));
        return "-";
    };
    for (const auto& [label, d] :
        {std::pair{"TTFT", &r.ttft}, {"TPOT", &r.tpot}, {"ITL", &r.itl}, {"E2E", &r.e2e}, {"queue", &r.queue}})
        rows.push_back({label, time(*d, d->mean), time(*d, d->p50), time(*d, d->p95), time(*d, d->p99),
            d->ciLo ? ui::duration(Seconds(*d->ciLo)) + " to " + ui::duration(Seconds(*d->ciHi)) : std::string("-"),
            stepsSay(d)});
    text += textTable({{"latency"}, {"mean", Align::right}, {"p50", Align::right}, {"p95", Align::right},
                          {"p99", Align::right}, {"95 % interval of the p95"}, {"80 % band of step times"}},
        rows);
    text +=
        "\n" + block("Load", {{"output", ui::number(r.outputTokensPerSecond) + " tok/s"},
                                 {"requests", ui::number(r.requestsPerSecond) + " req/s"},
                                 {"goodput", ui::number(r.goodputPerSecond) + " req/s"},
                                 {"within targets", c.measured > 0 ? ui::percent(r.attainment) : "-"},
                                 {"offered load", utilization ? ui::percent(*utilization) : "-"},
                                 {"busy", ui::percent(r.busyFraction)},
                                 {"KV memory", ui::percent(r.kvFraction) + ", peak " + ui::percent(r.kvPeakFraction)},
                                 {"preemptions", count(c.preemptions)}});
    std::vector<std::pair<std::string, std::string>> apart;
    if (c.completed > 0)
        apart = {{"slowest 10 % of gaps", ui::duration(Seconds(r.slowestGapsMean)) + " on average"},
            {"slowdown", ui::number(r.slowdown.mean) + " times as long as alone, p95 " + ui::number(r.slowdown.p95)}};
    if (r.headOfLineMean)
        apart.emplace_back("blocked by longer", ui::duration(Seconds(*r.headOfLineMean)) + " per request");
    if (c.attempts > c.requests)
        apart.emplace_back("attempts",
            count(c.attempts) + ", " + ui::number(static_cast<double>(c.attempts) / static_cast<double>(c.requests)) +
                " for each request; times are those of the attempt that was answered");
    for (const auto& [n, label] : {std::pair{c.swaps, "swaps"}, {c.wastedTokens, "wasted tokens"},
             {c.cachedTokens, "tokens found cached"}, {c.fetchedTokens, "fetched from other replicas"},
             {c.truncated, "outputs cut at the context limit"}, {c.adjusted, "zero lengths raised to 1"}})
        if (n > 0)
            apart.emplace_back(label, count(n));
    if (!apart.empty())
        text += "\n" + block("Requests", apart);
    text += "\n" + block("Run", {{"steps", count(c.steps) + " in " + count(c.leaps) + " leaps"},
                                    {"engine", ui::duration(Seconds(r.engineWallSeconds))},
                                    {"replications", std::to_string(r.replications)}, {"seed", std::to_string(r.seed)},
                                    {"fingerprint", hex(r.fingerprint)}});
    return text;
}

} // namespace headroom::cli
