#include "tests/papers/paper_rows.h"

#include <array>

namespace headroom::papers {
namespace {

constexpr std::array kFlexgenMisses{
    Miss{"OPT-30B, 256 in, 32 out", 12.97},
    Miss{"OPT-175B, 512 in, with the release's own disk constant", 0.156},
    Miss{"OPT-6.7B, 512 in, 32 out", 60.85},
    Miss{"Table 8: OPT-175B decode, cache and weights read from disk", 8987},
    Miss{"Ablation: no CPU attention, OPT-30B", 0.9877},
    Miss{"Ablation: DeepSpeed's policy, OPT-30B", 0.127},
    Miss{"As a plan: OPT-30B, 256 in", 13.93},
};

class Flexgen : public testing::TestWithParam<PaperRow> {};
TEST_P(Flexgen, ComesOutAsPublished) { check(GetParam(), kFlexgenMisses); }
INSTANTIATE_TEST_SUITE_P(Rows, Flexgen, testing::ValuesIn(rowsOf("flexgen")), testName);

} // namespace
} // namespace headroom::papers
