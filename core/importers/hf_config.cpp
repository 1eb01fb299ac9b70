#include "core/importers/hf_config.h"

#include "core/importers/hf_layers.h"
#include "core/importers/hf_quantization.h"
#include "core/importers/hf_values.h"

#include <algorithm>
#include <array>
#include <set>

namespace headroom {

namespace {

using hf::Basics;
using hf::Keys;
using hf::Layer;
using hf::Values;

constexpr int kMostLayers = 10000;
constexpr int kWidestHidden = 1 << 20;
constexpr int kLargestVocabulary = 1 << 26;
constexpr int kLongestContext = 2000000000;
constexpr double kMostParameters = 1e15; // a thousand times the largest model published

/// Text models in a multimodal file stand under one of these.
std::optional<Values> textSection(const Values& file)
{
    for (const char* key : {"text_config", "llm_config", "language_config"})
        if (file.has(key))
            return file.section(key);
    return std::nullopt;
}

/// Architectures whose layers no rule here describes: better no answer than a wrong one.
void refuseUnknownMixers(const Values& v)
{
    for (const char* key : {"attn_layer_period", "mamba_d_state", "mamba_d_ssm", "ssm_cfg", "state_size",
             "rwkv_hidden_size", "rescale_every", "lru_width", "attn_config", "ffn_config"})
        if (v.has(key))
            v.refuse(key, "belongs to an architecture that is not modelled");
    for (const char* key : {"is_encoder_decoder"})
        if (v.flag(key, false))
            v.refuse(key, "is true: models with an encoder are not modelled");
    if (v.has("decoder_layers") || v.has("num_decoder_layers"))
        v.refuse(v.has("decoder_layers") ? "decoder_layers" : "num_decoder_layers",
            "belongs to a model with an encoder, which is not modelled");
}

int required(const Values& v, Keys keys, int max)
{
    const auto value = v.integer(keys, 1, max);
    if (!value)
        v.refuse(*keys.begin(), "is missing; expected a whole number above 0");
    return value.value_or(1);
}

/// Key-value heads: stated, or one (multi-query), or as many as heads.
int keyValueHeads(const Values& v, int heads)
{
    if (v.flag("multi_query", false) && !v.flag("new_decoder_architecture", false))
        return 1;
    return v.integer({"num_key_value_heads", "num_kv_heads", "multi_query_group_num", "n_head_kv"}, 1, 65536)
        .value_or(heads);
}

Basics readBasics(const Values& v, const std::string& type)
{
    Basics b;
    b.family = hf::familyOf(type);
    b.hidden = required(v, {"hidden_size", "n_embd", "d_model", "n_embed"}, kWidestHidden);
    b.heads = required(v, {"num_attention_heads", "n_head", "n_heads"}, 65536);
    const std::size_t blocks = hf::blockTypes(v).size();
    if (blocks > static_cast<std::size_t>(kMostLayers))
        v.refuse("layers_block_type", "has more than " + std::to_string(kMostLayers) + " entries");
    const auto layers = v.integer({"num_hidden_layers", "n_layer", "num_layers", "n_layers"}, 1, kMostLayers);
    if (!layers && blocks == 0)
        v.refuse("num_hidden_layers", "is missing; expected a whole number above 0");
    if (layers && blocks > 0 && static_cast<std::size_t>(*layers) != blocks)
        v.refuse("num_hidden_layers",
            "is " + std::to_string(*layers) + ", but " + std::to_string(blocks) + " blocks are listed");
    b.layers = layers.value_or(static_cast<int>(std::clamp<std::size_t>(blocks, 1, kMostLayers)));
    b.kvHeads = keyValueHeads(v, b.heads);
    if (b.kvHeads > b.heads)
        v.refuse("num_key_value_heads", "is above the number of heads");
    const auto headDim = v.integer({"head_dim", "kv_channels", "attention_head_dim"}, 1, 1 << 16);
    const bool latent = v.has("kv_lora_rank");
    if (!headDim && !latent && b.hidden % b.heads != 0)
        v.refuse("head_dim", "is missing, and hidden_size is no multiple of num_attention_heads");
    b.headDim = headDim.value_or(std::max(1, b.hidden / b.heads));
    return b;
}

std::string groupName(const Layer& layer)
{
    constexpr std::array<std::string_view, 5> kKinds{"", "full", "sliding", "sparse", "linear"};
    const AttentionSpec& a = layer.attention;
    std::string name(kKinds[static_cast<std::size_t>(a.kind)]);
    if (a.tokensPerEntry > 1)
        name = "pooled " + name;
    if (a.kind == AttentionKind::sparse && a.indexHeads == 0)
        name += ", index shared,";
    const FeedForwardSpec& f = layer.feedForward;
    const std::string_view rest = f.experts > 0 ? "moe" : f.width > 0 ? "dense" : "";
    if (!name.empty() && !rest.empty())
        name += " ";
    return name + std::string(rest);
}

/// Equal layers become one group, wherever they stand; groups in the order of their first layer.
std::vector<LayerGroup> grouped(const std::vector<Layer>& layers)
{
    std::vector<LayerGroup> groups;
    for (const Layer& layer : layers) {
        const auto same = std::ranges::find_if(groups,
            [&](const LayerGroup& g) { return g.attention == layer.attention && g.feedForward == layer.feedForward; });
        if (same != groups.end())
            ++same->layers;
        else
            groups.push_back({groupName(layer), 1, layer.attention, layer.feedForward});
    }
    return groups;
}

int positionsOf(const Values& v, std::string_view family, int context)
{
    // OPT's table starts at 2: two rows are never used. GPT-2 and its kin have one row a position.
    if (family == "opt")
        return context + 2;
    return family == "gpt2" || family == "gpt_bigcode" || family == "gpt_neo"
               ? (v.has("n_positions") || context > 0 ? context : 0)
               : 0;
}

/// Parameters of a vision tower, estimated from its width and depth: a plain transformer and a two-layer projector.
double towerParameters(const Values& tower)
{
    const double layers =
        tower.integer({"depth", "num_hidden_layers", "vt_num_hidden_layers", "num_layers"}, 1, kMostLayers).value_or(0);
    const double hidden = tower.integer({"hidden_size", "vt_hidden_size", "embed_dim"}, 1, kWidestHidden).value_or(0);
    const double width =
        tower.integer({"intermediate_size", "vt_intermediate_size"}, 1, 1 << 24).value_or(4 * static_cast<int>(hidden));
    const double merged = tower.integer({"spatial_merge_size"}, 1, 64).value_or(1);
    const double out = tower.integer({"out_hidden_size", "text_hidden_size"}, 1, kWidestHidden).value_or(0);
    const double entering = hidden * merged * merged;
    return layers * (4 * hidden * hidden + 2 * hidden * width) + entering * (entering + out);
}

std::string billions(double parameters)
{
    const auto hundredths = static_cast<long long>(parameters / 1e7 + 0.5);
    const std::string rest = std::to_string(hundredths % 100);
    return std::to_string(hundredths / 100) + "." + (rest.size() < 2 ? "0" : "") + rest + " billion parameters";
}

/// Towers beside the text model: held in memory where their size can be told, never run.
double readTowers(const Values& file, std::vector<std::string>& ignored)
{
    double parameters = 0;
    for (const char* key : {"vision_config", "audio_config"}) {
        const auto tower = file.section(key);
        if (!tower)
            continue;
        const double own = towerParameters(*tower);
        parameters += own;
        const std::string kind = std::string(key) == "vision_config" ? "vision" : "audio";
        ignored.push_back("the " + kind + " tower: " +
                          (own > 0 ? "about " + billions(own) + " are counted as memory, but it never runs"
                                   : "its size is not stated; neither memory nor time"));
    }
    return parameters;
}

void sayDraftLayers(const Values& v, std::vector<std::string>& ignored)
{
    const int layers =
        v.integer({"num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules", "mtp_transformer_layers"}, 0,
             kMostLayers)
            .value_or(0);
    if (layers > 0)
        ignored.push_back("draft layers for multi-token prediction (" + std::to_string(layers) +
                          "): not loaded, no speculative decoding");
}

void sayRope(const Values& v, std::vector<std::string>& ignored)
{
    for (const char* key : {"rope_scaling", "rope_parameters"})
        if (const auto rope = v.section(key);
            rope && !rope->text({"type", "rope_type"}).empty() && rope->text({"type", "rope_type"}) != "default")
            ignored.push_back("rope scaling (" + rope->text({"type", "rope_type"}) +
                              "): the context limit is taken from max_position_embeddings as it stands");
}

/// Keys that change neither memory nor time: text handling, training, numerics.
bool isHarmless(std::string_view key)
{
    constexpr std::array<std::string_view, 27> kParts{"token", "initializer", "dropout", "rope", "rotary", "eps",
        "norm", "aux_loss", "router", "routing", "topk_", "scoring", "n_group", "transformers_version", "architectures",
        "auto_map", "use_cache", "return_dict", "output_", "pretraining", "label", "beam", "time_step", "rescale",
        "residual", "softcapping", "scaling_factor"};
    constexpr std::array<std::string_view, 62> kNames{"model_type", "torch_dtype", "dtype", "hidden_act",
        "hidden_activation", "_name_or_path", "seq_aux", "ep_size", "chunk_size_feed_forward", "pruned_heads",
        "problem_type", "task_specific_params", "finetuning_task", "torchscript", "use_bfloat16", "tf_legacy_loss",
        "is_decoder", "prefix", "top_k", "top_p", "temperature", "typical_p", "do_sample", "early_stopping",
        "max_length", "min_length", "diversity_penalty", "length_penalty", "repetition_penalty", "no_repeat_ngram_size",
        "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "num_return_sequences",
        "remove_invalid_values", "bad_words_ids", "tokenizer_class", "ignore_index", "expand", "chunk_size", "use_bias",
        "use_conv_bias", "use_mamba_kernels", "mamba_hidden_act", "mamba_proj_bias", "num_logits_to_keep",
        "swiglu_limit", "swiglu_alpha", "video_placeholder", "use_unified_vision_chunk", "use_mrope", "qk_head_dim",
        "initial_context_length", "moe_shared_expert_overlap", "use_bidirectional_attention",
        "vocab_size_per_layer_input", "num_hash_layers", "hc_sinkhorn_iters", "mtp_use_dedicated_embeddings",
        "mtp_hybrid_override_pattern", "mtp_layers_block_type", "use_mtp", "index_share_for_mtp_iteration"};
    const std::string_view last = key.substr(key.rfind('.') + 1);
    if (std::ranges::find(kNames, last) != kNames.end())
        return true;
    return std::ranges::any_of(
        kParts, [&](std::string_view part) { return last.find(part) != std::string_view::npos; });
}

/// Nothing disappears: keys without a meaning here are named, those that could matter first.
void sayUnread(const Values& section, std::vector<std::string>& ignored)
{
    std::string unknown, harmless, passedOver;
    for (const std::string& key : section.unread()) {
        std::string& list = isHarmless(key) ? harmless : unknown;
        list += (list.empty() ? "" : ", ") + key;
    }
    for (const std::string& key : section.passedOver())
        passedOver += (passedOver.empty() ? "" : ", ") + key;
    if (!unknown.empty())
        ignored.push_back("not understood, so the figures may be wrong: " + unknown);
    if (!passedOver.empty())
        ignored.push_back("understood, but decided by other keys: " + passedOver);
    if (!harmless.empty())
        ignored.push_back("without effect on memory or time: " + harmless);
}

/// "org--Model.json", "dir/Model/config.json" or a name: what the model may be called.
std::string modelName(const Values& file, std::string_view name)
{
    std::string path = file.text({"_name_or_path"});
    std::string_view from = name.empty() ? std::string_view(path) : name;
    if (from.ends_with("/config.json") || from == "config.json")
        from.remove_suffix(std::min(from.size(), std::string_view("/config.json").size()));
    if (from.ends_with(".json"))
        from.remove_suffix(5);
    while (from.ends_with('/'))
        from.remove_suffix(1);
    from = from.substr(from.rfind('/') + 1);
    if (const std::size_t dashes = from.find("--"); dashes != std::string_view::npos)
        from = from.substr(dashes + 2);
    return from.empty() ? "imported" : std::string(from);
}

/// Embeddings of each layer (Gemma 3n and small Gemma 4): held, and looked up rather than multiplied.
double layerEmbeddings(const Values& v, int layers, int vocab, std::vector<std::string>& ignored)
{
    const double width = v.integer({"hidden_size_per_layer_input"}, 0, kWidestHidden).value_or(0);
    const double rows = v.integer({"vocab_size_per_layer_input"}, 1, kLargestVocabulary).value_or(vocab);
    if (width > 0)
        ignored.push_back("embeddings of each layer: counted as memory of the GPU, but not as time");
    return width * rows * layers;
}

void readSpec(const Values& file, const Values& text, HfImport& out)
{
    ModelSpec& m = out.spec;
    const std::string ownType = text.text({"model_type"});
    const std::string type = ownType.empty() ? file.text({"model_type"}) : ownType;
    const Basics basics = readBasics(text, type);
    m.hidden = basics.hidden;
    m.vocab = required(text, {"vocab_size", "padded_vocab_size"}, kLargestVocabulary);
    m.maxContext =
        text.integer({"max_position_embeddings", "n_positions", "seq_length", "max_seq_len", "max_sequence_length"}, 1,
                kLongestContext)
            .value_or(0);
    if (m.maxContext == 0)
        out.ignored.push_back("the longest context is not stated");
    m.positions = positionsOf(text, basics.family.type, m.maxContext);
    m.tiedEmbeddings = file.has("tie_word_embeddings") ? file.flag("tie_word_embeddings", false)
                                                       : text.flag("tie_word_embeddings", basics.family.tied);
    text.know({"tie_word_embeddings"});
    m.parallelBlock = text.flag("use_parallel_residual", text.flag("parallel_attn", basics.family.parallel));
    m.normsPerLayer = basics.family.norms;
    m.otherParams = layerEmbeddings(text, basics.layers, m.vocab, out.ignored);
    if (!text.error()) // a wrong number of layers or heads must not drive the loops below
        m.groups = grouped(hf::readLayers(text, basics, out.ignored));
}

Result<HfImport> finish(const Values& file, HfImport out)
{
    if (file.error())
        return tl::unexpected(*file.error());
    const double total = countParameters(out.spec).total();
    if (!(total > 0 && total < kMostParameters))
        return fail(out.spec.name, "the figures together give no possible number of parameters");
    out.used = file.used();
    return out;
}

} // namespace

bool isHfConfig(std::string_view json)
{
    const Result<Values> file = Values::parse(json, "config");
    if (!file || !(file->has("model_type") || file->has("architectures")))
        return false;
    const Values text = textSection(*file).value_or(*file);
    return std::ranges::any_of(
        std::array{"hidden_size", "n_embd", "d_model", "n_embed"}, [&](const char* key) { return text.has(key); });
}

std::optional<std::string> nameInConfig(std::string_view json)
{
    const Result<Values> file = Values::parse(json, "config");
    if (!file || file->text({"_name_or_path"}).empty())
        return std::nullopt;
    return modelName(*file, "");
}

Result<HfImport> readHfConfig(std::string_view json, std::string_view name)
{
    const Result<Values> file = Values::parse(json, name);
    if (!file)
        return tl::unexpected(file.error());
    const std::optional<Values> inner = textSection(*file);
    const Values text = inner.value_or(*file);
    HfImport out;
    refuseUnknownMixers(text);
    out.spec.name = modelName(*file, name);
    readSpec(*file, text, out);
    if (file->error())
        return tl::unexpected(*file->error());
    hf::readQuantization(file->has("quantization_config") ? *file : text, out);
    out.spec.otherParams += readTowers(*file, out.ignored);
    sayDraftLayers(text, out.ignored);
    sayRope(text, out.ignored);
    sayUnread(*file, out.ignored);
    if (inner)
        sayUnread(*inner, out.ignored);
    return finish(*file, std::move(out));
}

} // namespace headroom
