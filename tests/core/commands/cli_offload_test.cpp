#include "tests/core/commands/cli_process.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

TEST(CliOffload, SaysThatNothingIsToBeOffloadedWhereAllFits)
{
    const CliProcess cli;
    const Finished text = cli.run({"offload", cli.plan()});
    EXPECT_EQ(text.exit, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("Everything on the GPU serves most"));
}

TEST(CliOffload, WhatItFindsCanBeSetAndGivesTheCapacityItSays)
{
    const CliProcess cli;
    const std::vector<std::string> large{
        "--set", "model.name=Llama-3.1-405B", "--set", "hardware.host_memory_gib=2000"};
    std::vector<std::string> search{"offload", cli.plan(), "--json"};
    search.insert(search.end(), large.begin(), large.end());
    const Finished found = cli.run(search);
    ASSERT_EQ(found.exit, 0) << found.err;
    const Json answer = Json::parse(found.out);
    EXPECT_FALSE(answer.at("placements").at(0).at("fits").get<bool>());
    const Json& best = answer.at("placements").back();
    ASSERT_TRUE(best.at("fits").get<bool>());
    std::vector<std::string> check{"evaluate", cli.plan(), "--json"};
    check.insert(check.end(), large.begin(), large.end());
    for (const auto& [key, value] : answer.at("set").items()) {
        check.emplace_back("--set");
        check.push_back(key + "=" + value.get<std::string>());
    }
    const Finished evaluated = cli.run(check);
    ASSERT_EQ(evaluated.exit, 0) << evaluated.err;
    const Json now = Json::parse(evaluated.out);
    EXPECT_NEAR(now.at("capacity_req_s").get<double>(), best.at("capacity_req_s").get<double>(),
        1e-6 * best.at("capacity_req_s").get<double>());
    EXPECT_GT(now.at("host_bytes").at("weights").get<double>(), 1e11);
}

TEST(CliOffload, AHostThatIsTooSmallIsNamedAsWhatIsLacking)
{
    const CliProcess cli;
    const Finished text = cli.run({"evaluate", cli.plan(), "--set", "deployment.offload=on", "--set",
        "deployment.offload_weights_gpu=0.5", "--set", "hardware.host_memory_gib=2"});
    EXPECT_EQ(text.exit, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("the weights put on the host take"));
}

} // namespace
} // namespace headroom::cli
