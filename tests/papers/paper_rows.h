// One test for each row of a paper's table.
#pragma once

#include "core/papers/paper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headroom::papers {

/// A row that does not come out, pinned: the value that was seen, so that any change of it is noticed.
struct Miss {
    std::string_view name;
    double seen;
};

struct PaperRow {
    const Paper* paper;
    const Case* row;
};

/// Letters and digits of the row's name.
inline std::string plainName(const PaperRow& row)
{
    std::string name;
    for (const char c : row.row->name)
        if (std::isalnum(static_cast<unsigned char>(c)))
            name += c;
        else if (!name.empty() && name.back() != '_')
            name += '_';
    return name;
}

/// What ctest shows as the row.
inline void PrintTo(const PaperRow& row, std::ostream* out) { *out << plainName(row); }

inline std::vector<PaperRow> rowsOf(std::string_view id)
{
    std::vector<PaperRow> rows;
    const Paper* paper = findPaper(id);
    for (const Case& c : paper->cases)
        rows.push_back({paper, &c});
    return rows;
}

inline std::string testName(const testing::TestParamInfo<PaperRow>& info)
{
    return std::to_string(info.index + 1) + "_" + plainName(info.param);
}

/// A row comes out within its tolerance; a known miss stays where it was, within 2 %, and says why; a row that cannot
/// run says why.
inline void check(const PaperRow& p, std::span<const Miss> misses, const Data& data = {})
{
    const Row row = run(*p.paper, *p.row, data);
    if (row.verdict == Verdict::notRun) {
        EXPECT_FALSE(row.explanation.empty()) << "a row that is not run says why";
        GTEST_SKIP() << row.explanation;
    }
    const auto shown = std::to_string(*row.reproduced) + " " + std::string(row.unit) + " for " +
                       std::to_string(row.reported) + " (" + row.tolerance + "). " + row.explanation;
    testing::Test::RecordProperty("reproduced", std::to_string(*row.reproduced));
    const auto miss = std::ranges::find(misses, p.row->name, &Miss::name);
    if (miss == misses.end()) {
        EXPECT_EQ(row.verdict, Verdict::reproduced) << shown;
        return;
    }
    EXPECT_EQ(row.verdict, Verdict::notReproduced) << "comes out now: take it off the list of misses. " << shown;
    EXPECT_FALSE(row.explanation.empty()) << "a row that does not come out says why";
    EXPECT_NEAR(*row.reproduced, miss->seen, 0.02 * std::abs(miss->seen) + 1e-12) << shown;
}

} // namespace headroom::papers
