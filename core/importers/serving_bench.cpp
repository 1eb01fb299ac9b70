// Results of `vllm bench serve` and its relatives (FORMATS.md 1 and 2).
#include "core/importers/bench_formats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

namespace headroom::bench {

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
    const auto first = [&](std::initializer_list<std::string_view> keys) {
        std::optional<int> value;
        for (const std::string_view key : keys)
            value = value ? value : whole(key);
        return value;
    };
    s.tp = first({"tp", "tp_size", "tensor_parallel_size"});
    s.pp = first({"pp", "pp_size", "pipeline_parallel_size"});
    s.ep = first({"ep", "ep_size"});
    const std::string backend = textAt(o, {"backend"}); // "openai" is a protocol and says nothing of the engine
    for (const std::string_view engine : {"vllm", "sglang", "tensorrt", "trt"})
        if (s.engine.empty() && backend.starts_with(engine))
            s.engine = backend;
    return s;
}

namespace {

/// What SGLang's server said of itself, which newer versions of its bench_serving keep.
ServerSetup serverInfoOf(const JsonNode& o)
{
    ServerSetup s;
    const JsonNode* info = o.find("server_info");
    if (!info || info->kind != JsonNode::Kind::object)
        return s;
    if (const JsonNode* split = info->find("decode"); split && split->kind == JsonNode::Kind::array)
        return s; // split phases: two kinds of servers
    const auto stated = [&](std::string_view key) {
        const std::string text = textAt(*info, {key});
        return text == "auto" ? std::string() : text;
    };
    const auto whole = [&](std::string_view key) -> std::optional<int> {
        const auto value = numberAt(*info, {key});
        return value && *value >= 1 && *value <= 1e6 ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
    };
    s.engine = "SGLang";
    s.model = stated("model_path");
    s.engineVersion = stated("version");
    s.kvFormat = stated("kv_cache_dtype").starts_with("fp8") ? "fp8" : "";
    s.weightFormat = stated("quantization").starts_with("fp8") ? "fp8" : "";
    s.tp = whole("tp_size");
    s.pp = whole("pp_size");
    s.ep = whole("ep_size");
    return s;
}

/// Requests in flight on average, by Little's law; absent where the file does not say how long requests took.
std::optional<double> inFlightOf(const JsonNode& o, const BenchRun& run)
{
    const auto perSecond = numberAt(o, {"request_throughput"});
    auto ms = numberAt(o, {"mean_e2el_ms"});
    if (!ms)
        ms = numberAt(o, {"mean_e2e_latency_ms"});
    const auto first = numberAt(o, {"mean_ttft_ms"}), gap = numberAt(o, {"mean_tpot_ms"});
    if (!ms && first && gap)
        ms = *first + *gap * std::max(0.0, run.outputTokens - 1);
    return perSecond && ms ? std::optional(*perSecond * *ms * 1e-3) : std::nullopt;
}

/// A rate together with a limit of clients is an open load only while the clients are not all busy.
bool clientsBind(const JsonNode& o, double clients, const BenchRun& run)
{
    constexpr double kNearlyAll = 0.8; // the mean holds the beginning and the end, with fewer
    const auto inFlight = inFlightOf(o, run);
    return clients >= 1 && clients < run.requests && inFlight && *inFlight >= kNearlyAll * clients;
}

/// What would be misread: loads and servers that a measurement cannot say. Empty = nothing.
std::string whyNoMeasurement(const JsonNode& o)
{
    if (const std::string ramp = textAt(o, {"ramp_up_strategy"}); !ramp.empty())
        return "ramp_up_strategy " + ramp + ": the rate rises during the run, expected a steady load";
    for (const std::string_view key : {"spec_decode_acceptance_length", "accept_length"})
        if (const auto length = numberAt(o, {key}); length && *length > 1)
            return std::string(key) +
                   ": speculative decoding was on, so that a step gave several tokens, which no step "
                   "time here knows; expected a run without it";
    return {};
}

void readLoad(const JsonNode& o, BenchRun& run, BenchResults& results)
{
    auto rate = numberAt(o, {"request_rate"});
    const auto clients = numberAt(o, {"max_concurrency"});
    if (textAt(o, {"request_rate"}) == "trace") { // SGLang's --use-trace-timestamps
        rate = numberAt(o, {"request_throughput"});
        results.ignored.push_back(run.place + ": times of arrival of a trace; they are taken for Poisson");
    }
    if (rate && std::isfinite(*rate) && clients && clientsBind(o, *clients, run)) {
        run.loadKind = LoadKind::fixedConcurrency;
        run.load = *clients;
        results.ignored.push_back(run.place + ": request_rate; all clients were busy, they set the load");
    } else if (rate && std::isfinite(*rate) && *rate > 0) {
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
    run.noMeasurement = whyNoMeasurement(o);
    run.setup = metadataOf(o).filledFrom(serverInfoOf(o));
    run.place = place;
    run.requests = numberAt(o, {"num_prompts"}).value_or(completed + failed);
    run.inputTokens = input / completed;
    run.outputTokens = output / completed;
    readLoad(o, run, results);
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
