// The readers behind bench_results.h, one per program. Each is told whether a JSON object is its own, and adds its runs.
#pragma once

#include "core/importers/bench_results.h"
#include "core/plan/json_tree.h"

#include <initializer_list>

namespace headroom::bench {

/// The number at a path of members, or of a text that is one ("inf"); absent if there is none.
std::optional<double> numberAt(const JsonNode&, std::initializer_list<std::string_view> path);
/// The text at a path; empty if there is none.
std::string textAt(const JsonNode&, std::initializer_list<std::string_view> path);

/// Metadata that people attach to a run, under the names of measurement columns: gpu, tp, weight_dtype.
ServerSetup metadataOf(const JsonNode&);

/// `vllm bench serve`, benchmark_serving.py and SGLang's bench_serving, which has the same keys.
bool isServingBench(const JsonNode&);
Result<void> readServingBench(const JsonNode&, const std::string& place, BenchResults&);

/// `vllm bench throughput --output-json` and benchmark_throughput.py: all requests at once; of the lengths only the sum.
bool isOfflineBench(const JsonNode&);
Result<void> readOfflineBench(const JsonNode&, const std::string& place, BenchResults&);

/// `vllm bench latency --output-json` and benchmark_latency.py: one batch, again and again; neither its size nor its lengths.
bool isLatencyBench(const JsonNode&);
Result<void> readLatencyBench(const JsonNode&, const std::string& place, BenchResults&);

/// GuideLLM's report, version 0.2 and later.
bool isGuideLlm(const JsonNode&);
Result<void> readGuideLlm(const JsonNode&, const std::string& place, BenchResults&);

} // namespace headroom::bench
