#include "tests/core/commands/cli_process.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

Json systemsOf(const Finished& finished)
{
    EXPECT_EQ(finished.exit, 0) << finished.err;
    const Json parsed = Json::parse(finished.out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << finished.out.substr(0, 400);
    return parsed.at("systems");
}

TEST(CliAblation, GoesThroughTheFiveSystemsInOrderAndSaysWhatEachGains)
{
    const CliProcess cli;
    std::vector<std::string> order;
    for (const Json& row : systemsOf(cli.run({"ablation", cli.plan(), "--set", "deployment.replicas=2", "--json"}))) {
        order.push_back(row.at("policy"));
        EXPECT_TRUE(row.at("refused").is_null());
        EXPECT_FALSE(row.at("because").get<std::string>().empty());
        EXPECT_TRUE(row.at("simulated").is_null());
    }
    EXPECT_THAT(order, testing::ElementsAre("static", "orca", "vllm_2023", "sarathi", "disaggregated"));
}

TEST(CliAblation, SimulatesTheLoadOnDemandAndSaysWhatCannotRun)
{
    const CliProcess cli;
    const Json one = systemsOf(cli.run({"ablation", cli.plan(), "--simulate", "--requests", "500", "--json"}));
    EXPECT_THAT(one.back().at("refused").get<std::string>(), HasSubstr("needs 2 replicas"));
    EXPECT_GT(one[3].at("simulated").at("slo_attainment").get<double>(), 0.9);
    EXPECT_TRUE(one[3].at("simulated").at("ci").at("e2e_p95_s").is_null()) << "one run";
    EXPECT_FALSE(one[3].at("simulated").at("bands").at("e2e_p95_s").is_null());
    const Finished text = cli.run({"ablation", cli.plan()});
    EXPECT_THAT(text.out, HasSubstr("Orca"));
    EXPECT_THAT(text.out, HasSubstr("cannot run"));
    EXPECT_EQ(cli.run({"ablation", cli.plan(), "--requests", "0"}).exit, 2);
}

TEST(CliAblation, SaysWhichIntervalIsOfTheRunsAndWhichOfTheStepTimes)
{
    const CliProcess cli;
    const std::vector<std::string> asked{
        "ablation", cli.plan(), "--simulate", "--requests", "300", "--replications", "3"};
    const Finished text = cli.run(asked);
    EXPECT_THAT(text.out, HasSubstr("80 % band of the step times"));
    EXPECT_THAT(text.out, HasSubstr("Orca, 95 % of the runs"));
    EXPECT_THAT(text.out, HasSubstr("Orca, 80 % of the step times"));
    std::vector<std::string> json = asked;
    json.emplace_back("--json");
    for (const Json& row : systemsOf(cli.run(json))) {
        if (!row.at("refused").is_null())
            continue;
        for (const char* key : {"sustainable_req_s", "capacity_req_s", "gain"})
            if (row.at(key).is_number()) { // there is no gain over nothing
                EXPECT_LE(row.at("bands").at(key).at("lo").get<double>(), row.at(key).get<double>()) << key;
            }
        EXPECT_LE(row.at("simulated").at("ci").at("e2e_p95_s").at("lo").get<double>(),
            row.at("simulated").at("e2e_p95_s").get<double>());
    }
    EXPECT_EQ(cli.run({"ablation", cli.plan(), "--replications", "0"}).exit, 2);
}

} // namespace
} // namespace headroom::cli
