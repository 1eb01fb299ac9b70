#include "core/calibration/kernel_laws.h"

#include "core/model/layer_shapes.h"

#include <algorithm>
#include <cmath>

namespace headroom {
namespace {

/// Formats of products. A group is a format and a library (or of collectives, a library and how it is started).
enum Format : std::size_t {
    bits16,
    bits8,
    bits8Block,
    bits4,
    widened8,
    widened4,
    shared4On8,
    shared4On16,
    formatCount
};
static_assert(formatCount == kKernelFormats);

/// Gemm: how long a product of m rows, n columns and depth k takes (core/model/efficiency.h has the reasons).
enum Gemm : std::size_t {
    gLaunch,
    gCompute,
    gWave,
    gWaveRows,
    gBandwidth,
    gCache,
    gCached,
    gSerial,
    gSplit,
    gHost,
    gQuantize
};
constexpr std::array<KernelInfo, 11> kGemm{{
    {"launch", "s", 3e-6, 5e-7, 1e-4, true, true},
    {"compute", "", 0.65, 0.1, 1, true, true},
    {"wave", "outputs", 5e5, 1e4, 1e7, true, true},
    {"wave_rows", "rows", 64, 4, 2000, true, false},
    {"bandwidth", "", 0.8, 0.2, 1, true, true},
    {"cache", "", 0.6, 0.1, 2, false, false},
    {"cached_bandwidth", "", 2.5, 1, 8, false, true},
    {"serial", "s", 1e-9, 1e-12, 1e-7, true, true},
    {"split", "depth", 3000, 100, 1e5, true, true},
    {"host", "s", 2e-6, 1e-7, 1e-3, true, true},
    {"activations", "passes", 0.5, 0.01, 30, true, true},
}};

enum Decode : std::size_t { dLaunch, dBandwidth, dCompute, dHeads, dSequence, dHalf, dCache, dCached, dSerial, dSplit };
constexpr std::array<KernelInfo, 10> kDecode{{
    {"launch", "s", 6e-6, 5e-7, 3e-5, true, true},
    {"bandwidth", "", 0.85, 0.2, 1, true, true},
    {"compute", "", 0.3, 0.02, 1, true, true},
    {"least_heads", "heads", 8, 1, 128, false, false},
    {"per_kv_head", "s", 3e-9, 1e-11, 1e-6, true, false},
    {"half_keys", "keys", 64, 1, 4000, true, true},
    {"cache", "", 0.6, 0.1, 2, false, false},
    {"cached_bandwidth", "", 2.5, 1, 8, false, true},
    {"serial", "s", 1e-8, 1e-11, 1e-6, true, true},
    {"split", "keys", 300, 8, 1e5, true, true},
}};

enum Prefill : std::size_t { pLaunch, pCompute, pTile, pWave, pNarrow, pBandwidth, pSoftmax, pSerial, pRows };
constexpr std::array<KernelInfo, 9> kPrefill{{
    {"launch", "s", 6e-6, 5e-7, 5e-5, true, true},
    {"compute", "", 0.5, 0.05, 1, true, false},
    {"tile", "keys", 64, 1, 2000, false, true},
    {"wave", "queries", 5000, 50, 2e5, true, true},
    {"narrow_head", "columns", 32, 1, 500, false, true},
    {"bandwidth", "", 0.7, 0.1, 1, false, true},
    {"softmax", "", 0.7, 0.05, 4, true, false},
    {"serial", "s", 3e-9, 1e-12, 1e-6, true, true},
    {"least_queries", "queries", 64, 1, 300, true, false},
}};

enum Moe : std::size_t {
    mLaunch,
    mCompute,
    mRows,
    mWidth,
    mBandwidth,
    mWave,
    mSkew,
    mToken,
    mBusiest,
    mSerial,
    mExpert,
    mInput
};
constexpr std::array<KernelInfo, 12> kMoe{{
    {"launch", "s", 2e-5, 1e-6, 1e-3, true, true},
    {"compute", "", 0.5, 0.05, 1, true, true},
    {"rows_per_expert", "rows", 24, 0.5, 300, true, false},
    {"width", "columns", 100, 1, 3000, true, false},
    {"bandwidth", "", 0.7, 0.1, 1, true, true},
    {"wave", "outputs", 5e5, 1e4, 1e7, false, true},
    {"skewed", "", 0.5, 0.05, 1, false, false},
    {"per_token", "bytes", 20, 1, 400, true, true},
    {"busiest_rank", "", 0.2, 0.01, 1, false, false},
    {"serial", "s", 1e-9, 1e-12, 1e-7, true, true},
    {"per_expert", "s", 1e-8, 1e-11, 1e-6, true, false},
    {"input", "bytes", 4, 0.1, 400, true, true},
}};

enum Reduce : std::size_t { rLaunch, rRank, rDirect, rRing, rStart, rPcieStart, rPcieLink };
constexpr std::array<KernelInfo, 7> kReduce{{
    {"latency", "s", 5e-6, 5e-7, 1e-4, true, true},
    {"latency_per_rank", "s", 5e-7, 1e-9, 1e-5, true, false},
    {"one_shot_bandwidth", "", 0.6, 0.05, 1.5, true, true},
    {"two_shot_bandwidth", "", 0.7, 0.05, 1.5, true, true},
    {"two_shot_start", "s", 1e-5, 1e-7, 1e-4, true, true},
    {"pcie_latency", "", 1, 0.1, 20, false, false},
    {"pcie_bandwidth", "", 0.7, 0.05, 2, false, false},
}};

std::span<const KernelInfo> infosOf(KernelKind kind)
{
    switch (kind) {
    case KernelKind::gemm:
        return kGemm;
    case KernelKind::attentionDecode:
        return kDecode;
    case KernelKind::attentionPrefill:
        return kPrefill;
    case KernelKind::moe:
        return kMoe;
    case KernelKind::allReduce:
        return kReduce;
    }
    return kGemm;
}

/// Chosen on the tables themselves, GPUs left out: links differ more between generations than what is on a chip, kernels of
/// experts more between libraries.
KernelSpreads spreadsOf(KernelKind kind)
{
    switch (kind) {
    case KernelKind::moe:
        return {1.5, 0.3, 0.5, 0.4};
    case KernelKind::allReduce:
        return {0.3, 0.7, 0.8, 0.15};
    default:
        return {1.5, 0.7, 0.35, 0.15};
    }
}

/// Seconds of a fixed number of clock ticks, against those at 1.83 GHz (the boost of an H100). Boost clocks of the largest
/// chip of each architecture; recalled.
double ticks(const GpuSpec& gpu)
{
    switch (gpu.architecture) {
    case GpuArchitecture::ampere:
        return 1.83 / 1.41;
    case GpuArchitecture::ada:
        return 1.83 / 2.52;
    case GpuArchitecture::blackwellWorkstation:
        return 1.83 / 2.6;
    default:
        return 1;
    }
}

/// Bytes of the last cache before the memory, of the largest chip of each architecture; recalled.
double lastCache(const GpuSpec& gpu)
{
    switch (gpu.architecture) {
    case GpuArchitecture::ampere:
        return 40e6;
    case GpuArchitecture::ada:
        return 72e6;
    case GpuArchitecture::hopper:
        return 50e6;
    case GpuArchitecture::blackwell:
    case GpuArchitecture::blackwellWorkstation:
        return 126e6;
    default:
        return 32e6;
    }
}

/// Exponentials per second, for the softmax of attention: 16 per clock of a multiprocessor, whose matrix units make so
/// many operations of 16 bit in it (recalled). Blackwell Ultra has twice as many, and no 8-bit integer products for them:
/// that is how it is told here.
double exponentials(const GpuSpec& gpu)
{
    const bool isUltra = gpu.architecture == GpuArchitecture::blackwell && !gpu.int8;
    const auto perExponential = [&] {
        switch (gpu.architecture) {
        case GpuArchitecture::ampere:
            return 2048.0 / 16;
        case GpuArchitecture::hopper:
            return 4096.0 / 16;
        case GpuArchitecture::blackwell:
            return 8192.0 / (isUltra ? 32 : 16);
        default:
            return 1024.0 / 16;
        }
    }();
    return gpu.fp16.si() / perExponential;
}

double weightBytes(std::size_t format)
{
    return format == bits16 ? 2 : format == bits4 ? 0.5625 : format == widened4 || format >= shared4On8 ? 0.53 : 1;
}

double peak(const KernelRun& run)
{
    const GpuSpec& g = run.gpu;
    const std::size_t format = run.group % formatCount;
    if (format == bits8 || format == bits8Block || format == shared4On8)
        return (g.fp8 ? *g.fp8 : g.fp16).si();
    return format == bits4 && g.fp4 ? g.fp4->si() : g.fp16.si();
}

/// Share of the bandwidth that operands of a repeated kernel see: the memory's, or where they fit, the cache's.
double cacheBoost(double bytes, double cache, double cached)
{
    const double ratio = bytes / cache, hit = 1 / (1 + ratio * ratio * ratio);
    return 1 / (hit / cached + 1 - hit);
}

double together(double a, double b) { return std::sqrt(a * a + b * b); }

template <class Value>
double gemmTime(const KernelRun& r, const Value& c)
{
    const double m = r.size[0], n = r.size[1], k = r.size[2];
    const double compute = 2 * k * (m * n + c(gWave) * m / (m + c(gWaveRows))) / (peak(r) * c(gCompute));
    const double bytes = n * k * weightBytes(r.group % formatCount) + 2 * m * (n + k);
    const double memory =
        bytes / (r.gpu.bandwidth.si() * c(gBandwidth) * cacheBoost(bytes, lastCache(r.gpu) * c(gCache), c(gCached)));
    const double onGpu = ticks(r.gpu) * c(gLaunch) +
                         together(ticks(r.gpu) * c(gSerial) * k / (1 + k / c(gSplit)), together(compute, memory)) +
                         c(gQuantize) * 2 * m * k / r.gpu.bandwidth.si();
    const double ratio = onGpu / c(gHost), square = ratio * ratio; // the longer of two that run side by side
    return c(gHost) * std::sqrt(std::sqrt(1 + square * square));
}

template <class Value>
double decodeTime(const KernelRun& r, const Value& c)
{
    const auto [sequences, queries, keys, heads, kvHeads, width, entry, unused] = r.size;
    const double bytes = 2 * sequences * (keys + c(dHalf)) * kvHeads * width * entry;
    const double memory =
        bytes / (r.gpu.bandwidth.si() * c(dBandwidth) * cacheBoost(bytes, lastCache(r.gpu) * c(dCache), c(dCached)));
    const double shared = std::max(heads / kvHeads, 1.0);
    const double flops = 4 * sequences * keys * kvHeads * together(shared, c(dHeads)) * width;
    return ticks(r.gpu) * c(dLaunch) + together(flops / (r.gpu.fp16.si() * c(dCompute)), memory) +
           c(dSequence) * sequences * kvHeads + ticks(r.gpu) * c(dSerial) * keys / (1 + keys / c(dSplit));
}

template <class Value>
double prefillTime(const KernelRun& r, const Value& c)
{
    const auto [sequences, queries, keys, heads, kvHeads, width, entry, unused] = r.size;
    const double prefix = std::max(0.0, keys - queries);
    const double pairs = together(queries, c(pRows)) * (prefix + queries / 2 + c(pTile)); // a tile of queries is whole
    // A wave of query tiles that is not full takes as long as a full one, each over all its keys.
    const double partial = c(pWave) * (prefix + queries / 2 + c(pTile));
    const double lanes = width + c(pNarrow);
    const double compute = 4 * lanes * (sequences * heads * pairs + partial) / (r.gpu.fp16.si() * c(pCompute));
    const double softmax = (sequences * heads * pairs + partial) / (exponentials(r.gpu) * c(pSoftmax));
    const double bytes =
        2 * sequences * queries * width * (2 * heads + kvHeads) + 2 * sequences * keys * kvHeads * width * entry;
    const double serial = ticks(r.gpu) * c(pSerial) * keys;
    return ticks(r.gpu) * c(pLaunch) +
           together(together(together(compute, softmax), serial), bytes / (r.gpu.bandwidth.si() * c(pBandwidth)));
}

template <class Value>
double moeTime(const KernelRun& r, const Value& c)
{
    const auto [tokens, hidden, width, choices, experts, tensor, ranks, skewed] = r.size;
    const double here = experts / ranks, cut = width / tensor;
    // Dealt out evenly, no expert is reached twice before all are. Where some are popular fewer are, and the busiest rank
    // has more than its share.
    const double all = skewed > 0 ? distinctExperts(experts, choices, 1 + c(mSkew) * (tokens - 1))
                                  : std::min(experts, tokens * choices);
    const double reached = std::clamp(all / ranks, std::min(1.0, here), here);
    const double rows = tokens * choices / ranks * (skewed > 0 ? std::pow(ranks, c(mBusiest)) : 1);
    const double narrow = cut / (cut + c(mWidth));
    const double perRow = 6 * hidden * cut;
    const double flops = perRow * (rows + c(mRows) * reached) + 2 * c(mWave) * (hidden + cut) * rows / (rows + 64);
    const double read = 3 * hidden * cut * weightBytes(r.group % formatCount) * reached;
    const double compute = flops / (peak(r) * c(mCompute) * narrow);
    const double memory = read / (r.gpu.bandwidth.si() * c(mBandwidth) * narrow);
    const double moved =
        (c(mToken) * rows + c(mInput) * tokens) * hidden / r.gpu.bandwidth.si(); // permutation and sum of the choices
    const double serial = ticks(r.gpu) * c(mSerial) * (hidden + cut);
    return ticks(r.gpu) * c(mLaunch) + together(serial, together(compute, memory)) + moved +
           ticks(r.gpu) * c(mExpert) * experts;
}

template <class Value>
double reduceTime(const KernelRun& r, const Value& c)
{
    const double p = r.size[0], bytes = r.size[1];
    const bool isPcie = r.gpu.inNode.topology == LinkTopology::pcie;
    const double link = r.gpu.inNode.perDirection.si() * (isPcie ? c(rPcieLink) : 1);
    const double start = (c(rLaunch) + c(rRank) * (p - 1)) * (isPcie ? c(rPcieStart) : 1);
    const double direct = bytes * (p - 1) / (link * c(rDirect));
    // What crosses a link, over the bytes: with sums in the switch no more than this, seen on four and eight ranks.
    constexpr double kSummedInSwitch = 1.3;
    const double around = 2 * (p - 1) / p;
    const double crossing = r.gpu.inNode.inSwitchReduction ? std::min(around, kSummedInSwitch) : around;
    const double ring = c(rStart) + bytes * crossing / (link * c(rRing));
    return start + 1 / std::pow(std::pow(direct, -4) + std::pow(ring, -4), 0.25);
}

} // namespace

KernelSlots::KernelSlots(KernelKind kind) : m_infos(infosOf(kind)), m_spreads(spreadsOf(kind)) {}

std::vector<double> KernelSlots::start() const
{
    std::vector<double> out(size(), 0.0);
    for (std::size_t i = 0; i < m_infos.size(); ++i)
        out[i] = std::log(m_infos[i].start);
    return out;
}

double KernelSlots::spread(std::size_t at) const
{
    const std::size_t level = at / m_infos.size();
    return level == 0                          ? m_spreads.overall
           : level <= kGroups                  ? m_spreads.group
           : level <= kGroups + kArchitectures ? m_spreads.architecture
                                               : m_spreads.groupOnArchitecture;
}

std::size_t KernelSlots::slotsOf(std::size_t i, const KernelRun& run, std::array<std::size_t, kMost>& out) const
{
    const auto architecture = static_cast<std::size_t>(run.gpu.architecture);
    std::size_t n = 0;
    out[n++] = slot(0, i);
    if (m_infos[i].byGroup)
        out[n++] = slot(1 + run.group, i);
    if (m_infos[i].byArchitecture)
        out[n++] = slot(1 + kGroups + architecture, i);
    if (m_infos[i].byGroup && m_infos[i].byArchitecture)
        out[n++] = slot(1 + kGroups + kArchitectures + architecture * kGroups + run.group, i);
    return n;
}

double KernelSlots::value(std::span<const double> logs, std::size_t i, const KernelRun& run) const
{
    std::array<std::size_t, kMost> slots{};
    double ln = 0;
    for (std::size_t k = 0, n = slotsOf(i, run, slots); k < n; ++k)
        ln += logs[slots[k]];
    return std::clamp(std::exp(ln), m_infos[i].least, m_infos[i].most);
}

double KernelSlots::value(std::span<const double> logs, std::size_t i, std::size_t group) const
{
    const double ln = logs[slot(0, i)] + (m_infos[i].byGroup ? logs[slot(1 + group, i)] : 0);
    return std::clamp(std::exp(ln), m_infos[i].least, m_infos[i].most);
}

double kernelSeconds(KernelKind kind, const KernelSlots& slots, std::span<const double> v, const KernelRun& run)
{
    const auto value = [&](std::size_t i) { return slots.value(v, i, run); };
    switch (kind) {
    case KernelKind::gemm:
        return gemmTime(run, value);
    case KernelKind::attentionDecode:
        return decodeTime(run, value);
    case KernelKind::attentionPrefill:
        return prefillTime(run, value);
    case KernelKind::moe:
        return moeTime(run, value);
    case KernelKind::allReduce:
        return reduceTime(run, value);
    }
    return 0;
}

} // namespace headroom
