#include "tests/papers/paper_rows.h"

#include "core/importers/trace_file.h"

#include <array>
#include <filesystem>

namespace headroom::papers {
namespace {

constexpr std::array kSplitwiseMisses{
    Miss{"BLOOM: prefill of 1,500 tokens in decode steps, A100", 8.313},
    Miss{"KV transfer overlapped: what is left", 8},
    Miss{"Code at 70 req/s: cheapest fleet of H100 machines, HH (27, 3)", 34},
    Miss{"Conversation, 40 H100 machines: machines that prefill, HH", 17},
    Miss{"Conversation, equal power: AA over A100 machines that run both", 1.598},
    Miss{"Conversation, equal power: HA over A100 machines that run both", 1.728},
    Miss{"Equal cost: AA over H100 machines that run both", 0.9803},
    Miss{"Equal throughput: cost of AA over H100 machines that run both", 1.02},
    Miss{"HH divided for conversation serves code: loss", 53.83},
    Miss{"Batch jobs: requests for the dollar, AA over HH", 1.033},
    Miss{"Conversation at 2 req/s: time with at most 20 tokens, BLOOM", 5.881},
    Miss{"Code at 2 req/s: time with one token, BLOOM", 2.477},
};

class Splitwise : public testing::TestWithParam<PaperRow> {};
TEST_P(Splitwise, ComesOutAsPublished)
{
    const std::filesystem::path file =
        std::filesystem::path(HEADROOM_SOURCE_DIR) / "../shared/traces/azure_llm_2023_conv.csv";
    if (!std::filesystem::exists(file)) {
        check(GetParam(), kSplitwiseMisses); // rows of the trace are skipped, and say so
        return;
    }
    const auto read = readTraceFile(file);
    ASSERT_TRUE(read);
    check(GetParam(), kSplitwiseMisses, {.azureConversation = &read->trace});
}
INSTANTIATE_TEST_SUITE_P(Rows, Splitwise, testing::ValuesIn(rowsOf("splitwise")), testName);

} // namespace
} // namespace headroom::papers
