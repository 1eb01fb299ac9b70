#include "tests/papers/paper_rows.h"

#include <array>

namespace headroom::papers {
namespace {

constexpr std::array kVidurMisses{
    Miss{"LLaMA2-70B, Chat-1M: best at TP2 PP2", 0},
    Miss{"LLaMA2-70B, Chat-1M: best with Sarathi, chunks of 512", 0},
    Miss{"LLaMA2-70B, Chat-1M: best with batches of 256", 0},
    Miss{"Qwen-72B, Arxiv-4K: best at TP4 PP1", 0},
    Miss{"Qwen-72B, Arxiv-4K: best with batches of 128", 0},
    Miss{"LLaMA2-70B, BWB: best with batches of 64", 0},
    Miss{"Chat-1M: cost of Qwen-72B over LLaMA2-70B", 2.4132},
};

class Vidur : public testing::TestWithParam<PaperRow> {};
TEST_P(Vidur, ComesOutAsPublished) { check(GetParam(), kVidurMisses); }
INSTANTIATE_TEST_SUITE_P(Rows, Vidur, testing::ValuesIn(rowsOf("vidur")), testName);

} // namespace
} // namespace headroom::papers
