#include "core/importers/hf_layers.h"

#include "core/importers/hf_mixers.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

namespace headroom::hf {

namespace {

constexpr int kWidest = 1 << 24;
constexpr int kMostExperts = 1 << 16;
constexpr int kLongest = 2000000000;

constexpr std::array<Family, 24> kFamilies{{
    {.type = "opt", .matrices = 2, .tied = true, .attentionBias = true, .feedForwardBias = true},
    {.type = "gpt2", .matrices = 2, .tied = true, .attentionBias = true, .feedForwardBias = true},
    {.type = "gpt_bigcode", .matrices = 2, .tied = true, .attentionBias = true, .feedForwardBias = true},
    {.type = "gpt_neo", .matrices = 2, .tied = true, .feedForwardBias = true},
    {.type = "gpt_neox", .matrices = 2, .attentionBias = true, .feedForwardBias = true, .parallel = true},
    {.type = "gptj", .matrices = 2, .feedForwardBias = true, .parallel = true, .norms = 1},
    {.type = "codegen", .matrices = 2, .feedForwardBias = true, .parallel = true, .norms = 1},
    {.type = "bloom", .matrices = 2, .tied = true, .attentionBias = true, .feedForwardBias = true},
    {.type = "falcon", .matrices = 2, .parallel = true},
    {.type = "phi", .matrices = 2, .attentionBias = true, .feedForwardBias = true, .parallel = true, .norms = 1},
    {.type = "mpt", .matrices = 2, .tied = true},
    {.type = "starcoder2", .matrices = 2, .tied = true, .attentionBias = true, .feedForwardBias = true},
    {.type = "nemotron", .matrices = 2},
    {.type = "nemotron_h", .matrices = 2, .norms = 1},
    {.type = "gemma", .tied = true},
    {.type = "gemma2", .tied = true, .norms = 4},
    {.type = "gemma3", .tied = true, .norms = 4},
    {.type = "gemma4", .tied = true, .norms = 4},
    {.type = "cohere", .tied = true, .parallel = true, .norms = 1},
    {.type = "cohere2", .tied = true, .parallel = true, .norms = 1},
    {.type = "qwen", .attentionBias = true},
    {.type = "qwen2", .attentionBias = true},
    {.type = "qwen2_moe", .attentionBias = true},
    {.type = "llama4", .sharedByDefault = true},
}};

/// The stretch of a model that is one list of layers: which of them hold experts.
using LayerRule = std::function<bool(int)>;

LayerRule fromList(std::vector<int> list)
{
    return [list = std::move(list)](
               int i) { return static_cast<std::size_t>(i) < list.size() && list[static_cast<std::size_t>(i)] != 0; };
}

LayerRule expertLayers(const Values& v)
{
    if (v.has("mlp_layer_types") || v.isList("moe_layer_freq") || v.isList("moe_layers"))
        v.know({"first_k_dense_replace", "moe_layer_freq"});
    if (v.has("mlp_layer_types")) {
        std::vector<int> sparse;
        for (const std::string& word : v.words("mlp_layer_types"))
            sparse.push_back(word == "dense" ? 0 : 1);
        return fromList(std::move(sparse));
    }
    if (v.isList("moe_layer_freq"))
        return fromList(v.integers("moe_layer_freq"));
    if (v.isList("moe_layers")) {
        const std::vector<int> list = v.integers("moe_layers");
        return [set = std::set<int>(list.begin(), list.end())](int i) { return set.contains(i); };
    }
    const int first = v.integer({"first_k_dense_replace", "moe_layer_start_index"}, 0, 100000).value_or(0);
    const int every = v.integer({"moe_layer_freq", "moe_layer_interval"}, 1, 100000).value_or(1);
    // Qwen and Llama 4 count from one: with a step of two, layers 1, 3, 5 ... hold experts.
    const int step = v.integer({"decoder_sparse_step", "interleave_moe_layer_step"}, 1, 100000).value_or(1);
    const std::vector<int> denseOnly = v.integers("mlp_only_layers");
    return [=, dense = std::set<int>(denseOnly.begin(), denseOnly.end())](
               int i) { return i >= first && i % every == 0 && (i + 1) % step == 0 && !dense.contains(i); };
}

int sharedWidth(const Values& v, const Family& family, int expertWidth)
{
    const int count =
        v.integer({"n_shared_experts", "num_shared_experts", "moe_num_shared_experts"}, 0, 1024).value_or(0);
    if (const auto width = v.integer({"shared_expert_intermediate_size", "moe_shared_expert_intermediate_size",
                                         "shared_intermediate_size", "share_expert_dim"},
            0, kWidest))
        return *width * std::max(1, count);
    return count > 0 ? count * expertWidth : family.sharedByDefault ? expertWidth : 0;
}

/// The expert part of a feed-forward; experts = 0 where the model has none.
FeedForwardSpec readExperts(const Values& v, const Basics& basics)
{
    FeedForwardSpec f;
    f.experts =
        v.integer({"num_local_experts", "num_experts", "n_routed_experts", "num_routed_experts", "moe_num_experts"}, 0,
             kMostExperts)
            .value_or(0);
    if (f.experts == 0)
        return {};
    f.expertsPerToken = v.integer({"num_experts_per_tok", "experts_per_token", "num_experts_per_token", "top_k_experts",
                                      "moe_topk", "moe_top_k", "moe_k"},
                             1, f.experts)
                            .value_or(0);
    if (f.expertsPerToken == 0)
        v.refuse("num_experts_per_tok", "is missing, but the model has " + std::to_string(f.experts) + " experts");
    f.expertWidth = v.integer({"moe_intermediate_size", "expert_intermediate_size", "moe_ffn_hidden_size",
                                  "intermediate_size", "ffn_hidden_size"},
                         1, kWidest)
                        .value_or(0);
    if (f.expertWidth == 0)
        v.refuse("moe_intermediate_size", "is missing, but the model has experts");
    f.sharedWidth = sharedWidth(v, basics.family, f.expertWidth);
    f.latentWidth = v.integer({"moe_latent_size"}, 1, kWidest).value_or(0);
    return f;
}

int denseWidth(const Values& v, const Basics& basics)
{
    const auto width = v.integer({"intermediate_size_mlp", "dense_intermediate_size", "intermediate_size", "ffn_dim",
                                     "n_inner", "ffn_hidden_size"},
        1, kWidest);
    // The first Qwen states the width of gate and up together.
    if (width && basics.family.type == "qwen")
        return *width / 2;
    return width.value_or(4 * basics.hidden); // GPT-2, GPT-J, BLOOM, Falcon: four times, unless said
}

std::vector<FeedForwardSpec> feedForwards(const Values& v, const Basics& basics)
{
    const FeedForwardSpec experts = readExperts(v, basics);
    if (experts.experts > 0)
        v.know({"intermediate_size", "intermediate_size_mlp"}); // the width of dense layers, of which there may be none
    const LayerRule holdsExperts = expertLayers(v);
    const bool sideBySide = v.flag("enable_moe_block", false); // Gemma 4: a dense and an expert part in each layer
    const std::string activation = v.text({"mlp_hidden_act"});
    std::vector<FeedForwardSpec> out;
    std::optional<int> width;
    for (int i = 0; i < basics.layers; ++i) {
        FeedForwardSpec f;
        const bool moe = experts.experts > 0 && holdsExperts(i);
        if (moe)
            f = experts;
        if (!moe || sideBySide) {
            if (!width)
                width = denseWidth(v, basics);
            f.width = *width;
        }
        f.matrices = activation == "relu2" ? 2 : basics.family.matrices;
        f.biased = v.flag("mlp_bias", basics.family.feedForwardBias) || basics.family.type == "gpt_oss";
        out.push_back(f);
    }
    return out;
}

LatentAttention readLatent(const Values& v)
{
    LatentAttention l;
    l.queryRank = v.integer({"q_lora_rank"}, 1, kWidest).value_or(0);
    l.kvRank = v.integer({"kv_lora_rank"}, 1, kWidest).value_or(0);
    if (l.kvRank == 0)
        return l;
    l.ropeDim = v.integer({"qk_rope_head_dim"}, 0, kWidest).value_or(64);
    l.nopeDim = v.integer({"qk_nope_head_dim"}, 1, kWidest).value_or(128);
    l.valueDim = v.integer({"v_head_dim"}, 1, kWidest).value_or(l.nopeDim);
    return l;
}

AttentionSpec baseAttention(const Values& v, const Basics& basics)
{
    AttentionSpec a;
    a.heads = basics.heads;
    a.kvHeads = basics.kvHeads;
    a.headDim = basics.headDim;
    a.latent = readLatent(v);
    if (a.isMla()) {
        a.kvHeads = a.heads;
        a.headDim = a.latent.nopeDim + a.latent.ropeDim;
    } else if (const auto valueDim = v.integer({"v_head_dim"}, 1, kWidest)) {
        a.valueHeadDim = *valueDim == a.headDim ? 0 : *valueDim;
    }
    a.gated = v.flag("attn_output_gate", false) || v.flag("attention_output_gate", false);
    a.biased = v.flag("attention_bias", v.flag("qkv_bias", basics.family.attentionBias));
    return a;
}

int windowOf(const Values& v)
{
    return v.integer({"sliding_window", "attention_chunk_size", "window_size"}, 1, kLongest).value_or(0);
}

void makeSliding(AttentionSpec& a, int window)
{
    a.kind = window > 0 ? AttentionKind::sliding : AttentionKind::full;
    a.window = window;
}

/// Layers named one by one: "full_attention", "sliding_attention", "chunked_attention", "linear_attention".
void applyLayerTypes(const Values& v, const std::vector<std::string>& types, std::vector<AttentionSpec>& layers)
{
    const int window = windowOf(v);
    const AttentionSpec linear = linearMixer(v);
    for (std::size_t i = 0; i < layers.size() && i < types.size(); ++i) {
        const std::string& type = types[i];
        if (type == "sliding_attention" || type == "chunked_attention" || type == "local")
            makeSliding(layers[i], window);
        else if (type == "linear_attention" && linear.mixerParams > 0)
            layers[i] = linear;
        else if (type != "full_attention" && type != "attention" && type != "global" &&
                 type != "deepseek_sparse_attention")
            v.refuse("layer_types", "holds " + type + ", a kind of layer that is not known");
    }
    if (types.size() < layers.size())
        v.refuse("layer_types",
            "has " + std::to_string(types.size()) + " entries for " + std::to_string(layers.size()) + " layers");
}

/// Windows without a list of layers: all of them, every n-th not, or only the upper ones.
void applyWindows(const Values& v, const Basics& basics, std::vector<AttentionSpec>& layers)
{
    const int n = static_cast<int>(layers.size());
    if (!v.flag("use_sliding_window", true)) {
        v.know({"sliding_window", "max_window_layers"});
        return;
    }
    int fullEvery = v.integer({"sliding_window_pattern"}, 1, 100000).value_or(0);
    if (v.has("attention_chunk_size") && fullEvery == 0)
        fullEvery = 4; // Llama 4: each fourth layer sees everything
    if (basics.family.type == "gemma2")
        fullEvery = 2;
    const std::vector<int> noRope = v.integers("no_rope_layers"); // Llama 4: 0 = sees everything
    // Qwen2: windows begin above max_window_layers.
    const int firstWindow = v.has("use_sliding_window") ? v.integer({"max_window_layers"}, 0, 100000).value_or(0) : 0;
    const int window = windowOf(v);
    for (int i = firstWindow; i < n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const bool full = at < noRope.size() ? noRope[at] == 0 : fullEvery > 0 && (i + 1) % fullEvery == 0;
        if (!full)
            makeSliding(layers[at], window);
    }
}

/// An indexer that picks tokens (DeepSeek V3.2, GLM-5) or blocks of tokens (MiniMax-M3).
void applySparse(const Values& v, std::vector<AttentionSpec>& layers)
{
    const int topk = v.integer({"index_topk"}, 1, kLongest).value_or(0);
    const int heads = v.integer({"index_n_heads"}, 1, 65536).value_or(0);
    const int dim = v.integer({"index_head_dim"}, 1, kWidest).value_or(0);
    const std::vector<std::string> types = v.words("indexer_types");
    for (std::size_t i = 0; topk > 0 && i < layers.size(); ++i) {
        layers[i].kind = AttentionKind::sparse;
        layers[i].window = topk;
        if (i < types.size() && types[i] == "shared")
            continue; // takes over the choice of the layer below: no indexer, no keys of its own
        layers[i].indexHeads = heads;
        layers[i].indexDim = dim;
    }
    const auto blocks = v.section("sparse_attention_config");
    if (!blocks || !blocks->flag("use_sparse_attention", true))
        return;
    const int perBlock = blocks->integer({"sparse_block_size"}, 1, 1 << 20).value_or(1);
    const int count = blocks->integer({"sparse_topk_blocks"}, 1, 1 << 10).value_or(0);
    const LayerRule isSparse = fromList(blocks->integers("sparse_attention_freq"));
    for (std::size_t i = 0; count > 0 && i < layers.size(); ++i) {
        if (!isSparse(static_cast<int>(i)))
            continue;
        layers[i].kind = AttentionKind::sparse;
        layers[i].window = perBlock * count;
        layers[i].indexHeads = blocks->integer({"sparse_num_index_heads"}, 1, 65536).value_or(0);
        layers[i].indexDim = blocks->integer({"sparse_index_dim"}, 1, kWidest).value_or(0);
    }
}

/// DeepSeek V4: one key-value head, K equal to V, of which each `ratio` tokens share one entry, beside a short window
/// of plain entries. Ratio 0 is the window alone; a small ratio has an indexer that picks entries.
void applyCompression(const Values& v, std::vector<AttentionSpec>& layers, std::vector<std::string>& ignored)
{
    if (!v.has("compress_ratios"))
        return;
    const std::vector<int> ratios = v.integers("compress_ratios");
    const int window = windowOf(v);
    const int entries = v.integer({"index_topk"}, 1, kLongest).value_or(0);
    const int rank = v.integer({"o_lora_rank"}, 1, kWidest).value_or(0);
    const int groups = v.integer({"o_groups"}, 1, 65536).value_or(1);
    constexpr int kIndexedRatio = 16; // 4 has an indexer, 128 reads all of its few entries
    if (ratios.size() < layers.size())
        v.refuse("compress_ratios", "has fewer entries than there are layers");
    for (std::size_t i = 0; i < layers.size() && i < ratios.size(); ++i) {
        AttentionSpec& a = layers[i];
        const int ratio = ratios[i];
        if (ratio < 0 || ratio > (1 << 20))
            v.refuse("compress_ratios", "holds a ratio out of range");
        const bool indexed = ratio > 1 && ratio <= kIndexedRatio && entries > 0;
        a.sharedKeyValue = true;
        a.outputRank = rank;
        a.outputGroups = groups;
        a.tokensPerEntry = std::max(1, ratio);
        a.kind = ratio == 0 ? AttentionKind::sliding : indexed ? AttentionKind::sparse : AttentionKind::full;
        a.window = ratio == 0 ? window : indexed ? std::min(kLongest / ratio, entries) * ratio : 0;
        a.stateBytes = ratio == 0 ? 0 : 2.0 * window * a.headDim; // 16 bit
        if (!indexed)
            a.indexHeads = a.indexDim = 0;
    }
    ignored.push_back("the local window beside pooled entries counts as a state of constant size in 16 bit, whatever "
                      "the cache format");
    if (v.integer({"hc_mult"}, 1, 1024).value_or(1) > 1)
        ignored.push_back("hyper-connections (hc_mult): the wider residual stream and its mixing take no time here");
}

/// Gemma: global layers have their own head width, fewer key-value heads, and may use keys as values; upper layers
/// may read the cache of a lower one.
void applyGlobalHeads(const Values& v, std::vector<AttentionSpec>& layers)
{
    const auto dim = v.integer({"global_head_dim"}, 1, kWidest);
    const auto kvHeads = v.integer({"num_global_key_value_heads"}, 1, 65536);
    const bool shared = v.flag("attention_k_eq_v", false);
    const int reusing = v.integer({"num_kv_shared_layers"}, 0, 100000).value_or(0);
    const int n = static_cast<int>(layers.size());
    for (int i = 0; i < n; ++i) {
        AttentionSpec& a = layers[static_cast<std::size_t>(i)];
        if (a.kind == AttentionKind::full) {
            a.headDim = dim.value_or(a.headDim);
            a.kvHeads = kvHeads.value_or(a.kvHeads);
            a.sharedKeyValue = a.sharedKeyValue || shared;
        }
        a.reusesKv = i >= n - reusing;
    }
}

/// MiMo-V2: a list of 0 and 1, and a head shape of its own for the layers with a window.
void applyHybridPattern(const Values& v, std::vector<AttentionSpec>& layers)
{
    const std::vector<int> pattern = v.integers("hybrid_layer_pattern");
    if (pattern.empty())
        return;
    const int window = v.integer({"sliding_window_size", "sliding_window"}, 1, kLongest).value_or(0);
    const LayerRule slides = fromList(pattern);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!slides(static_cast<int>(i)))
            continue;
        makeSliding(layers[i], window);
        layers[i].heads = v.integer({"swa_num_attention_heads"}, 1, 65536).value_or(layers[i].heads);
        layers[i].kvHeads = v.integer({"swa_num_key_value_heads"}, 1, 65536).value_or(layers[i].kvHeads);
        layers[i].headDim = v.integer({"swa_head_dim"}, 1, kWidest).value_or(layers[i].headDim);
        layers[i].valueHeadDim = v.integer({"swa_v_head_dim"}, 1, kWidest).value_or(layers[i].valueHeadDim);
    }
}

/// Linear layers with a full one at each n-th place, or as lists of either.
void applyLinear(const Values& v, const Basics& basics, std::vector<AttentionSpec>& layers)
{
    if (const auto lists = v.section("linear_attn_config")) {
        const std::vector<int> full = lists->integers("full_attn_layers"); // counted from one
        const AttentionSpec mixer = deltaMixer(*lists, basics.hidden);
        for (std::size_t i = 0; i < layers.size() && mixer.mixerParams > 0; ++i)
            if (std::ranges::find(full, static_cast<int>(i) + 1) == full.end())
                layers[i] = mixer;
        return;
    }
    const std::vector<int> kinds = v.integers("attn_type_list"); // MiniMax: 0 lightning, 1 softmax
    for (std::size_t i = 0; i < layers.size() && i < kinds.size(); ++i)
        if (kinds[i] == 0)
            layers[i] = lightningMixer(basics.hidden, basics.heads, basics.headDim);
    const int interval = v.integer({"full_attention_interval"}, 1, 100000).value_or(0);
    const AttentionSpec mixer = interval > 0 ? linearMixer(v) : AttentionSpec{};
    for (std::size_t i = 0; i < layers.size() && mixer.mixerParams > 0; ++i)
        if ((static_cast<int>(i) + 1) % interval != 0)
            layers[i] = mixer;
}

std::vector<AttentionSpec> attentions(const Values& v, const Basics& basics, std::vector<std::string>& ignored)
{
    std::vector<AttentionSpec> layers(static_cast<std::size_t>(basics.layers), baseAttention(v, basics));
    if (v.has("layer_types")) {
        applyLayerTypes(v, v.words("layer_types"), layers);
        v.know({"full_attention_interval", "use_sliding_window", "max_window_layers", "sliding_window_pattern"});
    } else if (!v.has("compress_ratios") && !v.has("hybrid_layer_pattern")) {
        applyLinear(v, basics, layers);
        applyWindows(v, basics, layers);
    }
    applyHybridPattern(v, layers);
    applySparse(v, layers);
    applyCompression(v, layers, ignored);
    applyGlobalHeads(v, layers);
    if (v.has("attention_chunk_size"))
        ignored.push_back("attention in chunks counts as a sliding window of one chunk; the mean reach is half of it");
    return layers;
}

/// Nemotron-H: each block is a mixer or a feed-forward, not both.
std::vector<Layer> blocksOneByOne(const Values& v, const Basics& basics, const std::vector<std::string>& types)
{
    v.know({"intermediate_size", "mlp_hidden_act"}); // the family's plain ReLU squared
    FeedForwardSpec experts = readExperts(v, basics);
    experts.matrices = basics.family.matrices;
    const AttentionSpec attention = baseAttention(v, basics);
    AttentionSpec none;
    none.kind = AttentionKind::none;
    std::vector<Layer> out;
    for (const std::string& type : types) {
        if (type == "mamba" || type == "M")
            out.push_back({mambaMixer(v, basics.hidden), {}});
        else if (type == "attention" || type == "*")
            out.push_back({attention, {}});
        else if ((type == "moe" || type == "E") && experts.experts > 0)
            out.push_back({none, experts});
        else if (type == "mlp" || type == "-")
            out.push_back({none, {.width = denseWidth(v, basics), .matrices = basics.family.matrices}});
        else
            v.refuse("layers_block_type", "holds " + type + ", a kind of block that is not known");
    }
    return out;
}

} // namespace

Family familyOf(std::string_view modelType)
{
    // "gemma3_text", "qwen2_vl" and the like are as their family; the longest fitting name counts.
    const Family* best = nullptr;
    for (const Family& family : kFamilies)
        if (modelType == family.type ||
            (modelType.starts_with(family.type) && modelType.substr(family.type.size()).starts_with("_")))
            if (!best || family.type.size() > best->type.size())
                best = &family;
    Family found = best ? *best : Family{};
    found.type = best ? best->type : modelType;
    return found;
}

std::vector<std::string> blockTypes(const Values& v)
{
    if (v.has("layers_block_type"))
        return v.words("layers_block_type");
    std::vector<std::string> types;
    for (const char c : v.text({"hybrid_override_pattern"}))
        types.emplace_back(1, c);
    return types;
}

std::vector<Layer> readLayers(const Values& v, const Basics& basics, std::vector<std::string>& ignored)
{
    if (const std::vector<std::string> types = blockTypes(v); !types.empty())
        return blocksOneByOne(v, basics, types);
    const std::vector<AttentionSpec> attention = attentions(v, basics, ignored);
    const std::vector<FeedForwardSpec> feedForward = feedForwards(v, basics);
    std::vector<Layer> out;
    for (std::size_t i = 0; i < attention.size(); ++i)
        out.push_back({attention[i], feedForward[i]});
    return out;
}

} // namespace headroom::hf
