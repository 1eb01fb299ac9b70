#include "core/importers/bench_results.h"

#include "core/calibration/calibrate.h"
#include "core/importers/foreign_file.h"
#include "core/plan/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace headroom {
namespace {

using testing::HasSubstr;

/// As vLLM writes it, without what is not read.
std::string vllm(const std::string& load, const std::string& more = "")
{
    return R"({"backend":"vllm","model_id":"meta-llama/Llama-3.1-8B-Instruct","num_prompts":200,)" + load +
           R"(,"duration":60.0,"completed":200,"failed":0,"total_input_tokens":204800,"total_output_tokens":51200,)"
           R"("request_throughput":3.33,"output_throughput":853.3,"mean_ttft_ms":80.0,"median_ttft_ms":75.0,)"
           R"("mean_tpot_ms":8.5,"p99_tpot_ms":10.0)" +
           more + "}";
}

std::string guideLlm(const std::string& strategy)
{
    return R"({"type_":"generative_benchmark","config":{"strategy":)" + strategy +
           R"(,"backend":{"model":"Llama-3.1-8B"}},"scheduler_metrics":{"requests_made":{"successful":200}},"metrics":{)"
           R"("request_concurrency":{"successful":{"mean":31.6}},"requests_per_second":{"successful":{"mean":3.3}},)"
           R"("prompt_token_count":{"successful":{"mean":1024}},"output_token_count":{"successful":{"mean":256}},)"
           R"("output_tokens_per_second":{"successful":{"mean":850}},"time_per_output_token_ms":{"successful":{"mean":9}},)"
           R"("inter_token_latency_ms":{"successful":{"mean":8.5}},"time_to_first_token_ms":{"successful":{"mean":80}},)"
           R"("request_latency":{"successful":{"mean":2.25}}}})";
}

ServerSetup onGpu(const std::string& name)
{
    ServerSetup stated;
    stated.gpu = name;
    return stated;
}

double figure(const BenchRun& run, Metric metric)
{
    for (const MeasuredFigure& f : run.figures)
        if (f.metric == metric)
            return f.value;
    return 0;
}

TEST(BenchResults, VllmStatesLoadLengthsAndLatencies)
{
    const auto read = readBenchResults(vllm(R"("request_rate":"inf","max_concurrency":16)"), "r.json");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->runs.size(), 1U);
    const BenchRun& run = read->runs[0];
    EXPECT_EQ(run.loadKind, LoadKind::fixedConcurrency);
    EXPECT_EQ(run.load, 16);
    EXPECT_EQ(run.inputTokens, 1024);
    EXPECT_EQ(run.outputTokens, 256);
    EXPECT_DOUBLE_EQ(figure(run, Metric::ttft), 0.08) << "the mean, in seconds";
    EXPECT_DOUBLE_EQ(figure(run, Metric::tpot), 0.0085);
    EXPECT_DOUBLE_EQ(figure(run, Metric::outputTokenRate), 853.3);
    EXPECT_EQ(run.setup.engine, "vllm");
}

TEST(BenchResults, AVllmLoadIsARateClientsOrEverythingAtOnce)
{
    const auto load = [](const std::string& stated) {
        return readBenchResults(vllm(stated), "r.json").value().runs[0];
    };
    EXPECT_EQ(load(R"("request_rate":"inf","max_concurrency":null)").loadKind, LoadKind::offlineMax);
    EXPECT_EQ(load(R"("request_rate":Infinity,"max_concurrency":null)").loadKind, LoadKind::offlineMax)
        << "SGLang's bare word";
    EXPECT_EQ(load(R"("request_rate":"inf","max_concurrency":400)").loadKind, LoadKind::offlineMax)
        << "more clients than prompts";
    EXPECT_EQ(load(R"("request_rate":2.5,"max_concurrency":null)").loadKind, LoadKind::requestRate);
    EXPECT_EQ(load(R"("request_rate":2.5,"max_concurrency":null)").load, 2.5);
}

TEST(BenchResults, GuideLlmHoldsTheRunsOfASweep)
{
    const std::string report = R"({"metadata":{"version":2},"benchmarks":[)" + guideLlm(R"({"type_":"synchronous"})") +
                               "," + guideLlm(R"({"type_":"concurrent","streams":16})") + "," +
                               guideLlm(R"({"type_":"throughput"})") + "," +
                               guideLlm(R"({"type_":"constant","rate":2})") + "]}";
    const auto read = readBenchResults(report, "g.json");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->runs.size(), 4U);
    EXPECT_EQ(read->runs[0].load, 1);
    EXPECT_EQ(read->runs[1].load, 16);
    EXPECT_EQ(read->runs[2].load, 32) << "as many as were in flight";
    EXPECT_EQ(read->runs[3].loadKind, LoadKind::requestRate);
    EXPECT_DOUBLE_EQ(figure(read->runs[0], Metric::tpot), 0.0085) << "between tokens: without the first";
    EXPECT_DOUBLE_EQ(figure(read->runs[0], Metric::e2e), 2.25) << "in seconds already";
    EXPECT_EQ(read->runs[0].setup.model, "Llama-3.1-8B");
}

TEST(BenchResults, OneObjectALineIsReadWithItsLine)
{
    const std::string one = vllm(R"("request_rate":"inf","max_concurrency":16)");
    EXPECT_EQ(readBenchResults(one + "\n" + one + "\n", "r.json").value().runs.size(), 2U);
    EXPECT_EQ(readBenchResults(one + "\n{\"completed\":\n", "r.json").error().where.substr(0, 8), "r.json:2");
    EXPECT_FALSE(isBenchResults("{\"model_type\":\"llama\"}"));
    EXPECT_FALSE(isBenchResults("model,gpu\n"));
    EXPECT_TRUE(isBenchResults("\xEF\xBB\xBF \n" + one));
}

TEST(BenchResults, WhatIsNotThereIsAnErrorThatNamesIt)
{
    const std::string failed =
        R"({"completed":0,"output_throughput":0,"total_input_tokens":0,"total_output_tokens":0})";
    EXPECT_EQ(readBenchResults(failed, "r.json").error().where, "r.json: completed");
    EXPECT_THAT(readBenchResults(R"({"benchmarks":[)" + guideLlm("{}") + "]}", "g.json").error().where,
        HasSubstr("g.json: benchmarks[0]: config.strategy"));
    const auto read = readBenchResults(vllm(R"("request_rate":"inf","max_concurrency":16)"), "r.json");
    ASSERT_TRUE(read);
    EXPECT_THAT(measurementsOf(*read).error().message, HasSubstr("--gpu"));
    EXPECT_THAT(measurementsOf(*read, onGpu("H100")).error().message, HasSubstr("--tp"));
}

TEST(BenchResults, WhatIsStatedCountsBeforeTheFileAndTheFileBeforeThePlan)
{
    const auto read =
        readBenchResults(vllm(R"("request_rate":"inf","max_concurrency":16)", R"(,"gpu":"L40S","tp":"2")"), "r.json");
    ASSERT_TRUE(read) << read.error().message;
    const ServerSetup plan = setupOf(defaultPlan());
    const auto first = [&](const ServerSetup& stated) {
        return measurementsOf(*read, stated, plan).value().rows.at(0);
    };
    EXPECT_EQ(first({}).gpu, "L40S") << "vllm bench --metadata gpu=L40S";
    EXPECT_EQ(first({}).tp, 2);
    EXPECT_EQ(first({}).weightFormat, "bf16") << "the plan's";
    EXPECT_EQ(first(onGpu("H100")).gpu, "H100");
    EXPECT_THAT(first({}).detail, HasSubstr("--max-num-seqs 256"));
    EXPECT_THAT(first({}).detail, HasSubstr("200 prompts"));
}

TEST(BenchResults, AreWorkloadForAPlan)
{
    const auto file = readForeign(vllm(R"("request_rate":2.5,"max_concurrency":null)"), "r.json");
    ASSERT_TRUE(file) << file.error().message;
    const Plan plan = withForeign(*file, defaultPlan());
    EXPECT_DOUBLE_EQ(plan.workload.arrivalRate.si(), 2.5);
    EXPECT_DOUBLE_EQ(meanOf(plan.workload.shape.prompt), 1024);
    EXPECT_DOUBLE_EQ(meanOf(plan.workload.shape.output), 256);
}

// ---- Files as the programs write them, cut to a few requests.

/// benchmark_serving.py --save-result of vLLM 0.6 (one line, details of two requests, a colon too many in a key).
constexpr const char* kVllm06 =
    R"({"date": "20241112-093015", "backend": "vllm", "model_id": "meta-llama/Llama-3.1-8B-Instruct", "tokenizer_id": )"
    R"("meta-llama/Llama-3.1-8B-Instruct", "best_of": 1, "num_prompts": 200, "request_rate": 4.0, "burstiness": 1.0, )"
    R"("max_concurrency": null, "duration": 53.9, "completed": 198, "total_input_tokens": 42768, "total_output_tokens": )"
    R"(39204, "request_throughput": 3.67, "request_goodput:": null, "output_throughput": 727.3, )"
    R"("total_token_throughput": 1520.8, "input_lens": [12, 410], "output_lens": [221, 3], "ttfts": [0.021, 0.035], )"
    R"("itls": [[0.0071, 0.0069], [0.0075]], "generated_texts": ["a {\"b\": 1}", "\u00e9"], "errors": ["", ""], )"
    R"("mean_ttft_ms": 31.2, "median_ttft_ms": 27.9, "std_ttft_ms": 11.0, "p99_ttft_ms": 80.4, "mean_tpot_ms": 8.9, )"
    R"("median_tpot_ms": 8.8, "std_tpot_ms": 1.1, "p99_tpot_ms": 12.3, "mean_itl_ms": 8.8, "median_itl_ms": 8.1, )"
    R"("std_itl_ms": 4.4, "p99_itl_ms": 23.0})";

TEST(BenchFiles, Vllm06SaveResult)
{
    const auto read = readBenchResults(kVllm06, "vllm.json");
    ASSERT_TRUE(read) << read.error().message;
    const BenchRun& run = read->runs.at(0);
    EXPECT_EQ(run.loadKind, LoadKind::requestRate);
    EXPECT_EQ(run.load, 4);
    EXPECT_EQ(run.requests, 200) << "sent, two of which failed";
    EXPECT_DOUBLE_EQ(run.inputTokens, 42768.0 / 198) << "tokens of those that ended";
    EXPECT_DOUBLE_EQ(figure(run, Metric::tpot), 8.9e-3) << "not the mean of all gaps";
    EXPECT_EQ(figure(run, Metric::e2e), 0) << "not among the metrics unless asked for";
}

/// vllm bench serve of 2026: endpoint_type, metadata as text, e2el on demand.
std::string vllmServe(const std::string& load, const std::string& more = "")
{
    return R"({"date": "20260301-101500", "endpoint_type": "openai", "backend": "openai", "label": null, "model_id": )"
           R"("Qwen/Qwen3-32B", "tokenizer_id": "Qwen/Qwen3-32B", "num_prompts": 512, "gpu": "H100", )"
           R"("tensor_parallel_size": "2", )" +
           load +
           R"(, "duration": 100.0, "completed": 512, "failed": 0, "total_input_tokens": 524288, "total_output_tokens": )"
           R"(131072, "request_throughput": 5.12, "request_goodput": null, "output_throughput": 1310.72, )"
           R"("total_token_throughput": 6553.6, "max_output_tokens_per_s": 1900.0, "max_concurrent_requests": 66, )"
           R"("mean_ttft_ms": 400.0, "median_ttft_ms": 350.0, "mean_tpot_ms": 45.0, "median_tpot_ms": 44.0, )"
           R"("mean_itl_ms": 45.0, "mean_e2el_ms": 11875.0)" +
           more + "}";
}

TEST(BenchFiles, ARateWithBusyClientsIsAClosedLoop)
{
    const auto run = [](const std::string& load) {
        return readBenchResults(vllmServe(load), "v.json").value().runs.at(0);
    };
    // 5.12 req/s of 11.9 s are 61 in flight.
    const BenchRun busy = run(R"("request_rate": 20.0, "burstiness": 1.0, "max_concurrency": 64)");
    EXPECT_EQ(busy.loadKind, LoadKind::fixedConcurrency) << "20 req/s were asked for, 64 clients let 5 through";
    EXPECT_EQ(busy.load, 64);
    EXPECT_EQ(busy.setup.tp, 2) << "under its name on vLLM's command line";
    EXPECT_EQ(busy.setup.engine, "") << "openai is a protocol";
    const BenchRun idle = run(R"("request_rate": 5.3, "burstiness": 1.0, "max_concurrency": 256)");
    EXPECT_EQ(idle.loadKind, LoadKind::requestRate) << "the limit was never near";
    EXPECT_EQ(idle.load, 5.3);
}

TEST(BenchFiles, WhatNoPredictionIsAboutIsRefusedByCalibrateAndStillAWorkload)
{
    for (const auto& [more, named] :
        {std::pair(R"(, "ramp_up_strategy": "linear", "ramp_up_start_rps": 1, "ramp_up_end_rps": 9)", "ramp_up"),
            {R"(, "spec_decode_acceptance_rate": 61.0, "spec_decode_acceptance_length": 2.8)", "speculative"},
            {R"(, "accept_length": 2.8)", "speculative"}}) {
        const auto read =
            readBenchResults(vllmServe(R"("request_rate": "inf", "max_concurrency": null)", more), "v.json");
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_THAT(measurementsOf(*read).error().message, HasSubstr(named));
        EXPECT_DOUBLE_EQ(meanOf(workloadOf(*read, {}).shape.prompt), 1024);
    }
    const auto plain = readBenchResults(
        vllmServe(R"("request_rate": "inf", "max_concurrency": null)", R"(, "accept_length": null)"), "v.json");
    EXPECT_TRUE(measurementsOf(*plain)) << measurementsOf(*plain).error().message;
}

/// SGLang's bench_serving, a line of its jsonl: a bare Infinity, e2e_latency, what the server says of itself.
std::string sglang(const std::string& rate, const std::string& clients)
{
    return R"({"tag": null, "backend": "sglang", "dataset_name": "random", "request_rate": )" + rate +
           R"(, "max_concurrency": )" + clients +
           R"(, "sharegpt_output_len": null, "random_input_len": 1024, "random_output_len": 512, "random_range_ratio": )"
           R"(0.0, "server_info": {"model_path": "meta-llama/Llama-3.3-70B-Instruct", "dtype": "auto", "quantization": )"
           R"("fp8", "kv_cache_dtype": "auto", "tp_size": 4, "pp_size": 1, "ep_size": 1, "dp_size": 1, )"
           R"("mem_fraction_static": 0.88, "internal_states": [{"avg_spec_accept_length": null}], "version": "0.4.6"}, )"
           R"("duration": 120.5, "completed": 300, "total_input_tokens": 153000, "total_input_text_tokens": 153000, )"
           R"("total_input_vision_tokens": 0, "total_output_tokens": 76500, "total_output_tokens_retokenized": 76421, )"
           R"("request_throughput": 2.49, "input_throughput": 1269.7, "output_throughput": 634.9, "total_throughput": )"
           R"(1904.6, "mean_e2e_latency_ms": 6400.1, "median_e2e_latency_ms": 6201.0, "std_e2e_latency_ms": 3000.0, )"
           R"("p99_e2e_latency_ms": 14000.0, "mean_ttft_ms": 150.2, "median_ttft_ms": 120.0, "mean_tpot_ms": 24.6, )"
           R"("median_tpot_ms": 24.4, "mean_itl_ms": 24.5, "p95_itl_ms": 31.0, "concurrency": 15.9, "accept_length": null})";
}

TEST(BenchFiles, SglangBenchServing)
{
    const std::string lines =
        sglang("Infinity", "16") + "\n" + sglang("Infinity", "null") + "\n" + sglang("\"trace\"", "null") + "\n";
    ASSERT_TRUE(isBenchResults(lines));
    const auto read = readBenchResults(lines, "s.jsonl");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->runs.size(), 3U);
    EXPECT_EQ(read->runs[0].loadKind, LoadKind::fixedConcurrency);
    EXPECT_DOUBLE_EQ(figure(read->runs[0], Metric::e2e), 6.4001);
    EXPECT_EQ(read->runs[1].loadKind, LoadKind::offlineMax);
    EXPECT_EQ(read->runs[2].loadKind, LoadKind::requestRate) << "a trace has its own times";
    EXPECT_DOUBLE_EQ(read->runs[2].load, 2.49);
    const auto table = measurementsOf(*read, onGpu("H100"));
    ASSERT_TRUE(table) << table.error().message;
    const Measurement& m = table->rows.at(0);
    EXPECT_EQ(m.model, "meta-llama/Llama-3.3-70B-Instruct") << "the server knows it";
    EXPECT_EQ(m.tp, 4);
    EXPECT_EQ(m.weightFormat, "fp8");
    EXPECT_EQ(m.kvFormat, "") << "auto says nothing";
    EXPECT_EQ(m.engine, "sglang");
}

/// vllm bench throughput and latency --output-json, indented as they are written.
constexpr const char* kThroughput =
    "{\n    \"elapsed_time\": 41.7,\n    \"num_requests\": 1000,\n    \"total_num_tokens\": "
    "640000,\n    \"requests_per_second\": 23.98,\n    \"tokens_per_second\": 15347.7\n}\n";
constexpr const char* kLatency =
    "{\n    \"avg_latency\": 1.83,\n    \"latencies\": [\n        1.82,\n        1.84\n    ],\n"
    "    \"percentiles\": {\n        \"10\": 1.82,\n        \"50\": 1.83,\n        \"99\": "
    "1.84\n    }\n}\n";

TEST(BenchFiles, VllmBenchThroughputNeedsOneOfTheLengths)
{
    ASSERT_TRUE(isBenchResults(kThroughput));
    const auto read = readBenchResults(kThroughput, "t.json");
    ASSERT_TRUE(read) << read.error().message;
    ServerSetup stated = onGpu("H100");
    stated.model = "Llama-3.1-8B";
    stated.tp = 1;
    EXPECT_THAT(measurementsOf(*read, stated).error().message, HasSubstr("--isl"));
    stated.inputTokens = 512;
    const auto table = measurementsOf(*read, stated);
    ASSERT_TRUE(table) << table.error().message;
    const Measurement& m = table->rows.at(0);
    EXPECT_DOUBLE_EQ(*m.outputTokens, 128) << "what is left of 640 tokens a request";
    EXPECT_EQ(m.loadKind, LoadKind::offlineMax);
    EXPECT_EQ(m.metric, Metric::totalTokenRate) << "prompts and answers, as vLLM counts them";
    EXPECT_THAT(m.detail, HasSubstr("1000 prompts"));
    stated.outputTokens = 512;
    EXPECT_THAT(measurementsOf(*read, stated).error().message, HasSubstr("640 tokens together"));
    EXPECT_THAT(readForeign(kThroughput, "t.json").error().message, HasSubstr("no workload"));
}

TEST(BenchFiles, VllmBenchLatencyNeedsTheBatch)
{
    ASSERT_TRUE(isBenchResults(kLatency));
    const auto read = readBenchResults(kLatency, "l.json");
    ASSERT_TRUE(read) << read.error().message;
    ServerSetup stated = onGpu("H100");
    stated.model = "Llama-3.1-8B";
    stated.tp = 1;
    stated.inputTokens = 32;
    stated.outputTokens = 128;
    EXPECT_THAT(measurementsOf(*read, stated).error().message, HasSubstr("--batch"));
    stated.batch = 8;
    const auto table = measurementsOf(*read, stated);
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->rows.at(0).loadKind, LoadKind::staticBatch);
    EXPECT_EQ(table->rows.at(0).load, 8);
    EXPECT_EQ(table->rows.at(0).metric, Metric::outputTokenRate);
    EXPECT_DOUBLE_EQ(table->rows.at(0).value, 8 * 128 / 1.83) << "the whole batch takes as long";
    // Several files in one call differ in what was added to them.
    const std::string added =
        R"({"isl": 64, "osl": 32, "batch": 4, "gpu": "L40S", "tp": 1, "model_id": "Llama-3.1-8B",)" +
        std::string(kLatency).substr(1);
    const auto own = measurementsOf(readBenchResults(added, "l.json").value());
    ASSERT_TRUE(own) << own.error().message;
    EXPECT_EQ(own->rows.at(0).load, 4);
    EXPECT_EQ(own->rows.at(0).inputTokens, 64);
    EXPECT_EQ(own->rows.at(0).gpu, "L40S");
}

/// A benchmark of GuideLLM 0.2: args, run_stats and worker where later versions have config, scheduler_metrics and backend.
std::string guideLlm02(const std::string& strategy, double successfulRate, double totalRate, double ttft)
{
    const auto summary = [](double successful, double total) {
        const auto one = [](double mean) {
            return R"({"mean": )" + std::to_string(mean) + R"(, "median": )" + std::to_string(mean) +
                   R"(, "count": 61, "percentiles": {"p001": 0.0, "p50": 1.0, "p999": 2.0}})";
        };
        return R"({"successful": )" + one(successful) + R"(, "errored": )" + one(0) + R"(, "incomplete": )" + one(0) +
               R"(, "total": )" + one(total) + "}";
    };
    return R"({"type_": "generative_benchmark", "id_": "b1", "run_id": "r1", "args": {"profile": {"type_": "sweep"}, )"
           R"("strategy_index": 0, "strategy": )" +
           strategy +
           R"(, "max_number": null, "max_duration": 60.0}, "run_stats": {"start_time": 1750000000.0, "end_time": )"
           R"(1750000060.0, "requests_made": {"successful": 61, "errored": 0, "incomplete": 40, "total": 101}}, )"
           R"("worker": {"type_": "generative_requests_worker", "backend_type": "openai_http", "backend_model": )"
           R"("meta-llama/Llama-3.1-8B-Instruct"}, "extras": {}, "metrics": {"requests_per_second": )" +
           summary(1.02, 1.7) + R"(, "request_concurrency": )" + summary(38, 40.2) + R"(, "request_latency": )" +
           summary(21, 25) + R"(, "prompt_token_count": )" + summary(512, 512) + R"(, "output_token_count": )" +
           summary(256, 190) + R"(, "time_to_first_token_ms": )" + summary(ttft, ttft) +
           R"(, "time_per_output_token_ms": )" + summary(82, 82) + R"(, "inter_token_latency_ms": )" + summary(81, 81) +
           R"(, "output_tokens_per_second": )" + summary(successfulRate, totalRate) + R"(, "tokens_per_second": )" +
           summary(800, 1300) + "}}";
}

TEST(BenchFiles, GuideLlm02)
{
    const std::string report = "{\n \"benchmarks\": [" + guideLlm02(R"({"type_": "synchronous"})", 12, 12.5, 30) + "," +
                               guideLlm02(R"({"type_": "throughput", "max_concurrency": null})", 262, 437, 900) + "," +
                               guideLlm02(R"({"type_": "constant", "rate": 0.9, "initial_burst": true})", 230, 236, 0) +
                               "]\n}";
    ASSERT_TRUE(isBenchResults(report));
    const auto read = readBenchResults(report, "benchmarks.json");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->runs.size(), 3U);
    EXPECT_EQ(read->runs[0].load, 1);
    EXPECT_EQ(read->runs[0].setup.model, "meta-llama/Llama-3.1-8B-Instruct");
    EXPECT_EQ(read->runs[1].load, 38) << "in flight";
    EXPECT_DOUBLE_EQ(figure(read->runs[1], Metric::outputTokenRate), 437) << "40 were cut off with tokens of theirs";
    EXPECT_DOUBLE_EQ(read->runs[1].outputTokens, 256) << "those cut off say nothing of lengths";
    EXPECT_EQ(read->runs[2].loadKind, LoadKind::requestRate);
    EXPECT_EQ(read->runs[2].load, 0.9);
    EXPECT_EQ(std::ranges::count(read->runs[2].figures, Metric::ttft, &MeasuredFigure::metric), 0) << "not streamed";
}

} // namespace
} // namespace headroom
