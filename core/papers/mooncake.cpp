// Qin et al., "Mooncake: A KVCache-centric Disaggregated Architecture for LLM Serving" (FAST'25, arXiv 2407.00079).
#include "core/papers/tables.h"

#include "core/papers/configuration.h"
#include "core/papers/serving.h"
#include "core/papers/simulated.h"

#include <array>
#include <memory>

namespace headroom::papers {
namespace {

constexpr std::string_view kAbsent = "Needs mooncake_synthetic.jsonl: give the folder it lies in with --traces.";

/// The trace as a workload says of itself; absent without the file.
Reproduction ofTrace(const Data& data, double (*figure)(const TraceSummary&))
{
    if (!data.mooncakeSynthetic)
        return {std::nullopt, std::string(kAbsent)};
    return {figure(summarize(*data.mooncakeSynthetic)), ""};
}

// Nodes of eight A800 with LLaMA3-70B at tp 8, mixed prefill and decode with chunks: the simulator has no store that all
// nodes share, so each node has a cache of its own and the router sends a request where the most of it lies.
constexpr RooflineConstants kNode{.bandwidth = 0.8, .compute = 0.6, .perStep = 10e-3};
constexpr std::string_view kTuned =
    "bandwidth share 0.8, compute share 0.6, 10 ms a step (not fitted); every node prefills and decodes";

sim::Scenario nodes(const Trace& trace, Router router, std::int64_t slots, double rateScale)
{
    System s;
    s.physics = physicsOf(RooflineSystem{.model = &model("Llama-3-70B"),
        .gpu = &gpu("A100-SXM-80GB"),
        .layout = {.tp = 8, .pp = 1, .ep = 1, .attentionDp = 1, .gpusPerNode = 8},
        .constants = kNode});
    s.slots = slots;
    s.policy = BatchPolicy::chunked;
    s.maxContext = 1 << 20;
    s.replicas = 16;
    auto sc = scenario(s, {fixedLength(1), fixedLength(1)}, 1, trace.requests.size());
    sc.workload.process = ArrivalProcess::trace;
    sc.trace = std::shared_ptr<const Trace>(std::shared_ptr<const Trace>(), &trace); // outlives the run
    sc.traceRateScale = rateScale;
    sc.prefixCache = true;
    sc.router = router;
    sc.record.warmupRequests = 0;
    return sc;
}

constexpr std::int64_t kThreeMillion = 3'000'000; ///< tokens of cache a node, about 1 TB at 320 KB each

double hitRate(const Trace& trace, Router router)
{
    const auto r = simulated(nodes(trace, router, kThreeMillion, 1));
    return static_cast<double>(r.counters.cachedTokens) / static_cast<double>(r.counters.promptTokens);
}

Reproduction cacheAwareHits(const Data& data)
{
    if (!data.mooncakeSynthetic)
        return {std::nullopt, std::string(kAbsent)};
    const double aware = hitRate(*data.mooncakeSynthetic, Router::prefixAware);
    const double blind = hitRate(*data.mooncakeSynthetic, Router::random);
    return {aware / blind, say("%.1f against %.1f %% of prompt tokens found", 100 * aware, 100 * blind)};
}

Reproduction cacheAwareTtft(const Data& data)
{
    if (!data.mooncakeSynthetic)
        return {std::nullopt, std::string(kAbsent)};
    const auto mean = [&](Router router) {
        return simulated(nodes(*data.mooncakeSynthetic, router, kThreeMillion, 1)).ttft.mean;
    };
    const double random = mean(Router::random), shortest = mean(Router::joinShortest),
                 aware = mean(Router::prefixAware);
    return {aware < shortest && shortest < random ? 1 : 0,
        say("mean TTFT: random %.2f, join shortest %.2f, cache-aware %.2f s", random, shortest, aware)};
}

constexpr std::array kCases{
    Case{"Synthetic trace: mean prompt", 15325, "tok", within(0.01),
        [](const Data& d) { return ofTrace(d, [](const TraceSummary& s) { return meanOf(s.prompt); }); }},
    Case{"Synthetic trace: mean output", 149, "tok", within(0.01),
        [](const Data& d) { return ofTrace(d, [](const TraceSummary& s) { return meanOf(s.output); }); }},
    Case{"Synthetic trace: requests", 3993, "", within(0),
        [](const Data& d) {
            return ofTrace(d, [](const TraceSummary& s) { return static_cast<double>(s.requests); });
        }},
    Case{"Synthetic trace: cache ratio", 66, "%", closerThan(3),
        [](const Data& d) { return ofTrace(d, [](const TraceSummary& s) { return 100 * s.prefixHitRate; }); }},
    Case{"KV of a token, LLaMA3-70B", 320, "KiB", within(0),
        [](const Data&) {
            return Reproduction{kvBytesPerToken(model("Llama-3-70B"), NumberFormat::bf16).si() / kibibyte.si(), ""};
        }},
    Case{"Synthetic trace: hits by cache-aware routing over blind routing, 3M tokens a node", 1.38, "x",
        between(1.38 * 0.85, 2.36 * 1.15), &cacheAwareHits, kTuned,
        "The paper compares a global store with local ones: 1.38 to 2.36 over three traces."},
    Case{"Cache-aware routing answers first, then join shortest, then random", 1, "", holds(), &cacheAwareTtft, kTuned},
    Case{"Effective capacity, synthetic trace at 200 ms, over vLLM", 40, "%", closerThan(15), nullptr, "",
        "Needs fetches of prefixes between nodes, and the slowest gaps of each single request: the simulator has "
        "neither."},
    Case{"Effective capacity, conversation trace", 59, "%", within(0.30), nullptr, "", "The trace is absent."},
    Case{
        "Effective capacity, tool&agent trace at 200 ms", 42, "%", closerThan(15), nullptr, "", "The trace is absent."},
    Case{"Production: more requests on A800", 115, "%", closerThan(15), nullptr, "", "Production load is not public."},
};

} // namespace

Paper mooncake() { return {"mooncake", "Qin et al., Mooncake, FAST 2025", kCases}; }

} // namespace headroom::papers
