// Pope et al., "Efficiently Scaling Transformer Inference" (MLSys'23, arXiv 2211.05102): PaLM on TPU v4.
#include "core/papers/tables.h"

#include "core/model/partitioning.h"
#include "core/papers/configuration.h"

#include <array>
#include <cmath>

namespace headroom::papers {
namespace {

using Use = Case::Use;

constexpr double kChips = 64;
constexpr double kPalm540 = 540e9, kPalm62 = 62e9; ///< parameters, as the paper counts them

const GpuSpec& tpu() { return gpu("TPU-v4"); }

// Table 1: longest context with 30 % of HBM for KV.

/// The parameter-matched multihead variant: 48 heads padded to 64, width 128.
ModelSpec multihead()
{
    ModelSpec m = model("PaLM-540B");
    AttentionSpec& a = m.groups.at(0).attention;
    a.heads = a.kvHeads = 64;
    a.headDim = 128;
    return m;
}

double longestContext(const ModelSpec& m, int attentionRanks, double batch)
{
    const Layout layout{.tp = 64, .pp = 1, .ep = 1, .attentionDp = attentionRanks, .gpusPerNode = 64};
    const Bytes perToken = kvBytesOnGpu(m, NumberFormat::bf16, layout, Tokens(1));
    return 0.3 * tpu().memory / perToken / (batch / attentionRanks);
}

Reproduction multiheadContext(double batch) { return {longestContext(multihead(), 1, batch), ""}; }
Reproduction byHeads(double batch) { return {longestContext(model("PaLM-540B"), 1, batch), ""}; }
Reproduction byBatch(double batch) { return {longestContext(model("PaLM-540B"), 64, batch), ""}; }

// Tables 2 and 3: MFU from the published latency.

Reproduction mfuPercent(double parameters, double chips, double tokens, double seconds)
{
    return {100 * modelFlopsUtilization(parameters, tokens, chips, tpu().fp16, Seconds(seconds)), ""};
}

// Cost formulas.

LayerPass feedForwardPass(double tokens)
{
    const ModelSpec& m = model("PaLM-540B");
    return {.tokens = tokens,
        .width = static_cast<double>(m.hidden),
        .feedForward = static_cast<double>(m.groups.at(0).feedForward.width)};
}

Torus torus(int x, int y, int z) { return {x, y, z, tpu().inNode.perDirection}; }

/// The largest torus on which 1-D still communicates no more than 2-D, over cubes and doublings.
Reproduction crossover1d2d(const Data&)
{
    int last = 0;
    for (int chips = 1; chips <= 256; ++chips) {
        const auto pass = feedForwardPass(64);
        const Seconds two = weightStationary2d(pass, tpu().inNode.perDirection, bestSplit2d(pass, chips));
        if (weightStationary1d(pass, tpu().inNode.perDirection) <= two * (1 + 1e-12))
            last = chips;
    }
    return {last, ""};
}

Reproduction best2d(const Data&)
{
    const auto pass = feedForwardPass(64);
    return {communication(Partitioning::stationary2d, pass, torus(4, 4, 4)).in(microsecond),
        say("x = %.3g, yz = %.3g", bestSplit2d(pass, kChips).x, bestSplit2d(pass, kChips).yz)};
}

Reproduction bestGathered(const Data&)
{
    const auto pass = feedForwardPass(1 << 20);
    const double n = bestGather(pass, kChips);
    return {weightGathered(pass, tpu().inNode.perDirection, kChips, n).in(microsecond), say("N = %.3g", n)};
}

/// Tokens at which gathered weights at their best N communicate as little as 2-D, by bisection.
Reproduction gatheredEquals2d(const Data&)
{
    double low = 1, high = 1e7;
    for (int i = 0; i < 60; ++i) {
        const double middle = std::sqrt(low * high);
        const auto pass = feedForwardPass(middle);
        const Seconds gathered = weightGathered(pass, tpu().inNode.perDirection, kChips, bestGather(pass, kChips));
        (gathered < communication(Partitioning::stationary2d, pass, torus(4, 4, 4)) ? high : low) = middle;
    }
    return {high, "with N free"};
}

Reproduction decodeStaysInPlace(const Data&)
{
    bool ok = true;
    for (const double batch : {1.0, 16.0, 64.0, 256.0, 512.0})
        ok = ok && cheapestPartitioning(feedForwardPass(batch), torus(4, 4, 4)) == Partitioning::stationary2d;
    return {ok ? 1 : 0, "batches 1 to 512 on 64 chips"};
}

Reproduction prefillGathers(const Data&)
{
    const auto how = [](double tokens) { return cheapestPartitioning(feedForwardPass(tokens), torus(4, 4, 4)); };
    const auto many = how(512.0 * 2048);
    const bool ok = how(2048) == Partitioning::stationary2d &&
                    (many == Partitioning::gatheredXy || many == Partitioning::gatheredXyz);
    return {ok ? 1 : 0, "batches of 1 and 512 with 2,048 prompt tokens each"};
}

Reproduction prefillGathersXyz(const Data&)
{
    const auto pass = feedForwardPass(512.0 * 2048);
    const double xy = communication(Partitioning::gatheredXy, pass, torus(4, 4, 4)).in(millisecond);
    const double xyz = communication(Partitioning::gatheredXyz, pass, torus(4, 4, 4)).in(millisecond);
    return {xyz < xy ? 1 : 0, say("XY %.1f, XYZ %.1f ms a layer", xy, xyz)};
}

Reproduction kvTerabytes(const Data&)
{
    ModelSpec m = multihead();
    m.groups.at(0).attention.heads = m.groups.at(0).attention.kvHeads = 48;
    const Bytes kv = kvBytesPerToken(m, NumberFormat::bf16) * Tokens(512.0 * 2048);
    return {kv.in(terabyte), "48 heads of 128, as before padding"};
}

// Decode latency.

PassTime decode(double parameters, std::string_view name, double chips, double batch, double weightBytes)
{
    const ModelSpec& m = model(name);
    LayerPass pass{.tokens = batch,
        .width = static_cast<double>(m.hidden),
        .feedForward = static_cast<double>(m.groups.at(0).feedForward.width)};
    constexpr double kContext = 2048;
    return analyticPass(
        {.parameters = parameters,
            .layers = m.layers(),
            .tokens = batch,
            .kv = kvBytesPerToken(m, NumberFormat::bf16) * Tokens(batch * kContext),
            .weightBytes = weightBytes,
            .peak = tpu().fp16,
            .memory = tpu().bandwidth,
            .communicationOfLayer = weightStationary2d(pass, tpu().inNode.perDirection, bestSplit2d(pass, chips))},
        chips);
}

std::string partsOf(const PassTime& t)
{
    return say("analytic ms: weights %.1f, KV %.1f, compute %.1f, communication %.1f", t.weights.in(millisecond),
        t.kv.in(millisecond), t.compute.in(millisecond), t.communication.in(millisecond));
}

Reproduction int8Gap(const Data&)
{
    const auto wide = decode(kPalm540, "PaLM-540B", kChips, 64, 2),
               narrow = decode(kPalm540, "PaLM-540B", kChips, 64, 1);
    return {(wide.total() - narrow.total()).in(millisecond), "weights read twice as fast, all else equal"};
}

Reproduction serialBlock(const Data&)
{
    const auto t = decode(kPalm540, "PaLM-540B", kChips, 512, 2);
    return {100 * (t.communication / t.total()), "the serial block doubles the communication. " + partsOf(t)};
}

Reproduction analyticInt8(const Data&)
{
    const auto t = decode(kPalm540, "PaLM-540B", kChips, 64, 1);
    return {t.total().in(millisecond), partsOf(t)};
}

/// Share of the analytic cost that the int8 decode at batch 64 reaches: 28.5 ms measured.
double reachedShare() { return decode(kPalm540, "PaLM-540B", kChips, 64, 1).total().in(millisecond) / 28.5; }
constexpr std::string_view kShare = "share of the analytic cost 0.43 (fixed on 28.5 ms a token, int8, batch 64)";

Reproduction with(const PassTime& t, double steps)
{
    return {steps * t.total().si() / reachedShare(), partsOf(t) + say(", reached share %.2f", reachedShare())};
}

constexpr Tolerance kTable1 = within(0.02), kMfu = closerThan(1);

constexpr std::array kCases{
    Case{"Table 1: longest context, multihead, batch 128", 1320, "tok", kTable1,
        [](const Data&) { return multiheadContext(128); }},
    Case{"Table 1: longest context, multihead, batch 512", 330, "tok", kTable1,
        [](const Data&) { return multiheadContext(512); }},
    Case{"Table 1: longest context, multiquery by heads, batch 128", 660, "tok", kTable1,
        [](const Data&) { return byHeads(128); }},
    Case{"Table 1: longest context, multiquery by heads, batch 512", 165, "tok", kTable1,
        [](const Data&) { return byHeads(512); }},
    Case{"Table 1: longest context, multiquery by batch, batch 128", 43000, "tok", kTable1,
        [](const Data&) { return byBatch(128); }},
    Case{"Table 1: longest context, multiquery by batch, batch 512", 10700, "tok", kTable1,
        [](const Data&) { return byBatch(512); }},
    Case{"Table 2: MFU, 540B prefill, 64 chips, batch 1, int8", 43, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm540, 64, 2048, 0.29); }},
    Case{"Table 2: MFU, 540B decode, 64 chips, batch 64, int8", 14, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm540, 64, 64 * 64, 1.82); }},
    Case{"Table 2: MFU, 540B prefill, 64 chips, batch 512", 76, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm540, 64, 512 * 2048, 85.2); }},
    Case{"Table 2: MFU, 540B decode, 64 chips, batch 512", 33, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm540, 64, 512 * 64, 6.0); }},
    Case{"Table 3: MFU, 62B prefill, 16 chips, batch 1, int8", 36, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm62, 16, 2048, 0.16); }},
    Case{"Table 3: MFU, 62B decode, 16 chips, batch 32, int8", 8, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm62, 16, 32 * 64, 0.73); }},
    Case{"Table 3: MFU, 62B prefill, 32 chips, batch 512", 73, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm62, 32, 512 * 2048, 20.2); }},
    Case{"Table 3: MFU, 62B decode, 8 chips, batch 512", 37, "%", kMfu,
        [](const Data&) { return mfuPercent(kPalm62, 8, 512 * 64, 5.1); }},
    Case{"1-D communicates no more than 2-D up to", 16, "chips", within(0), &crossover1d2d},
    Case{"2-D weight-stationary at its best, 8BLE/(sqrt(n) bw)", 8.0 * 64 * 18432 * 2 / (8 * 270e9) * 1e6, "us",
        within(0), &best2d},
    Case{"Weight-gathered at its best, 4E sqrt(BLF)/(sqrt(n) bw), 2^20 tokens",
        4.0 * 18432 * 278045.7 * 2 / (8 * 270e9) * 1e6, "us", within(0.0001), &bestGathered},
    Case{"Gathered equals 2-D at BL = F/4", 73728 / 4.0, "tok", within(0.0001), &gatheredEquals2d},
    Case{"Decode keeps weights in place (2-D)", 1, "", holds(), &decodeStaysInPlace},
    Case{"Prefill: 2-D for one prompt, gathered for 512", 1, "", setAfterALook(holds()), &prefillGathers, "",
        "One statement of the paper, gathered over XYZ, made two rows when XY came out."},
    Case{"Prefill of 512 prompts gathers over XYZ", 1, "", holds(), &prefillGathersXyz, "",
        "By the formulas gathering over XY communicates a little less on 4 x 4 x 4 chips."},
    Case{"KV of multihead, batch 512, 2,048 tokens", 3.0, "TB", within(0.02), &kvTerabytes},
    Case{"int8 saves a decode step at batch 64", 8.4, "ms", within(0.25), &int8Gap},
    Case{"A serial block costs decode at batch 512", 14, "%", closerThan(3), &serialBlock},
    Case{"Decode step, 540B int8, batch 64: analytic cost as it is", 28.5, "ms", within(0.25), &analyticInt8, "",
        "The analytic cost leaves out what compilers and kernels do not reach; the paper says so of its own model."},
    Case{"Decode of 64 tokens, 540B int8, batch 64", 1.82, "s", within(0.25),
        [](const Data&) { return with(decode(kPalm540, "PaLM-540B", 64, 64, 1), 64); }, kShare,
        "The row that fixes the share.", Use::fixesConstant},
    Case{"Decode of 64 tokens, 540B bf16, batch 512", 6.0, "s", within(0.25),
        [](const Data&) { return with(decode(kPalm540, "PaLM-540B", 64, 512, 2), 64); }, kShare,
        "Large batches reach more of the analytic cost (0.59): compute overlaps communication."},
    Case{"Decode step, 540B bf16, batch 64", 36.9, "ms", within(0.25),
        [](const Data&) { return with(decode(kPalm540, "PaLM-540B", 64, 64, 2), 1000); }, kShare},
    Case{"Decode of 64 tokens, 62B int8, 16 chips, batch 32", 0.73, "s", within(0.25),
        [](const Data&) { return with(decode(kPalm62, "PaLM-62B", 16, 32, 1), 64); }, kShare,
        "Widths of the 62B model are recalled, not read."},
    Case{"Table D.3: FasterTransformer comparison, 60 in, 20 out, batch 128", 1814, "ms", within(0.25), nullptr, "",
        "Known from a single note, and needs the overlap of one measured compiler: not modelled."},
    Case{"Figure 8: attention share of the time at 8K to 32K context", 31, "%", within(0.25), nullptr, "",
        "A test of eight layers whose other settings are not given in text."},
};

} // namespace

Paper palm() { return {"palm", "Pope et al., Efficiently Scaling Transformer Inference, MLSys 2023", kCases}; }

} // namespace headroom::papers
