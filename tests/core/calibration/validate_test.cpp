#include "core/calibration/calibrate.h"
#include "core/calibration/validate.h"

#include "core/importers/trace_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace headroom {
namespace {

constexpr const char* kHeader =
    "case_id,source,source_detail,engine,engine_version,model,gpu,num_gpus,tp,pp,ep,weight_dtype,kv_dtype,isl,osl,"
    "concurrency_or_batch_or_rate,load_kind,metric,statistic,value,quality,family\n";

MeasurementTable tableOf(const std::string& rows)
{
    std::istringstream in(kHeader + rows);
    const auto table = readMeasurements(in, "rows.csv");
    EXPECT_TRUE(table) << table.error().where << table.error().message;
    return *table;
}

MeasuredCase caseAt(double inFlight, LoadKind kind, double prompt, double output)
{
    const MeasurementTable t = tableOf("c,me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,8,fixed_concurrency,"
                                       "tpot_ms,mean,10,A,llama-8b\n");
    MeasuredCase c = *caseOf(t.rows[0]);
    c.loadKind = kind;
    c.inFlight = inFlight;
    c.requests = inFlight;
    c.input.mean = prompt;
    c.output.mean = output;
    return c;
}

TEST(GroupRun, ABatchIsItsPromptStepAndItsDecodeSteps)
{
    MeasuredCase c = caseAt(1, LoadKind::staticBatch, 1000, 101);
    c.tokenBudget = 1e6;
    const StepModel step = c.stepModel(shippedEfficiency());
    const RunResult r = playRun(c, step);
    StepBatch prompt;
    step.addPrompt(prompt, 1000, 0);
    double decode = 0;
    for (int i = 1; i <= 100; ++i)
        decode += step.time(step.decodeBatch(1, 1000 + i)).si();
    EXPECT_NEAR(r.ttft.mean / step.time(prompt).si(), 1, 1e-9);
    EXPECT_NEAR(r.tpot.mean / (decode / 100), 1, 1e-6);
    EXPECT_NEAR(r.outputTokenRate * (r.ttft.mean + decode), 101, 1e-3);
}

TEST(GroupRun, AClosedLoopKeepsLittlesLaw)
{
    MeasuredCase c = caseAt(64, LoadKind::fixedConcurrency, 500, 200);
    c.requests = 640;
    const RunResult r = playRun(c, c.stepModel(shippedEfficiency()));
    // 64 clients, each with one request under way until the work runs out.
    EXPECT_NEAR(r.requestRate * r.e2e.mean / 64, 1, 0.12);
}

TEST(GroupRun, MoreClientsNeverGetFasterTokensNorLessThroughput)
{
    double tpot = 0, rate = 0;
    for (const double clients : {1, 4, 16, 64, 256}) {
        MeasuredCase c = caseAt(clients, LoadKind::fixedConcurrency, 500, 200);
        c.requests = 10 * clients;
        const RunResult r = playRun(c, c.stepModel(shippedEfficiency()));
        EXPECT_GT(r.tpot.mean, tpot);
        EXPECT_GT(r.outputTokenRate, rate);
        tpot = r.tpot.mean;
        rate = r.outputTokenRate;
    }
}

TEST(GroupRun, ACacheThatIsTooSmallMakesRequestsWait)
{
    MeasuredCase roomy = caseAt(256, LoadKind::offlineMax, 1000, 500), tight = roomy;
    tight.kvTokens = 20 * 1500;
    const StepModel step = roomy.stepModel(shippedEfficiency());
    EXPECT_GT(playRun(tight, step).ttft.p95, 2 * playRun(roomy, step).ttft.p95);
    EXPECT_LT(playRun(tight, step).outputTokenRate, 0.5 * playRun(roomy, step).outputTokenRate);
}

TEST(GroupRun, WhoSharesAStepDoesNotDependOnHowLongStepsTake)
{
    EfficiencyTable slow = startingEfficiency();
    for (const Coefficient c : {Coefficient::compute16, Coefficient::bandwidth16, Coefficient::linkBandwidth})
        slow.shared[static_cast<std::size_t>(c)] *= 0.4;
    MeasuredCase c = caseAt(64, LoadKind::fixedConcurrency, 700, 150);
    c.requests = 640;
    c.kvTokens = 30 * 850;
    const StepModel one = c.stepModel(startingEfficiency()), other = c.stepModel(slow);
    ASSERT_LT(1.5 * one.time(one.decodeBatch(64, 800)).si(), other.time(other.decodeBatch(64, 800)).si());
    const RunResult planned = timeRun(planRun(c, one), other), played = playRun(c, other);
    EXPECT_DOUBLE_EQ(planned.tpot.mean, played.tpot.mean);
    EXPECT_DOUBLE_EQ(planned.ttft.p95, played.ttft.p95);
    EXPECT_DOUBLE_EQ(planned.outputTokenRate, played.outputTokenRate);
    EXPECT_EQ(timeRun(RunSchedule{}, one).outputTokenRate, 0);
}

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

TEST(Fit, FindsTheCoefficientsThatMadeTheData)
{
    // Data made by the model itself with other efficiencies: the fit must explain it.
    EfficiencyTable truth = startingEfficiency();
    for (const Coefficient c : {Coefficient::compute16, Coefficient::attentionDecodeBandwidth})
        truth.shared[static_cast<std::size_t>(c)] *= 0.8;
    truth.shared[static_cast<std::size_t>(Coefficient::stepVllm)] *= 2;
    std::vector<FitCase> cases;
    for (const double clients : {1, 8, 64, 256})
        for (const double prompt : {128, 2048}) {
            FitCase f{caseAt(clients, LoadKind::fixedConcurrency, prompt, 256), {}, "H100", "llama", "made", {}};
            const RunResult r = playRun(f.run, f.run.stepModel(truth));
            f.targets = {{Metric::tpot, "mean", r.tpot.mean}, {Metric::outputTokenRate, "total", r.outputTokenRate}};
            cases.push_back(f);
        }
    std::vector<const FitCase*> all;
    for (const FitCase& c : cases)
        all.push_back(&c);
    const auto worst = [&](const EfficiencyTable& t) {
        double most = 0;
        for (const FitCase* c : all)
            for (const Residual& r : residualsOf(*c, t))
                most = std::max(most, std::abs(r.logError));
        return most;
    };
    // The prior knows ceilings to a tenth, and this truth lies two of them away: here the data are to decide.
    const EfficiencyTable fitted = fitEfficiency(all, startingEfficiency(), FitOptions{.knownSpread = 0.6});
    EXPECT_GT(worst(startingEfficiency()), 0.15);
    EXPECT_LT(worst(fitted), 0.04);
    EXPECT_EQ(fitEfficiency({}, startingEfficiency(), FitOptions{}), startingEfficiency());
}

/// Runs of Llama-3.1-8B on one H100 as the shipped model would measure them, `slower` times slower.
std::string madeRows(double slower)
{
    std::string rows;
    int i = 0;
    for (const int clients : {1, 4, 16, 64, 128, 256}) {
        const std::string head = std::to_string(i++) + ",me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,256," +
                                 std::to_string(clients) + ",fixed_concurrency,tpot_ms,mean,";
        const MeasurementTable t = tableOf(head + "1,A,x\n");
        const double tpot = predictRows(t, shippedEfficiency())[0].predicted.value_or(0);
        rows += head + std::to_string(1e3 * slower * tpot) + ",A,x\n";
    }
    return rows;
}

TEST(Calibrate, FactorsExplainAServerThatIsSlowerThroughout)
{
    const auto fit = calibrate(tableOf(madeRows(1.4)));
    ASSERT_TRUE(fit) << fit.error().message;
    EXPECT_EQ(fit->rows, 6);
    EXPECT_NEAR(fit->medianBefore, 1 - 1 / 1.4, 0.02);
    EXPECT_LT(fit->medianAfter, 0.05);
    EXPECT_LT(fit->calibration.bandwidth, 0.95);
}

TEST(Calibrate, RefusesWhatItCannotLearnFrom)
{
    const std::string rows = madeRows(1);
    EXPECT_EQ(calibrate(tableOf(rows.substr(0, rows.find('\n') + 1))).error().where, "measurements") << "one run";
    std::string repeated = rows + rows.substr(0, rows.find('\n') + 1);
    const std::size_t last = repeated.rfind("mean,") + 5;
    repeated.insert(last, "1"); // ten milliseconds more
    EXPECT_TRUE(calibrate(tableOf(repeated)).error().where.starts_with("line ")) << "contradiction";
    EXPECT_FALSE(
        calibrate(tableOf(rows + "z,me,,vLLM,,Llama-3.1-8B,A100-SXM-80GB,1,1,1,,,,1024,256,4,fixed_concurrency,"
                                 "tpot_ms,mean,20,A,x\n")))
        << "two GPUs";
}

TEST(Efficiency, ShippedSharesAreWithinWhatPhysicsAllows)
{
    for (const CoefficientInfo& info : coefficientInfos())
        for (std::size_t a = 0; a < kArchitectures; ++a) {
            const double value = shippedEfficiency().at(info.coefficient, static_cast<GpuArchitecture>(a));
            EXPECT_GE(value, 0.4 * info.least) << info.name;
            EXPECT_LE(value, info.most * 1.01) << info.name << " " << a;
        }
}

TEST(Validate, ErrorsAreSummedUpByMetricWithEveryCaseTheSame)
{
    const MeasurementTable t = tableOf("a,s1,,,,M,G,1,,,,,,1,1,1,static_batch,tpot_ms,mean,100,A,x\n"
                                       "b,s1,,,,M,G,1,,,,,,1,1,1,static_batch,tpot_ms,mean,100,A,x\n"
                                       "c,s2,,,,M,G,1,,,,,,1,1,1,static_batch,tpot_ms,mean,100,A,x\n"
                                       "d,s2,,,,M,G,1,,,,,,1,1,1,static_batch,tpot_ms,mean,100,A,x\n");
    const auto outcome = [](double seconds) { return RowOutcome{seconds, 0.9 * seconds, 1.1 * seconds, false, ""}; };
    const std::vector<RowOutcome> outcomes{
        outcome(0.105), outcome(0.12), outcome(0.09), RowOutcome{{}, 0, 0, false, "no"}};
    const auto s = summarizeErrors(t, outcomes, Weighting::byCase);
    ASSERT_EQ(s.size(), 1U);
    EXPECT_EQ(s[0].rows, 4);
    EXPECT_DOUBLE_EQ(s[0].covered, 0.75);
    EXPECT_NEAR(s[0].medianAbsError, 0.10, 1e-12);
    EXPECT_NEAR(s[0].bias, 0.05, 1e-12);
    EXPECT_NEAR(s[0].insideBand, 1.0 / 3, 1e-12) << "0.12 x [0.9, 1.1] leaves 0.1 out, and 0.09 x 1.1 = 0.099 too";
}

TEST(Validate, MostOpenMeasurementsAreCoveredAndNear)
{
    const std::filesystem::path file = HEADROOM_SOURCE_DIR "/../shared/validation/e2e_bench.csv";
    if (!std::filesystem::exists(file))
        GTEST_SKIP() << "../shared/validation is not here";
    std::ifstream in(file);
    const auto table = readMeasurements(in, "e2e_bench.csv");
    ASSERT_TRUE(table) << table.error().where << ": " << table.error().message;
    const auto summaries = summarizeErrors(*table, predictRows(*table, shippedEfficiency()), Weighting::byCase);
    for (const ErrorSummary& s : summaries) {
        EXPECT_GE(s.covered, 0.97) << name(s.metric) << " " << name(s.loadKind);
        if (s.rows >= 40) { // in sample: a floor that breaks when physics does, not the quality that is claimed
            EXPECT_LT(s.medianAbsError, 0.20) << name(s.metric) << " " << name(s.loadKind);
        }
    }
}

TEST(Validate, TheTpotThatIsPutInScalesEveryStepAndHasNoOutcome)
{
    const auto rows = [](double tpotMs) {
        const std::string head = "c,me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,12,request_rate,";
        return tableOf(head + "tpot_ms,mean," + std::to_string(tpotMs) + ",A,x\n" + head + "ttft_ms,mean,100,A,x\n" +
                       head + "e2e_ms,mean,100,A,x\n");
    };
    const auto own = predictRows(rows(20), shippedEfficiency());
    const double tpot = own[0].predicted.value() * 1e3;
    const auto same = predictRows(rows(tpot), shippedEfficiency(), {}, PutIn::tpot);
    EXPECT_FALSE(same[0].predicted);
    EXPECT_EQ(same[0].skippedBecause, "the measured TPOT is put in");
    EXPECT_NEAR(same[1].predicted.value() / own[1].predicted.value(), 1, 5e-3) << "it was right already";
    EXPECT_NEAR(same[2].predicted.value() / own[2].predicted.value(), 1, 1e-3);
    const auto slower = predictRows(rows(1.3 * tpot), shippedEfficiency(), {}, PutIn::tpot);
    EXPECT_GT(slower[1].predicted.value(), 1.1 * own[1].predicted.value());
    EXPECT_NEAR(
        slower[2].predicted.value() - slower[1].predicted.value(), 1.3e-3 * tpot * 127, 0.02 * 1.3e-3 * tpot * 127);
}

// The real run of the shared data: how right the queueing is where the steps are as they were.
TEST(Validate, WithItsTpotPutInARealRunsWaitsComeOut)
{
    const std::filesystem::path folder = HEADROOM_SOURCE_DIR "/../shared/validation";
    if (!std::filesystem::exists(folder))
        GTEST_SKIP() << "../shared/validation is not here";
    const auto trace = readTraceFile(folder / "traces/vllm_rtxpro6000_llama-3.1-8b.csv");
    ASSERT_TRUE(trace) << trace.error().message;
    std::ifstream in(folder / "e2e_bench.csv");
    auto table = readMeasurements(in, "e2e_bench.csv");
    ASSERT_TRUE(table) << table.error().message;
    const std::string id = "llmservingsim_bench-d778f4a5af";
    std::erase_if(table->rows, [&](const Measurement& m) { return m.caseId != id; });
    ASSERT_EQ(table->rows.size(), 13U);
    const CaseTraces traces{{id, std::make_shared<const Trace>(trace->trace)}};
    const auto outcomes = predictRows(*table, shippedEfficiency(), traces, PutIn::tpot);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const Measurement& m = table->rows[i];
        if (outcomes[i].predicted && m.statistic == "mean") {
            EXPECT_NEAR(*outcomes[i].predicted / m.value, 1, 0.05) << name(m.metric);
        }
    }
}

TEST(CrossValidation, WhatIsLeftOutLeavesNoTraceInItsPredictions)
{
    const auto rows = [](double factor) {
        std::string text;
        for (const auto& [gpu, tpot] : {std::pair("H100-SXM-80GB", 8.0 * factor), std::pair("A100-SXM-80GB", 14.0)})
            for (const int clients : {1, 8, 32})
                text += std::string(gpu) + std::to_string(clients) + ",me,,vLLM,,Llama-3.1-8B," + gpu +
                        ",1,1,1,,,,1024,128," + std::to_string(clients) + ",fixed_concurrency,tpot_ms,mean," +
                        std::to_string(tpot * (1 + clients / 32.0)) + ",A,llama-8b\n";
        return tableOf(text);
    };
    const MeasurementTable measured = rows(1), wrong = rows(3);
    const auto a = crossValidate(measured, measured, LeaveOut::gpu, FitOptions{}, 1);
    const auto b = crossValidate(wrong, wrong, LeaveOut::gpu, FitOptions{}, 2);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(a[i].predicted, b[i].predicted) << "the H100's own figures decide nothing about it";
    for (std::size_t i = 3; i < 6; ++i)
        EXPECT_NE(a[i].predicted, b[i].predicted) << "they do about the other";
}

TEST(ShippedCoefficients, LargeAllReducesReachWhatSingleCollectivesMeasure)
{
    const LinkEfficiency a100 = linkEfficiency(shippedEfficiency(), GpuArchitecture::ampere, LinkTopology::switched);
    EXPECT_GE(a100.bandwidth, 0.35);
    EXPECT_LE(a100.bandwidth, 0.62);
    for (const auto a : {GpuArchitecture::ampere, GpuArchitecture::hopper, GpuArchitecture::blackwell})
        EXPECT_LE(linkEfficiency(shippedEfficiency(), a, LinkTopology::switched).bandwidth, 0.75);
}

} // namespace
} // namespace headroom
