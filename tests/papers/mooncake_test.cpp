#include "tests/papers/paper_rows.h"

#include "core/importers/trace_file.h"

#include <array>
#include <filesystem>

namespace headroom::papers {
namespace {

constexpr std::array kMooncakeMisses{
    Miss{"Synthetic trace: hits by cache-aware routing over blind routing, 3M tokens a node", 4.62},
    Miss{"Global cache-aware scheduling over local: mean TTFT", -19.59},
    Miss{"Effective capacity, synthetic trace at 200 ms, over vLLM", 8.78},
};

class Mooncake : public testing::TestWithParam<PaperRow> {};
TEST_P(Mooncake, ComesOutAsPublished)
{
    const std::filesystem::path file =
        std::filesystem::path(HEADROOM_SOURCE_DIR) / "../shared/traces/mooncake_synthetic.jsonl";
    if (!std::filesystem::exists(file)) {
        check(GetParam(), kMooncakeMisses); // rows of the trace are skipped, and say so
        return;
    }
    const auto read = readTraceFile(file);
    ASSERT_TRUE(read);
    check(GetParam(), kMooncakeMisses, {.mooncakeSynthetic = &read->trace});
}
INSTANTIATE_TEST_SUITE_P(Rows, Mooncake, testing::ValuesIn(rowsOf("mooncake")), testName);

} // namespace
} // namespace headroom::papers
