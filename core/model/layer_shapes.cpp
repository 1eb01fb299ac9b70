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

void addIndexer(AttentionMatrices& all, const AttentionSpec& a, int hidden)
{
    const double query = a.latent.queryRank > 0 ? a.latent.queryRank : hidden;
    add(all, query, static_cast<double>(a.indexHeads) * a.indexDim);
    add(all, hidden, a.indexDim);
    add(all, hidden, a.indexHeads);
}

void addLatent(AttentionMatrices& all, const AttentionSpec& a, int hidden, double heads)
{
    const LatentAttention& l = a.latent;
    const double queryWidth = heads * (l.nopeDim + l.ropeDim);
    if (l.queryRank > 0) {
        add(all, hidden, l.queryRank);
        add(all, l.queryRank, queryWidth);
    } else {
        add(all, hidden, queryWidth);
    }
    add(all, hidden, l.kvRank + l.ropeDim);
    add(all, l.kvRank, heads * (l.nopeDim + l.valueDim));
    add(all, heads * l.valueDim, hidden);
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
    if (a.isMla()) {
        addLatent(all, a, hidden, heads);
    } else {
        const double valueDim = a.valueHeadDim > 0 ? a.valueHeadDim : a.headDim;
        const double kvHeads = a.reusesKv ? 0 : kvHeadsOnGpu(a, shards);
        const double keyValue = kvHeads * (a.sharedKeyValue ? a.headDim : a.headDim + valueDim);
        const double query = heads * a.headDim * (a.gated ? 2 : 1);
        add(all, hidden, query + keyValue);
        add(all, heads * valueDim, hidden);
    }
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
