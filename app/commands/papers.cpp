#include "core/papers/paper.h"

#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "core/importers/trace_file.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextColumn::Align;

struct Options {
    std::string name, traces;
    bool json = false;
};

Json object(const papers::Row& row)
{
    return {{"paper", row.paper}, {"case", row.name}, {"reported", row.reported},
        {"reproduced", row.reproduced ? Json(*row.reproduced) : Json(nullptr)}, {"unit", row.unit},
        {"tolerance", row.tolerance}, {"verdict", papers::name(row.verdict)}, {"tuned", row.tuned},
        {"explanation", row.explanation}};
}

std::string shown(const papers::Row& row, std::optional<double> value)
{
    if (!value)
        return "-";
    return row.isStatement() ? (*value != 0 ? "yes" : "no") : ui::number(*value, 4);
}

std::string text(const papers::Paper& paper, const std::vector<papers::Row>& rows)
{
    std::vector<std::vector<std::string>> cells;
    std::string notes;
    for (const papers::Row& row : rows) {
        cells.push_back({std::string(row.name), shown(row, row.reported), shown(row, row.reproduced),
            std::string(row.unit), row.tolerance, std::string(papers::name(row.verdict))});
        if (row.verdict != papers::Verdict::reproduced)
            notes += wrapped(std::string(row.name) + ": " + row.explanation +
                                 (row.tuned.empty() ? "" : " Tuned: " + std::string(row.tuned)),
                         4) +
                     "\n";
    }
    const std::string table = textTable(
        {{"case"}, {"reported", Align::right}, {"reproduced", Align::right}, {"unit"}, {"tolerance"}, {"verdict"}},
        cells);
    return heading(std::string(paper.id) + ": " + std::string(paper.title)) + "\n" + table +
           (notes.empty() ? "" : "\n" + notes);
}

Outcome<std::optional<Trace>> traceIn(const std::string& folder, std::string_view file)
{
    const auto path = std::filesystem::path(folder) / file;
    if (folder.empty() || !std::filesystem::exists(path))
        return std::optional<Trace>();
    auto read = readTraceFile(path);
    if (!read)
        return tl::unexpected(Failure{Exit::badInput, {read.error()}});
    return std::optional<Trace>(std::move(read->trace));
}

Exit run(const Options& options)
{
    const papers::Paper* only = options.name.empty() ? nullptr : papers::findPaper(options.name);
    if (!options.name.empty() && !only) {
        std::string known;
        for (const auto& paper : papers::papers())
            known += (known.empty() ? "" : ", ") + std::string(paper.id);
        return report({options.name, "no such paper, expected one of " + known});
    }
    const auto mooncake = traceIn(options.traces, "mooncake_synthetic.jsonl");
    if (!mooncake)
        return report(mooncake.error());
    const auto azure = traceIn(options.traces, "azure_llm_2023_conv.csv");
    if (!azure)
        return report(azure.error());
    const papers::Data data{
        .mooncakeSynthetic = *mooncake ? &**mooncake : nullptr, .azureConversation = *azure ? &**azure : nullptr};
    Json array = Json::array();
    std::string all;
    for (const papers::Paper& paper : papers::papers()) {
        if (only && only->id != paper.id)
            continue;
        std::vector<papers::Row> rows;
        for (const papers::Case& c : paper.cases)
            rows.push_back(papers::run(paper, c, data));
        if (options.json)
            for (const auto& row : rows)
                array.push_back(object(row));
        else
            all += (all.empty() ? "" : "\n") + text(paper, rows);
    }
    return print(options.json ? array.dump(2) + "\n" : all);
}

} // namespace

Run declarePapers(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("NAME", options->name, "One paper: orca, paged-attention, palm, flexgen, sarathi, ...");
    app.option("--traces", options->traces, "Folder with mooncake_synthetic.jsonl and azure_llm_2023_conv.csv");
    app.flag("--json", options->json, "One JSON array");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
