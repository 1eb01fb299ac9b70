// What lies in GPU memory: weights, KV cache, workspace; how many sequences fit; how much of it is waste (topic 5).
#pragma once

#include "core/model/hardware.h"
#include "core/model/offloading.h"
#include "core/model/parallelism.h"
#include "core/model/transformer.h"
#include "core/units.h"
#include "core/workload/workload.h"

namespace headroom {

/// How KV memory is promised to a request (PAPERS.md 1 and 2).
enum class Reservation {
    maximum,    ///< the context limit (Orca Max, FasterTransformer)
    powerOfTwo, ///< prompt plus the next power of two of the output (Orca Pow2)
    oracle,     ///< exactly prompt plus output (Orca Oracle)
    paged,      ///< blocks as they fill (PagedAttention)
};

struct MemoryInput {
    const ModelSpec* model = nullptr;
    const GpuSpec* gpu = nullptr;
    Layout layout{};
    NumberFormat weightFormat = NumberFormat::bf16;
    NumberFormat kvFormat = NumberFormat::bf16;
    double utilization = 0.9; ///< share of GPU memory the engine may use
    int maxSequences = 256;
    Tokens tokenBudget{512}; ///< largest step, for activations
    int blockTokens = 16;
    Reservation reservation = Reservation::paged;
    Tokens maxContext{8192};                   ///< the engine's limit for prompt + output
    const WorkloadSummary* workload = nullptr; ///< lengths
    Offloading offload{};
    HostSpec host{};
};

/// Bytes of one token of one sequence over all layers; copies on tensor-parallel ranks not counted, windows not
/// yet full. Llama-3.1-8B bf16: 131,072; DeepSeek-V3: 70,272 (MODEL.md 5.2).
BytesPerToken kvBytesPerToken(const ModelSpec&, NumberFormat kvFormat);

/// KV bytes that one sequence of `context` tokens holds on the busiest GPU of a replica: sliding groups capped at
/// their window, KV heads replicated when tp > kvHeads, MLA copied on each rank, linear state included.
Bytes kvBytesOnGpu(const ModelSpec&, NumberFormat kvFormat, const Layout&, Tokens context);

/// Weights on the busiest GPU, by layer group.
struct WeightBytes {
    Bytes embedding, attention, dense, routedExperts, sharedExperts, norms, head, other;
    Bytes total() const { return embedding + attention + dense + routedExperts + sharedExperts + norms + head + other; }
};
/// \param layout Layout{} gives the whole model
WeightBytes weightBytes(const ModelSpec&, NumberFormat weightFormat, const Layout&);

struct Fragmentation {
    double reserved = 0; ///< share of KV memory promised but not used
    double internal = 0; ///< share lost in half-filled last blocks
    double external = 0; ///< share lost between buddy blocks
};

/// What lies on the host or the disk of one replica (offloading).
struct OffloadedMemory {
    Bytes size, weights; ///< that may be used; that weights take
    Bytes kvPool;        ///< size - weights, at least 0
};
/// A level of memory that is too small, or none.
enum class MemoryLevel { none, gpu, host, disk };

struct MemoryUse {
    Bytes gpuMemory, usable; ///< per GPU; usable = utilization * memory
    WeightBytes weights;     ///< busiest GPU: those that stay there
    Bytes workspace;         ///< activations, CUDA graphs, communication buffers, runtime, layers on their way
    Bytes kvPool;            ///< usable - weights - workspace, at least 0
    Bytes kvReach;           ///< KV of one GPU's sequences that all levels hold together: kvPool without offloading
    double cacheOnGpu = 1;   ///< share of each sequence's KV that lies there
    OffloadedMemory host, disk;
    MemoryLevel lacks = MemoryLevel::none; ///< what weights and workspace alone exceed
    bool fits = false;                     ///< weights, workspace and one request of mean length fit
    Tokens kvCapacity;                     ///< distinct tokens one replica can hold
    Bytes kvPerRequest;                    ///< busiest GPU, averaged over its stay (MODEL.md 5.4); reserved: the chunk it gets
    double seats = 0;                      ///< N_max, whole number: min(max_sequences, kvReach / kvPerRequest)
    double seatsByMemory = 0;              ///< the same without max_sequences
    Fragmentation fragmentation;
    double preemptionProbability = 0; ///< P(contexts of `seats` requests exceed the pool), normal approximation
};

/// Everything about memory of one plan. Total: a model that does not fit gives fits = false and seats = 0.
MemoryUse memoryUse(const MemoryInput&);

/// Seats if every request were at its full length (p99 of prompt + output); 0 where nothing fits.
double worstCaseSeats(const MemoryInput&, const MemoryUse&);

} // namespace headroom
