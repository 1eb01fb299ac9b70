#include "core/plan/catalog.h"

#include "core/plan/catalog_files.h"
#include "core/plan/catalog_names.h"
#include "core/plan/catalog_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace headroom {

namespace {

/// The catalog and where each folded name leads.
struct Index {
    CatalogData data;
    std::unordered_map<std::string, std::size_t> gpus, models;
};

void enter(std::unordered_map<std::string, std::size_t>& names, const std::string& folded, std::size_t at)
{
    const auto [row, isNew] = names.emplace(folded, at);
    if (!isNew && row->second != at)
        throw std::runtime_error("catalog: the name " + folded + " leads to two entries");
}

Index makeIndex()
{
    Index index;
    index.data = readCatalog(embedded::gpusJson(), embedded::modelsJson(), embedded::pricesJson());
    for (std::size_t i = 0; i < index.data.gpus.size(); ++i) {
        enter(index.gpus, foldedGpuName(index.data.gpus[i].spec.name), i);
        for (const std::string& alias : index.data.gpus[i].aliases)
            enter(index.gpus, foldedGpuName(alias), i);
    }
    for (std::size_t i = 0; i < index.data.models.size(); ++i) {
        enter(index.models, foldedModelName(index.data.models[i].spec.name), i);
        for (const std::string& alias : index.data.models[i].aliases)
            enter(index.models, foldedModelName(alias), i);
    }
    return index;
}

/// Constant after its first use; a broken catalog is a mistake of ours and stops the program.
const Index& catalogIndex()
{
    static const Index index = [] {
        try {
            return makeIndex();
        } catch (const std::exception& e) {
            std::fprintf(stderr, "%s\n", e.what());
            std::abort();
        }
    }();
    return index;
}

constexpr std::size_t kSuggestions = 3;
constexpr std::size_t kComparedLength = 80; // no name is longer; bounds the work for a name that is a whole file

/// Names nearest by edits; a name that starts with what was typed comes first ("h100" for H100-SXM-80GB).
template <class Entry>
std::vector<std::string> nearest(
    const std::string& typed, const std::vector<Entry>& entries, std::string (*fold)(std::string_view))
{
    const std::string_view name = std::string_view(typed).substr(0, kComparedLength);
    std::vector<std::pair<int, std::string>> scored;
    for (const Entry& entry : entries) {
        int best = editDistance(name, fold(entry.spec.name));
        if (!name.empty() && fold(entry.spec.name).starts_with(name))
            best = 0;
        for (const std::string& alias : entry.aliases)
            best = std::min(best, editDistance(name, fold(alias)));
        scored.emplace_back(best, entry.spec.name);
    }
    const std::size_t n = std::min(kSuggestions, scored.size());
    std::ranges::partial_sort(scored, scored.begin() + static_cast<std::ptrdiff_t>(n));
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n; ++i)
        names.push_back(scored[i].second);
    return names;
}

Error unknownName(
    const std::string& where, std::string_view what, std::string_view name, const std::vector<std::string>& suggestions)
{
    std::string message =
        "there is no " + std::string(what) + " \"" + std::string(name.substr(0, kComparedLength)) + "\"; nearest: ";
    for (std::size_t i = 0; i < suggestions.size(); ++i)
        message += (i > 0 ? ", " : "") + suggestions[i];
    return {where, message};
}

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

void compare(std::vector<std::string>& out, const std::string& what, double mine, double catalog, const char* unit)
{
    const std::string suffix = unit[0] != '\0' ? std::string(" ") + unit : "";
    if (mine != catalog)
        out.push_back(what + " " + number(mine) + suffix + ", catalog " + number(catalog) + suffix);
}

void compare(std::vector<std::string>& out, const std::string& what, const std::optional<FlopRate>& mine,
    const std::optional<FlopRate>& catalog)
{
    auto text = [](const std::optional<FlopRate>& rate) {
        return rate ? number(rate->in(teraflop / second)) + " TFLOP/s" : std::string("none");
    };
    if (mine != catalog)
        out.push_back(what + " " + text(mine) + ", catalog " + text(catalog));
}

void compareGpu(std::vector<std::string>& out, const GpuSpec& mine, const GpuSpec& catalog)
{
    const std::string where = "hardware.gpu: ";
    const Bandwidth gbs = gigabyte / second;
    compare(out, where + "memory", mine.memory.in(mebibyte), catalog.memory.in(mebibyte), "MiB");
    compare(out, where + "bandwidth", mine.bandwidth.in(gbs), catalog.bandwidth.in(gbs), "GB/s");
    compare(out, where + "fp16", std::optional(mine.fp16), std::optional(catalog.fp16));
    compare(out, where + "fp8", mine.fp8, catalog.fp8);
    compare(out, where + "int8", mine.int8, catalog.int8);
    compare(out, where + "fp4", mine.fp4, catalog.fp4);
    compare(out, where + "link", mine.inNode.perDirection.in(gbs), catalog.inNode.perDirection.in(gbs), "GB/s");
    compare(out, where + "link between nodes", mine.betweenNodes.in(gbs), catalog.betweenNodes.in(gbs), "GB/s");
    compare(out, where + "link to the host", mine.host.in(gbs), catalog.host.in(gbs), "GB/s");
    compare(out, where + "power", mine.powerWatts, catalog.powerWatts, "W");
    if (mine.architecture != catalog.architecture)
        out.push_back(where + "another architecture than the catalog's");
    if (mine.inNode.topology != catalog.inNode.topology ||
        mine.inNode.inSwitchReduction != catalog.inNode.inSwitchReduction)
        out.push_back(where + "another kind of link than the catalog's");
}

void compareModel(std::vector<std::string>& out, const ModelSpec& mine, const ModelSpec& catalog)
{
    const std::string where = "model.spec: ";
    const std::size_t before = out.size();
    const double billion = 1e9;
    compare(out, where + "parameters", countParameters(mine).total() / billion,
        countParameters(catalog).total() / billion, "billion");
    compare(out, where + "layers", mine.layers(), catalog.layers(), "");
    compare(out, where + "hidden width", mine.hidden, catalog.hidden, "");
    compare(out, where + "vocabulary", mine.vocab, catalog.vocab, "");
    compare(out, where + "longest context", mine.maxContext, catalog.maxContext, "tok");
    if (mine.servedFormat != catalog.servedFormat)
        out.push_back(where + "served in " + std::string(info(mine.servedFormat).name) + ", catalog " +
                      std::string(info(catalog.servedFormat).name));
    if (out.size() == before && mine != catalog)
        out.push_back(where + "another shape of layers than the catalog's");
}

} // namespace

std::span<const CatalogGpu> catalogGpus() { return catalogIndex().data.gpus; }
std::span<const CatalogModel> catalogModels() { return catalogIndex().data.models; }
std::span<const CatalogPrice> catalogPrices() { return catalogIndex().data.prices; }

std::optional<NumberFormat> CatalogModel::publishedKv(NumberFormat weights) const
{
    const auto found = std::ranges::find(checkpoints, weights, &CatalogCheckpoint::weights);
    return found == checkpoints.end() ? std::nullopt : std::optional(found->kv);
}

const CatalogGpu* findGpu(std::string_view name)
{
    const Index& index = catalogIndex();
    const auto row = index.gpus.find(foldedGpuName(name));
    return row == index.gpus.end() ? nullptr : &index.data.gpus[row->second];
}

std::optional<ModelMatch> findModel(std::string_view name)
{
    const Index& index = catalogIndex();
    for (const NameCandidate& candidate : modelNameCandidates(name))
        if (const auto row = index.models.find(candidate.name); row != index.models.end())
            return ModelMatch{&index.data.models[row->second], candidate.format};
    return std::nullopt;
}

std::vector<std::string> nearestGpus(std::string_view name)
{
    return nearest(foldedGpuName(name), catalogIndex().data.gpus, &foldedGpuName);
}

std::vector<std::string> nearestModels(std::string_view name)
{
    // The name without its suffixes is what was probably misspelt.
    return nearest(modelNameCandidates(name).back().name, catalogIndex().data.models, &foldedModelName);
}

Result<void> chooseGpu(Plan& plan, std::string_view name)
{
    const CatalogGpu* gpu = findGpu(name);
    if (!gpu)
        return tl::unexpected(unknownName("hardware.gpu", "GPU", name, nearestGpus(name)));
    if (plan.hardware.gpu.name != gpu->spec.name)
        plan.hardware.calibration = {}; // measured on the other GPU
    plan.hardware.gpu = gpu->spec;
    plan.hardware.gpusPerNode = gpu->gpusPerNode;
    if (!plan.hardware.priceEdited) // that of another GPU would pass for a price of this one
        plan.hardware.pricePerGpu = gpu->price.value_or(UsdRate(0));
    return {};
}

Result<void> chooseModel(Plan& plan, std::string_view name)
{
    const std::optional<ModelMatch> match = findModel(name);
    if (!match)
        return tl::unexpected(unknownName("model.name", "model", name, nearestModels(name)));
    const ModelSpec& spec = match->model->spec;
    plan.model.spec = spec;
    plan.model.weightFormat = match->weightFormat.value_or(spec.servedFormat);
    if (spec.maxContext > 0 && plan.model.maxContext.si() > spec.maxContext)
        plan.model.maxContext = Tokens(spec.maxContext);
    return {};
}

std::vector<std::string> differencesFromCatalog(const Plan& plan)
{
    std::vector<std::string> differences;
    if (const CatalogGpu* gpu = findGpu(plan.hardware.gpu.name))
        compareGpu(differences, plan.hardware.gpu, gpu->spec);
    if (const auto match = findModel(plan.model.spec.name))
        compareModel(differences, plan.model.spec, match->model->spec);
    return differences;
}

Plan defaultPlan()
{
    Plan plan;
    plan.name = "Llama-3.1-8B on H100";
    const bool known = chooseGpu(plan, "H100-SXM-80GB") && chooseModel(plan, "Llama-3.1-8B");
    HR_ASSERT(known);
    return plan;
}

} // namespace headroom
