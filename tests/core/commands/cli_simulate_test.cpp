// headroom-cli simulate as a user runs it: what it writes, what it says, what it refuses.
#include "tests/core/commands/cli_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

std::vector<std::string> simulate(const CliProcess& cli, std::vector<std::string> more)
{
    std::vector<std::string> all{"simulate", cli.plan(), "--requests", "400"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

TEST(CliSimulate, WritesOneRowAndSpansPerRequest)
{
    const CliProcess cli;
    const std::string csv = cli.path("rows.csv"), spans = cli.path("spans.json");
    ASSERT_EQ(cli.run(simulate(cli, {"--csv", csv, "--spans", spans})).exit, 0);
    const std::string rows = contentOf(csv);
    EXPECT_EQ(std::ranges::count(rows, '\n'), 401) << "a header and the requests";
    EXPECT_THAT(rows.substr(0, rows.find('\n')), HasSubstr("arrival"));
    const Json trace = Json::parse(contentOf(spans));
    EXPECT_GE(trace["traceEvents"].size(), 400U);
    for (const Json& event : trace["traceEvents"])
        if (event["ph"] == "X") {
            EXPECT_GE(event["dur"].get<double>(), 0);
        }
}

TEST(CliSimulate, SaysInTextWhatItMeasured)
{
    const CliProcess cli;
    const auto text = cli.run(simulate(cli, {"--head-of-line"})).out;
    for (const char* words : {"slowest 10 % of gaps", "slowdown", "blocked by longer"})
        EXPECT_THAT(text, HasSubstr(words));
    const auto retried = cli.run(simulate(cli, {"--set", "workload.arrival_rate_req_s=200", "--set",
                                                   "scheduling.client_timeout_s=4", "--set", "scheduling.retries=2"}))
                             .out;
    EXPECT_THAT(retried, HasSubstr("for each request")) << "amplification";
    EXPECT_THAT(retried, HasSubstr("wasted tokens"));
}

TEST(CliSimulate, NothingMeasuredIsNoZero)
{
    const CliProcess cli;
    const std::vector<std::string> nobody{"--set", "hardware.gpu=T4-16GB"}; // the model does not fit
    EXPECT_THAT(cli.run(simulate(cli, nobody)).out, HasSubstr("rejected by memory: 400"));
    auto asJson = nobody;
    asJson.emplace_back("--json");
    EXPECT_TRUE(Json::parse(cli.run(simulate(cli, asJson)).out)["ttft_s"]["p95"].is_null());
}

TEST(CliSimulate, CountsAreNotNegativeAndTheWarmUpLeavesRequests)
{
    const CliProcess cli;
    for (const char* option : {"--requests", "--seed", "--warmup"}) {
        const auto run = cli.run({"simulate", cli.plan(), option, "-5"});
        EXPECT_EQ(run.exit, 2) << option;
        EXPECT_THAT(run.err, HasSubstr("expected a whole number")) << option;
        const auto large = cli.run({"simulate", cli.plan(), option, "18446744073709551616"}); // one more than fits
        EXPECT_EQ(large.exit, 2) << option;
        EXPECT_THAT(large.err, HasSubstr("is too large")) << option;
    }
    const auto run = cli.run(simulate(cli, {"--warmup", "400"}));
    EXPECT_EQ(run.exit, 2);
    EXPECT_THAT(run.err, HasSubstr("fewer than there are"));
}

TEST(CliSimulate, CountsWhatARouterFetches)
{
    const CliProcess cli;
    std::vector<std::string> settings;
    for (const char* setting : {"deployment.replicas=4", "workload.shared_prefixes=50",
             "workload.shared_prefix_tokens=500", "workload.arrival_rate_req_s=40"})
        settings.insert(settings.end(), {"--set", setting});
    const auto fetched = [&](const std::string& router) {
        auto arguments = settings;
        arguments.insert(arguments.end(), {"--set", "deployment.router=" + router, "--json"});
        return Json::parse(cli.run(simulate(cli, arguments)).out)["fetched_tokens"].get<int>();
    };
    EXPECT_EQ(fetched("prefix_aware"), 0);
    EXPECT_GT(fetched("prefix_fetching"), 0);
}

TEST(CliSimulate, APlansOwnTraceIsPlayedAtThePlansRate)
{
    const CliProcess cli;
    std::string lines = "arrival_s,prompt_tokens,output_tokens\n";
    for (int i = 0; i < 200; ++i)
        lines += std::to_string(0.5 * i) + ",100,20\n";
    const std::string trace = cli.write("trace.csv", lines);
    const auto seconds = [&](const char* rate) {
        const std::string key = std::string("workload.arrival_rate_req_s=") + rate;
        return Json::parse(cli.run({"simulate", cli.plan(), "--set", "workload.process=trace", "--set",
                                       "workload.trace_file=" + trace, "--set", key, "--json"})
                               .out)["simulated_s"]
            .get<double>();
    };
    EXPECT_NEAR(seconds("2") / seconds("4"), 2, 0.05);
}

TEST(CliSimulate, SaysHowSureTheStepTimesAreBesideHowSureTheRunsAre)
{
    const CliProcess cli;
    const Finished json = cli.run({"simulate", cli.plan(), "--requests", "400", "--replications", "3", "--json"});
    const Json result = Json::parse(json.out);
    for (const auto& [latency, statistic] : {std::pair("ttft_s", "mean"), {"ttft_s", "p95"}, {"tpot_s", "p95"},
             {"itl_s", "mean"}, {"itl_s", "p95"}, {"e2e_s", "mean"}, {"e2e_s", "p95"}}) {
        const Json& band = result.at("bands").at(std::string(latency) + "." + statistic);
        const double value = result.at(latency).at(statistic).get<double>();
        EXPECT_LT(band.at("lo").get<double>(), value) << latency;
        EXPECT_GT(band.at("hi").get<double>(), value) << latency;
    }
    EXPECT_TRUE(result.at("e2e_s").at("ci_lo").is_number()) << "the interval of the runs is another one";
    const Finished text = cli.run({"simulate", cli.plan(), "--requests", "400"});
    EXPECT_NE(text.out.find("80 % band of step times"), std::string::npos);
    // More than can be served: no closed form tells by how much a wait without end moves.
    const Json over = Json::parse(
        cli.run({"simulate", cli.plan(), "--requests", "400", "--set", "workload.arrival_rate_req_s=500", "--json"})
            .out);
    EXPECT_TRUE(over.at("bands").at("e2e_s.p95").at("hi").is_null());
    EXPECT_TRUE(over.at("bands").at("tpot_s.p95").at("hi").is_number());
}

} // namespace
} // namespace headroom::cli
