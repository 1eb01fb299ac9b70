#include "ui/plots/bar_pieces.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace headroom::ui {
namespace {

StackedBars twoSegments(std::vector<double> a, std::vector<double> b)
{
    StackedBars c;
    for (std::size_t i = 0; i < a.size(); ++i)
        c.categories.push_back("row " + std::to_string(i));
    c.segments = {{"less", Role::lessInput, std::move(a), {}}, {"more", Role::moreInput, std::move(b), {}}};
    return c;
}

StackedBars changes(double less, double more)
{
    StackedBars c = twoSegments({less}, {more});
    c.leftTotals = {""};
    return c;
}

/// What of a bar is covered, and whether anything is covered twice.
double covered(const std::vector<BarPiece>& pieces)
{
    double sum = 0;
    for (const BarPiece& p : pieces)
        sum += p.to - p.from;
    return sum;
}

TEST(BarPieces, PartsOfAWholeAddUp)
{
    const auto pieces = barPieces(twoSegments({3, -1}, {4, -2}));
    ASSERT_EQ(pieces.size(), 4U);
    EXPECT_EQ(pieces[1].from, 3);
    EXPECT_EQ(pieces[1].to, 7);
    EXPECT_EQ(pieces[3].from, -3) << "to the left of the first";
    EXPECT_EQ(pieces[3].to, -1);
}

TEST(BarPieces, ChangesTheSameWayDoNotAddUp)
{
    for (const auto& [less, more] :
        {std::pair(3.0, 5.0), std::pair(5.0, 3.0), std::pair(-3.0, -5.0), std::pair(-5.0, -3.0)}) {
        const auto pieces = barPieces(changes(less, more));
        ASSERT_EQ(pieces.size(), 2U);
        EXPECT_EQ(covered(pieces), 5) << less << " and " << more << ": as far as the larger, not 8";
        const bool lessIsInner = std::abs(less) < std::abs(more);
        EXPECT_EQ(pieces[0].segment, lessIsInner ? 0U : 1U);
        EXPECT_EQ(std::abs(less > 0 ? pieces[0].to : pieces[0].from), 3);
        EXPECT_LT(pieces[0].level, pieces[1].level) << "what is further out is drawn after it";
    }
}

TEST(BarPieces, ChangesInBothDirectionsReachFromZeroToEach)
{
    for (const auto& [less, more] : {std::pair(-3.0, 5.0), std::pair(5.0, -3.0), std::pair(-5.0, 3.0)}) {
        const auto pieces = barPieces(changes(less, more));
        ASSERT_EQ(pieces.size(), 2U);
        for (const BarPiece& p : pieces) {
            const double value = p.segment == 0 ? less : more;
            EXPECT_EQ(value > 0 ? p.from : p.to, 0);
            EXPECT_EQ(value > 0 ? p.to : p.from, value);
        }
    }
}

TEST(BarPieces, OfEqualChangesOneIsSeenAndWhatIsNotFiniteIsLeftOut)
{
    EXPECT_EQ(covered(barPieces(changes(4, 4))), 4);
    EXPECT_EQ(barPieces(changes(std::numeric_limits<double>::infinity(), 4)).size(), 1U);
    EXPECT_TRUE(barPieces(changes(0, 0)).empty());
}

} // namespace
} // namespace headroom::ui
