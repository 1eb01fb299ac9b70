#include "tests/papers/paper_rows.h"

#include <array>

namespace headroom::papers {
namespace {

constexpr std::array kPalmMisses{
    Miss{"Prefill of 512 prompts gathers over XYZ", 0},
    Miss{"Decode step, 540B int8, batch 64: analytic cost as it is", 12.2},
    Miss{"Decode of 64 tokens, 540B int8, batch 64", 1.824},
    Miss{"Decode of 64 tokens, 540B bf16, batch 512", 8.282},
};

class Palm : public testing::TestWithParam<PaperRow> {};
TEST_P(Palm, ComesOutAsPublished) { check(GetParam(), kPalmMisses); }
INSTANTIATE_TEST_SUITE_P(Rows, Palm, testing::ValuesIn(rowsOf("palm")), testName);

} // namespace
} // namespace headroom::papers
