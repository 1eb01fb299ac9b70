#include "tests/core/commands/cli_process.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

/// A vLLM bench result of a closed loop.
std::string vllmResult(int clients, double tpotMs)
{
    return Json{{"backend", "vllm"}, {"model_id", "meta-llama/Llama-3.1-8B-Instruct"}, {"num_prompts", 1000},
        {"request_rate", "inf"}, {"max_concurrency", clients}, {"completed", 1000}, {"failed", 0},
        {"total_input_tokens", 1'024'000}, {"total_output_tokens", 256'000},
        {"output_throughput", 1e3 * clients / tpotMs}, {"mean_tpot_ms", tpotMs}}
        .dump();
}

std::vector<std::string> written(const CliProcess& cli)
{
    return {cli.write("1.json", vllmResult(1, 9)), cli.write("8.json", vllmResult(8, 10)),
        cli.write("32.json", vllmResult(32, 12)), cli.write("64.json", vllmResult(64, 16))};
}

std::vector<std::string> calibrate(const std::vector<std::string>& files, const std::vector<std::string>& options)
{
    std::vector<std::string> arguments{"calibrate"};
    arguments.insert(arguments.end(), files.begin(), files.end());
    arguments.insert(arguments.end(), options.begin(), options.end());
    return arguments;
}

TEST(CliCalibrate, BenchResultsBecomeAGpuThatAPlanCanImport)
{
    const CliProcess cli;
    const std::vector<std::string> files = written(cli);
    const Finished silent = cli.run(calibrate(files, {"--out", cli.path("gpu.json")}));
    EXPECT_EQ(silent.exit, 2);
    EXPECT_THAT(silent.err, HasSubstr("does not say on which GPU it ran"));
    const Finished fit =
        cli.run(calibrate(files, {"--gpu", "H100", "--tp", "1", "--out", cli.path("gpu.json"), "--json"}));
    ASSERT_EQ(fit.exit, 0) << fit.err;
    const Json said = Json::parse(fit.out);
    EXPECT_EQ(said.at("gpu"), "H100-SXM-80GB");
    EXPECT_EQ(said.at("runs"), 4);
    EXPECT_EQ(said.at("rows"), 8);
    EXPECT_LE(said.at("after").at("median_abs_error").get<double>(), said.at("before").at("median_abs_error"));

    const std::string plan = cli.path("own.plan.json");
    const Finished import = cli.run({"import", cli.path("gpu.json"), "--plan", cli.plan(), "--out", plan, "--json"});
    ASSERT_EQ(import.exit, 0) << import.err;
    EXPECT_EQ(Json::parse(import.out).at("recognised"), "a GPU");
    const Json evaluated = Json::parse(cli.run({"evaluate", plan, "--json"}).out);
    EXPECT_EQ(evaluated.at("calibration").at("overhead"), said.at("hardware.calibration_overhead"));
    EXPECT_THAT(cli.run({"evaluate", plan}).out, HasSubstr("of what ships"));
    const Finished other = cli.run({"evaluate", plan, "--json", "--set", "hardware.gpu=A100-SXM-80GB"});
    EXPECT_TRUE(Json::parse(other.out).at("calibration").is_null()) << "measured on another GPU";
}

TEST(CliCalibrate, APlanSaysWhatResultsDoNotAndKeepsTheFactors)
{
    const CliProcess cli;
    const std::string plan = cli.path("own.plan.json");
    cli.write("own.plan.json", contentOf(cli.plan()));
    EXPECT_TRUE(Json::parse(cli.run({"evaluate", plan, "--json"}).out).at("calibration").is_null());
    const Finished fit = cli.run(calibrate(written(cli), {"--plan", plan, "--json"}));
    ASSERT_EQ(fit.exit, 0) << fit.err;
    const Json evaluated = Json::parse(cli.run({"evaluate", plan, "--json"}).out);
    EXPECT_EQ(evaluated.at("calibration").at("overhead"), Json::parse(fit.out).at("hardware.calibration_overhead"));
}

TEST(CliValidate, ATraceDrivesACaseThatIsThereAndSkippedRowsHaveReasons)
{
    const CliProcess cli;
    const std::string rows = cli.write("rows.csv",
        "case_id,model,gpu,engine,tp,isl,osl,concurrency_or_batch_or_rate,load_kind,metric,value\n"
        "a,Llama-3.1-8B,H100-SXM-80GB,vLLM,1,1024,128,2,request_rate,tpot_ms,8\n"
        "b,Llama-3.1-8B,H100-SXM-80GB,LMDeploy,1,1024,128,8,fixed_concurrency,tpot_ms,8\n");
    const std::string trace = cli.write("trace.csv", "arrival_s,prompt_tokens,output_tokens\n0,1024,128\n1,1024,128\n");
    const Finished wrong = cli.run({"validate", rows, "--trace", "b=" + trace});
    EXPECT_EQ(wrong.exit, 2);
    EXPECT_THAT(wrong.err, HasSubstr("there is no request_rate case of this id"));
    EXPECT_EQ(cli.run({"validate", rows, "--trace", "a=" + trace}).exit, 0);
    EXPECT_EQ(cli.run({"validate", rows, "--measured-tpot", "--cross-validate", "gpu"}).exit, 2);
    EXPECT_THAT(cli.run({"validate", rows}).out, HasSubstr("unknown engine \"LMDeploy\""));
    const Json skipped = Json::parse(cli.run({"validate", rows, "--json"}).out).at("skipped");
    ASSERT_EQ(skipped.size(), 1U);
    EXPECT_EQ(skipped[0].at("rows"), 1);
}

} // namespace
} // namespace headroom::cli
