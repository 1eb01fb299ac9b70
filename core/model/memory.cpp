#include "core/model/memory.h"

#include "core/error.h"
#include "core/model/layer_shapes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace headroom {
namespace {

/// Values that one token adds to the cache of one layer on one of `shards` GPUs; 0 where nothing is stored.
double kvValuesPerToken(const AttentionSpec& a, int shards)
{
    if (a.kind == AttentionKind::none || a.kind == AttentionKind::linear || a.reusesKv)
        return 0;
    const double indexer = a.indexHeads > 0 ? a.indexDim : 0;
    const double pooled = std::max(1, a.tokensPerEntry);
    if (a.isMla())
        return (a.latent.kvRank + a.latent.ropeDim + indexer) / pooled;
    const double valueDim = a.valueHeadDim > 0 ? a.valueHeadDim : a.headDim;
    return (kvHeadsOnGpu(a, shards) * (a.sharedKeyValue ? a.headDim : a.headDim + valueDim) + indexer) / pooled;
}

double bytesPerWeight(const ModelSpec& model, NumberFormat format, QuantizedPart part)
{
    const bool narrow = part == QuantizedPart::expertsOnly || model.quantizedPart == QuantizedPart::allLinear;
    return info(narrow ? format : NumberFormat::bf16).bytesPerWeight;
}

/// Embedding, norms and head are 16 bit under a narrow format (PAPERS, quantized checkpoints keep them).
double bytesPerWideWeight(NumberFormat format) { return format == NumberFormat::fp32 ? 4.0 : 2.0; }

/// Next power of two of a positive token count.
double powerOfTwoAbove(double tokens)
{
    const auto whole = static_cast<std::uint64_t>(std::ceil(std::max(1.0, tokens)));
    return static_cast<double>(std::bit_ceil(whole));
}

/// What a buddy allocator hands out for a reservation; its smallest chunk is that of the simulator.
double buddyChunk(double tokens) { return powerOfTwoAbove(std::max(16.0, tokens)); }

/// Mean KV tokens of a running request, weighted by the time it holds them (its output length).
struct HeldTokens {
    double promised = 0; ///< reserved for it
    double final = 0;    ///< what it will have used at its end
    double buddy = 0;    ///< promised, rounded up to the block of a buddy allocator
};

constexpr std::size_t kQuantilePoints = 32;
using Quantiles = std::array<double, kQuantilePoints>;

Quantiles midQuantiles(const LengthDistribution& lengths, double least)
{
    Quantiles q{};
    for (std::size_t i = 0; i < q.size(); ++i)
        q[i] = std::max(least, quantile(lengths, (static_cast<double>(i) + 0.5) / static_cast<double>(q.size())));
    return q;
}

double promisedTokens(Reservation reservation, double prompt, double output, double maxContext)
{
    switch (reservation) {
    case Reservation::maximum:
        return maxContext;
    case Reservation::powerOfTwo:
        return std::min(maxContext, prompt + powerOfTwoAbove(output));
    case Reservation::oracle:
    case Reservation::paged:
        return std::min(maxContext, prompt + output);
    }
    return prompt + output;
}

HeldTokens heldTokens(const MemoryInput& in)
{
    const double maxContext = in.maxContext.in(token);
    HeldTokens sum;
    double weight = 0;
    for (const RequestClass& c : in.workload->classes) {
        const Quantiles prompts = midQuantiles(c.shape.prompt, 0), outputs = midQuantiles(c.shape.output, 1);
        for (const double output : outputs) {
            for (const double prompt : prompts) {
                const double w = c.share * output;
                const double promised = promisedTokens(in.reservation, prompt, output, maxContext);
                weight += w;
                sum.promised += w * promised;
                sum.final += w * std::min(prompt + output, promised);
                sum.buddy += w * buddyChunk(promised);
            }
        }
    }
    if (weight > 0) {
        sum.promised /= weight;
        sum.final /= weight;
        sum.buddy /= weight;
    }
    return sum;
}

/// Shares of the KV memory of a full replica (PagedAttention, fig. 2): what is promised to tokens still to come, what
/// no token will ever fill, and what a buddy allocator cannot hand out.
Fragmentation fragmentationOf(const MemoryInput& in, const HeldTokens& held, double capacityTokens)
{
    const double context = in.workload->contextMean;
    Fragmentation f;
    if (in.reservation == Reservation::paged) {
        const double waste = (in.blockTokens - 1) / 2.0;
        f.internal = context + waste > 0 ? waste / (context + waste) : 0;
        return f;
    }
    if (held.buddy <= 0 || capacityTokens < held.buddy)
        return f;
    const double handedOut = std::floor(capacityTokens / held.buddy) * held.buddy / capacityTokens;
    const double used = std::min(context, held.final);
    f.reserved = handedOut * (held.final - used) / held.buddy;
    f.internal = handedOut * (held.promised - held.final) / held.buddy;
    f.external = 1 - handedOut * held.promised / held.buddy;
    return f;
}

/// Activations, graphs, buffers and runtime beside weights and cache. Activations: the widest intermediate of a step
/// (residual, norm, fused QKV or gate and up) at the token budget; logits in 32 bit for every sampled sequence. Fixed
/// parts: CUDA context and library handles 0.6 GiB and graphs 0.6 GiB (vLLM start-up logs report 0.5 to 0.7 each);
/// communication buffers 0.35 GiB from two GPUs on (systems.csv, aiconfigurator, Apache-2.0).
Bytes workspaceBytes(const MemoryInput& in)
{
    const ModelSpec& m = *in.model;
    double widest = 0;
    for (const LayerGroup& g : m.groups) {
        const FeedForwardSpec& f = g.feedForward;
        const double experts = static_cast<double>(f.expertsPerToken) * (f.expertWidth + m.hidden);
        widest = std::max({widest, 2.0 * f.width / in.layout.tp, 2.0 * f.sharedWidth / in.layout.tp + experts});
        const double heads = std::ceil(static_cast<double>(g.attention.heads) / headShards(in.layout));
        widest = std::max(widest, 3.0 * heads * g.attention.headDim);
    }
    const double budget = in.tokenBudget.in(token);
    const Bytes activations(2.0 * budget * (3.0 * m.hidden + widest));
    const double sampled = std::min<double>(in.maxSequences, budget);
    const Bytes logits(2 * 4.0 * sampled * m.vocab / in.layout.tp);
    const Bytes fixed = 1.2 * gibibyte;
    const Bytes communication = in.layout.gpus() > 1 ? 0.35 * gibibyte : Bytes(0);
    return activations + logits + fixed + communication;
}

double normalTail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

double preemptionProbability(const MemoryInput& in, double seats, double capacityTokens)
{
    if (in.reservation != Reservation::paged || seats < 1)
        return 0;
    const double mean = seats * (in.workload->contextMean + (in.blockTokens - 1) / 2.0);
    const double deviation = std::sqrt(seats * std::max(0.0, in.workload->contextVariance));
    if (deviation <= 0)
        return mean > capacityTokens ? 1 : 0;
    return normalTail((capacityTokens - mean) / deviation);
}

WeightBytes operator*(double share, WeightBytes w)
{
    for (Bytes WeightBytes::*part :
        {&WeightBytes::embedding, &WeightBytes::attention, &WeightBytes::dense, &WeightBytes::routedExperts,
            &WeightBytes::sharedExperts, &WeightBytes::norms, &WeightBytes::head, &WeightBytes::other})
        w.*part = share * w.*part;
    return w;
}

/// On the GPU beside what stays there: the layer at work and the next one, and the cache of a batch that is attended to
/// there but does not lie there (FlexGen A.3).
Bytes streamingBytes(const MemoryInput& in, Bytes weights)
{
    const double layers = std::max(1, in.model->layers());
    const double kept = in.offload.cacheOnGpu;
    const Bytes cache = in.offload.cpuAttention ? Bytes(0)
                                                : (1 - kept) * in.offload.gpuBatch *
                                                      kvBytesOnGpu(*in.model, in.kvFormat, in.layout,
                                                          in.workload->promptMean + in.workload->outputMean);
    return 2 / layers * ((1 - in.offload.weightsOnGpu) * weights + cache);
}

/// Spreads weights and cache over GPU, host and disk. The cache of every sequence is cut by the same shares, so that the
/// level that is full first ends it.
void offload(const MemoryInput& in, MemoryUse& use)
{
    const Bytes all = use.weights.total();
    const Placement w = in.offload.weights(), c = in.offload.cache();
    const double gpus = in.layout.gpus();
    use.workspace += streamingBytes(in, all);
    use.weights = w.gpu * use.weights;
    const auto level = [&](Bytes size, double share) {
        const Bytes weights = share * gpus * all;
        return OffloadedMemory{size, weights, std::max(Bytes(0), size - weights)};
    };
    use.host = level(in.host.memory, w.host);
    use.disk = level(in.host.disk, w.disk);
    use.kvPool = std::max(Bytes(0), use.usable - use.weights.total() - use.workspace);
    use.cacheOnGpu = c.gpu;
    use.kvReach = Bytes::infinite();
    for (const auto& [pool, share] :
        {std::pair{use.kvPool, c.gpu}, {use.host.kvPool / gpus, c.host}, {use.disk.kvPool / gpus, c.disk}})
        if (share > 1e-9)
            use.kvReach = std::min(use.kvReach, pool / share);
}

MemoryLevel lackingLevel(const MemoryUse& use)
{
    if (use.weights.total() + use.workspace >= use.usable)
        return MemoryLevel::gpu;
    if (use.host.weights > use.host.size)
        return MemoryLevel::host;
    return use.disk.weights > use.disk.size ? MemoryLevel::disk : MemoryLevel::none;
}

double wholeSequences(Bytes pool, Bytes each, int ranks)
{
    if (each <= Bytes(0))
        return pool > Bytes(0) ? 1e9 : 0; // a model without any cache is limited by max_sequences only
    return ranks * std::floor(pool / each * (1 + 1e-12));
}

} // namespace

BytesPerToken kvBytesPerToken(const ModelSpec& model, NumberFormat kvFormat)
{
    double values = 0;
    for (const LayerGroup& g : model.groups)
        values += g.layers * kvValuesPerToken(g.attention, 1);
    return BytesPerToken(values * info(kvFormat).bytesPerKvEntry);
}

Bytes kvBytesOnGpu(const ModelSpec& model, NumberFormat kvFormat, const Layout& layout, Tokens context)
{
    const int shards = headShards(layout);
    const double tokens = std::max(0.0, context.in(token));
    double bytes = 0;
    for (const LayerGroup& g : model.groups) {
        const AttentionSpec& a = g.attention;
        const bool capped = a.kind == AttentionKind::sliding && a.window > 0;
        const double held = capped ? std::min<double>(tokens, a.window) : tokens;
        bytes += g.layers * kvValuesPerToken(a, shards) * held * info(kvFormat).bytesPerKvEntry;
        bytes += g.layers * a.stateBytes / shards;
    }
    return Bytes(bytes * busiestStageShare(model.layers(), layout.pp));
}

WeightBytes weightBytes(const ModelSpec& model, NumberFormat weightFormat, const Layout& layout)
{
    const ParameterCount count = countParameters(model);
    const int shards = headShards(layout);
    double whole = 0, sharded = 0;
    for (const LayerGroup& g : model.groups) {
        whole += g.layers * attentionMatrices(g.attention, model.hidden, 1).parameters();
        sharded += g.layers * attentionMatrices(g.attention, model.hidden, shards).parameters();
    }
    const double attentionShare = whole > 0 ? sharded / whole : 1;
    const double stage = busiestStageShare(model.layers(), layout.pp);
    const double linear = bytesPerWeight(model, weightFormat, QuantizedPart::allLinear);
    const double experts = bytesPerWeight(model, weightFormat, QuantizedPart::expertsOnly);
    const double wide = bytesPerWideWeight(weightFormat);
    const double tp = layout.tp;

    WeightBytes w;
    w.attention = Bytes(count.attention * attentionShare * stage * linear);
    w.dense = Bytes(count.dense / tp * stage * linear);
    w.sharedExperts = Bytes(count.sharedExperts / tp * stage * linear);
    w.routedExperts = Bytes(count.routedExperts / tp * stage * experts);
    w.norms = Bytes(count.norms * stage * wide);
    const Bytes embedding(count.embedding / tp * wide), other(count.other * wide);
    const Bytes head((model.tiedEmbeddings && layout.pp > 1 ? count.embedding : count.head) / tp * wide);
    if (layout.pp == 1 || embedding + other >= head) { // the first stage holds these, the last one the head
        w.embedding = embedding;
        w.other = other;
    }
    if (layout.pp == 1 || embedding + other < head)
        w.head = head;
    return w;
}

MemoryUse memoryUse(const MemoryInput& in)
{
    HR_ASSERT(in.model && in.gpu && in.workload);
    const WorkloadSummary& load = *in.workload;
    const double blockWaste = (in.blockTokens - 1) / 2.0;
    const bool paged = in.reservation == Reservation::paged;
    const HeldTokens held = paged ? HeldTokens{} : heldTokens(in);
    const auto perRequest = [&](double tokens) {
        return kvBytesOnGpu(*in.model, in.kvFormat, in.layout, Tokens(tokens));
    };

    MemoryUse use;
    use.gpuMemory = in.gpu->memory;
    use.usable = in.utilization * in.gpu->memory;
    use.weights = weightBytes(*in.model, in.weightFormat, in.layout);
    use.workspace = workspaceBytes(in);
    use.kvPool = use.kvReach = std::max(Bytes(0), use.usable - use.weights.total() - use.workspace);
    if (in.offload.enabled)
        offload(in, use);
    use.lacks = lackingLevel(use);
    use.kvPerRequest = perRequest(paged ? load.contextMean + blockWaste : held.buddy);

    const int ranks = std::max(1, in.layout.attentionDp);
    // Where a sequence has a state of its own or a window, a token costs the less the longer the sequence.
    const double length = std::max(1.0, paged ? load.contextMean : held.buddy);
    const Bytes perToken = perRequest(length) / length;
    use.kvCapacity = Tokens(perToken > Bytes(0) ? ranks * std::floor(use.kvReach / perToken) : 0);

    const Bytes oneMean = perRequest((load.promptMean + load.outputMean).in(token));
    use.fits = use.lacks == MemoryLevel::none && use.kvReach > Bytes(0) &&
               use.kvReach >= std::max(oneMean, paged ? Bytes(0) : use.kvPerRequest);
    if (!use.fits)
        return use;
    use.seatsByMemory = std::max(1.0, wholeSequences(use.kvReach, use.kvPerRequest, ranks));
    use.seats = std::min<double>(in.maxSequences, use.seatsByMemory);
    use.fragmentation = fragmentationOf(in, held, use.kvCapacity.in(token));
    use.preemptionProbability = preemptionProbability(in, use.seats, use.kvCapacity.in(token));
    return use;
}

double worstCaseSeats(const MemoryInput& in, const MemoryUse& use)
{
    if (!use.fits)
        return 0;
    const double length = lengthP99(*in.workload);
    const double held = in.reservation == Reservation::paged ? length + (in.blockTokens - 1) / 2.0
                                                             : std::max(buddyChunk(length), heldTokens(in).buddy);
    const Bytes longest = kvBytesOnGpu(*in.model, in.kvFormat, in.layout, Tokens(held));
    return std::min(use.seats, wholeSequences(use.kvReach, longest, std::max(1, in.layout.attentionDp)));
}

} // namespace headroom
