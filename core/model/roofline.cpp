#include "core/model/roofline.h"

#include "core/model/efficiency.h"
#include "core/model/memory.h"

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

/// Positions of the context that a layer attends to.
double attended(const AttentionSpec& a, double context)
{
    switch (a.kind) {
    case AttentionKind::none:
    case AttentionKind::linear:
        return 0;
    case AttentionKind::sliding:
    case AttentionKind::sparse:
        return a.window > 0 ? std::min<double>(context, a.window) : context;
    case AttentionKind::full:
        return context;
    }
    return context;
}

/// FLOP of one query against one cached position, all heads: scores and weighted sum, two FLOP for each.
double flopsPerPosition(const AttentionSpec& a)
{
    if (a.isMla()) // absorbed form: scores over latent and rope, values over the latent
        return 2.0 * a.heads * (2.0 * a.latent.kvRank + a.latent.ropeDim);
    const double valueDim = a.valueHeadDim > 0 ? a.valueHeadDim : a.headDim;
    return 2.0 * a.heads * (a.headDim + valueDim);
}

/// Share of the routed experts that a step of so many tokens reaches; 1 for a model without experts.
double reachedShare(const ModelSpec& model, double tokens)
{
    double experts = 0, reached = 0;
    for (const LayerGroup& g : model.groups)
        if (g.feedForward.experts > 0) {
            const double hit = static_cast<double>(g.feedForward.expertsPerToken) / g.feedForward.experts;
            experts += g.layers * g.feedForward.experts;
            reached += g.layers * g.feedForward.experts * (1 - std::pow(1 - std::min(hit, 1.0), tokens));
        }
    return experts > 0 ? reached / experts : 1;
}

} // namespace

StepWork decodeWork(const WorkInput& in, double decodes, Tokens meanContext)
{
    StepWork work;
    if (!(decodes > 0))
        return work;
    const ModelSpec& model = *in.model;
    double attention = 0;
    for (const LayerGroup& g : model.groups)
        attention += g.layers * flopsPerPosition(g.attention) * attended(g.attention, meanContext.in(token));
    const double perSequence = 2 * countParameters(model).active + attention;
    work.flops = Flops(decodes * perSequence / std::max(1, in.layout.gpus()));
    const WeightBytes weights = weightBytes(model, in.weightFormat, in.layout);
    // A row of the embedding is looked up for each token; the table is not read.
    const Bytes read = weights.total() - weights.embedding - weights.routedExperts +
                       reachedShare(model, decodes) * weights.routedExperts;
    const double sequencesOfRank = decodes / std::max(1, in.layout.attentionDp);
    work.bytes = read + sequencesOfRank * kvBytesOnGpu(model, in.kvFormat, in.layout, meanContext);
    return work;
}

FlopRate peakFor(const GpuSpec& gpu, NumberFormat weightFormat) { return computeFormat(gpu, weightFormat).peak; }

} // namespace headroom
