#include "tests/papers/paper_rows.h"

#include <array>

namespace headroom::papers {
namespace {

constexpr std::array kDistserveMisses{
    Miss{"Motivation: prefill only", 5.572},
    Miss{"Motivation: decode only", 10.11},
};

class Distserve : public testing::TestWithParam<PaperRow> {};
TEST_P(Distserve, ComesOutAsPublished) { check(GetParam(), kDistserveMisses); }
INSTANTIATE_TEST_SUITE_P(Rows, Distserve, testing::ValuesIn(rowsOf("distserve")), testName);

} // namespace
} // namespace headroom::papers
