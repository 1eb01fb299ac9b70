#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "core/placement.h"
#include "core/plan/fields.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <array>
#include <memory>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextColumn::Align;

struct Options {
    PlanArgument plan;
    bool json = false;
};

struct Row {
    std::string name;
    PlacementResult result;
};

/// The plan as it is, with everything on the GPU, and as the search would have it.
std::vector<Row> rowsOf(const Plan& plan, const std::optional<PlacementResult>& best)
{
    std::vector<Row> rows;
    if (plan.deployment.offload.enabled)
        rows.push_back({"this plan", tryPlacement(plan, plan.deployment.offload)});
    rows.push_back({"all on the GPU", tryPlacement(plan, {})});
    if (best)
        rows.push_back({"best found", *best});
    return rows;
}

/// The fields that a placement sets, as --set takes them.
std::vector<std::pair<std::string, std::string>> settings(const Plan& plan, const Offloading& offload)
{
    constexpr std::array<std::string_view, 7> kKeys{"deployment.offload", "deployment.offload_weights_gpu",
        "deployment.offload_weights_host", "deployment.offload_cache_gpu", "deployment.offload_cache_host",
        "deployment.offload_activations_gpu", "deployment.offload_cpu_attention"};
    Plan changed = plan;
    changed.deployment.offload = offload;
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto key : kKeys)
        all.emplace_back(key, fieldText(*findField(key), changed));
    if (!offload.enabled)
        all.resize(1);
    return all;
}

Json object(const Row& row)
{
    const auto shares = [](const Placement& p) { return Json{{"gpu", p.gpu}, {"host", p.host}, {"disk", p.disk}}; };
    const auto band = [](const Band& b) { return Json{{"lo", b.lo}, {"hi", b.hi}}; };
    const Offloading& o = row.result.offload;
    return {{"name", row.name}, {"offloads", o.enabled}, {"weights", shares(o.weights())}, {"cache", shares(o.cache())},
        {"activations", shares(o.activations())}, {"cpu_attention", o.cpuAttention}, {"fits", row.result.fits},
        {"seats", row.result.seats}, {"capacity_req_s", row.result.capacity.si()},
        {"output_tok_s", row.result.output.si()}, {"decode_step_s", row.result.step.si()},
        {"bands", {{"capacity_req_s", band(row.result.capacityBand)}, {"output_tok_s", band(row.result.outputBand)},
                      {"decode_step_s", band(row.result.stepBand)}}}};
}

std::string percents(const Placement& p)
{
    return ui::percent(p.gpu) + " / " + ui::percent(p.host) + " / " + ui::percent(p.disk);
}

std::string text(const Plan& plan, const std::vector<Row>& rows, const std::optional<PlacementResult>& best)
{
    std::vector<std::vector<std::string>> cells;
    for (const Row& row : rows) {
        const PlacementResult& r = row.result;
        std::vector<std::string> cell{row.name, percents(r.offload.weights()), percents(r.offload.cache()),
            r.offload.enabled && r.offload.cacheOnGpu < 1 && r.offload.cpuAttention ? "host" : "GPU"};
        if (r.fits)
            cell.insert(cell.end(), {ui::whole(r.seats), ui::duration(r.step), ui::rate(r.output), ui::rate(r.capacity),
                                        ui::number(r.capacityBand.lo) + " to " + ui::number(r.capacityBand.hi)});
        else
            cell.emplace_back("does not fit");
        cells.push_back(std::move(cell));
    }
    std::string out = heading(plan.name) + "\n" +
                      textTable({{"placement"}, {"weights GPU / host / disk"}, {"KV cache"}, {"attention"},
                                    {"seats", Align::right}, {"decode step", Align::right}, {"output", Align::right},
                                    {"capacity", Align::right}, {"80 % band", Align::right}},
                          cells) +
                      "\n";
    if (!best)
        return out + "Nothing fits, wherever weights and cache lie: more host memory or disk is needed.\n";
    if (!best->offload.enabled)
        return out + "Everything on the GPU serves most.\n";
    out += "To use what was found:\n";
    for (const auto& [key, value] : settings(plan, best->offload))
        out += "  --set " + key + "=" + value + "\n";
    return out;
}

Exit run(const Options& options)
{
    const auto plan = readPlan(options.plan);
    if (!plan)
        return report(plan.error());
    const auto best = bestPlacement(*plan);
    const auto rows = rowsOf(*plan, best);
    if (!options.json)
        return print(text(*plan, rows, best));
    Json placements = Json::array(), set = Json::object();
    for (const Row& row : rows)
        placements.push_back(object(row));
    if (best)
        for (const auto& [key, value] : settings(*plan, best->offload))
            set[key] = value;
    return print(Json{{"name", plan->name}, {"placements", placements}, {"set", set}}.dump(2) + "\n");
}

} // namespace

Run declareOffload(Arguments app)
{
    auto options = std::make_shared<Options>();
    addPlan(app, options->plan);
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
