#include "core/model/offloading.h"

#include <algorithm>
#include <cmath>

namespace headroom {

double hostAttentionShare(int gpuBatch, double hidden)
{
    const double a = std::max(0.0, std::log2(64.0 / gpuBatch)), b = std::max(0.0, std::log2(4096.0 / hidden));
    return std::max(0.1, 1 + 0.0168 * a * b - 0.0328 * a - 0.0621 * b);
}

} // namespace headroom
