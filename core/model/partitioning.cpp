#include "core/model/partitioning.h"

#include <cmath>
#include <initializer_list>

namespace headroom {

Seconds weightStationary1d(const LayerPass& pass, Bandwidth link)
{
    return Bytes(2 * pass.tokens * pass.width * pass.activationBytes) / link;
}

Split2d bestSplit2d(const LayerPass& pass, double chips)
{
    return {std::sqrt(chips * pass.width / pass.feedForward), std::sqrt(chips * pass.feedForward / pass.width)};
}

Seconds weightStationary2d(const LayerPass& pass, Bandwidth link, Split2d split)
{
    const double values = 2 * pass.tokens * (pass.width / split.x + pass.feedForward / split.yz);
    return Bytes(values * pass.activationBytes) / link;
}

Seconds weightGathered(const LayerPass& pass, Bandwidth link, double chips, double gathered)
{
    const double weights = 2 * pass.width * pass.feedForward * gathered / chips * pass.weightBytes;
    const double activations = 2 * pass.tokens * pass.width / gathered * pass.activationBytes;
    return Bytes(weights + activations) / link;
}

double bestGather(const LayerPass& pass, double chips)
{
    return std::sqrt(pass.tokens * pass.activationBytes * chips / (pass.feedForward * pass.weightBytes));
}

Seconds communication(Partitioning how, const LayerPass& pass, const Torus& torus)
{
    const double chips = torus.chips();
    switch (how) {
    case Partitioning::stationary1d:
        return weightStationary1d(pass, torus.link);
    case Partitioning::stationary2d:
        return weightStationary2d(pass, torus.link, bestSplit2d(pass, chips));
    case Partitioning::gatheredX:
        return weightGathered(pass, torus.link, chips, torus.x);
    case Partitioning::gatheredXy:
        return weightGathered(pass, torus.link, chips, torus.x * torus.y);
    case Partitioning::gatheredXyz:
        return weightGathered(pass, torus.link, chips, chips);
    }
    return Seconds(0);
}

Partitioning cheapestPartitioning(const LayerPass& pass, const Torus& torus)
{
    Partitioning best = Partitioning::stationary1d;
    for (const auto how :
        {Partitioning::stationary2d, Partitioning::gatheredX, Partitioning::gatheredXy, Partitioning::gatheredXyz})
        if (communication(how, pass, torus) < communication(best, pass, torus))
            best = how;
    return best;
}

PassTime analyticPass(const PassInput& in, double chips)
{
    return {.compute = Flops(2 * in.parameters * in.tokens / chips) / in.peak,
        .weights = Bytes(in.parameters * in.weightBytes / chips) / in.memory,
        .kv = in.kv / chips / in.memory,
        .communication = in.layers * in.communicationOfLayer};
}

double modelFlopsUtilization(double parameters, double tokens, double chips, FlopRate peak, Seconds time)
{
    return Flops(2 * parameters * tokens) / (chips * peak * time);
}

} // namespace headroom
