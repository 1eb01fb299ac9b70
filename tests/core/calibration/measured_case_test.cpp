#include "core/calibration/measured_case.h"

#include "tests/core/calibration/measured_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace headroom {
namespace {

using namespace measured;

TEST(MeasuredCases, AnUnstatedLayoutUsesTheFewestGpusWithRoomForKvAndReplicas)
{
    const MeasurementTable t = tableOf(
        "a,m,,TensorRT-LLM,,Llama-3.1-70B,H100-SXM-80GB,8,,,,fp8,,,294,inf,offline_max,output_tok_s,total,1,A,x\n"
        "b,m,,TensorRT-LLM,,Llama-3.1-8B,H100-SXM-80GB,8,,,,fp8,,,73,inf,offline_max,output_tok_s,total,1,A,x\n");
    const auto large = caseOf(t.rows[0]), small = caseOf(t.rows[1]);
    ASSERT_TRUE(large && small);
    EXPECT_EQ(large->layout.tp, 2);
    EXPECT_EQ(large->replicas, 4);
    EXPECT_EQ(small->layout.tp, 1);
    EXPECT_EQ(small->replicas, 8);
    EXPECT_TRUE(large->assumed);
}

TEST(MeasuredCases, EnginesAreKnownByNameInAnyCaseAndOthersAreRefused)
{
    const auto engine = [](const std::string& name) {
        return caseOf(tableOf(
            "a,t,," + name + ",,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,128,128,inf,offline_max,output_tok_s,total,1,A,x\n")
                          .rows[0]);
    };
    EXPECT_EQ(engine("tensorrt-llm")->engine.engine, Engine::tensorrtLlm);
    EXPECT_EQ(engine("sglang")->engine.engine, Engine::sglang);
    EXPECT_EQ(engine("")->engine.engine, Engine::vllm);
    EXPECT_EQ(engine("LMDeploy").error().where, "engine");
}

TEST(MeasuredCases, WhatTheSourceDoesNotSayFollowsTheEngine)
{
    const MeasurementTable t = tableOf(
        "a,t,,TensorRT-LLM,,Llama-3.1-70B,H100-SXM-80GB,4,2,1,,fp8,,128,128,inf,offline_max,output_tok_s,total,1,A,x\n"
        "b,t,,vLLM,,Llama-3.1-8B,A100-SXM-80GB,1,1,1,,,,128,128,inf,offline_max,output_tok_s,total,1,A,x\n"
        "c,t,vllm serve --max-num-seqs 64; 500 prompts,vLLM,,gpt-oss-120b,H100-SXM-80GB,1,1,1,,fp4,,128,128,inf,"
        "offline_max,output_tok_s,total,1,A,x\n"
        "d,t,,vLLM,,No-Such-Model,H100-SXM-80GB,1,1,1,,,,128,128,inf,offline_max,output_tok_s,total,1,A,x\n");
    const auto a = caseOf(t.rows[0]), b = caseOf(t.rows[1]), c = caseOf(t.rows[2]);
    ASSERT_TRUE(a && b && c);
    EXPECT_EQ(a->replicas, 2) << "four GPUs of tp 2";
    EXPECT_EQ(a->kvFormat, NumberFormat::fp8);
    EXPECT_TRUE(a->reservesAll);
    EXPECT_EQ(b->kvFormat, NumberFormat::bf16);
    EXPECT_EQ(b->maxSequences, 256);
    EXPECT_EQ(c->maxSequences, 64);
    EXPECT_EQ(c->requests, 500);
    EXPECT_EQ(c->weightFormat, NumberFormat::mxfp4);
    EXPECT_EQ(caseOf(t.rows[3]).error().where, "model");
}

TEST(MeasuredCases, TablesOfExpertsSplitAttentionBySequenceAndEachRankHasItsOwnLimits)
{
    const std::string end = ",fp4,,128,128,inf,offline_max,output_tok_s,total,1,B,x\n";
    const MeasurementTable t =
        tableOf("a,t,perf-overview table,TensorRT-LLM,1.0,Llama-4-Maverick,B200-180GB,8,8,1," + end +
                "b,t,perf-overview table,TensorRT-LLM,1.0,Llama-3.3-70B,B200-180GB,2,2,1," + end +
                "c,t,label DEP4 = attention DP + EP over 4,TensorRT-LLM,,Qwen3-235B-A22B,B200-180GB,4,,1,4" + end +
                "d,t,,TensorRT-LLM,1.0,Llama-4-Maverick,B200-180GB,8,8,1,1" + end);
    const auto maverick = caseOf(t.rows[0]), dense = caseOf(t.rows[1]), stated = caseOf(t.rows[2]),
               cut = caseOf(t.rows[3]);
    ASSERT_TRUE(maverick && dense && stated && cut);
    EXPECT_EQ(maverick->layout.attentionDp, 8);
    EXPECT_EQ(maverick->layout.ep, 8);
    EXPECT_EQ(maverick->maxSequences, 8 * dense->maxSequences);
    EXPECT_EQ(dense->layout.attentionDp, 1);
    EXPECT_EQ(stated->layout.tp, 4) << "the label names the GPUs where no tensor degree is given";
    EXPECT_EQ(stated->layout.attentionDp, 4);
    EXPECT_EQ(stated->replicas, 1);
    EXPECT_EQ(cut->layout.attentionDp, 1) << "a stated expert degree is taken at its word";
}

TEST(MeasuredCases, PublishedWeightsKeepTheCacheTheCatalogSaysUnderAnyNameAndUnlessTheRowStatesOne)
{
    const MeasurementTable t = tableOf("a,t,,TensorRT-LLM,1.0,Llama-4-Scout,H100-SXM-80GB,4,4,1,,fp8,,128,128,inf,"
                                       "offline_max,output_tok_s,total,1,B,x\n"
                                       "b,t,,TensorRT-LLM,1.0,Llama-4-Scout,B200-180GB,1,1,1,,fp4,,128,128,inf,offline_"
                                       "max,output_tok_s,total,1,B,x\n"
                                       "c,t,,TensorRT-LLM,1.0,llama-4-scout-17b-16e-instruct,H100-SXM-80GB,4,4,1,,fp8,,"
                                       "128,128,inf,offline_max,output_tok_s,total,1,B,x\n"
                                       "d,t,,TensorRT-LLM,1.0,Llama-4-Scout,H100-SXM-80GB,4,4,1,,fp8,fp8,128,128,inf,"
                                       "offline_max,output_tok_s,total,1,B,x\n");
    EXPECT_EQ(caseOf(t.rows[0])->kvFormat, NumberFormat::bf16);
    EXPECT_EQ(caseOf(t.rows[1])->kvFormat, NumberFormat::fp8);
    EXPECT_EQ(caseOf(t.rows[2])->kvFormat, NumberFormat::bf16);
    EXPECT_EQ(caseOf(t.rows[3])->kvFormat, NumberFormat::fp8);
}

TEST(MeasuredCases, OldTensorrtLlmAttendsToTheWholeContext)
{
    const std::string end = ",Mistral-7B,H100-SXM-80GB,1,1,1,,,,20000,2000,inf,offline_max,output_tok_s,total,1,A,x\n";
    const MeasurementTable t = tableOf("a,t,,TensorRT-LLM,0.14.0" + end + "b,t,,vLLM,0.11.0" + end);
    const auto windows = [](const MeasuredCase& c) {
        return std::ranges::count_if(
            c.model.groups, [](const LayerGroup& g) { return g.attention.kind == AttentionKind::sliding; });
    };
    EXPECT_EQ(windows(*caseOf(t.rows[0])), 0);
    EXPECT_GT(windows(*caseOf(t.rows[1])), 0);
}

TEST(MeasuredCases, VllmSchedulesAheadSinceItDoesOrWhereItIsAskedTo)
{
    const std::string end = ",Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1000,1000,8,fixed_concurrency,tpot_ms,mean,10,A,x\n";
    const MeasurementTable t =
        tableOf("a,t,,vLLM,0.11.0" + end + "b,t,,vLLM,0.18.0" + end + "c,t,vllm serve --async-scheduling,vLLM,0.11.0" +
                end + "d,inferencex,,vLLM,nightly-5b8c30" + end + "e,t,,vLLM,1.0" + end);
    const auto year = [&](std::size_t i) { return caseOf(t.rows[i])->engine.year; };
    EXPECT_LT(year(0), 2026);
    for (const std::size_t ahead : {1U, 2U, 3U, 4U})
        EXPECT_EQ(year(ahead), 2026) << ahead;
}

} // namespace
} // namespace headroom
