#include "core/ablation.h"

#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextColumn::Align;

constexpr int kMostReplications = 1000;

struct Options {
    PlanArgument plan;
    AblationSettings settings;
    bool simulate = false, json = false;
};

/// Null for infinite and for unknown.
Json finite(std::optional<double> value) { return value && std::isfinite(*value) ? Json(*value) : Json(nullptr); }

Json summary(const LatencySummary& s)
{
    return {{"mean", finite(s.mean.si())}, {"p50", finite(s.p50.si())}, {"p95", finite(s.p95.si())},
        {"p99", finite(s.p99.si())}, {"lo", finite(s.lo.si())}, {"hi", finite(s.hi.si())}};
}

Json band(const std::optional<Band>& b, double scale = 1)
{
    return b ? Json{{"lo", finite(b->lo * scale)}, {"hi", finite(b->hi * scale)}} : Json(nullptr);
}

/// Two intervals beside each value: that of the runs (`ci`, 95 %), and that of the step times (`bands`, 80 %).
Json measured(const AblationRun& r)
{
    return {{"ttft_p95_s", r.ttft.p95}, {"tpot_p95_s", r.tpot.p95}, {"e2e_p95_s", r.e2e.p95},
        {"kv_fraction", r.kvFraction}, {"slo_attainment", r.attainment},
        {"ci", {{"ttft_p95_s", band(r.ttft.ci)}, {"tpot_p95_s", band(r.tpot.ci)}, {"e2e_p95_s", band(r.e2e.ci)}}},
        {"bands",
            {{"ttft_p95_s", band(r.ttft.band)}, {"tpot_p95_s", band(r.tpot.band)}, {"e2e_p95_s", band(r.e2e.band)}}}};
}

std::optional<double> usdPerMillion(const AblationRow& row)
{
    return row.perOutputToken ? std::optional((*row.perOutputToken * millionTokens).in(dollar)) : std::nullopt;
}

Json object(const AblationRow& row)
{
    Json o{{"policy", row.id}, {"label", row.label}};
    if (!row.refused.empty()) {
        o["refused"] = row.refused;
        return o;
    }
    o["refused"] = nullptr;
    o["sustainable_req_s"] = finite(row.sustainable.si());
    o["capacity_req_s"] = finite(row.capacity.si());
    o["gain"] = finite(row.gain);
    o["stable"] = row.stable;
    o["ttft_s"] = summary(row.ttft);
    o["tpot_s"] = summary(row.tpot);
    o["e2e_s"] = summary(row.e2e);
    o["kv_fraction"] = row.kvFraction;
    o["seats"] = row.seats;
    o["wasted_share"] = row.wastedShare;
    o["usd_per_million_output_tokens_at_sustainable"] = finite(usdPerMillion(row));
    o["prefill_replicas"] = row.prefillReplicas > 0 ? Json(row.prefillReplicas) : Json(nullptr);
    o["because"] = row.because;
    o["bands"] = {{"sustainable_req_s", band(row.sustainableBand)}, {"capacity_req_s", band(row.capacityBand)},
        {"gain", band(row.gainBand)},
        {"usd_per_million_output_tokens_at_sustainable", band(row.perOutputTokenBand, millionTokens.si())}};
    o["simulated"] = row.simulated ? measured(*row.simulated) : Json(nullptr);
    return o;
}

/// "0.31 to 0.42"; "-" where nothing is known.
std::string words(const std::optional<Band>& b, double scale = 1)
{
    return b ? ui::number(b->lo * scale) + " to " + ui::number(b->hi * scale) : "-";
}
/// Of what has no end one sign is enough.
std::string timeWords(const std::optional<Band>& b)
{
    if (!b)
        return "-";
    return b->lo < b->hi ? ui::durationRange(Seconds(b->lo), Seconds(b->hi)) : ui::duration(Seconds(b->lo));
}

/// What the errors of step times make of each row.
std::string bandsTable(const std::vector<AblationRow>& rows)
{
    std::vector<std::vector<std::string>> cells;
    for (const AblationRow& row : rows) {
        if (!row.refused.empty())
            continue;
        const auto p95 = [](const LatencySummary& s) { return timeWords(Band{s.lo.si(), s.hi.si()}); };
        cells.push_back({std::string(row.label), words(row.sustainableBand), cells.empty() ? "-" : words(row.gainBand),
            p95(row.ttft), p95(row.tpot), p95(row.e2e), words(row.perOutputTokenBand, millionTokens.si())});
    }
    return textTable({{"80 % band of the step times"}, {"req/s in targets", Align::right}, {"gain", Align::right},
                         {"TTFT p95", Align::right}, {"TPOT p95", Align::right}, {"E2E p95", Align::right},
                         {"$/M output", Align::right}},
        cells);
}

/// How sure simulated times are, for two reasons.
std::string simulatedTable(const std::vector<AblationRow>& rows)
{
    std::vector<std::vector<std::string>> cells;
    for (const AblationRow& row : rows) {
        if (!row.simulated)
            continue;
        const AblationRun& r = *row.simulated;
        const std::string label(row.label);
        cells.push_back(
            {label + ", 95 % of the runs", timeWords(r.ttft.ci), timeWords(r.tpot.ci), timeWords(r.e2e.ci)});
        cells.push_back({label + ", 80 % of the step times", timeWords(r.ttft.band), timeWords(r.tpot.band),
            timeWords(r.e2e.band)});
    }
    return textTable(
        {{"Simulated, interval of"}, {"TTFT p95", Align::right}, {"TPOT p95", Align::right}, {"E2E p95", Align::right}},
        cells);
}

std::string text(const Plan& plan, const std::vector<AblationRow>& rows)
{
    std::vector<std::vector<std::string>> cells;
    std::string notes;
    for (const AblationRow& row : rows) {
        const std::string label(row.label);
        notes += wrapped(label + ": " + (row.refused.empty() ? row.because : "cannot run: " + row.refused), 4) + "\n";
        if (!row.refused.empty()) {
            cells.push_back({label, "-"});
            continue;
        }
        const std::optional<double> usd = usdPerMillion(row);
        std::vector<std::string> cell{label, ui::number(row.sustainable.si()),
            row.gain ? ui::number(*row.gain, 2) + "x" : "-", ui::duration(row.ttft.p95), ui::duration(row.tpot.p95),
            ui::duration(row.e2e.p95), ui::percent(row.kvFraction), usd ? ui::usd(*usd) : "no price"};
        if (row.simulated) {
            cell.push_back(ui::duration(Seconds(row.simulated->ttft.p95)));
            cell.push_back(row.simulated->tpot.p95 > 0 ? ui::duration(Seconds(row.simulated->tpot.p95)) : "at once");
            cell.push_back(ui::percent(row.simulated->attainment));
        }
        cells.push_back(std::move(cell));
    }
    std::vector<TextColumn> columns{{"system"}, {"req/s in targets", Align::right}, {"gain", Align::right},
        {"TTFT p95", Align::right}, {"TPOT p95", Align::right}, {"E2E p95", Align::right}, {"KV in use", Align::right},
        {"$/M output", Align::right}};
    const bool wasSimulated = std::ranges::any_of(rows, [](const AblationRow& r) { return r.simulated.has_value(); });
    if (wasSimulated)
        columns.insert(
            columns.end(), {{"simulated TTFT", Align::right}, {"TPOT", Align::right}, {"good", Align::right}});
    return heading(plan.name + " at " + ui::rate(plan.workload.arrivalRate)) + "\n" + textTable(columns, cells) + "\n" +
           bandsTable(rows) + "\n" + (wasSimulated ? simulatedTable(rows) + "\n" : "") + notes;
}

Exit run(const Options& options)
{
    const auto plan = readPlan(options.plan);
    if (!plan)
        return report(plan.error());
    if (options.settings.requests < 1)
        return report({"--requests", "0, expected at least 1"});
    if (options.settings.replications < 1 || options.settings.replications > kMostReplications)
        return report({"--replications", "expected 1 to " + std::to_string(kMostReplications)});
    const auto rows = options.simulate ? simulatedAblation(*plan, options.settings) : ablation(*plan);
    if (!options.json)
        return print(text(*plan, rows));
    Json array = Json::array();
    for (const AblationRow& row : rows)
        array.push_back(object(row));
    return print(
        Json{{"name", plan->name}, {"rate_req_s", plan->workload.arrivalRate.si()}, {"systems", array}}.dump(2) + "\n");
}

} // namespace

Run declareAblation(Arguments app)
{
    auto options = std::make_shared<Options>();
    addPlan(app, options->plan);
    app.flag("--simulate", options->simulate, "Simulate the plan's own load under each system too");
    app.option("--requests", options->settings.requests, "Requests to simulate");
    app.option("--seed", options->settings.seed, "The same requests for all");
    app.option("--replications", options->settings.replications, "Independent runs of each, for 95 % intervals");
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
