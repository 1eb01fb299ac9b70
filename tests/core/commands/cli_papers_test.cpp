// `headroom-cli papers` as scripts and people read it.
#include "tests/core/commands/cli_process.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headroom::cli {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(CliPapers, JsonHasEveryColumnOfTheTableAndSaysNullForWhatCannotRun)
{
    const CliProcess cli;
    const Finished done = cli.run({"papers", "palm", "--json"});
    ASSERT_EQ(done.exit, 0) << done.err;
    const auto rows = nlohmann::json::parse(done.out);
    ASSERT_GT(rows.size(), 10U);
    for (const auto& row : rows) {
        EXPECT_EQ(row["paper"], "palm");
        for (const char* key :
            {"case", "reported", "reproduced", "unit", "tolerance", "verdict", "tuned", "explanation"})
            EXPECT_TRUE(row.contains(key)) << key;
        EXPECT_EQ(row["reproduced"].is_null(), row["verdict"] == "not_run") << row["case"];
        EXPECT_TRUE(row["verdict"] == "reproduced" || row["explanation"] != "") << row["case"];
    }
}

TEST(CliPapers, AStatementIsYesOrNoForPeople)
{
    const Finished done = CliProcess().run({"papers", "palm"});
    ASSERT_EQ(done.exit, 0) << done.err;
    EXPECT_THAT(done.out, ContainsRegex("gathers over XYZ +yes +no +holds"));
    EXPECT_THAT(done.out, Not(ContainsRegex(" 1 +[01] +holds")));
}

TEST(CliPapers, AnUnknownNameNamesThoseThereAre)
{
    const Finished done = CliProcess().run({"papers", "plam"});
    EXPECT_EQ(done.exit, 2);
    EXPECT_THAT(done.err, HasSubstr("palm"));
}

} // namespace
} // namespace headroom::cli
