#include "core/importers/bench_results.h"

#include "core/calibration/calibrate.h"
#include "core/importers/foreign_file.h"
#include "core/plan/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

} // namespace
} // namespace headroom
