#include "core/model/parallelism.h"

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

/// One-way bytes per second of one GPU towards the others of a group, as programs reach it.
double inNodeRate(const GpuSpec& gpu, int ranks, const LinkEfficiency& e)
{
    double peak = gpu.inNode.perDirection.si();
    if (gpu.inNode.topology == LinkTopology::pairs && ranks > 2)
        peak = gpu.host.si(); // the bridge joins two; a wider group goes through the host
    return std::max(1.0, peak * e.bandwidth);
}

void add(CollectiveCost& cost, double latency, double perByte)
{
    cost.algorithms[static_cast<std::size_t>(cost.count++)] = {latency, perByte};
}

CollectiveCost inNodeAllReduce(const GpuSpec& gpu, int ranks, const EfficiencyTable& table)
{
    const LinkEfficiency e = linkEfficiency(table, gpu.architecture, gpu.inNode.topology);
    const double p = ranks, rate = inNodeRate(gpu, ranks, e);
    CollectiveCost cost;
    add(cost, e.latency + 2 * (p - 1) * e.latencyPerRank, 2 * (p - 1) / (p * rate)); // ring: there and back
    add(cost, e.latency + (p - 1) * e.latencyPerRank, (p - 1) / rate);               // one-shot: everything to all
    if (gpu.inNode.inSwitchReduction && ranks > 2)
        add(cost, e.latency + e.latencyPerRank, (p + 1) / (p * rate));
    return cost;
}

} // namespace

double CollectiveCost::at(double bytes) const
{
    if (count == 0 || bytes <= 0)
        return 0;
    double least = algorithms[0].at(bytes);
    for (int i = 1; i < count; ++i)
        least = std::min(least, algorithms[static_cast<std::size_t>(i)].at(bytes));
    return least;
}

CollectiveCost allReduce(const GpuSpec& gpu, int ranks, int gpusPerNode, const EfficiencyTable& table)
{
    if (ranks <= 1)
        return {};
    if (ranks <= gpusPerNode)
        return inNodeAllReduce(gpu, ranks, table);
    // Reduce-scatter and all-gather inside the node (together one ring), all-reduce of each share between nodes.
    const int inside = std::max(1, gpusPerNode);
    const double nodes = std::ceil(static_cast<double>(ranks) / inside);
    const LinkEfficiency between = betweenNodesEfficiency(table, gpu.architecture);
    const double rate = std::max(1.0, gpu.betweenNodes.si() * between.bandwidth);
    const double latency = between.latency + (nodes - 1) * between.latencyPerRank;
    const double perByte = 2 * (nodes - 1) / (nodes * rate * inside);
    CollectiveCost cost = inside > 1 ? inNodeAllReduce(gpu, inside, table) : CollectiveCost{{LinkCost{}}, 1};
    for (int i = 0; i < cost.count; ++i) {
        cost.algorithms[static_cast<std::size_t>(i)].latency += latency;
        cost.algorithms[static_cast<std::size_t>(i)].perByte += perByte;
    }
    return cost;
}

CollectiveCost allToAll(const GpuSpec& gpu, int ranks, int gpusPerNode, const EfficiencyTable& table)
{
    if (ranks <= 1)
        return {};
    const double p = ranks;
    const int inside = std::clamp(gpusPerNode, 1, ranks);
    const LinkEfficiency e = linkEfficiency(table, gpu.architecture, gpu.inNode.topology);
    double latency = e.latency + (inside - 1) * e.latencyPerRank;
    double perByte = (inside - 1) / (p * inNodeRate(gpu, inside, e));
    if (ranks > inside) {
        const LinkEfficiency between = betweenNodesEfficiency(table, gpu.architecture);
        latency = std::max(latency, between.latency + (p / inside - 1) * between.latencyPerRank);
        perByte += (p - inside) / (p * std::max(1.0, gpu.betweenNodes.si() * between.bandwidth));
    }
    CollectiveCost cost;
    add(cost, latency, perByte);
    return cost;
}

LinkCost stageSend(const GpuSpec& gpu, const Layout& layout, const EfficiencyTable& table)
{
    if (layout.pp <= 1)
        return {};
    if (layout.gpus() > layout.gpusPerNode) {
        const LinkEfficiency e = betweenNodesEfficiency(table, gpu.architecture);
        return {e.latency, 1 / std::max(1.0, gpu.betweenNodes.si() * e.bandwidth)};
    }
    const LinkEfficiency e = linkEfficiency(table, gpu.architecture, gpu.inNode.topology);
    return {e.latency, 1 / inNodeRate(gpu, layout.gpus(), e)};
}

} // namespace headroom
