// A transformer as memory and time see it: groups of equal layers, each with one attention and one feed-forward shape.
#pragma once

#include "core/model/number_format.h"
#include "core/units.h"

#include <string>
#include <vector>

namespace headroom {

enum class AttentionKind {
    none,    ///< a layer without a mixer (Nemotron-H feed-forward layers)
    full,    ///< MHA, GQA, MQA or MLA over the whole context
    sliding, ///< the last `window` tokens only, in time and in KV memory (sliding window, chunked attention)
    sparse,  ///< KV of the whole context is kept, an indexer selects `window` tokens to attend to (DeepSeek V3.2)
    linear,  ///< linear attention or SSM: a constant state per sequence
};

/// Multi-head latent attention (DeepSeek): KV per token and layer is (kvRank + ropeDim) values, copied on every TP rank.
struct LatentAttention {
    int queryRank = 0; ///< 0 = queries are projected directly; may be set without MLA (DeepSeek V4)
    int kvRank = 0;
    int ropeDim = 0, nopeDim = 0, valueDim = 0;
    friend bool operator==(const LatentAttention&, const LatentAttention&) = default;
};

struct AttentionSpec {
    AttentionKind kind = AttentionKind::full;
    int heads = 0, kvHeads = 0, headDim = 0;
    int valueHeadDim = 0;        ///< 0 = headDim
    int window = 0;              ///< tokens; sliding and sparse only
    bool sharedKeyValue = false; ///< K equals V and is stored once
    bool reusesKv = false;  ///< reads another layer's KV cache and stores none of its own (Gemma 4 kv-shared layers)
    bool gated = false;     ///< output gate of the width of the query projection (Qwen3.5)
    bool biased = false;    ///< biases on the projections (OPT, Qwen2, gpt-oss)
    LatentAttention latent = {}; ///< kvRank > 0 = MLA
    int indexHeads = 0, indexDim = 0; ///< sparse: the indexer; its keys (indexDim values a token) are cached too
    int tokensPerEntry =
        1; ///< tokens pooled into one cache entry (DeepSeek V4: 4 or 128); KV and attention shrink by it
    int outputRank = 0, outputGroups = 1; ///< low-rank output projection per group of heads (DeepSeek V4); 0 = direct
    double stateBytes = 0;                ///< bytes per sequence and layer that do not grow: recurrent and convolution
        ///< state of linear layers, the local window beside pooled entries (DeepSeek V4)
    double mixerParams = 0; ///< linear: parameters of the mixer, stated because its shape differs by family
    bool isMla() const { return latent.kvRank > 0; }
    friend bool operator==(const AttentionSpec&, const AttentionSpec&) = default;
};

struct FeedForwardSpec {
    int width = 0;    ///< dense feed-forward width; 0 = none
    int matrices = 3; ///< 3 gated (SwiGLU), 2 plain
    int experts = 0, expertsPerToken = 0, expertWidth = 0;
    int sharedWidth = 0; ///< summed width of the shared experts
    int latentWidth = 0; ///< experts work in a narrower space of this width (Nemotron 3 LatentMoE); 0 = hidden
    bool biased = false;
    friend bool operator==(const FeedForwardSpec&, const FeedForwardSpec&) = default;
};

struct LayerGroup {
    std::string name; ///< "dense", "moe", "sliding", ... for tables
    int layers = 0;
    AttentionSpec attention = {};
    FeedForwardSpec feedForward = {};
    friend bool operator==(const LayerGroup&, const LayerGroup&) = default;
};

/// Which linear layers a narrow weight format covers; embedding, norms and head stay 16 bit.
enum class QuantizedPart { allLinear, expertsOnly };

struct ModelSpec {
    std::string name;
    int hidden = 0;
    int vocab = 0;
    int positions = 0; ///< learned position embeddings (OPT); 0 = none
    bool tiedEmbeddings = false;
    bool parallelBlock =
        false; ///< attention and feed-forward run in parallel: one all-reduce a layer (GPT-J, Falcon, PaLM)
    int normsPerLayer = 2;
    int maxContext = 0;                             ///< tokens the model was trained or extended to
    NumberFormat servedFormat = NumberFormat::bf16; ///< format of the published weights
    QuantizedPart quantizedPart = QuantizedPart::allLinear;
    std::vector<LayerGroup> groups;
    double otherParams = 0;     ///< parameters that are held but not modelled by layer (vision tower); not active
    double publishedParams = 0; ///< as published, 0 = not stated
    friend bool operator==(const ModelSpec&, const ModelSpec&) = default;

    int layers() const
    {
        int n = 0;
        for (const auto& g : groups)
            n += g.layers;
        return n;
    }
};

/// Parameters of a model by layer group (MODEL.md 5.1). Values are counts, of the whole model.
struct ParameterCount {
    double embedding = 0, attention = 0, dense = 0, routedExperts = 0, sharedExperts = 0, norms = 0, head = 0;
    double other = 0;  ///< ModelSpec::otherParams and the routers of the experts
    double active = 0; ///< parameters a token passes through (embedding counted once, experts k of E)
    double total() const
    {
        return embedding + attention + dense + routedExperts + sharedExperts + norms + head + other;
    }
};

/// Counts parameters from the shape. Within 1 % of the published count for every catalog model (tests/core/model).
ParameterCount countParameters(const ModelSpec&);

/// Parameters of one layer's attention (projections, latent ranks, indexer, or the linear mixer), without norms.
double attentionParameters(const AttentionSpec&, int hidden);

} // namespace headroom
