#include "core/ablation.h"

#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextColumn::Align;

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
        {"p99", finite(s.p99.si())}};
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
    o["simulated"] = !row.simulated
                         ? Json(nullptr)
                         : Json{{"ttft_p95_s", row.simulated->ttftP95}, {"tpot_p95_s", row.simulated->tpotP95},
                               {"e2e_p95_s", row.simulated->e2eP95}, {"kv_fraction", row.simulated->kvFraction},
                               {"slo_attainment", row.simulated->attainment}};
    return o;
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
            cell.push_back(ui::duration(Seconds(row.simulated->ttftP95)));
            cell.push_back(row.simulated->tpotP95 > 0 ? ui::duration(Seconds(row.simulated->tpotP95)) : "at once");
            cell.push_back(ui::percent(row.simulated->attainment));
        }
        cells.push_back(std::move(cell));
    }
    std::vector<TextColumn> columns{{"system"}, {"req/s in targets", Align::right}, {"gain", Align::right},
        {"TTFT p95", Align::right}, {"TPOT p95", Align::right}, {"E2E p95", Align::right}, {"KV in use", Align::right},
        {"$/M output", Align::right}};
    if (!rows.empty() && rows.front().simulated)
        columns.insert(
            columns.end(), {{"simulated TTFT", Align::right}, {"TPOT", Align::right}, {"good", Align::right}});
    return heading(plan.name + " at " + ui::rate(plan.workload.arrivalRate)) + "\n" + textTable(columns, cells) + "\n" +
           notes;
}

Exit run(const Options& options)
{
    const auto plan = readPlan(options.plan);
    if (!plan)
        return report(plan.error());
    if (options.settings.requests < 1)
        return report({"--requests", "0, expected at least 1"});
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
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
