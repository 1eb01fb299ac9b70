// The matrices of one layer as one GPU of a replica holds them. Memory and step time both count from these.
#pragma once

#include "core/model/parallelism.h"
#include "core/model/transformer.h"

#include <array>

namespace headroom {

/// A weight matrix: `in` input features by `out` output features, as sharded on one GPU.
struct Matrix {
    double in = 0, out = 0;
    double parameters() const { return in * out; }
};

/// At most this many matrices make up the attention of one layer (MLA with an indexer has nine).
inline constexpr int kMaxAttentionMatrices = 9;

struct AttentionMatrices {
    std::array<Matrix, kMaxAttentionMatrices> matrix{};
    int count = 0;
    double parameters() const
    {
        double sum = 0;
        for (int i = 0; i < count; ++i)
            sum += matrix[static_cast<std::size_t>(i)].parameters();
        return sum;
    }
};

/// GPUs over which the heads of one sequence are split: tp / attentionDp, at least 1 (MODEL.md 5.2).
int headShards(const Layout&);

/// KV heads that one GPU keeps: split over the shards, copied where there are more shards than heads.
double kvHeadsOnGpu(const AttentionSpec&, int shards);

/// Projections of one attention layer on one of `shards` GPUs, without biases: query, key and value fused, output;
/// the low-rank ones of MLA, of which the down projections are copied on each GPU; the indexer, copied too; or the
/// mixer of a linear layer as one matrix of its stated parameters. Every layer of kind none has none.
AttentionMatrices attentionMatrices(const AttentionSpec&, int hidden, int shards);

/// Number of `experts` that `choices` tokens reach when each takes `perToken` of them independently and uniformly:
/// E (1 - (1 - k/E)^n) (MODEL.md 6.5). An upper bound under skew.
double distinctExperts(double experts, double perToken, double tokens);

/// Layers that the busiest of pp stages holds, as a share of all layers: ceil(layers / pp) / layers.
double busiestStageShare(int layers, int pp);

} // namespace headroom
