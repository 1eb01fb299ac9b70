#include "app/commands/declare.h"
#include "app/commands/result_json.h"
#include "app/commands/text_table.h"
#include "core/snapshot.h"
#include "ui/plots/catalog.h"

#include <filesystem>
#include <memory>

namespace headroom::cli {
namespace {

struct Options {
    std::string id, file;
    PlanArgument plan;
    bool list = false, json = false;
};

Exit list(const Options& options)
{
    if (options.json) {
        std::string array;
        for (const ui::ChartRow& row : ui::charts())
            array += (array.empty() ? "[" : ",") + std::string("{\"id\":") + quoted(std::string(row.id)) +
                     ",\"tab\":" + quoted(std::string(row.tab)) + ",\"title\":" + quoted(std::string(row.title)) +
                     ",\"help\":" + quoted(std::string(row.help)) + ",\"topic\":" + quoted(std::string(row.topic)) +
                     "}";
        return print(indented(array + "]") + "\n");
    }
    std::vector<std::vector<std::string>> rows;
    for (const ui::ChartRow& row : ui::charts())
        rows.push_back({std::string(row.id), std::string(row.tab), std::string(row.title), std::string(row.topic)});
    return print(textTable({{"id"}, {"tab"}, {"title"}, {"topic"}}, rows));
}

Exit run(const Options& options)
{
    if (options.list)
        return list(options);
    if (options.id.empty() || options.plan.file.empty() || options.file.empty())
        return report({"chart", "expected ID PLAN OUT.csv, or --list"});
    const ui::ChartRow* row = ui::findChart(options.id);
    if (!row)
        return report({options.id, "no such chart, `headroom-cli chart --list` lists them"});
    const auto plan = readPlan(options.plan);
    if (!plan)
        return report(plan.error());
    Snapshot snapshot;
    snapshot.now = planResults(plan->name, std::make_shared<const Plan>(*plan), snapshot.curvePoints);
    if (row->simulated)
        snapshot = withStudy(std::move(snapshot), std::filesystem::path(options.plan.file).parent_path());
    const ui::ChartSpec chart = row->build(snapshot);
    if (auto written = writeFile(options.file, ui::chartCsv(chart)); !written)
        return report(written.error());
    const std::string said = chart.empty.empty() ? chart.says : "Nothing to draw: " + chart.empty;
    if (options.json)
        return print(indented("{\"id\":" + quoted(options.id) + ",\"file\":" + quoted(options.file) +
                              ",\"says\":" + quoted(said) + "}") +
                     "\n");
    return print(options.file + ": " + chart.title + ". " + said + "\n");
}

} // namespace

Run declareChart(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("ID", options->id, "Which chart, see --list");
    app.option("PLAN", options->plan.file, "Plan file (*.plan.json)");
    app.option("OUT.csv", options->file, "Where to write its data");
    addSettings(app, options->plan);
    app.flag("--list", options->list, "List all charts");
    app.flag("--json", options->json, "The list, or what was written, as JSON");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
