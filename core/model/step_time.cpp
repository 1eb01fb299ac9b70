#include "core/model/step_time.h"

#include "core/error.h"
#include "core/model/layer_shapes.h"
#include "core/model/memory.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom {
namespace {

constexpr double kActivationBytes = 2; // residual stream and all-reduce payload are 16 bit
constexpr double kLogitPasses = 4;     // softmax, penalties and sampling read 32-bit logits about four times
// TensorRT-LLM 0.11 and 0.14 lose a fixed time for each token of 16-bit cache read where 8 query heads or more share a key
// head, and with fewer none (e2e_measured.csv: 70B models at long outputs). Supposed: the heads read the cache one by one.
constexpr int kLastWithoutWideGroups = 2024, kWideGroup = 8;
constexpr int kAsyncYear = 2026;   // vLLM schedules ahead by default since its version 0.14
constexpr int kOverlapYear = 2025; // TensorRT-LLM since 1.0
// Small sums of TensorRT-LLM's own kernels over those of vLLM and SGLang, all in CUDA graphs: 0.64 to 0.74 for 8 to 64 KB on
// 2 to 8 H100, B200 and B300 (ops/allreduce.csv; no faster on A100 and over PCIe, where no switch adds).
constexpr double kOwnAllReduce = 0.7;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Time of a kernel that computes and reads at once. Near the ridge neither hides the other entirely: between the larger
/// of the two and their sum, which measured matrix products follow better than a sharp roofline.
double together(double compute, double memory) { return std::sqrt(compute * compute + memory * memory); }

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Widths of an attention layer on one GPU.
struct AttentionWork {
    double flopsPerDecodePair = 0;  ///< one query token against one cached token
    double flopsPerPrefillPair = 0; ///< the same in a prompt (MLA expands its latents first)
    double flopsPerPrefixToken = 0; ///< expanding one cached token (MLA)
    double bytesPerCached = 0;      ///< reading one cached token
    double indexFlops = 0, indexBytes = 0;
};

AttentionWork attentionWork(const AttentionSpec& a, int shards, double kvEntryBytes)
{
    AttentionWork w;
    if (a.kind == AttentionKind::none || a.kind == AttentionKind::linear)
        return w;
    const double heads = std::ceil(static_cast<double>(a.heads) / shards);
    if (a.isMla()) {
        const LatentAttention& l = a.latent;
        w.flopsPerDecodePair = 2 * heads * (2.0 * l.kvRank + l.ropeDim);
        w.flopsPerPrefillPair = 2 * heads * (l.nopeDim + l.ropeDim + l.valueDim);
        w.flopsPerPrefixToken = 2 * heads * l.kvRank * (l.nopeDim + l.valueDim);
        w.bytesPerCached = kvEntryBytes * (l.kvRank + l.ropeDim);
    } else {
        const double valueDim = a.valueHeadDim > 0 ? a.valueHeadDim : a.headDim;
        w.flopsPerDecodePair = w.flopsPerPrefillPair = 2 * heads * (a.headDim + valueDim);
        w.bytesPerCached =
            kvEntryBytes * kvHeadsOnGpu(a, shards) * (a.sharedKeyValue ? a.headDim : a.headDim + valueDim);
    }
    const double pooled = std::max(1, a.tokensPerEntry); // cache entries stand for several tokens
    w.flopsPerDecodePair /= pooled;
    w.flopsPerPrefillPair /= pooled;
    w.flopsPerPrefixToken /= pooled;
    w.bytesPerCached /= pooled;
    if (a.indexHeads > 0) {
        w.indexFlops = 2.0 * a.indexHeads * a.indexDim / pooled;
        w.indexBytes = kvEntryBytes * a.indexDim / pooled;
    }
    return w;
}

} // namespace

/// Turns shapes and datasheet figures into the coefficients of a StepModel.
struct StepModel::Builder {
    StepModel& out;
    const StepInput& in;
    const ModelSpec& model = *in.model;
    const GpuSpec& gpu = *in.gpu;
    const EfficiencyTable& table = in.efficiency ? *in.efficiency : shippedEfficiency();
    int shards = headShards(in.layout);
    double ranks = std::max(1, in.layout.attentionDp);
    double stage = busiestStageShare(model.layers(), in.layout.pp) * in.layout.pp; ///< imbalance of the busiest stage
    double bandwidth = gpu.bandwidth.si() * in.calibration.bandwidth;
    ComputeFormat narrow = computeFormat(gpu, in.weightFormat);
    ComputeFormat wide =
        computeFormat(gpu, in.weightFormat == NumberFormat::fp32 ? NumberFormat::fp32 : NumberFormat::bf16);
    bool linearIsNarrow = model.quantizedPart == QuantizedPart::allLinear;
    PerReach cacheBytes{}; ///< of one cached token, over the layers of each reach

    double coefficient(Coefficient c) const { return table.at(c, gpu.architecture); }

    /// The engines of 2023 ran the libraries' own products, one by one; those of 2026 fuse around them (vLLM 0.10 and 0.11
    /// are 10 to 36 % slower than products alone say, 0.15 to 0.19 are not).
    double serving() const
    {
        const bool isFused = in.engine.engine == Engine::tensorrtLlm ||
                             (in.engine.engine == Engine::vllm && in.engine.year >= kAsyncYear);
        return isFused || in.engine.year <= 2023 ? 1 : coefficient(Coefficient::computeServing);
    }

    /// Whether the host prepares the next step while this one runs. SGLang has since 0.4, which is all that was measured of
    /// it: its own coefficient is that of an engine that does.
    bool runsAhead() const
    {
        return (in.engine.engine == Engine::vllm && in.engine.year >= kAsyncYear) ||
               (in.engine.engine == Engine::tensorrtLlm && in.engine.year >= kOverlapYear);
    }

    bool hasOwnAllReduce() const { return in.engine.engine == Engine::tensorrtLlm && gpu.inNode.inSwitchReduction; }

    void build()
    {
        reaches();
        attention();
        products();
        experts();
        collectives();
        overheads();
        offload();
    }

    void reaches()
    {
        out.m_reach[0] = kInfinity;
        for (const LayerGroup& g : model.groups) {
            const double w = window(g.attention);
            if (w < kInfinity && out.m_reaches < at(kReaches) &&
                std::find(out.m_reach.begin(), out.m_reach.end(), w) == out.m_reach.end())
                out.m_reach[out.m_reaches++] = w;
        }
    }

    static double window(const AttentionSpec& a)
    {
        const bool limited = (a.kind == AttentionKind::sliding || a.kind == AttentionKind::sparse) && a.window > 0;
        return limited ? a.window : kInfinity;
    }

    /// The reach of a layer group; a model with more windows than reaches uses the next wider one.
    std::size_t reachOf(const AttentionSpec& a) const
    {
        const double w = window(a);
        std::size_t best = 0;
        for (std::size_t i = 1; i < at(kReaches); ++i)
            if (out.m_reach[i] >= w && out.m_reach[i] < out.m_reach[best])
                best = i;
        return w < kInfinity ? best : 0;
    }

    void attention()
    {
        const double decodeCompute = coefficient(Coefficient::attentionDecodeCompute);
        const double decodeBandwidth = coefficient(Coefficient::attentionDecodeBandwidth);
        const double prefillCompute = coefficient(Coefficient::attentionPrefill) *
                                      (in.engine.year <= 2023 ? coefficient(Coefficient::attentionOf2023) : 1);
        const double peak = gpu.fp16.si() * in.calibration.compute;
        const double kvBytes = info(in.kvFormat).bytesPerKvEntry;
        std::array<double, kReaches> byCompute{}, byBandwidth{}, prefixCompute{}, prefixBandwidth{};
        double layers = 0, stateBytes = 0;
        const bool isOld = in.engine.engine == Engine::tensorrtLlm && in.engine.year <= kLastWithoutWideGroups;
        for (const LayerGroup& g : model.groups) {
            const AttentionWork w = attentionWork(g.attention, shards, kvBytes);
            const std::size_t r = reachOf(g.attention);
            const bool isWide =
                isOld && kvBytes >= 2 && !g.attention.isMla() && g.attention.heads >= kWideGroup * g.attention.kvHeads;
            const double reached = decodeBandwidth * (isWide ? coefficient(Coefficient::attentionWideGroups) : 1);
            // A micro-batch holds 1/pp of the sequences, and passes pp stages: all layers at 1/pp of the sums.
            const double n = g.layers * stage / (ranks * in.layout.pp);
            byCompute[r] += n * w.flopsPerDecodePair / (peak * decodeCompute);
            byBandwidth[r] += n * w.bytesPerCached / (bandwidth * reached);
            cacheBytes[r] += n * w.bytesPerCached;
            cacheBytes[0] += n * w.indexBytes;
            prefixCompute[r] += n * w.flopsPerPrefixToken / (peak * prefillCompute);
            prefixBandwidth[r] += n * w.bytesPerCached / (bandwidth * decodeBandwidth);
            out.m_perPair[r] += n * w.flopsPerPrefillPair / (peak * prefillCompute);
            // The indexer scores the whole context, whatever its layer attends to.
            byCompute[0] += n * w.indexFlops / (peak * decodeCompute);
            byBandwidth[0] += n * w.indexBytes / (bandwidth * decodeBandwidth);
            out.m_perPair[0] += n * w.indexFlops / (peak * prefillCompute);
            prefixBandwidth[0] += n * w.indexBytes / (bandwidth * decodeBandwidth);
            if (w.flopsPerDecodePair > 0)
                layers += g.layers * stage;
            stateBytes += n * 2 * g.attention.stateBytes / shards;
        }
        for (std::size_t i = 0; i < at(kReaches); ++i) {
            out.m_perContext[i] = std::max(byCompute[i], byBandwidth[i]);
            out.m_contextBy[i] = byCompute[i] > byBandwidth[i] ? Resource::compute : Resource::bandwidth;
            out.m_perPrefix[i] = std::max(prefixCompute[i], prefixBandwidth[i]);
            out.m_prefixBy[i] = prefixCompute[i] > prefixBandwidth[i] ? Resource::compute : Resource::bandwidth;
            out.m_perPromptToken += out.m_perPair[i] * coefficient(Coefficient::attentionTile);
        }
        out.m_perSequence = layers * coefficient(Coefficient::attentionSequence) / (ranks * in.layout.pp);
        out.m_perState = stateBytes / (bandwidth * decodeBandwidth);
    }

    /// Adds weight matrices of `parameters` on this GPU, over all layers, to the products of their kind.
    void add(Group group, Rows rows, bool isNarrow, double parameters)
    {
        if (parameters <= 0)
            return;
        const ComputeFormat& compute = isNarrow ? narrow : wide;
        const NumberFormat stored = isNarrow ? in.weightFormat : wide.format;
        const GemmEfficiency e = gemmEfficiency(table, gpu.architecture, compute, stored);
        const double bytes = info(stored).bytesPerWeight;
        Product p{.rows = rows, .group = group};
        p.memory = parameters * bytes / (bandwidth * e.weightBandwidth);
        p.perRow = 2 * parameters / (compute.peak.si() * in.calibration.compute * e.compute * serving());
        p.fixed = p.perRow * e.rampRows;
        HR_ASSERT(out.m_productCount < static_cast<int>(kProducts));
        out.m_products[at(out.m_productCount++)] = p;
    }

    void products()
    {
        double projections = 0, dense = 0, shared = 0, router = 0, elements = 0, ownElements = 0;
        const double tp = in.layout.tp;
        for (const LayerGroup& g : model.groups) {
            const FeedForwardSpec& f = g.feedForward;
            const double n = g.layers * stage, hidden = model.hidden;
            const AttentionMatrices m = attentionMatrices(g.attention, model.hidden, shards);
            projections += n * m.parameters();
            dense += n * f.matrices * f.width * hidden / tp;
            const double expertHidden = f.latentWidth > 0 ? f.latentWidth : hidden;
            shared +=
                n * (f.matrices * f.sharedWidth * hidden + (f.latentWidth > 0 ? 2 * hidden * expertHidden : 0)) / tp;
            router += n * hidden * f.experts;
            const double ffnWidth = (f.width + f.sharedWidth + f.expertsPerToken * f.expertWidth) / tp;
            elements += n * 3 * ffnWidth;
            ownElements += n * (10 * hidden + 2 * m.parameters() / std::max(1.0, hidden));
        }
        add(Group::projections, Rows::attentionTokens, linearIsNarrow, projections);
        add(Group::feedForward, Rows::tokens, linearIsNarrow, dense);
        add(Group::experts, Rows::tokens, linearIsNarrow, shared);
        add(Group::experts, Rows::tokens, false, router);
        add(Group::head, Rows::sampled, false, static_cast<double>(model.hidden) * model.vocab / tp);
        const double streaming = bandwidth * coefficient(Coefficient::elementBandwidth);
        out.m_perRow = elements * kActivationBytes / streaming;
        out.m_perAttentionRow = ownElements * kActivationBytes / streaming;
        out.m_perSampled = kLogitPasses * 4 * model.vocab / tp / streaming;
    }

    void experts()
    {
        const double tp = in.layout.tp;
        const double bytes = info(in.weightFormat).bytesPerWeight;
        for (const LayerGroup& g : model.groups) {
            const FeedForwardSpec& f = g.feedForward;
            if (f.experts <= 0 || f.expertsPerToken <= 0)
                continue;
            const double width = f.latentWidth > 0 ? f.latentWidth : model.hidden;
            const double cut = f.expertWidth / std::max(1.0, tp / in.layout.ep); // on one GPU
            const GemmEfficiency e = expertEfficiency(table, gpu.architecture, narrow, in.weightFormat, cut);
            // Expert parallelism deals whole experts out, tensor parallelism cuts each: 1/tp of the work either way.
            const double parameters = g.layers * stage * f.matrices * width * f.expertWidth / tp;
            const double perRow = 2 * parameters / (narrow.peak.si() * in.calibration.compute * e.compute);
            Experts x;
            x.choice = {double(f.experts), double(f.expertsPerToken), coefficient(Coefficient::expertPopularity)};
            x.memoryPerExpert = parameters * bytes / (bandwidth * e.weightBandwidth);
            x.fixedPerExpert = perRow * e.rampRows;
            x.perRow = perRow * f.expertsPerToken * (in.layout.ep > 1 ? coefficient(Coefficient::expertImbalance) : 1);
            merge(x);
        }
    }

    /// Layer groups with the same experts run one after the other: their times add. A third shape joins the second.
    void merge(const Experts& x)
    {
        for (int i = 0; i < out.m_expertCount; ++i) {
            Experts& old = out.m_experts[at(i)];
            if (old.choice == x.choice || i + 1 == static_cast<int>(kExpertShapes)) {
                const double ratio = x.choice.experts() / old.choice.experts();
                old.memoryPerExpert += x.memoryPerExpert * ratio;
                old.fixedPerExpert += x.fixedPerExpert * ratio;
                old.perRow += x.perRow;
                return;
            }
        }
        out.m_experts[at(out.m_expertCount++)] = x;
    }

    void add(CollectiveCost cost, double times, double bytesPerRow, Rows rows, double latencyFactor = 1)
    {
        if (cost.count == 0 || times <= 0)
            return;
        for (LinkCost& link : cost.algorithms) {
            link.latency *= latencyFactor / in.calibration.network;
            link.perByte /= in.calibration.network;
        }
        out.m_collectives[at(out.m_collectiveCount++)] = {cost, times, bytesPerRow, rows};
    }

    void collectives()
    {
        const double residual = model.hidden * kActivationBytes;
        double mixers = 0, feedForwards = 0, dispatched = 0, choices = 0;
        for (const LayerGroup& g : model.groups) {
            const FeedForwardSpec& f = g.feedForward;
            const bool mixes = g.attention.kind != AttentionKind::none, feeds = f.width > 0 || f.experts > 0;
            const bool dispatches = feeds && f.experts > 0 && ranks > 1 && in.layout.ep > 1;
            mixers += mixes && !(model.parallelBlock && feeds) ? g.layers * stage : 0;
            feedForwards += feeds && !dispatches ? g.layers * stage : 0;
            dispatched += dispatches ? g.layers * stage : 0;
            choices = dispatches ? f.expertsPerToken : choices;
        }
        const int tp = in.layout.tp, node = in.layout.gpusPerNode;
        const double own = hasOwnAllReduce() ? kOwnAllReduce : 1;
        if (ranks > 1) {
            add(allReduce(gpu, shards, node, table), mixers, residual, Rows::attentionTokens, own);
            add(allReduce(gpu, tp, node, table), feedForwards + 1, residual, Rows::tokens, own);
        } else {
            add(allReduce(gpu, tp, node, table), mixers + feedForwards + 1, residual, Rows::tokens, own);
        }
        // A token goes to its experts in 8 bit and comes back in 16; no more copies than there are other ranks.
        const double copies = std::min<double>(choices, in.layout.ep);
        add(allToAll(gpu, in.layout.ep, node, table), 2 * dispatched, copies * model.hidden * 1.5,
            Rows::attentionTokens);
        add(allToAll(gpu, tp, node, table), 1, kActivationBytes * model.vocab, Rows::sampled);
        const LinkCost send = stageSend(gpu, in.layout, table);
        out.m_sendFixed = send.latency * in.layout.pp / in.calibration.network;
        out.m_sendPerRow = send.perByte * residual / in.calibration.network;
    }

    /// What the host adds, and the starts and tails of kernels on the GPU.
    void overheads()
    {
        using C = Coefficient;
        C step = C::stepVllm, sequence = C::sequenceVllm, prompt = C::promptVllm;
        if (in.engine.engine == Engine::sglang) {
            step = C::stepSglang;
            sequence = C::sequenceSglang;
            prompt = C::promptSglang;
        } else if (in.engine.engine == Engine::tensorrtLlm) {
            step = C::stepTensorrtLlm;
            sequence = C::sequenceTensorrtLlm;
            prompt = C::promptTensorrtLlm;
        }
        // Engines of 2023 prepared each step in Python while the GPU waited.
        const bool slowHost = in.engine.year <= 2023 && in.engine.engine != Engine::tensorrtLlm;
        const double slowness = hostSlowness(gpu.architecture);
        const double host = slowness * (coefficient(step) * (runsAhead() ? coefficient(C::stepAsync) : 1) +
                                           (slowHost ? coefficient(C::stepOf2023) : 0));
        // Routing, permuting and the kernels' shares of it grow with the choices of a token.
        double routed = 0;
        for (const LayerGroup& g : model.groups)
            routed += g.feedForward.experts > 0 ? g.layers * stage * g.feedForward.expertsPerToken / 8.0 : 0;
        const bool narrows = linearIsNarrow && narrow.format != wide.format && !narrow.weightOnly;
        const double layer = coefficient(C::layerLatency) + (narrows ? coefficient(C::quantizeLatency) : 0) +
                             (in.engine.cudaGraphs ? 0 : slowness * coefficient(C::layerEager));
        const double k = in.calibration.overhead;
        out.m_engineStep =
            k * (in.layout.pp * host + model.layers() * stage * layer + routed * coefficient(C::expertLatency));
        // Each rank of data-parallel attention schedules its own sequences.
        out.m_engineSequence = k * slowness * coefficient(sequence) / ranks;
        out.m_enginePrompt = k * slowness * coefficient(prompt) / ranks;
    }

    void offload()
    {
        if (!in.offload.enabled)
            return;
        out.m_offload = OffloadStep({.policy = in.offload,
            .host = in.host,
            .link = in.calibration.network * gpu.host,
            .weightBytes = weightBytes(model, in.weightFormat, in.layout).total().si() * in.layout.pp,
            .hiddenBytes = kActivationBytes * model.hidden * model.layers() * stage / in.layout.pp,
            .hidden = std::max(1, model.hidden),
            .gpus = in.layout.gpus(),
            .meanContext = in.meanContext,
            .cacheBytes = cacheBytes,
            .reach = out.m_reach});
    }
};

StepModel::StepModel(const StepInput& input)
{
    HR_ASSERT(input.model && input.gpu);
    m_stages = std::max(1, input.layout.pp);
    m_attentionRanks = std::max(1, input.layout.attentionDp);
    Builder{*this, input}.build();
}

/// Calls sink(seconds, resource, group) for every term that context, pair and prefix sums do not move. Rows are those
/// of one micro-batch; the coefficients hold all layers, which is pp stages (MODEL.md 6.2).
template <class Sink>
inline void StepModel::walk(double decodes, double prefillTokens, double prompts, Sink&& sink) const
{
    const double tokens = decodes + prefillTokens, sampled = decodes + prompts;
    // Fewer tokens than stages: a micro-batch still holds a whole one.
    // A division costs as much as two products, and mostly there is one stage.
    const auto among = [](double all, double parts) { return parts == 1 ? all : all / parts; };
    const double rows = std::max(among(tokens, m_stages), std::min(tokens, 1.0));
    const std::array<double, 3> rowsOf{rows, std::max(among(rows, m_attentionRanks), std::min(rows, 1.0)),
        std::max(among(sampled, m_stages), std::min(sampled, 1.0))};
    for (int i = 0; i < m_productCount; ++i) {
        const Product& p = m_products[at(i)];
        const double n = rowsOf[at(static_cast<int>(p.rows))];
        const double compute = p.fixed + p.perRow * n;
        if (n > 0)
            sink(together(compute, p.memory), compute > p.memory ? Resource::compute : Resource::bandwidth, p.group);
    }
    for (int i = 0; i < m_expertCount; ++i) {
        const Experts& x = m_experts[at(i)];
        const double reached = x.choice.reached(rows);
        const double memory = reached * x.memoryPerExpert;
        const double compute = reached * x.fixedPerExpert + x.perRow * rows;
        sink(together(compute, memory), compute > memory ? Resource::compute : Resource::bandwidth, Group::experts);
    }
    for (int i = 0; i < m_collectiveCount; ++i) {
        const Collective& c = m_collectives[at(i)];
        const double n = rowsOf[at(static_cast<int>(c.rows))];
        sink(c.times * c.cost.at(n * c.bytesPerRow), Resource::network, Group::communication);
    }
    if (m_stages > 1)
        sink(m_sendFixed + m_sendPerRow * rows * m_stages, Resource::network, Group::communication);
    sink(m_perRow * rows + m_perAttentionRow * rowsOf[1], Resource::bandwidth, Group::other);
    sink(m_perSampled * rowsOf[2], Resource::bandwidth, Group::head);
    sink(m_perPromptToken * prefillTokens, Resource::compute, Group::attention);
    sink(m_perSequence * decodes, Resource::overhead, Group::attention);
    sink(m_perState * sampled, Resource::bandwidth, Group::attention);
    sink(m_engineStep + m_engineSequence * decodes + m_enginePrompt * prompts, Resource::overhead, Group::engine);
}

StepLaw StepModel::law(double decodes, double prefillTokens, double prompts) const
{
    StepLaw law;
    if (decodes + prefillTokens <= 0)
        return law;
    walk(decodes, prefillTokens, prompts, [&](double seconds, Resource, Group) { law.base += seconds; });
    law.perContext = m_perContext;
    law.perPair = m_perPair;
    law.perPrefix = m_perPrefix;
    if (m_offload.isEnabled()) [[unlikely]]
        law = m_offload.law(law, decodes, prefillTokens, prompts);
    return law;
}

Seconds StepModel::time(const StepBatch& b) const
{
    if (b.decodes + b.prefillTokens <= 0)
        return Seconds(0);
    double seconds = 0;
    const auto addSums = [&](const PerReach& perContext, const PerReach& perPair, const PerReach& perPrefix) {
        for (std::size_t i = 0; i < m_reaches; ++i)
            seconds += perContext[i] * b.context[i] + perPair[i] * b.pairs[i] + perPrefix[i] * b.prefix[i];
    };
    if (m_offload.isEnabled()) [[unlikely]] {
        const StepLaw l = law(b.decodes, b.prefillTokens, b.prompts);
        seconds = l.base;
        addSums(l.perContext, l.perPair, l.perPrefix);
        return Seconds(seconds);
    }
    walk(b.decodes, b.prefillTokens, b.prompts, [&](double term, Resource, Group) { seconds += term; });
    addSums(m_perContext, m_perPair, m_perPrefix);
    return Seconds(seconds);
}

StepParts StepModel::parts(const StepBatch& b) const
{
    StepParts parts;
    if (b.decodes + b.prefillTokens <= 0)
        return parts;
    const std::array<Seconds*, 4> resource{&parts.compute, &parts.bandwidth, &parts.network, &parts.overhead};
    const std::array<Seconds*, 8> group{&parts.attention, &parts.projections, &parts.feedForward, &parts.experts,
        &parts.head, &parts.other, &parts.communication, &parts.engine};
    const auto sink = [&](double seconds, Resource r, Group g) {
        *resource[at(static_cast<int>(r))] += Seconds(seconds);
        *group[at(static_cast<int>(g))] += Seconds(seconds);
    };
    walk(b.decodes, b.prefillTokens, b.prompts, sink);
    for (std::size_t i = 0; i < at(kReaches); ++i) {
        sink(m_offload.attentionOnGpu() * m_perContext[i] * b.context[i], m_contextBy[i], Group::attention);
        sink(m_perPair[i] * b.pairs[i], Resource::compute, Group::attention);
        sink(m_perPrefix[i] * b.prefix[i], m_prefixBy[i], Group::attention);
    }
    if (m_offload.isEnabled())
        parts.host = std::max(Seconds(0), time(b) - parts.total());
    return parts;
}

void StepModel::addDecode(StepBatch& b, double context) const
{
    b.decodes += 1;
    for (std::size_t i = 0; i < m_reaches; ++i)
        b.context[i] += std::min(context, m_reach[i]);
}

void StepModel::addPrompt(StepBatch& b, double x, double cached, double alike) const
{
    b.prefillTokens += alike * x;
    b.prompts += alike;
    for (std::size_t i = 0; i < m_reaches; ++i) {
        // Query j of the chunk (1 to x) attends to min(cached + j, reach) keys.
        const double growing = std::clamp(m_reach[i] - cached, 0.0, x); // queries before the window is full
        const double full = x - growing;
        b.pairs[i] += alike * (growing * cached + growing * (growing + 1) / 2 + (full > 0 ? full * m_reach[i] : 0));
        b.prefix[i] += alike * std::min(cached, m_reach[i]);
    }
}

StepBatch StepModel::decodeBatch(double decodes, double meanContext) const
{
    StepBatch b;
    b.decodes = decodes;
    for (std::size_t i = 0; i < m_reaches; ++i)
        b.context[i] = decodes * std::min(meanContext, m_reach[i]);
    return b;
}

} // namespace headroom
