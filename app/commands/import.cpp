#include "app/commands/declare.h"
#include "app/commands/result_json.h"
#include "app/commands/text_table.h"
#include "core/importers/foreign_file.h"
#include "core/plan/catalog.h"
#include "core/plan/plan_io.h"
#include "ui/plots/foreign_facts.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string file, out;
    PlanArgument plan;
    bool skipBadRows = false, json = false;
};

using ui::FieldChange;

Outcome<Plan> basePlan(const Options& options)
{
    return options.plan.file.empty() ? Outcome<Plan>(defaultPlan()) : readPlan({options.plan.file, {}});
}

/// Without a plan to start from, the title is that of what was imported.
Plan named(Plan plan, const Options& options)
{
    if (options.plan.file.empty() && plan.model.spec.name != defaultPlan().model.spec.name)
        plan.name = plan.model.spec.name + " on " + plan.hardware.gpu.name;
    return plan;
}

std::string asText(const ForeignFile& imported, const std::vector<FieldChange>& changes, const Options& options)
{
    std::string text = heading(options.file + ": " + imported.recognised) + "\n";
    for (const auto& [name, value] : ui::foreignFacts(imported))
        text += "  " + name + ": " + value + "\n";
    std::vector<std::vector<std::string>> rows;
    for (const FieldChange& change : changes)
        rows.push_back(
            {change.key, change.from.empty() ? "none" : change.from, change.to.empty() ? "none" : change.to});
    if (!rows.empty())
        text += "\n" + textTable({{"field"}, {"before"}, {"now"}}, rows);
    const auto list = [&](const char* title, const std::vector<std::string>& items) {
        if (items.empty())
            return;
        text += "\n" + heading(title) + "\n";
        for (const std::string& item : items)
            text += "  " + wrapped(item, 2) + "\n";
    };
    list("Used", imported.used);
    list("Not used", imported.ignored);
    return text + (options.out.empty() ? "\nNothing was written; --out PLAN keeps the result.\n"
                                       : "\nWritten: " + options.out + "\n");
}

std::string asJson(const ForeignFile& imported, const std::vector<FieldChange>& changes, const Options& options)
{
    Json object{{"file", options.file}, {"recognised", imported.recognised}};
    for (const auto& [name, value] : ui::foreignFacts(imported))
        object["says"][name] = value;
    object["plan_fields"] = Json::object();
    for (const FieldChange& change : changes)
        object["plan_fields"][change.key] = change.to.empty() ? Json(nullptr) : Json(change.to);
    object["used"] = imported.used;
    object["ignored"] = imported.ignored;
    object["skipped_rows"] = imported.skippedRows;
    object["out"] = options.out.empty() ? Json(nullptr) : Json(options.out);
    return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Exit run(const Options& options)
{
    const auto before = basePlan(options);
    if (!before)
        return report(before.error());
    if (auto readable = checkReadable(options.file); !readable)
        return report(readable.error());
    const auto imported = readForeignFile(options.file, options.skipBadRows ? BadRows::skip : BadRows::refuse);
    if (!imported)
        return report(imported.error());
    const Plan changed = named(withForeign(*imported, *before), options);
    const auto after = applySettings(changed, options.plan.settings);
    if (!after)
        return report(withPlace(after.error(), changed, options.file, "; change it with --set KEY=VALUE"));
    if (!options.out.empty())
        if (auto saved = savePlan(*after, options.out); !saved)
            return report(saved.error(), Exit::noAccess);
    const auto changes = ui::changedFields(*before, *after);
    return print(options.json ? asJson(*imported, changes, options) : asText(*imported, changes, options));
}

} // namespace

Run declareImport(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("FILE", options->file,
           "A Hugging Face config.json, a trace, a GPU that calibrate wrote, or a benchmark's results")
        .required();
    app.option("--plan", options->plan.file, "The plan to start from, default one with the default of every field")
        .typeName("PLAN");
    app.option("--out", options->out, "Write the plan with what was imported").typeName("PLAN");
    app.flag("--skip-bad-rows", options->skipBadRows, "Leave out broken rows of a trace instead of refusing the file");
    addSettings(app, options->plan);
    app.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
