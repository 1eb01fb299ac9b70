#include "core/calibration/validate.h"

#include "core/importers/trace_file.h"
#include "tests/core/calibration/measured_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace headroom {
namespace {

using namespace measured;

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

TEST(Validate, SaysWhyRowsAreNotRunAndCountsThem)
{
    const std::string head = ",me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,";
    const MeasurementTable t =
        tableOf("a" + head + "512,,inf,offline_max,output_tok_s,total,9000,A,x\n" + "b" + head +
                "512,,8,static_batch,tpot_ms,mean,9,A,x\n" + "b" + head + "512,,8,static_batch,ttft_ms,mean,40,A,x\n" +
                "c,me,,LMDeploy,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,512,128,inf,offline_max,"
                "output_tok_s,total,9000,A,x\n" +
                "d" + head + "512,,inf,offline_max,output_tok_s,total,9000,A,x\n");
    const auto outcomes = predictRows(t, shippedEfficiency());
    EXPECT_TRUE(outcomes[2].predicted) << "the first token of a batch does not depend on how many follow";
    EXPECT_FALSE(outcomes[1].predicted) << "whatever its case says of another figure";
    using Reason = std::pair<std::string, int>;
    const std::vector<Reason> expected{{"osl: is empty, and output_tok_s depends on it", 2},
        {"engine: unknown engine \"LMDeploy\", expected vLLM, SGLang, TensorRT-LLM or generic", 1},
        {"osl: is empty, and tpot_ms depends on it", 1}};
    EXPECT_EQ(skippedByReason(outcomes), expected);
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

TEST(CrossValidation, DrivesACaseWithTheRequestsOfItsTrace)
{
    const MeasurementTable t =
        tableOf("c,me,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,128,1,request_rate,tpot_ms,mean,8,A,x\n");
    Trace burst;
    for (int i = 0; i < 64; ++i)
        burst.requests.push_back({.arrival = 0.01 * i, .promptTokens = 1024, .outputTokens = 128});
    const CaseTraces traces{{"c", std::make_shared<const Trace>(burst)}};
    const auto alone = crossValidate(t, t, LeaveOut::gpu, FitOptions{}, 1);
    const auto crowded = crossValidate(t, t, LeaveOut::gpu, FitOptions{}, 1, traces);
    EXPECT_GT(crowded[0].predicted.value(), 1.2 * alone[0].predicted.value());
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
