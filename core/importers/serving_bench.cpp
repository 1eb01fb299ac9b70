// Results of `vllm bench serve` and its relatives (FORMATS.md 1 and 2).
#include "core/importers/bench_formats.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::bench {

namespace {

/// Metadata that people attach to a run, under the names of measurement columns.
ServerSetup metadataOf(const JsonNode& o)
{
    const auto whole = [&](std::string_view key) -> std::optional<int> {
        const auto value = numberAt(o, {key});
        return value && *value >= 1 && *value <= 1e6 && *value == std::floor(*value) ? std::optional<int>(*value)
                                                                                     : std::nullopt;
    };
    ServerSetup s;
    s.model = textAt(o, {"model_id"});
    s.gpu = textAt(o, {"gpu"});
    s.engine = textAt(o, {"engine"});
    s.engineVersion = textAt(o, {"engine_version"});
    s.weightFormat = textAt(o, {"weight_dtype"});
    s.kvFormat = textAt(o, {"kv_dtype"});
    s.tp = whole("tp");
    s.pp = whole("pp");
    s.ep = whole("ep");
    const std::string backend = textAt(o, {"backend"}); // "openai" is a protocol and says nothing of the engine
    for (const std::string_view engine : {"vllm", "sglang", "tensorrt", "trt"})
        if (s.engine.empty() && backend.starts_with(engine))
            s.engine = backend;
    return s;
}

void readLoad(const JsonNode& o, BenchRun& run)
{
    const auto rate = numberAt(o, {"request_rate"});
    const auto clients = numberAt(o, {"max_concurrency"});
    if (rate && std::isfinite(*rate) && *rate > 0) {
        run.loadKind = LoadKind::requestRate;
        run.load = *rate;
    } else if (clients && *clients >= 1 && *clients < run.requests) {
        run.loadKind = LoadKind::fixedConcurrency;
        run.load = *clients;
    }
}

/// The mean where there is one, else the median.
void addLatency(const JsonNode& o, const std::string& key, Metric metric, BenchRun& run)
{
    for (const auto& [prefix, statistic] : {std::pair("mean_", "mean"), std::pair("median_", "p50")})
        if (const auto ms = numberAt(o, {prefix + key}); ms && *ms > 0) {
            run.figures.push_back({metric, statistic, *ms * 1e-3});
            return;
        }
}

} // namespace

bool isServingBench(const JsonNode& o)
{
    return o.find("completed") && o.find("output_throughput") && o.find("total_input_tokens");
}

Result<void> readServingBench(const JsonNode& o, const std::string& place, BenchResults& results)
{
    const double completed = numberAt(o, {"completed"}).value_or(0);
    const double failed = numberAt(o, {"failed"}).value_or(0);
    const double input = numberAt(o, {"total_input_tokens"}).value_or(0);
    const double output = numberAt(o, {"total_output_tokens"}).value_or(0);
    if (completed < 1 || input <= 0 || output <= 0)
        return fail(place + ": completed", "the run completed no requests with prompt and output tokens");
    BenchRun run;
    run.setup = metadataOf(o);
    run.place = place;
    run.requests = numberAt(o, {"num_prompts"}).value_or(completed + failed);
    run.inputTokens = input / completed;
    run.outputTokens = output / completed;
    readLoad(o, run);
    if (const auto rate = numberAt(o, {"output_throughput"}); rate && *rate > 0)
        run.figures.push_back({Metric::outputTokenRate, "total", *rate});
    addLatency(o, "ttft_ms", Metric::ttft, run);
    addLatency(o, "tpot_ms", Metric::tpot, run);
    addLatency(o, "e2el_ms", Metric::e2e, run);
    addLatency(o, "e2e_latency_ms", Metric::e2e, run); // SGLang's name for it
    if (run.figures.empty())
        return fail(place, "holds neither output_throughput nor latencies");
    if (failed > 0)
        results.ignored.push_back(place + ": " + std::to_string(static_cast<long long>(failed)) + " failed requests");
    const auto burstiness = numberAt(o, {"burstiness"});
    if (run.loadKind == LoadKind::requestRate && burstiness && *burstiness > 0 && *burstiness != 1)
        results.ignored.push_back(place + ": burstiness; arrivals are taken for Poisson");
    results.runs.push_back(std::move(run));
    return {};
}

} // namespace headroom::bench
