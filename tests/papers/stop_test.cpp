#include "core/papers/paper.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace headroom::papers {
namespace {

TEST(PaperRun, AStoppedCaseIsNotRunAndSaysSo)
{
    const Paper* orca = findPaper("orca");
    ASSERT_NE(orca, nullptr);
    std::stop_source source;
    source.request_stop();
    int stopped = 0;
    for (const Case& c : orca->cases) {
        const Row row = run(*orca, c, {}, source.get_token());
        if (row.verdict == Verdict::notRun && c.run != nullptr) {
            EXPECT_THAT(row.explanation, testing::HasSubstr("Stopped before")) << c.name;
            ++stopped;
        }
    }
    EXPECT_GT(stopped, 0) << "no case of the paper simulates anything";
}

TEST(PaperRun, AStopHoldsForItsOwnRunOnly)
{
    const Paper* orca = findPaper("orca");
    const auto simulates = [&](const Case& c) {
        std::stop_source source;
        source.request_stop();
        return c.run != nullptr && run(*orca, c, {}, source.get_token()).verdict == Verdict::notRun;
    };
    const auto found = std::find_if(orca->cases.begin(), orca->cases.end(), simulates);
    ASSERT_NE(found, orca->cases.end());
    EXPECT_NE(run(*orca, *found).verdict, Verdict::notRun) << "the stop of an earlier run is still in force";
}

} // namespace
} // namespace headroom::papers
