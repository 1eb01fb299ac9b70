#include "tests/papers/paper_rows.h"

#include <array>

namespace headroom::papers {
namespace {

constexpr std::array kOrcaMisses{
    Miss{"175B, 16 GPUs, 190 ms a token: FasterTransformer", 0.1811},
    Miss{"A larger batch limit raises Orca's throughput, latency no worse", 0},
};

class Orca : public testing::TestWithParam<PaperRow> {};
TEST_P(Orca, ComesOutAsPublished) { check(GetParam(), kOrcaMisses); }
INSTANTIATE_TEST_SUITE_P(Rows, Orca, testing::ValuesIn(rowsOf("orca")), testName);

} // namespace
} // namespace headroom::papers
