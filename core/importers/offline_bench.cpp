// Results of `vllm bench throughput` and `vllm bench latency`: what an engine does without a server in front of it.
#include "core/importers/bench_formats.h"

namespace headroom::bench {

namespace {

/// What the programs leave out may be added to the file by hand, as to that of a server.
ServerSetup addedByHand(const JsonNode& o)
{
    ServerSetup s = metadataOf(o);
    if (s.engine.empty())
        s.engine = "vllm";
    s.inputTokens = numberAt(o, {"isl"});
    s.outputTokens = numberAt(o, {"osl"});
    s.batch = numberAt(o, {"batch"});
    return s;
}

} // namespace

bool isOfflineBench(const JsonNode& o)
{
    return o.find("elapsed_time") && o.find("num_requests") && o.find("total_num_tokens") &&
           o.find("tokens_per_second");
}

Result<void> readOfflineBench(const JsonNode& o, const std::string& place, BenchResults& results)
{
    const double requests = numberAt(o, {"num_requests"}).value_or(0);
    const double tokens = numberAt(o, {"total_num_tokens"}).value_or(0);
    const double perSecond = numberAt(o, {"tokens_per_second"}).value_or(0);
    if (!(requests >= 1) || !(tokens > 0) || !(perSecond > 0))
        return fail(place + ": tokens_per_second", "the run completed no requests with tokens");
    BenchRun run;
    run.place = place;
    run.setup = addedByHand(o);
    run.requests = requests;
    run.tokens = tokens / requests;
    run.figures.push_back({Metric::totalTokenRate, "total", perSecond});
    results.runs.push_back(std::move(run));
    return {};
}

bool isLatencyBench(const JsonNode& o)
{
    return o.find("avg_latency") && (o.find("latencies") || o.find("percentiles"));
}

Result<void> readLatencyBench(const JsonNode& o, const std::string& place, BenchResults& results)
{
    const double seconds = numberAt(o, {"avg_latency"}).value_or(0);
    if (!(seconds > 0))
        return fail(place + ": avg_latency", "expected seconds above 0");
    BenchRun run;
    run.place = place;
    run.setup = addedByHand(o);
    run.loadKind = LoadKind::staticBatch;
    run.figures.push_back({Metric::e2e, "mean", seconds});
    results.runs.push_back(std::move(run));
    return {};
}

} // namespace headroom::bench
