#include "tests/papers/paper_rows.h"

#include <array>

namespace headroom::papers {
namespace {

constexpr std::array kPagedAttentionMisses{
    Miss{"Figure 2: external waste, Orca (Pow2)", 49.77},
    Miss{"Figure 13: running requests, ShareGPT 2 req/s, Orca (Pow2)", 7.848},
    Miss{"Figure 13: running requests, Alpaca 30 req/s, vLLM", 174.6},
    Miss{"Knee, ShareGPT, OPT-13B, FasterTransformer", 0.1749},
    Miss{"Knee, ShareGPT, OPT-13B, Orca (Max)", 0.668},
    Miss{"Knee, Alpaca, OPT-13B, FasterTransformer", 1.138},
    Miss{"Knee, Alpaca, OPT-13B, Orca (Max)", 3.465},
    Miss{"Knee, Alpaca, OPT-13B, Orca (Pow2)", 16.71},
    Miss{"Chatbot: sustainable rate over Orca (Oracle)", 1.382},
    Miss{"Recomputation over swapping, blocks of 16 to 64", 1.823},
    Miss{"Parallel sampling, ShareGPT, 6 samples: memory saved", 26.35},
};

class PagedAttention : public testing::TestWithParam<PaperRow> {};
TEST_P(PagedAttention, ComesOutAsPublished) { check(GetParam(), kPagedAttentionMisses); }
INSTANTIATE_TEST_SUITE_P(Rows, PagedAttention, testing::ValuesIn(rowsOf("paged-attention")), testName);

} // namespace
} // namespace headroom::papers
