// GuideLLM's report (FORMATS.md 3): one file holds the runs of a whole sweep.
#include "core/importers/bench_formats.h"

#include <algorithm>
#include <cmath>

namespace headroom::bench {

namespace {

/// Tokens a second while it measured: of all requests, for those that were cut off at the end had got theirs too. With many
/// in flight and a run of a minute they are a good part.
std::optional<double> outputRateAt(const JsonNode& benchmark)
{
    const auto of = [&](std::string_view which) {
        return numberAt(benchmark, {"metrics", "output_tokens_per_second", which, "mean"}).value_or(0);
    };
    const double rate = std::max(of("total"), of("successful"));
    return rate > 0 ? std::optional(rate) : std::nullopt;
}

/// A mean of the successful requests, or of all where the report does not tell them apart.
std::optional<double> meanAt(const JsonNode& benchmark, std::string_view metric)
{
    const auto value = numberAt(benchmark, {"metrics", metric, "successful", "mean"});
    return value && *value > 0 ? value : numberAt(benchmark, {"metrics", metric, "total", "mean"});
}

/// The model stands in different places from version to version.
std::string modelOf(const JsonNode& root, const JsonNode& benchmark)
{
    for (const std::string& name :
        {textAt(benchmark, {"config", "backend", "model"}), textAt(benchmark, {"worker", "backend_model"}),
            textAt(benchmark, {"benchmarker", "backend", "model"}), textAt(root, {"config", "model"}),
            textAt(root, {"config", "backend", "model"}), textAt(root, {"args", "model"})})
        if (!name.empty())
            return name;
    return {};
}

const JsonNode* strategyOf(const JsonNode& benchmark)
{
    for (const std::string_view outer : {"config", "args"})
        if (const JsonNode* node = benchmark.find(outer))
            if (const JsonNode* strategy = node->find("strategy"))
                return strategy;
    return nullptr;
}

/// Whatever keeps a number of requests in flight is a closed loop; throughput keeps as many as the client can hold, and
/// the mean says how many that were.
Result<void> readLoad(const JsonNode& benchmark, const std::string& place, BenchRun& run)
{
    const JsonNode* strategy = strategyOf(benchmark);
    const std::string kind = strategy ? textAt(*strategy, {"type_"}) : std::string();
    const double inFlight = std::max(1.0, std::round(meanAt(benchmark, "request_concurrency").value_or(0)));
    if (kind == "synchronous" || kind == "concurrent") {
        run.loadKind = LoadKind::fixedConcurrency;
        std::optional<double> streams = numberAt(*strategy, {"streams"});
        if (!streams)
            streams = numberAt(*strategy, {"max_concurrency"});
        run.load = kind == "synchronous" ? 1 : streams.value_or(inFlight);
    } else if (kind == "throughput") {
        run.loadKind = inFlight > 1 ? LoadKind::fixedConcurrency : LoadKind::offlineMax;
        run.load = inFlight;
    } else if (!kind.empty()) { // constant, poisson, trace
        run.loadKind = LoadKind::requestRate;
        run.load = numberAt(*strategy, {"rate"}).value_or(meanAt(benchmark, "requests_per_second").value_or(0));
    }
    if (kind.empty() || (run.loadKind != LoadKind::offlineMax && !(run.load > 0)))
        return fail(place + ": config.strategy", "does not say how the load was offered, expected type_ synchronous, "
                                                 "concurrent, throughput, constant or poisson");
    return {};
}

} // namespace

bool isGuideLlm(const JsonNode& root)
{
    const JsonNode* benchmarks = root.find("benchmarks");
    return benchmarks && benchmarks->kind == JsonNode::Kind::array && !benchmarks->members.empty() &&
           benchmarks->members.front().second.find("metrics");
}

Result<void> readGuideLlm(const JsonNode& root, const std::string& place, BenchResults& results)
{
    int number = 0;
    for (const auto& [unnamed, benchmark] : root.find("benchmarks")->members) {
        BenchRun run;
        run.place = place + ": benchmarks[" + std::to_string(number++) + "]";
        run.setup.model = modelOf(root, benchmark);
        if (Result<void> load = readLoad(benchmark, run.place, run); !load)
            return load;
        run.inputTokens = meanAt(benchmark, "prompt_token_count").value_or(0);
        run.outputTokens = meanAt(benchmark, "output_token_count").value_or(0);
        if (run.inputTokens <= 0 || run.outputTokens <= 0)
            return fail(
                run.place + ": metrics", "no successful requests with prompt_token_count and output_token_count");
        run.requests = meanAt(benchmark, "request_totals").value_or(0);
        for (const std::string_view outer : {"scheduler_metrics", "run_stats"})
            if (const auto sent = numberAt(benchmark, {outer, "requests_made", "successful"}))
                run.requests = *sent;
        if (const auto rate = outputRateAt(benchmark))
            run.figures.push_back({Metric::outputTokenRate, "total", *rate});
        // Without streaming there is no first token, and no gap: the report says 0.
        if (const auto ms = meanAt(benchmark, "time_to_first_token_ms"); ms && *ms > 0)
            run.figures.push_back({Metric::ttft, "mean", *ms * 1e-3});
        // Its time_per_output_token has the first token in it; the gap between tokens is what TPOT means here.
        if (const auto ms = meanAt(benchmark, "inter_token_latency_ms"); ms && *ms > 0)
            run.figures.push_back({Metric::tpot, "mean", *ms * 1e-3});
        if (const auto seconds = meanAt(benchmark, "request_latency"); seconds && *seconds > 0)
            run.figures.push_back({Metric::e2e, "mean", *seconds});
        if (run.figures.empty())
            return fail(run.place + ": metrics", "holds neither output_tokens_per_second nor latencies");
        results.runs.push_back(std::move(run));
    }
    results.ignored.emplace_back("time_per_output_token_ms: it has the first token in it, inter_token_latency_ms not");
    return {};
}

} // namespace headroom::bench
