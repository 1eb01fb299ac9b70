#include "core/model/layer_shapes.h"

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

void add(AttentionMatrices& all, double in, double out)
{
    if (in > 0 && out > 0)
        all.matrix[static_cast<std::size_t>(all.count++)] = {in, out};
}

/// The query projection, direct or through its low rank (which is copied on each GPU).
void addQuery(AttentionMatrices& all, const AttentionSpec& a, double hidden, double width)
{
    const double rank = a.latent.queryRank;
    if (rank > 0)
        add(all, hidden, rank);
    add(all, rank > 0 ? rank : hidden, width * (a.gated ? 2 : 1));
}

/// The output projection, direct or per group of heads to a rank and from all groups up (DeepSeek V4).
void addOutput(AttentionMatrices& all, const AttentionSpec& a, double hidden, double width, int shards)
{
    if (a.outputRank > 0) {
        add(all, width, a.outputRank);
        add(all, static_cast<double>(a.outputRank) * a.outputGroups / shards, hidden);
    } else {
        add(all, width, hidden);
    }
}

void addIndexer(AttentionMatrices& all, const AttentionSpec& a, double hidden)
{
    const double query = a.latent.queryRank > 0 ? a.latent.queryRank : hidden;
    add(all, query, static_cast<double>(a.indexHeads) * a.indexDim);
    add(all, hidden, (a.tokensPerEntry > 1 ? 2.0 : 1.0) * a.indexDim);
    add(all, hidden, a.indexHeads);
}

void addLatent(AttentionMatrices& all, const AttentionSpec& a, double hidden, double heads, int shards)
{
    const LatentAttention& l = a.latent;
    addQuery(all, a, hidden, heads * (l.nopeDim + l.ropeDim));
    add(all, hidden, l.kvRank + l.ropeDim);
    add(all, l.kvRank, heads * (l.nopeDim + l.valueDim));
    addOutput(all, a, hidden, heads * l.valueDim, shards);
}

void addHeads(AttentionMatrices& all, const AttentionSpec& a, double hidden, double heads, int shards)
{
    const double valueDim = a.valueHeadDim > 0 ? a.valueHeadDim : a.headDim;
    const double kvHeads = a.reusesKv ? 0 : kvHeadsOnGpu(a, shards);
    const double keyValue = kvHeads * (a.sharedKeyValue ? a.headDim : a.headDim + valueDim);
    if (a.latent.queryRank > 0) {
        addQuery(all, a, hidden, heads * a.headDim);
        add(all, hidden, keyValue);
    } else {
        add(all, hidden, heads * a.headDim * (a.gated ? 2 : 1) + keyValue); // fused
    }
    addOutput(all, a, hidden, heads * valueDim, shards);
}

} // namespace

int headShards(const Layout& layout) { return std::max(1, layout.tp / std::max(1, layout.attentionDp)); }

double kvHeadsOnGpu(const AttentionSpec& a, int shards)
{
    return a.kvHeads > 0 ? std::ceil(static_cast<double>(a.kvHeads) / shards) : 0.0;
}

AttentionMatrices attentionMatrices(const AttentionSpec& a, int hidden, int shards)
{
    AttentionMatrices all;
    if (a.kind == AttentionKind::none)
        return all;
    if (a.kind == AttentionKind::linear) {
        add(all, hidden, a.mixerParams / std::max(1, hidden) / shards);
        return all;
    }
    const double heads = std::ceil(static_cast<double>(a.heads) / shards);
    if (a.isMla())
        addLatent(all, a, hidden, heads, shards);
    else
        addHeads(all, a, hidden, heads, shards);
    if (a.tokensPerEntry > 1) // pooling of neighbouring tokens: an entry and a score projection
        add(all, hidden, 2.0 * a.headDim);
    if (a.indexHeads > 0)
        addIndexer(all, a, hidden);
    return all;
}

double distinctExperts(double experts, double perToken, double tokens)
{
    if (experts <= 0 || perToken <= 0 || tokens <= 0)
        return 0;
    if (perToken >= experts)
        return experts * std::min(1.0, tokens);
    return -experts * std::expm1(tokens * std::log1p(-perToken / experts));
}

double busiestStageShare(int layers, int pp)
{
    return layers > 0 ? std::ceil(static_cast<double>(layers) / std::max(1, pp)) / layers : 1.0;
}

} // namespace headroom
