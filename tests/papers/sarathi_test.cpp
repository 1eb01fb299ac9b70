#include "tests/papers/paper_rows.h"

#include <array>

namespace headroom::papers {
namespace {

constexpr std::array kSarathiMisses{
    Miss{"Step, Yi-34B TP2, prefill of 256", 66.66},
    Miss{"Step, Yi-34B TP2, prefill of 512", 132.8},
    Miss{"Step, Yi-34B TP2, prefill of 1,024", 189.3},
    Miss{"Chunks of 512 cost, 8,191 tokens", 21.49},
    Miss{"Chunks of 512 cost, 16,383 tokens", 17.8},
    Miss{"Chunks of 2,048 cost, 16,383 tokens", 4.019},
    Miss{"Table 4, openchat: P50 TTFT, hybrid only over both", 0.3872},
    Miss{"Table 4, openchat: P50 TTFT, chunked only over both", 2.663},
    Miss{"Table 4, arxiv: P99 TBT, hybrid only over both", 19.74},
    Miss{"Table 4, arxiv: P50 TTFT, hybrid only over both", 0.4132},
    Miss{"Table 4, arxiv: P50 TTFT, chunked only over both", 3.026},
    Miss{"Capacity, LLaMA2-70B strict, over vLLM", 7.1},
    Miss{"Capacity, Falcon-180B strict, over vLLM", 8.215},
};

class Sarathi : public testing::TestWithParam<PaperRow> {};
TEST_P(Sarathi, ComesOutAsPublished) { check(GetParam(), kSarathiMisses); }
INSTANTIATE_TEST_SUITE_P(Rows, Sarathi, testing::ValuesIn(rowsOf("sarathi")), testName);

} // namespace
} // namespace headroom::papers
