// Agrawal et al., "Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve" (OSDI'24).
#include "core/papers/tables.h"

#include "core/papers/configuration.h"
#include "core/papers/serving.h"
#include "core/papers/simulated.h"
#include "core/papers/yi_steps.h"
#include "core/sim/policy/batching.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::papers {
namespace {

using Use = Case::Use;

// Step times: each point is predicted by the fit to all the others.

Reproduction decodeStep(std::size_t i)
{
    const double others = fitYi({.decode = i, .prefill = std::nullopt}).decodeMilliseconds(kYiDecode.at(i).size);
    return {others, say("fitted with it: %.1f ms", fitYi({}).decodeMilliseconds(kYiDecode.at(i).size))};
}
Reproduction prefillStep(std::size_t i)
{
    const double others = fitYi({.decode = std::nullopt, .prefill = i}).prefillMilliseconds(kYiPrefill.at(i).size);
    return {others, say("fitted with it: %.1f ms", fitYi({}).prefillMilliseconds(kYiPrefill.at(i).size))};
}

/// Time of a prompt in chunks over its time as a whole.
Reproduction chunking(double prompt, double chunk)
{
    const auto physics = physicsOf(fitYi({}));
    double total = 0;
    for (double done = 0; done < prompt; done += chunk) {
        const double x = std::min(chunk, prompt - done);
        const StepLaw law = physics.law(0, x, 1);
        total += law.base + law.perPair[0] * (x * done + x * (x + 1) / 2);
    }
    const StepLaw whole = physics.law(0, prompt, 1);
    return {100 * (total / (whole.base + whole.perPair[0] * prompt * (prompt + 1) / 2) - 1), ""};
}

// Systems.

Lengths openchat() { return {lognormalThrough(1730, 5696), lognormalThrough(415, 834)}; }
Lengths arxiv() { return {lognormalThrough(7059, 12985), lognormalThrough(208, 371)}; }

struct Served {
    sim::Physics physics;
    std::int64_t slots;
    double strict; ///< P99 TBT, s
    int orcaBatch;
    int stages = 1;
};

std::int64_t slotsOf(std::string_view name, std::string_view card, int tp, int pp)
{
    const ModelSpec& m = model(name);
    const Layout layout{.tp = tp, .pp = pp, .ep = 1, .attentionDp = 1, .gpusPerNode = 8};
    const Bytes left = 0.9 * gpu(card).memory - weightBytes(m, NumberFormat::fp16, layout).total();
    return static_cast<std::int64_t>(left / kvBytesOnGpu(m, NumberFormat::fp16, layout, Tokens(1)));
}

Served yi() { return {physicsOf(fitYi({})), slotsOf("Yi-34B", "A100-PCIe-80GB", 2, 1), 0.2, 16}; }

/// A system of which only the limits are published: the strict limit is five decode steps of 32 sequences with 4,096
/// tokens each, which fixes the overhead of a stage.
Served byItsLimit(std::string_view name, std::string_view card, int tp, int pp, double strict, int orcaBatch)
{
    RooflineSystem s{.model = &model(name),
        .gpu = &gpu(card),
        .layout = {.tp = tp, .pp = pp, .ep = 1, .attentionDp = 1, .gpusPerNode = 8},
        .constants = {.bandwidth = 0.8, .compute = 0.6}};
    const StepLaw bare = sim::ofMicroBatch(physicsOf(s), pp).law(32, 0, 0);
    const double rest = strict / 5 - bare.base - bare.perContext[0] * 32 * 4096;
    s.constants.perStep = std::max(0.0, rest / pp);
    return {physicsOf(s), slotsOf(name, card, tp, pp), strict, orcaBatch, pp};
}
Served mistral() { return byItsLimit("Mistral-7B", "A100-SXM-80GB", 1, 1, 0.1, 16); }
Served llama70() { return byItsLimit("Llama-2-70B", "A40-48GB", 4, 2, 1, 8); }
Served falcon() { return byItsLimit("Falcon-180B", "A100-PCIe-80GB", 4, 2, 1, 8); }

System base(const Served& served, double maxContext)
{
    System s;
    s.physics = served.physics;
    s.slots = served.slots;
    s.stages = served.stages;
    s.maxContext = maxContext;
    s.maxSequences = 128;
    return s;
}
System sarathiSystem(const Served& served, double budget, double maxContext = 8192)
{
    System s = base(served, maxContext);
    s.policy = BatchPolicy::chunked;
    s.tokenBudget = budget;
    return s;
}
System vllmSystem(const Served& served, double maxContext = 8192)
{
    System s = base(served, maxContext);
    s.policy = BatchPolicy::prefillFirst;
    s.tokenBudget = maxContext;
    return s;
}
System orcaSystem(const Served& served, double maxContext = 8192)
{
    System s = base(served, maxContext);
    s.policy = BatchPolicy::continuous;
    s.maxSequences = served.orcaBatch;
    return s;
}

/// Largest Poisson rate with the P99 of the gaps between tokens and the median wait for the first step in bounds.
double capacity(const System& s, const Lengths& lengths, double tbt)
{
    constexpr double kMedianWait = 2; // s
    constexpr std::uint64_t kRequests = 2048;
    return largestRate(
        s, lengths, 0.005, 20,
        [tbt](const sim::SimResult& r) { return r.itl.p99 <= tbt && r.queue.p50 <= kMedianWait; },
        [](double) { return kRequests; });
}

enum class Rival { vllm, orca };
Reproduction capacityRatio(const Served& served, Rival rival, double budget, double tbt)
{
    const double a = capacity(sarathiSystem(served, budget), openchat(), tbt);
    const double b = capacity(rival == Rival::vllm ? vllmSystem(served) : orcaSystem(served), openchat(), tbt);
    return {a / b, say("%.3g against %.3g req/s", a, b)};
}

Reproduction vllmBatchLimit(const Data&)
{
    std::array<double, 3> c{};
    std::size_t i = 0;
    for (const int batch : {32, 64, 128}) {
        auto s = vllmSystem(yi());
        s.maxSequences = batch;
        c.at(i++) = capacity(s, openchat(), yi().strict);
    }
    const auto [low, high] = std::minmax_element(c.begin(), c.end());
    return {*high / *low, say("%.3g, %.3g, %.3g req/s", c[0], c[1], c[2])};
}

// Table 4: chunking and mixing, apart and together.

struct Ablation {
    double ttft = 0, tbt = 0;
};
enum class Scheduler { hybridOnly, chunkedOnly, both };

Ablation ablation(Scheduler scheduler, const Lengths& lengths, double rate, double maxContext)
{
    System s = sarathiSystem(yi(), 512, maxContext);
    if (scheduler == Scheduler::hybridOnly)
        s.policy = BatchPolicy::continuous;
    if (scheduler == Scheduler::chunkedOnly)
        s.row = &sim::chunksApart();
    constexpr std::uint64_t kRequests = 128, kSeeds = 20;
    Ablation mean;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) { // 128 requests are few: the mean of twenty such runs
        auto sc = scenario(s, lengths, rate, kRequests);
        sc.record.warmupRequests = 0;
        sc.seed = seed;
        const auto r = simulated(sc);
        mean.ttft += r.ttft.p50 / kSeeds;
        mean.tbt += r.itl.p99 / kSeeds;
    }
    return mean;
}
Ablation onOpenchat(Scheduler s) { return ablation(s, openchat(), 1.0, 8192); }
Ablation onArxiv(Scheduler s) { return ablation(s, arxiv(), 0.5, 16384); }

Reproduction ablationRatio(double Ablation::*part, Scheduler a, Ablation (*on)(Scheduler))
{
    const double x = on(a).*part, y = on(Scheduler::both).*part;
    return {x / y, say("%.2f against %.2f s", x, y)};
}

Reproduction ablationOrder(Ablation (*on)(Scheduler))
{
    const Ablation hybrid = on(Scheduler::hybridOnly), chunked = on(Scheduler::chunkedOnly), both = on(Scheduler::both);
    const bool ttft = hybrid.ttft < both.ttft && both.ttft < chunked.ttft;
    const bool tbt = both.tbt < chunked.tbt && chunked.tbt < hybrid.tbt;
    return {ttft && tbt ? 1 : 0,
        say("TTFT: hybrid %.2f, both %.2f, chunked %.2f s; ", hybrid.ttft, both.ttft, chunked.ttft) +
            say("TBT: both %.2f, chunked %.2f, hybrid %.2f s", both.tbt, chunked.tbt, hybrid.tbt)};
}

/// Mean of the slowest tenth of all gaps between tokens when 128 long prompts come at once.
double stall(System s)
{
    auto sc = scenario(s, arxiv(), 1e4, 128);
    sc.record.warmupRequests = 0;
    return simulated(sc).slowestGapsMean;
}
Reproduction stallsOfVllm(const Data&)
{
    auto s = vllmSystem(yi(), 16384);
    s.maxSequences = 256;
    return {stall(s), "mean of the slowest tenth of all gaps"};
}
Reproduction stallsOfSarathi(const Data&) { return {stall(sarathiSystem(yi(), 1536, 16384)), ""}; }

Reproduction bubble(const Data&)
{
    const Served f = falcon();
    // One stage of two is taken by the prompt while the other could run decodes.
    const sim::Physics batch = sim::ofMicroBatch(f.physics, f.stages);
    const StepLaw prompt = batch.law(0, 4096, 1), decodes = batch.law(32, 0, 0);
    const double prefill = (prompt.base + prompt.perPair[0] * 4096.0 * 4097 / 2) / 2;
    const double decode = (decodes.base + decodes.perContext[0] * 32 * 4096);
    return {1e3 * (prefill - decode), say("prompt %.0f ms a stage, decodes %.0f ms", 1e3 * prefill, 1e3 * decode)};
}

constexpr std::string_view kFit =
    "seven coefficients of the step law (fitted on the 14 other points, outlier left out)";
constexpr std::string_view kYi = "step law (fitted on the 15 step times); lengths: lognormal through the medians and "
                                 "P90 of openchat and arxiv, which "
                                 "are recalled";
constexpr std::string_view kFullLoad =
    "The artifact's step times, host overhead included, make this rate nearly a full load, where the wait for a seat "
    "grows without bound; the run of Table 4 had shorter steps: its P99 TBT is less than a chunk of 512 takes here. "
    "Tested at half the rate: openchat 0.68 and 1.51 (TTFT), arxiv 8.7 (TBT), 0.71 and 1.84 (TTFT).";
constexpr std::string_view kLimit =
    "overhead of a stage (fixed on the strict limit being five decode steps of 32 x 4k); bandwidth share 0.8, compute "
    "share 0.6 (as Yi-34B reaches); recalled lengths";
constexpr Tolerance kStep = within(0.10), kRatio = within(0.25);

using S = Scheduler;
constexpr std::array kCases{
    Case{"Step, Yi-34B TP2, decode of 1", 46.8, "ms", kStep, [](const Data&) { return decodeStep(0); }, kFit},
    Case{"Step, Yi-34B TP2, decode of 2", 47.5, "ms", kStep, [](const Data&) { return decodeStep(1); }, kFit},
    Case{"Step, Yi-34B TP2, decode of 4", 48.8, "ms", kStep, [](const Data&) { return decodeStep(2); }, kFit},
    Case{"Step, Yi-34B TP2, decode of 8", 69.7, "ms", kStep, [](const Data&) { return decodeStep(3); }, kFit},
    Case{"Step, Yi-34B TP2, decode of 16", 77.3, "ms", kStep, [](const Data&) { return decodeStep(4); }, kFit},
    Case{"Step, Yi-34B TP2, decode of 32", 87.9, "ms", kStep, [](const Data&) { return decodeStep(5); }, kFit},
    Case{"Step, Yi-34B TP2, decode of 64", 127.8, "ms", kStep, [](const Data&) { return decodeStep(6); }, kFit},
    Case{"Step, Yi-34B TP2, decode of 128", 189.3, "ms", kStep, [](const Data&) { return decodeStep(7); }, kFit},
    Case{"Step, Yi-34B TP2, prefill of 128", 48.1, "ms", kStep, [](const Data&) { return prefillStep(0); }, kFit},
    Case{"Step, Yi-34B TP2, prefill of 256", 121.4, "ms", kStep, [](const Data&) { return prefillStep(1); }, kFit,
        "An outlier of the measurement: the first batch of the run, slower than twice its size."},
    Case{"Step, Yi-34B TP2, prefill of 512", 105.6, "ms", kStep, [](const Data&) { return prefillStep(2); }, kFit,
        "The shortest point left: without it the fit extrapolates to the fixed part."},
    Case{"Step, Yi-34B TP2, prefill of 1,024", 214.3, "ms", kStep, [](const Data&) { return prefillStep(3); }, kFit,
        "Lies above any smooth line through its neighbours: -9 % even when fitted with it."},
    Case{"Step, Yi-34B TP2, prefill of 2,048", 366.0, "ms", kStep, [](const Data&) { return prefillStep(4); }, kFit},
    Case{"Step, Yi-34B TP2, prefill of 4,096", 757.6, "ms", kStep, [](const Data&) { return prefillStep(5); }, kFit},
    Case{"Step, Yi-34B TP2, prefill of 8,192", 1863, "ms", kStep, [](const Data&) { return prefillStep(6); }, kFit},
    Case{"Step, Yi-34B TP2, prefill of 16,384", 4408, "ms", kStep, [](const Data&) { return prefillStep(7); }, kFit,
        "Twice as long as any other point: the fit without it extrapolates."},
    Case{"Chunks of 512 cost, 2,047 tokens", 100 * (435.7 / 378.1 - 1), "%", closerThan(5),
        [](const Data&) { return chunking(2047, 512); }, kYi},
    Case{"Chunks of 512 cost, 4,095 tokens", 100 * (922.0 / 775.4 - 1), "%", closerThan(5),
        [](const Data&) { return chunking(4095, 512); }, kYi},
    Case{"Chunks of 512 cost, 8,191 tokens", 100 * (1958.5 / 1754.2 - 1), "%", closerThan(5),
        [](const Data&) { return chunking(8191, 512); }, kYi,
        "Measured chunks of long prompts gain what they lose on fixed parts; the law of sums does not know why."},
    Case{"Chunks of 512 cost, 16,383 tokens", 100 * (4512.8 / 4535.0 - 1), "%", closerThan(5),
        [](const Data&) { return chunking(16383, 512); }, kYi,
        "Measured chunks of long prompts gain what they lose on fixed parts; the law of sums does not know why."},
    Case{"Chunks of 2,048 cost, 16,383 tokens", 100 * (3651.6 / 4535.0 - 1), "%", closerThan(5),
        [](const Data&) { return chunking(16383, 2048); }, kYi,
        "Measured faster in chunks than whole, which a law of sums cannot be."},
    Case{"Table 4, openchat: orderings", 1, "", holds(), [](const Data&) { return ablationOrder(&onOpenchat); }, kYi},
    Case{"Table 4, arxiv: orderings", 1, "", holds(), [](const Data&) { return ablationOrder(&onArxiv); }, kYi},
    Case{"Table 4, openchat: P99 TBT, hybrid only over both", 0.68 / 0.14, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::tbt, S::hybridOnly, &onOpenchat); }, kYi},
    Case{"Table 4, openchat: P99 TBT, chunked only over both", 0.17 / 0.14, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::tbt, S::chunkedOnly, &onOpenchat); }, kYi},
    Case{"Table 4, openchat: P50 TTFT, hybrid only over both", 0.53 / 0.76, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::ttft, S::hybridOnly, &onOpenchat); }, kYi, kFullLoad},
    Case{"Table 4, openchat: P50 TTFT, chunked only over both", 1.04 / 0.76, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::ttft, S::chunkedOnly, &onOpenchat); }, kYi, kFullLoad},
    Case{"Table 4, arxiv: P99 TBT, hybrid only over both", 1.38 / 0.17, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::tbt, S::hybridOnly, &onArxiv); }, kYi, kFullLoad},
    Case{"Table 4, arxiv: P99 TBT, chunked only over both", 0.20 / 0.17, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::tbt, S::chunkedOnly, &onArxiv); }, kYi},
    Case{"Table 4, arxiv: P50 TTFT, hybrid only over both", 3.78 / 3.90, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::ttft, S::hybridOnly, &onArxiv); }, kYi, kFullLoad},
    Case{"Table 4, arxiv: P50 TTFT, chunked only over both", 5.38 / 3.90, "x", kRatio,
        [](const Data&) { return ablationRatio(&Ablation::ttft, S::chunkedOnly, &onArxiv); }, kYi, kFullLoad},
    Case{"Capacity, Yi-34B strict, over vLLM", 3.7, "x", kRatio,
        [](const Data&) { return capacityRatio(yi(), Rival::vllm, 512, yi().strict); }, kYi},
    Case{"Capacity, Yi-34B strict, over Orca", 4.0, "x", kRatio,
        [](const Data&) { return capacityRatio(yi(), Rival::orca, 512, yi().strict); }, kYi},
    Case{"Capacity, Yi-34B relaxed (1 s), over vLLM", 1.65, "x", kRatio,
        [](const Data&) { return capacityRatio(yi(), Rival::vllm, 2048, 1); }, kYi},
    Case{"Capacity, Mistral-7B strict, over vLLM", 2.6, "x", kRatio,
        [](const Data&) { return capacityRatio(mistral(), Rival::vllm, 512, mistral().strict); }, kLimit},
    Case{"Capacity, LLaMA2-70B strict, over vLLM", 4.3, "x", within(0.30),
        [](const Data&) { return capacityRatio(llama70(), Rival::vllm, 512, llama70().strict); }, kLimit,
        "A long prompt fills each of two stages for longer than the limit of 1 s, and the other batch waits behind it: "
        "vLLM's capacity here is that of a rare prompt."},
    Case{"Capacity, LLaMA2-70B strict, over Orca", 6.3, "x", within(0.30),
        [](const Data&) { return capacityRatio(llama70(), Rival::orca, 512, llama70().strict); }, kLimit},
    Case{"Capacity, Falcon-180B strict, over vLLM", 3.6, "x", kRatio,
        [](const Data&) { return capacityRatio(falcon(), Rival::vllm, 512, falcon().strict); }, kLimit,
        "A prompt of 4k fills each of two stages for 1.1 s, over the limit of 1 s, and the other batch waits behind "
        "it: "
        "vLLM's capacity here is that of a rare prompt."},
    Case{"Capacity, Falcon-180B relaxed, over vLLM", 1.48, "x", kRatio,
        [](const Data&) { return capacityRatio(falcon(), Rival::vllm, 2048, 5); }, kLimit},
    Case{"vLLM's batch limit of 32, 64, 128 hardly matters, Yi-34B strict", 1, "x", atMost(1.1), &vllmBatchLimit, kYi},
    Case{"Figure 1: stalls of several seconds, prefill first", 2, "s", setAfterALook(atLeast(2)), &stallsOfVllm, kYi},
    Case{"Figure 1: none of two seconds, chunked", 2, "s", setAfterALook(atMost(2)), &stallsOfSarathi, kYi},
    Case{"Pipeline bubble, Falcon-180B, 4k prompt beside 32 decodes", 950, "ms", within(0.15), &bubble, kLimit},
    Case{"Hybrid without chunking: TBT over decode only", 28.3, "x", within(0.30), nullptr, "",
        "Prompt and batch behind the largest ratio are not given."},
    Case{"Falcon-180B: TP8 across nodes over TP4-PP2, decode", 2, "x", atLeast(2), nullptr, "",
        "Needs a law of all-reduce over 100 Gb/s Ethernet, which the paper does not give."},
    Case{"Capacities in req/s, figures 10 and 11", 0, "req/s", within(0.25), nullptr, "",
        "Bar heights are not given in text."},
};

} // namespace

Paper sarathi() { return {"sarathi", "Agrawal et al., Sarathi-Serve, OSDI 2024", kCases}; }

} // namespace headroom::papers
