#include "core/queueing/micro_batches.h"

#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>

namespace headroom {

double longestMicroBatch(double tokens, int stages, double most, double chunkBySize)
{
    if (stages <= 1)
        return tokens;
    const double n = stages, mean = tokens / n, above = normalQuantile((n - 0.375) / (n + 0.25));
    return std::min({tokens, most, mean + above * std::sqrt(mean * chunkBySize)});
}

double decodesOfMicroBatch(double decodes, int stages)
{
    return decodes > 0 ? std::max(decodes / stages, std::min(decodes, 1.0)) : 0;
}

} // namespace headroom
