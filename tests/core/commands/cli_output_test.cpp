// Where results go: files, links and pipes.
#include "tests/core/commands/cli_process.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace headroom::cli {
namespace {

using testing::HasSubstr;

TEST(CliOutput, APipeGetsTheTextAndALinkStaysALink)
{
    const CliProcess cli;
    const auto sweep = [&](const std::string& file) {
        return cli.run({"sweep", cli.plan(), "--vary", "workload.arrival_rate_req_s=1:9:300", "--out", file});
    };
    ASSERT_EQ(sweep(cli.path("whole.csv")).exit, 0);
    ASSERT_EQ(::mkfifo(cli.path("pipe").c_str(), 0600), 0);
    const auto through = [&](const auto& write) {
        auto read = std::async(std::launch::async, [&] { return contentOf(cli.path("pipe")); });
        EXPECT_EQ(write(cli.path("pipe")).exit, 0);
        EXPECT_TRUE(std::filesystem::is_fifo(cli.path("pipe")));
        return read.get();
    };
    EXPECT_EQ(through(sweep), contentOf(cli.path("whole.csv")));
    EXPECT_THAT(through([&](const std::string& file) {
        return cli.run({"chart", "time_parts", cli.plan(), file});
    }),
        HasSubstr(","));
    std::filesystem::create_symlink("target.csv", cli.path("link.csv"));
    ASSERT_EQ(sweep(cli.path("link.csv")).exit, 0);
    EXPECT_TRUE(std::filesystem::is_symlink(cli.path("link.csv")));
    EXPECT_EQ(contentOf(cli.path("target.csv")), contentOf(cli.path("whole.csv")));
    EXPECT_EQ(sweep("/dev/stdout").out, contentOf(cli.path("whole.csv")));
}

} // namespace
} // namespace headroom::cli
