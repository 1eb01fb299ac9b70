#include "core/papers/paper.h"
#include "core/papers/simulated.h"

#include <gmock/gmock.h>

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
    sim::Scenario none;
    none.limits.requests = 0;
    {
        std::stop_source source;
        source.request_stop();
        const Stoppable scope(source.get_token());
        EXPECT_THROW(simulated(none), Stopped);
    }
    EXPECT_NO_THROW(simulated(none));
}

} // namespace
} // namespace headroom::papers
