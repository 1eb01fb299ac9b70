// Throughput-oriented inference of a model that does not fit its GPU: weights, KV cache and activations lie on GPU, host
// and disk by shares, and a block of prompts goes through the layers in zig-zag order, each layer's weights loaded once
// for the whole block (Sheng et al., FlexGen, ICML'23, sections 4.1 to 4.3 and A.3). Offline: all prompts are there, all
// outputs have the same length.
#pragma once

#include "core/model/offloading.h"
#include "core/model/transformer.h"
#include "core/units.h"

#include <optional>

namespace headroom {

/// A policy: what runs as one block, where data lie, and what overlaps.
struct OffloadPolicy {
    int gpuBatch = 1; ///< prompts computed at once
    int batches = 1;  ///< GPU batches that share a load of each layer's weights
    Placement weights, cache, activations;
    bool cpuAttention = true; ///< decode attention where the cache lies; else that cache is moved to the GPU
    bool overlap = true;      ///< transfers and compute at the same time
    OffloadSchedule schedule = OffloadSchedule::zigzag;
    int block() const { return gpuBatch * batches; }
    friend bool operator==(const OffloadPolicy&, const OffloadPolicy&) = default;
};

/// A GPU, its host and its disk, as programs reach them.
struct OffloadMachine {
    Bandwidth hostToGpu, gpuToHostCache, gpuToHostHidden;
    Bandwidth diskRead, diskWriteCache, diskWriteHidden, diskWriteDecode;
    FlopRate matmulPrefill, attentionPrefill, matmulDecode, attentionDecode; ///< of the GPU
    FlopRate cpuAttention; ///< of the host, at GPU batches of 64 and a model width of 4,096 or more
    Bytes gpuMemory, hostMemory, diskMemory;
};
/// T4 16 GB, 208 GB host, 1.5 TB SSD: the constants fitted by FlexGen's authors (experimental/cost_model.py).
OffloadMachine flexgenT4();

struct OffloadJob {
    int promptTokens = 512, outputTokens = 32;
};

/// Time of each resource for one layer and the whole block.
struct LayerTimes {
    Seconds toGpu, toHost, fromDisk, toDisk, compute;
    Seconds sum() const { return toGpu + toHost + fromDisk + toDisk + compute; }
};
LayerTimes prefillLayer(const ModelSpec&, const OffloadMachine&, const OffloadPolicy&, const OffloadJob&);
/// \param context tokens in the cache of each sequence
LayerTimes decodeLayer(const ModelSpec&, const OffloadMachine&, const OffloadPolicy&, double context);
/// Time of a layer when everything overlaps that the released engine overlaps: in prefill disk, host and GPU form two
/// chains beside compute; in decode loading to the GPU stands before the rest.
Seconds prefillTime(const LayerTimes&, const OffloadPolicy&);
Seconds decodeTime(const LayerTimes&, const OffloadPolicy&);

/// Peaks of the three levels (A.3), for a block.
struct OffloadMemory {
    Bytes gpu, host, disk;
    bool fits(const OffloadMachine&) const;
};
/// \param policy its weights, cache and activations
OffloadMemory offloadMemory(const ModelSpec&, const OffloadPolicy&, const OffloadJob&);

struct OffloadResult {
    Seconds prefill, decode; ///< of the whole block
    TokenRate throughput;    ///< generated tokens over all of it
    TokenRate decodeThroughput;
    Bytes weightTraffic; ///< loaded to the GPU
};
/// The cost model: T = Tpre l + Tgen (n - 1) l with the cache at its mean length.
OffloadResult offloadCost(const ModelSpec&, const OffloadMachine&, const OffloadPolicy&, const OffloadJob&);
/// The same schedule walked token by token and layer by layer, the cache as long as it is at each step, the first
/// weights loaded before anything can overlap.
OffloadResult simulateOffload(const ModelSpec&, const OffloadMachine&, const OffloadPolicy&, const OffloadJob&);

/// The policy of the highest modelled throughput that fits: GPU batches of 1 to 512, up to 16 of them, shares in steps
/// of 5 % (weights) and 25 % (cache, activations); what the GPU does not take lies on the host as far as it goes.
/// Activations never lie on disk, as in the released engine. Absent when nothing fits.
std::optional<OffloadPolicy> searchOffload(const ModelSpec&, const OffloadMachine&, const OffloadJob&);

} // namespace headroom
