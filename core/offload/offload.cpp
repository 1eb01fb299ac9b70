#include "core/offload/offload.h"

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

/// Shape of one layer, 16 bit, in the symbols of the paper: h1, h2, and bytes of its weights.
struct Layer {
    double h1 = 0, h2 = 0, weights = 0;
    int layers = 0;
};

Layer layerOf(const ModelSpec& m)
{
    Layer l{.h1 = static_cast<double>(m.hidden), .h2 = 0, .weights = 0, .layers = m.layers()};
    if (!m.groups.empty())
        l.h2 = m.groups.front().feedForward.width;
    l.weights = 8 * l.h1 * l.h1 + 4 * l.h1 * l.h2;
    return l;
}

FlopRate cpuRate(const OffloadMachine& machine, const OffloadPolicy& policy, double h1)
{
    return machine.cpuAttention * hostAttentionShare(policy.gpuBatch, h1);
}

double weightLoads(const OffloadPolicy& p) { return p.schedule == OffloadSchedule::zigzag ? 1 : p.batches; }

/// Working set of one GPU batch beside what lives there (A.3): queries, keys and values, scores, feed-forward.
double workingSet(const Layer& l, double batch, double tokens, double context)
{
    const double projections = batch * 8 * tokens * l.h1;
    const double embedding = batch * 4 * tokens * l.h1;
    const double feedForward = batch * 2 * tokens * (l.h1 + l.h2);
    const double attention = batch * (2 * tokens * l.h1 + 4 * context * l.h1);
    return std::max({projections, embedding, feedForward, attention});
}

constexpr double kUsable = 0.8; ///< share of each level the released engine plans with

} // namespace

OffloadMachine flexgenT4()
{
    const Bandwidth gib = gibibyte / second;
    const FlopRate tera = teraflop / second;
    return {.hostToGpu = 12.89 * gib,
        .gpuToHostCache = 0.97 * gib,
        .gpuToHostHidden = 4.82 * gib,
        .diskRead = 0.473 * gib,
        .diskWriteCache = 0.746 * gib,
        .diskWriteHidden = 2.015 * gib,
        .diskWriteDecode = 2.015 * gib,
        .matmulPrefill = 21.24 * tera,
        .attentionPrefill = 9.97 * tera,
        .matmulDecode = 4.3 * tera,
        .attentionDecode = 0.079 * tera,
        .cpuAttention = 0.0123 * tera,
        .gpuMemory = 16 * gibibyte,
        .hostMemory = 208 * gibibyte,
        .diskMemory = 1500 * gibibyte};
}

LayerTimes prefillLayer(const ModelSpec& model, const OffloadMachine& m, const OffloadPolicy& p, const OffloadJob& job)
{
    const Layer l = layerOf(model);
    const double s = job.promptTokens, block = p.block(), loads = weightLoads(p);
    const Placement &w = p.weights, &c = p.cache, &h = p.activations;
    const double hidden = 2 * s * l.h1 * block, cache = 4 * (s + 1) * l.h1 * block;
    LayerTimes t;
    t.toGpu = Bytes((w.host + w.disk) * l.weights * loads + (h.host + h.disk) * hidden) / m.hostToGpu;
    t.toHost =
        Bytes((c.host + c.disk) * cache) / m.gpuToHostCache + Bytes((h.host + h.disk) * hidden) / m.gpuToHostHidden;
    t.fromDisk = Bytes(w.disk * l.weights * loads + h.disk * hidden) / m.diskRead;
    t.toDisk = Bytes(c.disk * cache) / m.diskWriteCache + Bytes(h.disk * hidden) / m.diskWriteHidden;
    t.compute = Flops(block * (8 * s * l.h1 * l.h1 + 4 * s * l.h1 * l.h2)) / m.matmulPrefill +
                Flops(4 * block * s * s * l.h1) / m.attentionPrefill;
    return t;
}

LayerTimes decodeLayer(const ModelSpec& model, const OffloadMachine& m, const OffloadPolicy& p, double context)
{
    const Layer l = layerOf(model);
    const double block = p.block(), loads = weightLoads(p);
    const Placement &w = p.weights, &c = p.cache, &h = p.activations;
    const double hidden = 2 * l.h1 * block, cache = 4 * block * context * l.h1, away = c.host + c.disk;
    const double moved = p.cpuAttention ? 0 : away * cache;
    LayerTimes t;
    t.toGpu = Bytes((w.host + w.disk) * l.weights * loads + (h.host + h.disk) * hidden + moved) / m.hostToGpu;
    t.toHost = Bytes((h.host + h.disk) * hidden) / m.gpuToHostHidden;
    t.fromDisk = Bytes(c.disk * cache + w.disk * l.weights * loads + h.disk * hidden) / m.diskRead;
    t.toDisk = Bytes(4 * c.disk * block * l.h1 + h.disk * hidden) / m.diskWriteDecode;
    const double onGpu = p.cpuAttention ? c.gpu : 1, onHost = 1 - onGpu;
    t.compute = Flops(block * (8 * l.h1 * l.h1 + 4 * l.h1 * l.h2)) / m.matmulDecode +
                Flops(onGpu * cache) / m.attentionDecode + Flops(onHost * cache) / cpuRate(m, p, l.h1);
    return t;
}

Seconds prefillTime(const LayerTimes& t, const OffloadPolicy& p)
{
    return p.overlap ? std::max({t.toGpu + t.fromDisk, t.toHost + t.toDisk, t.compute}) : t.sum();
}

Seconds decodeTime(const LayerTimes& t, const OffloadPolicy& p)
{
    return p.overlap ? t.toGpu + std::max({t.toHost, t.fromDisk, t.toDisk, t.compute}) : t.sum();
}

bool OffloadMemory::fits(const OffloadMachine& m) const
{
    return gpu <= kUsable * m.gpuMemory && host <= kUsable * m.hostMemory && disk <= kUsable * m.diskMemory;
}

OffloadMemory offloadMemory(const ModelSpec& model, const OffloadPolicy& p, const OffloadJob& job)
{
    const Layer l = layerOf(model);
    const double s = job.promptTokens, n = job.outputTokens;
    const double weights = l.weights * l.layers, cache = 4 * (s + n) * l.h1 * p.block() * l.layers;
    const double hidden = 2 * s * l.h1 * p.block();
    // Beside what lives on the GPU: the layer at work and the next one, and the batch at work.
    const double working = 2 * (1 - p.weights.gpu) * l.weights + (1 - p.activations.gpu) * 2 * s * l.h1 * p.gpuBatch +
                           std::max(workingSet(l, p.gpuBatch, s, s), workingSet(l, p.gpuBatch, 1, s + n));
    return {.gpu = Bytes(p.weights.gpu * weights + p.cache.gpu * cache + p.activations.gpu * hidden + working),
        .host = Bytes(p.weights.host * weights + p.cache.host * cache + p.activations.host * hidden +
                      2 * p.weights.disk * l.weights),
        .disk = Bytes(p.weights.disk * weights + p.cache.disk * cache + p.activations.disk * hidden)};
}

namespace {

OffloadResult resultOf(const Layer& l, const OffloadPolicy& p, const OffloadJob& job, Seconds prefill, Seconds decode)
{
    const double away = p.weights.host + p.weights.disk;
    return {.prefill = prefill,
        .decode = decode,
        .throughput = Tokens(static_cast<double>(p.block()) * job.outputTokens) / (prefill + decode),
        .decodeThroughput = decode > Seconds(0)
                                ? Tokens(static_cast<double>(p.block()) * (job.outputTokens - 1)) / decode
                                : TokenRate(0),
        .weightTraffic = Bytes(away * l.weights * l.layers * job.outputTokens * weightLoads(p))};
}

} // namespace

OffloadResult offloadCost(
    const ModelSpec& model, const OffloadMachine& machine, const OffloadPolicy& p, const OffloadJob& job)
{
    const Layer l = layerOf(model);
    const double meanContext = job.promptTokens + job.outputTokens / 2.0;
    const Seconds prefill = l.layers * prefillTime(prefillLayer(model, machine, p, job), p);
    const Seconds decode =
        l.layers * (job.outputTokens - 1) * decodeTime(decodeLayer(model, machine, p, meanContext), p);
    return resultOf(l, p, job, prefill, decode);
}

OffloadResult simulateOffload(
    const ModelSpec& model, const OffloadMachine& machine, const OffloadPolicy& p, const OffloadJob& job)
{
    const Layer l = layerOf(model);
    const LayerTimes first = prefillLayer(model, machine, p, job);
    Seconds prefill = p.overlap ? first.toGpu + first.fromDisk : Seconds(0); // nothing to overlap with yet
    for (int layer = 0; layer < l.layers; ++layer)
        prefill += prefillTime(first, p);
    Seconds decode(0);
    for (int done = 1; done < job.outputTokens; ++done) {
        const LayerTimes step = decodeLayer(model, machine, p, job.promptTokens + done);
        for (int layer = 0; layer < l.layers; ++layer)
            decode += decodeTime(step, p);
    }
    return resultOf(l, p, job, prefill, decode);
}

} // namespace headroom
