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
    const Finished text = cli.run({"ablation", cli.plan()});
    EXPECT_THAT(text.out, HasSubstr("Orca"));
    EXPECT_THAT(text.out, HasSubstr("cannot run"));
    EXPECT_EQ(cli.run({"ablation", cli.plan(), "--requests", "0"}).exit, 2);
}

} // namespace
} // namespace headroom::cli
