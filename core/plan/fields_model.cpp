// Which model is served, in which formats; the shape of a custom one (topic 5).
#include "core/plan/catalog.h"
#include "core/plan/field_rows.h"

#include <algorithm>

namespace headroom::rows {

namespace {

constexpr std::string_view kGroup = "model";
constexpr std::string_view kCustom = "custom";

constexpr std::array<Spelling, 8> kWeightFormats{{{"fp32", "FP32"}, {"bf16", "BF16"}, {"fp16", "FP16"}, {"fp8", "FP8"},
    {"int8", "INT8"}, {"int4", "INT4"}, {"fp4", "NVFP4"}, {"mxfp4", "MXFP4"}}};
/// What an engine can keep in its cache, and the number format of each.
constexpr std::array<Spelling, 5> kCacheFormats{
    {{"bf16", "BF16"}, {"fp16", "FP16"}, {"fp8", "FP8"}, {"int8", "INT8"}, {"int4", "INT4"}}};

std::string_view onlyCustom(const Plan& p) { return p.model.spec.name == kCustom ? "" : "only with model \"custom\""; }
std::string_view onlyCustomHeads(const Plan& p)
{
    const auto reason = onlyCustom(p);
    const auto& groups = p.model.spec.groups;
    if (reason.empty() && std::ranges::any_of(groups, [](const LayerGroup& g) { return g.attention.isMla(); }))
        return "latent attention has widths of its own";
    return reason;
}
std::string_view onlyCustomExperts(const Plan& p)
{
    const auto reason = onlyCustom(p);
    const auto& groups = p.model.spec.groups;
    if (reason.empty() && std::ranges::none_of(groups, [](const LayerGroup& g) { return g.feedForward.experts > 0; }))
        return "only with experts";
    return reason;
}

/// The group that stands for the model in the knobs of its shape: the largest that has attention heads.
const LayerGroup& mainGroup(const ModelSpec& spec)
{
    static const LayerGroup none;
    const LayerGroup* best = nullptr;
    for (const auto& g : spec.groups)
        if (!best || (g.attention.heads > 0) > (best->attention.heads > 0) ||
            ((g.attention.heads > 0) == (best->attention.heads > 0) && g.layers > best->layers))
            best = &g;
    return best ? *best : none;
}

/// The model is its publisher's no longer.
void makeCustom(ModelSpec& spec)
{
    spec.name = kCustom;
    spec.publishedParams = 0;
}

/// Makes the model custom, with all layers equal to the main group, which the shape knobs then change.
LayerGroup& onlyGroup(ModelSpec& spec)
{
    makeCustom(spec);
    if (spec.groups.size() != 1) {
        LayerGroup one = mainGroup(spec);
        one.layers = std::max(1, spec.layers());
        one.name = one.feedForward.experts > 0 ? "moe" : "dense";
        spec.groups = {one};
    }
    return spec.groups.front();
}

/// A knob of the shape. \tparam access what it changes, in the only group (or the spec, which it also gets)
template <auto access>
constexpr NumberField shape(FieldInfo info, Range range)
{
    NumberField f;
    if (info.notApplicable == nullptr)
        info.notApplicable = onlyCustom;
    f.info = info;
    f.min = range.min, f.max = range.max, f.fallback = range.fallback, f.scale = range.scale;
    f.integer = true;
    f.get = [](const Plan& p) -> Number { return access(p.model.spec, mainGroup(p.model.spec)); };
    // Setting what is there already leaves several groups as they are: a saved custom model reads back unchanged.
    f.set = [](Plan& p, Number v) {
        ModelSpec& spec = p.model.spec;
        const int value = static_cast<int>(std::lround(*v));
        if (access(std::as_const(spec), mainGroup(spec)) != value) {
            LayerGroup& group = onlyGroup(spec);
            access(spec, group) = value;
        }
    };
    return f;
}

Number getLayers(const Plan& p) { return p.model.spec.layers(); }
void setLayers(Plan& p, Number v)
{
    if (const int layers = static_cast<int>(std::lround(*v)); layers != p.model.spec.layers())
        onlyGroup(p.model.spec).layers = layers;
}

Number getExperts(const Plan& p) { return mainGroup(p.model.spec).feedForward.experts; }
/// The first experts take over the dense width, so that the model stays one that can be evaluated; none give it back.
void setExperts(Plan& p, Number v)
{
    const int experts = static_cast<int>(std::lround(*v));
    if (experts == mainGroup(p.model.spec).feedForward.experts)
        return;
    FeedForwardSpec& f = onlyGroup(p.model.spec).feedForward;
    if (experts == 0) {
        f.width = std::max(f.width, f.expertWidth);
        f.experts = f.expertsPerToken = f.expertWidth = f.sharedWidth = f.latentWidth = 0;
        return;
    }
    if (f.experts == 0) {
        f.expertWidth = f.width > 0 ? f.width : 4 * p.model.spec.hidden;
        f.width = 0;
    }
    f.experts = experts;
    f.expertsPerToken = std::clamp(f.expertsPerToken, std::min(2, experts), experts);
}

constexpr NumberField wholeNumber(FieldInfo info, Range range, Number (*get)(const Plan&), void (*set)(Plan&, Number))
{
    NumberField f;
    f.info = info;
    f.min = range.min, f.max = range.max, f.fallback = range.fallback, f.scale = range.scale;
    f.integer = true;
    f.get = get;
    f.set = set;
    return f;
}

std::vector<Choice> modelChoices()
{
    std::vector<Choice> choices;
    for (const auto& m : catalogModels())
        choices.push_back({m.spec.name, m.spec.name});
    choices.push_back({std::string(kCustom), "Custom"});
    return choices;
}

/// A name of the catalog copies its figures. "custom" keeps the present shape for the knobs below to change. The name
/// of a model that was imported, and is in no catalog, is accepted where it stands already.
Result<void> setModel(Plan& p, std::string_view id)
{
    ModelSpec& spec = p.model.spec;
    if (id == kCustom) {
        makeCustom(spec);
        return {};
    }
    if (id == spec.name && !findModel(id))
        return {};
    return chooseModel(p, id);
}

constexpr ChoiceField modelName()
{
    ChoiceField f;
    f.info = {.key = "model.name",
        .group = kGroup,
        .label = "Model",
        .help = "The model that is served. Choosing one copies its published shape into the plan; \"custom\" lets "
                "you change the shape.",
        .unit = "",
        .topic = "5.1"};
    f.ordered = true;
    f.choices = modelChoices;
    f.fallback = "Llama-3.1-8B";
    f.get = [](const Plan& p) { return p.model.spec.name; };
    f.set = setModel;
    return f;
}

constexpr ChoiceField cacheFormat()
{
    ChoiceField f;
    f.info = {.key = "model.kv_format",
        .group = kGroup,
        .label = "KV cache format",
        .help = "Number format of the KV cache. Half the bytes hold twice the tokens.",
        .unit = "",
        .topic = "5.2"};
    f.choices = [] { return choicesOf(kCacheFormats); };
    f.fallback = "bf16";
    f.get = [](const Plan& p) { return std::string(headroom::info(p.model.kvFormat).name); };
    f.set = [](Plan& p, std::string_view id) -> Result<void> {
        const auto position = positionOf(kCacheFormats, id);
        if (!position)
            return tl::unexpected(position.error());
        p.model.kvFormat = numberFormat(id).value();
        return {};
    };
    return f;
}

constexpr Field kModel[] = {modelName(), choice < [](auto& p) -> auto& {return p.model.weightFormat;
} // namespace
,
    kWeightFormats >
        ({.key = "model.weight_format",
             .group = kGroup,
             .label = "Weight format",
             .help = "Number format of the weights. Fewer bytes leave more memory to the KV cache and are read faster.",
             .unit = "",
             .topic = "5.1"},
            "bf16"),
    cacheFormat(), number < [](auto& p) -> auto&
{
    return p.model.maxContext;
}
> ({.key = "model.max_context_tokens",
       .group = kGroup,
       .label = "Context limit",
       .help = "Longest prompt and output together that the engine accepts. Maximum-length reservation holds "
               "this much for each request.",
       .unit = "tok",
       .topic = "5.4"},
      {16, 10'000'000, 8192, Scale::logarithmic}),
    number < [](auto& p) -> auto&
{
    return p.cost.quality;
}
> ({.key = "cost.quality",
       .group = kGroup,
       .label = "Quality score",
       .help = "Quality of this model in this format on your own evaluation, from 0 to 1. Cost is divided by it.",
       .unit = "",
       .topic = "1.4"},
      {0.01, 1, 1}),
}; // namespace headroom::rows

constexpr Field kShape[] = {wholeNumber({.key = "model.layers",
                                            .group = kGroup,
                                            .label = "Layers",
                                            .help = "Transformer layers.",
                                            .unit = "",
                                            .topic = "5.1",
                                            .notApplicable = onlyCustom},
                                {1, 1000, 32}, getLayers, setLayers),
    shape < [](auto& spec, auto&) -> auto& {return spec.hidden;
}
> ({.key = "model.hidden",
       .group = kGroup,
       .label = "Hidden width",
       .help = "Width of the residual stream.",
       .unit = "",
       .topic = "5.1"},
      {64, 131'072, 4096, Scale::logarithmic}),
    shape < [](auto&, auto& group) -> auto&
{
    return group.attention.heads;
}
> ({.key = "model.heads",
       .group = kGroup,
       .label = "Attention heads",
       .help = "Query heads of a layer.",
       .unit = "",
       .topic = "5.1"},
      {1, 1024, 32, Scale::logarithmic}),
    shape < [](auto&, auto& group) -> auto&
{
    return group.attention.kvHeads;
}
> ({.key = "model.kv_heads",
       .group = kGroup,
       .label = "KV heads",
       .help = "Heads of keys and values; fewer than query heads is grouped-query attention.",
       .unit = "",
       .topic = "5.2",
       .notApplicable = onlyCustomHeads},
      {1, 1024, 8, Scale::logarithmic}),
    shape < [](auto&, auto& group) -> auto&
{
    return group.attention.headDim;
}
> ({.key = "model.head_dim",
       .group = kGroup,
       .label = "Head width",
       .help = "Width of one head.",
       .unit = "",
       .topic = "5.2",
       .notApplicable = onlyCustomHeads},
      {8, 2048, 128, Scale::logarithmic}),
    shape < [](auto&, auto& group) -> auto&
{
    return group.feedForward.width;
}
> ({.key = "model.ffn",
       .group = kGroup,
       .label = "Feed-forward width",
       .help = "Width of the dense feed-forward block; with experts, of the dense part beside them.",
       .unit = "",
       .topic = "5.1"},
      {0, 262'144, 14'336}),
    shape < [](auto& spec, auto&) -> auto&
{
    return spec.vocab;
}
> ({.key = "model.vocab",
       .group = kGroup,
       .label = "Vocabulary",
       .help = "Rows of the embedding table.",
       .unit = "",
       .topic = "5.1"},
      {2, 4'000'000, 128'256, Scale::logarithmic}),
    wholeNumber({.key = "model.experts",
                    .group = kGroup,
                    .label = "Experts",
                    .help = "Routed experts of a layer; 0 is a dense model.",
                    .unit = "",
                    .topic = "6.5",
                    .notApplicable = onlyCustom},
        {0, 4096, 0}, getExperts, setExperts),
    shape < [](auto&, auto& group) -> auto&
{
    return group.feedForward.expertsPerToken;
}
> ({.key = "model.experts_per_token",
       .group = kGroup,
       .label = "Experts a token uses",
       .help = "Routed experts that each token passes through.",
       .unit = "",
       .topic = "6.5",
       .notApplicable = onlyCustomExperts},
      {1, 1024, 2}),
    shape < [](auto&, auto& group) -> auto&
{
    return group.feedForward.expertWidth;
}
> ({.key = "model.expert_ffn",
       .group = kGroup,
       .label = "Expert width",
       .help = "Feed-forward width of one routed expert.",
       .unit = "",
       .topic = "6.5",
       .notApplicable = onlyCustomExperts},
      {1, 262'144, 14'336, Scale::logarithmic}),
}
; // namespace headroom::rows

} // namespace

std::span<const Field> model() { return kModel; }
std::span<const Field> modelShape() { return kShape; }

bool isModelShape(std::string_view key)
{
    return std::ranges::any_of(kShape, [&](const Field& f) { return headroom::info(f).key == key; });
}

} // namespace headroom::rows
