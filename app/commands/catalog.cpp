#include "core/plan/catalog.h"

#include "app/commands/declare.h"
#include "app/commands/text_table.h"
#include "core/model/memory.h"
#include "ui/plots/numbers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using Align = TextColumn::Align;

struct Options {
    std::string what;
    bool json = false;
};

Json sources(const std::vector<Provenance>& provenance)
{
    Json list = Json::array();
    for (const Provenance& p : provenance)
        list.push_back({{"figure", p.figure}, {"source", p.source},
            {"date", p.date.empty() ? Json(nullptr) : Json(p.date)}, {"recalled", p.recalled}});
    return list;
}

Json peak(const std::optional<FlopRate>& rate) { return rate ? Json(rate->si()) : Json(nullptr); }

std::string_view name(LinkTopology topology)
{
    switch (topology) {
    case LinkTopology::pcie:
        return "pcie";
    case LinkTopology::pairs:
        return "pairs";
    case LinkTopology::allToAll:
        return "all_to_all";
    case LinkTopology::switched:
        return "switched";
    }
    return "";
}

Json gpusJson()
{
    Json array = Json::array();
    for (const CatalogGpu& gpu : catalogGpus()) {
        const GpuSpec& s = gpu.spec;
        array.push_back({{"name", s.name}, {"aliases", gpu.aliases}, {"memory_bytes", s.memory.si()},
            {"bandwidth_bytes_s", s.bandwidth.si()}, {"fp16_flop_s", s.fp16.si()}, {"fp8_flop_s", peak(s.fp8)},
            {"int8_flop_s", peak(s.int8)}, {"fp4_flop_s", peak(s.fp4)}, {"link_topology", name(s.inNode.topology)},
            {"link_bytes_s", s.inNode.perDirection.si()}, {"between_nodes_bytes_s", s.betweenNodes.si()},
            {"host_bytes_s", s.host.si()}, {"power_w", s.powerWatts}, {"gpus_per_node", gpu.gpusPerNode},
            {"price_usd_per_gpu_hour", gpu.price ? Json((*gpu.price * hour).in(dollar)) : Json(nullptr)},
            {"price_source", gpu.priceSource}, {"sources", sources(gpu.provenance)}});
    }
    return array;
}

Json modelsJson()
{
    Json array = Json::array();
    for (const CatalogModel& model : catalogModels()) {
        const ParameterCount count = countParameters(model.spec);
        array.push_back({{"name", model.spec.name}, {"aliases", model.aliases}, {"family", model.family},
            {"architecture", model.architecture}, {"parameters", count.total()}, {"active_parameters", count.active},
            {"parameters_published", model.spec.publishedParams}, {"layers", model.spec.layers()},
            {"hidden", model.spec.hidden}, {"vocab", model.spec.vocab}, {"max_context_tokens", model.spec.maxContext},
            {"served_format", info(model.spec.servedFormat).name},
            {"kv_bytes_per_token_bf16", kvBytesPerToken(model.spec, NumberFormat::bf16).si()},
            {"sources", sources(model.provenance)}});
    }
    return array;
}

Json pricesJson()
{
    Json array = Json::array();
    for (const CatalogPrice& price : catalogPrices())
        array.push_back({{"name", price.gpu}, {"usd_per_gpu_hour_low", price.usdLow},
            {"usd_per_gpu_hour_high", price.usdHigh}, {"kind", price.kind}, {"source", price.source},
            {"date", price.date.empty() ? Json(nullptr) : Json(price.date)}, {"recalled", price.recalled}});
    return array;
}

/// Sources of an entry in a cell, each once.
std::string sourcesText(const std::vector<Provenance>& provenance)
{
    std::vector<std::string> seen;
    for (const Provenance& p : provenance) {
        const bool says = p.source.find("recalled") != std::string::npos;
        std::string text = p.source + (p.date.empty() ? "" : " " + p.date) + (p.recalled && !says ? " (recalled)" : "");
        if (std::find(seen.begin(), seen.end(), text) == seen.end())
            seen.push_back(std::move(text));
    }
    std::string all;
    for (const std::string& text : seen)
        all += (all.empty() ? "" : "; ") + text;
    return all;
}

std::string gpusText()
{
    std::vector<std::vector<std::string>> rows;
    const auto tera = [](const std::optional<FlopRate>& rate) { return rate ? ui::number(rate->si() / 1e12) : "-"; };
    for (const CatalogGpu& gpu : catalogGpus())
        rows.push_back({gpu.spec.name, ui::number(gpu.spec.memory.in(gibibyte)),
            ui::whole(gpu.spec.bandwidth.si() / 1e9), ui::number(gpu.spec.fp16.si() / 1e12), tera(gpu.spec.fp8),
            tera(gpu.spec.fp4), ui::whole(gpu.spec.inNode.perDirection.si() / 1e9), ui::whole(gpu.spec.powerWatts),
            gpu.price ? ui::usd((*gpu.price * hour).in(dollar)) : "-", sourcesText(gpu.provenance)});
    return textTable(
        {{"GPU"}, {"GiB", Align::right}, {"GB/s", Align::right}, {"fp16 TFLOP/s", Align::right}, {"fp8", Align::right},
            {"fp4", Align::right}, {"link GB/s", Align::right}, {"W", Align::right}, {"$/h", Align::right}, {"source"}},
        rows);
}

std::string modelsText()
{
    std::vector<std::vector<std::string>> rows;
    for (const CatalogModel& model : catalogModels()) {
        const ParameterCount count = countParameters(model.spec);
        rows.push_back({model.spec.name, model.architecture, ui::number(count.total() / 1e9),
            ui::number(count.active / 1e9), ui::whole(model.spec.layers()), ui::whole(model.spec.maxContext),
            std::string(info(model.spec.servedFormat).name),
            ui::whole(kvBytesPerToken(model.spec, NumberFormat::bf16).si()), sourcesText(model.provenance)});
    }
    return textTable({{"model"}, {"architecture"}, {"10⁹ parameters", Align::right}, {"active", Align::right},
                         {"layers", Align::right}, {"context", Align::right}, {"served as"},
                         {"KV B/tok bf16", Align::right}, {"source"}},
        rows);
}

std::string pricesText()
{
    std::vector<std::vector<std::string>> rows;
    for (const CatalogPrice& price : catalogPrices())
        rows.push_back({price.gpu, ui::usd(price.usdLow), price.usdHigh > price.usdLow ? ui::usd(price.usdHigh) : "",
            price.kind, price.date, price.source + (price.recalled ? " (recalled)" : "")});
    return textTable({{"GPU"}, {"$/h from", Align::right}, {"to", Align::right}, {"kind"}, {"date"}, {"source"}}, rows);
}

Exit run(const Options& options)
{
    if (options.what == "gpus")
        return print(options.json ? gpusJson().dump(2) + "\n" : gpusText());
    if (options.what == "models")
        return print(options.json ? modelsJson().dump(2) + "\n" : modelsText());
    if (options.what == "prices")
        return print(options.json ? pricesJson().dump(2) + "\n" : pricesText());
    return report({options.what, "no such catalog, expected gpus, models or prices"});
}

} // namespace

Run declareCatalog(Arguments app)
{
    auto options = std::make_shared<Options>();
    app.option("WHAT", options->what, "gpus, models or prices").required();
    app.flag("--json", options->json, "One JSON array");
    return [options] { return run(*options); };
}

} // namespace headroom::cli
