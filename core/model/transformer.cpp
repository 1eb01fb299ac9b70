#include "core/model/transformer.h"

namespace headroom {

namespace {

/// Query path: direct, or through a low rank that only the latent path and the indexer share.
double queryParameters(const AttentionSpec& a, double hidden, double queryWidth)
{
    const double gate = a.gated ? 2 : 1;
    if (a.latent.queryRank > 0)
        return a.latent.queryRank * (hidden + gate * queryWidth);
    return gate * hidden * queryWidth;
}

/// Output path: direct, or per group of heads down to a rank and from all groups up to the model's width.
double outputParameters(const AttentionSpec& a, double hidden, double width)
{
    if (a.outputRank > 0)
        return a.outputRank * (width + a.outputGroups * hidden);
    return width * hidden;
}

double latentParameters(const AttentionSpec& a, double hidden)
{
    const LatentAttention& l = a.latent;
    const double queries = queryParameters(a, hidden, double(a.heads) * (l.nopeDim + l.ropeDim));
    const double down = hidden * (l.kvRank + l.ropeDim);
    const double up = double(l.kvRank) * a.heads * (l.nopeDim + l.valueDim);
    return queries + down + up + outputParameters(a, hidden, double(a.heads) * l.valueDim);
}

double headParameters(const AttentionSpec& a, double hidden)
{
    const int valueDim = a.valueHeadDim > 0 ? a.valueHeadDim : a.headDim;
    const double queryWidth = double(a.heads) * a.headDim;
    const double keyWidth = a.reusesKv ? 0 : double(a.kvHeads) * a.headDim;
    const double valueWidth = a.reusesKv || a.sharedKeyValue ? 0 : double(a.kvHeads) * valueDim;
    double n = queryParameters(a, hidden, queryWidth) + hidden * (keyWidth + valueWidth) +
               outputParameters(a, hidden, double(a.heads) * valueDim);
    if (a.biased)
        n += queryWidth + keyWidth + valueWidth + hidden;
    return n;
}

/// Pooling of neighbouring tokens into one cache entry: an entry and a score projection.
double compressorParameters(const AttentionSpec& a, double hidden)
{
    return a.tokensPerEntry > 1 ? 2 * hidden * a.headDim : 0;
}

double indexerParameters(const AttentionSpec& a, double hidden)
{
    if (a.indexHeads == 0)
        return 0;
    const double from = a.latent.queryRank > 0 ? a.latent.queryRank : hidden;
    const double pooled = a.tokensPerEntry > 1 ? 2 : 1;
    return from * a.indexHeads * a.indexDim + pooled * hidden * a.indexDim + hidden * a.indexHeads;
}

/// Feed-forward of one layer, split as ParameterCount splits it.
struct FeedForwardCount {
    double dense = 0, routed = 0, shared = 0, router = 0;
};
FeedForwardCount feedForwardParameters(const FeedForwardSpec& f, double hidden)
{
    FeedForwardCount n;
    n.dense = f.matrices * hidden * f.width;
    if (f.biased && f.width > 0)
        n.dense += (f.matrices - 1) * double(f.width) + hidden;
    n.shared = f.matrices * hidden * f.sharedWidth;
    if (f.experts == 0)
        return n;
    const double space = f.latentWidth > 0 ? f.latentWidth : hidden;
    double expert = f.matrices * space * f.expertWidth;
    if (f.biased)
        expert += (f.matrices - 1) * double(f.expertWidth) + space;
    n.routed = f.experts * expert;
    n.router = hidden * f.experts;
    if (f.latentWidth > 0)
        n.dense += 2 * hidden * f.latentWidth; // into the narrow space and back, for every token
    return n;
}

} // namespace

double attentionParameters(const AttentionSpec& a, int hidden)
{
    switch (a.kind) {
    case AttentionKind::none:
        return 0;
    case AttentionKind::linear:
        return a.mixerParams;
    case AttentionKind::full:
    case AttentionKind::sliding:
    case AttentionKind::sparse:
        break;
    }
    const double heads = a.isMla() ? latentParameters(a, hidden) : headParameters(a, hidden);
    return heads + compressorParameters(a, hidden) + indexerParameters(a, hidden);
}

ParameterCount countParameters(const ModelSpec& m)
{
    ParameterCount n;
    const double table = double(m.vocab) * m.hidden;
    n.embedding = table + double(m.positions) * m.hidden;
    n.head = m.tiedEmbeddings ? 0 : table;
    n.other = m.otherParams;
    n.norms = double(m.layers()) * m.normsPerLayer * m.hidden + m.hidden;
    double routedActive = 0, routers = 0;
    for (const LayerGroup& g : m.groups) {
        const FeedForwardCount f = feedForwardParameters(g.feedForward, m.hidden);
        n.attention += g.layers * attentionParameters(g.attention, m.hidden);
        n.dense += g.layers * f.dense;
        n.routedExperts += g.layers * f.routed;
        n.sharedExperts += g.layers * f.shared;
        routers += g.layers * f.router;
        if (g.feedForward.experts > 0)
            routedActive += g.layers * f.routed * g.feedForward.expertsPerToken / g.feedForward.experts;
    }
    n.other += routers;
    // A token reads one row of the embedding but all of the head: one table, tied or not.
    n.active = table + n.norms + n.attention + n.dense + n.sharedExperts + routedActive + routers;
    return n;
}

} // namespace headroom
