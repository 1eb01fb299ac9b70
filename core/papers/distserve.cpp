// Zhong et al., "DistServe: Disaggregating Prefill and Decoding for Goodput-optimized LLM Serving" (OSDI'24).
#include "core/papers/tables.h"

#include "core/papers/configuration.h"
#include "core/papers/serving.h"
#include "core/papers/simulated.h"
#include "core/queueing/prefill_parallelism.h"

#include <array>
#include <cmath>

namespace headroom::papers {
namespace {

using Use = Case::Use;

// Closed forms: D = 1 s, R D = 0.5, K = 1.5.
constexpr RequestRate kHalf{0.5};
constexpr Seconds kService{1};
constexpr double kSpeedup = 1.5;

Reproduction md1Simulated(const Data&)
{
    System s;
    s.physics.law = [](double, double, double prompts) {
        StepLaw law;
        law.base = prompts; // one second a prompt
        return law;
    };
    s.slots = 1'000'000;
    s.policy = BatchPolicy::prefillFirst;
    s.tokenBudget = 1; // a prompt longer than the budget runs alone
    const Lengths lengths{fixedLength(16), fixedLength(1)};
    return {simulated(scenario(s, lengths, kHalf.si(), 400'000)).ttft.mean, "400,000 simulated requests"};
}

Reproduction lowAndHighRates(const Data&)
{
    const RequestRate crossing = stagesOvertakeShards(kService, kSpeedup);
    const bool low =
        prefillTtftTwoShards(0.5 * crossing, kService, kSpeedup) < prefillTtftTwoStages(0.5 * crossing, kService);
    const RequestRate above = (crossing + kSpeedup / kService * request) / 2;
    const bool high = prefillTtftTwoStages(above, kService) < prefillTtftTwoShards(above, kService, kSpeedup);
    return {low && high ? 1 : 0, say("they cross at R D = %.2f for K = 1.5", crossing.si())};
}

Reproduction transferGib(const Data&)
{
    const Bytes kv = kvBytesPerToken(model("OPT-66B"), NumberFormat::fp16) * Tokens(512);
    return {kv.in(gibibyte), ""};
}

Reproduction transferMilliseconds(const Data&)
{
    // Between stages of one node over NVLink, as Algorithm 2 places them.
    const Bytes kv = kvBytesPerToken(model("OPT-175B"), NumberFormat::fp16) * Tokens(512);
    const Seconds time = kv / gpu("A100-SXM-80GB").inNode.perDirection;
    return {time.in(millisecond), "512 tokens of OPT-175B over one NVLink port; more tokens or shards scale it"};
}

// Motivation: OPT-13B, 512 in, 64 out, one A100-80GB; the fitted law of vLLM (appendix A and the artifact).

FittedLaw vllm13()
{
    return {.prefill = {22.05, 0.14051, 8.077e-6},
        .decode = {23.48, 5.929e-4, 0.06073},
        .decodeLarge = {20.21, 4.908e-4, 0.12000}};
}

constexpr double kTtft = 0.26, kTpot = 0.034, kGoodput = 0.9;
constexpr std::string_view kLimits =
    "TTFT limit 0.26 s (fixed on prefill only) and TPOT limit 0.034 s (fixed on decode only): the paper does "
    "not print the limits of figure 1";

System instance(const FittedLaw& law, BatchPolicy policy)
{
    System s;
    s.physics = physicsOf(law);
    s.slots = 66'144;
    s.policy = policy;
    s.maxSequences = 1024;
    s.tokenBudget = 512; // one prompt saturates the GPU: L_m
    return s;
}
Lengths motivation() { return {fixedLength(512), fixedLength(64)}; }

constexpr std::uint64_t kRequests = 4000;
/// Largest rate at which 90 % of the requests meet both limits.
double goodput(const System& s, const Lengths& lengths, double ttft, double tpot)
{
    const auto run = [&](double rate) {
        auto sc = scenario(s, lengths, rate, kRequests);
        sc.targets = {.ttftP95 = Seconds(ttft), .tpotP95 = Seconds(tpot), .e2eP99 = std::nullopt};
        return simulated(sc).attainment;
    };
    double low = 0.05, high = 60;
    constexpr int kSteps = 12;
    for (int i = 0; i < kSteps; ++i) {
        const double middle = std::sqrt(low * high);
        (run(middle) >= kGoodput ? low : high) = middle;
    }
    return low;
}

double colocated() { return goodput(instance(vllm13(), BatchPolicy::prefillFirst), motivation(), kTtft, kTpot); }
double prefillOnly()
{
    return goodput(instance(vllm13(), BatchPolicy::prefillFirst), {fixedLength(512), fixedLength(1)}, kTtft, kTpot);
}
/// Decoding with the prompts already there: contexts as in the full job, prefill free.
double decodeOnly()
{
    auto law = vllm13();
    law.prefill = {0, 0, 0};
    return goodput(instance(law, BatchPolicy::continuous), motivation(), 10, kTpot);
}
double disaggregated()
{
    auto s = instance(vllm13(), BatchPolicy::disaggregated);
    s.replicas = 3;
    s.prefillReplicas = 2;
    return goodput(s, motivation(), kTtft, kTpot) / 3;
}

Reproduction gain(const Data&)
{
    const double apart = disaggregated(), together = colocated();
    return {apart / together, say("%.2f against %.2f req/s a GPU", apart, together)};
}

constexpr std::string_view kShareGpt =
    "Needs the length file of ShareGPT, and for Table 2 the model, which is not named.";

constexpr std::array kCases{
    Case{"Mean TTFT, one GPU, R D = 0.5", 1.5, "D", within(0),
        [](const Data&) {
            return Reproduction{prefillTtft(kHalf, kService).si(), ""};
        }},
    Case{"Mean TTFT, two pipeline stages, R D = 0.5", 1 + 0.5 / 6.0, "D", within(0),
        [](const Data&) {
            return Reproduction{prefillTtftTwoStages(kHalf, kService).si(), ""};
        }},
    Case{"Mean TTFT, two tensor shards, K = 1.5, R D = 0.5", 1 / 1.5 + 0.5 / 3.0, "D", within(0),
        [](const Data&) {
            return Reproduction{prefillTtftTwoShards(kHalf, kService, kSpeedup).si(), ""};
        }},
    Case{"Mean TTFT, one GPU, R D = 0.5, simulated", 1.5, "D", within(0.01), &md1Simulated},
    Case{"Shards win at low rates, stages at high ones", 1, "", holds(), &lowAndHighRates},
    Case{"KV transfer, OPT-66B, 512 tokens", 1.125, "GiB", within(0), &transferGib, "", "Printed as 1.13 GB."},
    Case{"KV transfer, OPT-175B, for 95 % of requests", 30, "ms", atMost(30), &transferMilliseconds},
    Case{"Motivation: prefill only", 5.6, "req/s", within(0.25),
        [](const Data&) {
            return Reproduction{prefillOnly(), ""};
        },
        kLimits, "The row that fixes the TTFT limit.", Use::fixesConstant},
    Case{"Motivation: decode only", 10, "req/s", within(0.25),
        [](const Data&) {
            return Reproduction{decodeOnly(), ""};
        },
        kLimits, "The row that fixes the TPOT limit.", Use::fixesConstant},
    Case{"Motivation: colocated", 1.6, "req/s", within(0.25),
        [](const Data&) {
            return Reproduction{colocated(), ""};
        },
        kLimits},
    Case{"Motivation: two to prefill, one to decode, per GPU", 3.3, "req/s", within(0.25),
        [](const Data&) {
            return Reproduction{disaggregated(), ""};
        },
        kLimits},
    Case{"Motivation: disaggregated over colocated", 2.1, "x", within(0.25), &gain, kLimits},
    Case{"Table 2: SLO attainment, seven rates, two systems", 97.0, "%", closerThan(2), nullptr, "", kShareGpt},
    Case{"Chatbot, rate over vLLM", 2.0, "x", within(0.25), nullptr, "", kShareGpt},
    Case{"Code completion, OPT-66B, rate over vLLM", 5.7, "x", within(0.25), nullptr, "",
        "The lengths of HumanEval are absent."},
    Case{"Summarization, OPT-66B, rate over vLLM", 4.3, "x", within(0.25), nullptr, "",
        "The lengths of LongBench are absent."},
};

} // namespace

Paper distserve() { return {"distserve", "Zhong et al., DistServe, OSDI 2024", kCases}; }

} // namespace headroom::papers
