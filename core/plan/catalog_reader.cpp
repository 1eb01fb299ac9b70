#include "core/plan/catalog_reader.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace headroom {

namespace {

using Json = nlohmann::json;

/// One JSON object whose keys must all be asked for: a misspelt key is an error, not a silent default.
class Row {
public:
    Row(const Json& json, std::string where) : m_json(json), m_where(std::move(where))
    {
        if (!json.is_object())
            refuse("is not an object");
    }

    bool has(std::string_view key) { return find(key) != nullptr; }
    const Json& at(std::string_view key)
    {
        const Json* value = find(key);
        if (!value)
            refuse("lacks " + std::string(key));
        return *value;
    }
    template <class T>
    T get(std::string_view key)
    {
        return at(key).get<T>();
    }
    template <class T>
    T get(std::string_view key, T fallback)
    {
        const Json* value = find(key);
        return value ? value->get<T>() : fallback;
    }
    void done() const
    {
        for (const auto& [key, value] : m_json.items())
            if (std::ranges::find(m_read, &value) == m_read.end())
                refuse("has an unknown key " + key);
    }
    [[noreturn]] void refuse(const std::string& message) const
    {
        throw std::runtime_error("catalog: " + m_where + " " + message);
    }
    const std::string& where() const { return m_where; }

private:
    /// nullptr if absent. Rows are short, so what was read is a list: the catalog is read while the window starts.
    const Json* find(std::string_view key)
    {
        const auto at = m_json.find(key);
        if (at == m_json.end())
            return nullptr;
        if (std::ranges::find(m_read, &*at) == m_read.end())
            m_read.push_back(&*at);
        return &*at;
    }

    const Json& m_json;
    std::string m_where;
    std::vector<const Json*> m_read;
};

using Sources = std::map<std::string, Provenance>;

Sources readSources(Row& file)
{
    Sources sources;
    for (const auto& [id, json] : file.at("sources").items()) {
        Row row(json, "source " + id);
        sources[id] = {
            {}, row.get<std::string>("text"), row.get<std::string>("date"), row.get<bool>("recalled", false)};
        row.done();
    }
    return sources;
}

/// A figure is [value, source id]. Notes where it comes from and gives the value.
double figure(Row& row, std::string_view key, const Sources& sources, std::vector<Provenance>& provenance)
{
    const Json& pair = row.at(key);
    if (!pair.is_array() || pair.size() != 2)
        row.refuse(std::string(key) + " is not [value, source]");
    const auto source = sources.find(pair[1].get<std::string>());
    if (source == sources.end())
        row.refuse(std::string(key) + " names an unknown source");
    provenance.push_back(source->second);
    provenance.back().figure = key;
    return pair[0].get<double>();
}

template <class E, std::size_t N>
E oneOf(Row& row, std::string_view key, const std::array<std::pair<std::string_view, E>, N>& names)
{
    const auto text = row.get<std::string>(key);
    for (const auto& [name, value] : names)
        if (name == text)
            return value;
    row.refuse(std::string(key) + " cannot be " + text);
}

constexpr std::array<std::pair<std::string_view, GpuArchitecture>, 11> kArchitectures{{
    {"volta", GpuArchitecture::volta},
    {"turing", GpuArchitecture::turing},
    {"ampere", GpuArchitecture::ampere},
    {"ada", GpuArchitecture::ada},
    {"hopper", GpuArchitecture::hopper},
    {"blackwell", GpuArchitecture::blackwell},
    {"blackwellWorkstation", GpuArchitecture::blackwellWorkstation},
    {"cdna3", GpuArchitecture::cdna3},
    {"cdna4", GpuArchitecture::cdna4},
    {"gaudi", GpuArchitecture::gaudi},
    {"tpu", GpuArchitecture::tpu},
}};
constexpr std::array<std::pair<std::string_view, LinkTopology>, 4> kTopologies{{
    {"pcie", LinkTopology::pcie},
    {"pairs", LinkTopology::pairs},
    {"allToAll", LinkTopology::allToAll},
    {"switched", LinkTopology::switched},
}};
constexpr std::array<std::pair<std::string_view, AttentionKind>, 5> kAttentionKinds{{
    {"none", AttentionKind::none},
    {"full", AttentionKind::full},
    {"sliding", AttentionKind::sliding},
    {"sparse", AttentionKind::sparse},
    {"linear", AttentionKind::linear},
}};
constexpr std::array<std::pair<std::string_view, QuantizedPart>, 2> kQuantizedParts{{
    {"all", QuantizedPart::allLinear},
    {"experts", QuantizedPart::expertsOnly},
}};

CatalogGpu readGpu(Row& row, const Sources& sources)
{
    CatalogGpu gpu;
    auto value = [&](std::string_view key) { return figure(row, key, sources, gpu.provenance); };
    auto bandwidth = [&](std::string_view key) { return value(key) * gigabyte / second; };
    auto compute = [&](std::string_view key) { return value(key) * teraflop / second; };
    auto native = [&](std::string_view key) {
        return row.has(key) ? std::optional<FlopRate>(compute(key)) : std::nullopt;
    };
    GpuSpec& spec = gpu.spec;
    spec.name = row.get<std::string>("name");
    gpu.aliases = row.get<std::vector<std::string>>("aliases");
    gpu.gpusPerNode = row.get<int>("gpus_per_node");
    spec.architecture = oneOf(row, "architecture", kArchitectures);
    spec.memory = value("memory_mib") * mebibyte;
    spec.bandwidth = bandwidth("bandwidth_gb_s");
    spec.fp16 = compute("fp16_tflops");
    spec.fp8 = native("fp8_tflops");
    spec.int8 = native("int8_tflops");
    spec.fp4 = native("fp4_tflops");
    spec.inNode.topology = oneOf(row, "link", kTopologies);
    spec.inNode.perDirection = bandwidth("link_gb_s");
    spec.inNode.inSwitchReduction = row.get<bool>("link_reduces", false);
    spec.betweenNodes = bandwidth("between_nodes_gb_s");
    spec.host = bandwidth("host_gb_s");
    spec.powerWatts = row.has("power_w") ? value("power_w") : 0;
    row.done();
    return gpu;
}

AttentionSpec readAttention(Row row)
{
    AttentionSpec a;
    a.kind = oneOf(row, "kind", kAttentionKinds);
    a.heads = row.get<int>("heads", 0);
    a.kvHeads = row.get<int>("kv_heads", 0);
    a.headDim = row.get<int>("head_dim", 0);
    a.valueHeadDim = row.get<int>("value_head_dim", 0);
    a.window = row.get<int>("window", 0);
    a.sharedKeyValue = row.get<bool>("shared_key_value", false);
    a.reusesKv = row.get<bool>("reuses_kv", false);
    a.gated = row.get<bool>("gated", false);
    a.biased = row.get<bool>("biased", false);
    a.latent.queryRank = row.get<int>("query_rank", 0);
    a.latent.kvRank = row.get<int>("kv_rank", 0);
    a.latent.ropeDim = row.get<int>("rope_dim", 0);
    a.latent.nopeDim = row.get<int>("nope_dim", 0);
    a.latent.valueDim = row.get<int>("value_dim", 0);
    a.indexHeads = row.get<int>("index_heads", 0);
    a.indexDim = row.get<int>("index_dim", 0);
    a.tokensPerEntry = row.get<int>("tokens_per_entry", 1);
    a.outputRank = row.get<int>("output_rank", 0);
    a.outputGroups = row.get<int>("output_groups", 1);
    a.stateBytes = row.get<double>("state_bytes", 0);
    a.mixerParams = row.get<double>("mixer_params", 0);
    row.done();
    return a;
}

FeedForwardSpec readFeedForward(Row row)
{
    FeedForwardSpec f;
    f.width = row.get<int>("width", 0);
    f.matrices = row.get<int>("matrices", 3);
    f.experts = row.get<int>("experts", 0);
    f.expertsPerToken = row.get<int>("experts_per_token", 0);
    f.expertWidth = row.get<int>("expert_width", 0);
    f.sharedWidth = row.get<int>("shared_width", 0);
    f.latentWidth = row.get<int>("latent_width", 0);
    f.biased = row.get<bool>("biased", false);
    row.done();
    return f;
}

LayerGroup readGroup(Row row)
{
    LayerGroup group;
    group.name = row.get<std::string>("name");
    group.layers = row.get<int>("layers");
    group.attention = readAttention({row.at("attention"), row.where() + " " + group.name + " attention"});
    group.feedForward = readFeedForward({row.at("feed_forward"), row.where() + " " + group.name + " feed_forward"});
    row.done();
    return group;
}

NumberFormat readFormat(Row& row, std::string_view key, NumberFormat fallback)
{
    if (!row.has(key))
        return fallback;
    const auto format = numberFormat(row.get<std::string>(key));
    if (!format)
        row.refuse(std::string(key) + " is not a number format");
    return *format;
}

/// The shape of a model: its own, or that of an earlier model named by "like", with what differs stated.
ModelSpec readSpec(Row& row, const std::vector<CatalogModel>& earlier)
{
    ModelSpec m;
    if (row.has("like")) {
        const auto like = row.get<std::string>("like");
        const auto found = std::ranges::find(earlier, like, [](const CatalogModel& e) { return e.spec.name; });
        if (found == earlier.end())
            row.refuse("is like " + like + ", which is not above it");
        m = found->spec;
        m.publishedParams = 0;
        if (row.has("groups"))
            row.refuse("has both like and groups");
    } else {
        m.hidden = row.get<int>("hidden");
        m.vocab = row.get<int>("vocab");
        for (const Json& group : row.at("groups"))
            m.groups.push_back(readGroup({group, row.where()}));
    }
    m.name = row.get<std::string>("name");
    m.positions = row.get<int>("positions", m.positions);
    m.tiedEmbeddings = row.get<bool>("tied", m.tiedEmbeddings);
    m.parallelBlock = row.get<bool>("parallel", m.parallelBlock);
    m.normsPerLayer = row.get<int>("norms", m.normsPerLayer);
    m.maxContext = row.get<int>("max_context", m.maxContext);
    m.servedFormat = readFormat(row, "format", m.servedFormat);
    if (row.has("quantized"))
        m.quantizedPart = oneOf(row, "quantized", kQuantizedParts);
    m.otherParams = row.get<double>("other_params", m.otherParams);
    return m;
}

CatalogCheckpoint readCheckpoint(Row row, const Sources& sources, std::vector<Provenance>& provenance)
{
    CatalogCheckpoint checkpoint{
        readFormat(row, "format", NumberFormat::bf16), readFormat(row, "kv", NumberFormat::bf16)};
    const auto source = sources.find(row.get<std::string>("source"));
    if (source == sources.end())
        row.refuse("names an unknown source");
    provenance.push_back(source->second);
    provenance.back().figure = "cache beside " + std::string(info(checkpoint.weights).name);
    row.done();
    return checkpoint;
}

CatalogModel readModel(Row& row, const Sources& sources, const std::vector<CatalogModel>& earlier)
{
    CatalogModel model;
    model.spec = readSpec(row, earlier);
    model.aliases = row.get<std::vector<std::string>>("aliases", {});
    model.family = row.get<std::string>("family");
    const auto source = sources.find(row.get<std::string>("source"));
    if (source == sources.end())
        row.refuse("names an unknown source");
    model.provenance.push_back(source->second);
    model.provenance.back().figure = "shape";
    if (row.has("origin")) // which file of that source
        model.provenance.back().source += ": " + row.get<std::string>("origin");
    if (row.has("published_params"))
        model.spec.publishedParams = figure(row, "published_params", sources, model.provenance);
    if (row.has("published_active"))
        model.activePublished = figure(row, "published_active", sources, model.provenance);
    if (row.has("checkpoints"))
        for (const Json& json : row.at("checkpoints"))
            model.checkpoints.push_back(
                readCheckpoint({json, row.where() + " checkpoints"}, sources, model.provenance));
    row.done();
    model.architecture = architectureOf(model.spec);
    return model;
}

CatalogPrice readPrice(Row& row, const Sources& sources)
{
    CatalogPrice price;
    price.gpu = row.get<std::string>("gpu");
    price.usdLow = row.get<double>("usd_low");
    price.usdHigh = row.get<double>("usd_high");
    price.kind = row.get<std::string>("kind");
    const auto source = sources.find(row.get<std::string>("source"));
    if (source == sources.end())
        row.refuse("names an unknown source");
    price.source = source->second.source;
    price.date = source->second.date;
    price.recalled = source->second.recalled;
    return price;
}

/// The row marked "default" is what a plan starts with: the middle of its range.
void applyPrice(Row& row, const CatalogPrice& price, std::vector<CatalogGpu>& gpus)
{
    const auto gpu = std::ranges::find(gpus, price.gpu, [](const CatalogGpu& g) { return g.spec.name; });
    if (gpu == gpus.end())
        row.refuse("is of a GPU that is not in the catalog");
    if (row.get<bool>("default", false)) {
        if (gpu->price)
            row.refuse("is the second default of its GPU");
        gpu->price = (price.usdLow + price.usdHigh) / 2 * dollar / hour;
        gpu->priceSource = price.kind + "; " + price.source + (price.date.empty() ? "" : ", " + price.date);
    }
    row.done();
}

template <class Read>
void eachRow(std::string_view text, const std::string& list, Read read)
{
    const Json json = Json::parse(text);
    Row file(json, list);
    if (file.get<int>("schema") != 1)
        file.refuse("has an unknown schema");
    file.has("about");
    const Sources sources = readSources(file);
    for (const Json& entry : file.at(list)) {
        const auto* key = list == "prices" ? "gpu" : "name";
        Row row(entry, list + " " + (entry.contains(key) ? entry.at(key).get<std::string>() : "?"));
        read(row, sources);
    }
    file.done();
}

std::string attentionWord(const AttentionSpec& a)
{
    if (a.isMla())
        return "MLA";
    if (a.kvHeads == 1)
        return "MQA";
    return a.kvHeads == a.heads ? "MHA" : "GQA";
}

} // namespace

std::string architectureOf(const ModelSpec& m)
{
    std::set<std::string> cached, special;
    bool experts = false;
    for (const LayerGroup& g : m.groups) {
        experts = experts || g.feedForward.experts > 0;
        switch (g.attention.kind) {
        case AttentionKind::none:
            continue;
        case AttentionKind::linear:
            special.insert("hybrid");
            continue;
        case AttentionKind::sliding:
            special.insert("sliding");
            break;
        case AttentionKind::sparse:
            special.insert("sparse");
            break;
        case AttentionKind::full:
            break;
        }
        cached.insert(attentionWord(g.attention));
        if (g.attention.tokensPerEntry > 1)
            special.insert("compressed");
    }
    std::string words;
    for (const auto* part : {&cached, &special})
        for (const std::string& word : *part)
            words += word + ", ";
    return words + (experts ? "MoE" : "dense");
}

CatalogData readCatalog(std::string_view gpus, std::string_view models, std::string_view prices)
{
    CatalogData data;
    eachRow(gpus, "gpus", [&](Row& row, const Sources& s) { data.gpus.push_back(readGpu(row, s)); });
    eachRow(
        models, "models", [&](Row& row, const Sources& s) { data.models.push_back(readModel(row, s, data.models)); });
    eachRow(prices, "prices", [&](Row& row, const Sources& s) {
        data.prices.push_back(readPrice(row, s));
        applyPrice(row, data.prices.back(), data.gpus);
    });
    std::ranges::sort(data.gpus, {}, [](const CatalogGpu& g) {
        return std::tuple(g.spec.memory.si(), g.spec.bandwidth.si(), std::string_view(g.spec.name));
    });
    std::ranges::sort(data.models, {},
        [](const CatalogModel& m) { return std::tuple(countParameters(m.spec).total(), m.spec.name); });
    return data;
}

} // namespace headroom
