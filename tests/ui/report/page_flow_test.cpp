#include "ui/report/page_flow.h"

#include "ui/format.h"

#include <QBuffer>
#include <QPdfWriter>

#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

const QRectF kContent(50, 50, 400, 300);

/// A block that records on which pages, and where, it was painted.
struct Recorder {
    std::vector<double> tops;
    Block block(double height)
    {
        Block b;
        b.height = height;
        b.paint = [this](QPainter&, const QRectF& r) { tops.push_back(r.top()); };
        return b;
    }
};

void paintAll(const PageFlow& flow)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    flow.paint(writer, [](QPainter&, int, int) {});
}

TEST(PageFlow, FillsAPageBeforeItBeginsAnother)
{
    PageFlow flow(kContent, lightTheme());
    Recorder r;
    for (int i = 0; i < 6; ++i)
        flow.block(r.block(100));
    EXPECT_EQ(flow.pages(), 2);
    paintAll(flow);
    EXPECT_EQ(r.tops, (std::vector<double>{50, 150, 250, 50, 150, 250}));
}

TEST(PageFlow, KeepsAHeadingWithWhatItHeads)
{
    PageFlow flow(kContent, lightTheme());
    Recorder filler, heading, body;
    flow.block(filler.block(220));
    Block head = heading.block(40);
    head.keepWithNext = true;
    flow.block(head);
    flow.block(body.block(80));
    paintAll(flow);
    EXPECT_EQ(flow.pages(), 2);
    EXPECT_EQ(heading.tops, (std::vector<double>{50}));
    EXPECT_EQ(body.tops, (std::vector<double>{90}));
}

TEST(PageFlow, KeepsTogetherWhatAPageHolds)
{
    PageFlow flow(kContent, lightTheme());
    Recorder filler, part;
    flow.block(filler.block(150));
    flow.together([&] {
        for (int i = 0; i < 3; ++i)
            flow.block(part.block(60));
    });
    flow.block(filler.block(100));
    paintAll(flow);
    EXPECT_EQ(part.tops, (std::vector<double>{50, 110, 170}));
    EXPECT_EQ(filler.tops, (std::vector<double>{50, 230})) << "what follows shares the page";
}

TEST(PageFlow, SplitsWhatNoPageHolds)
{
    PageFlow flow(kContent, lightTheme());
    Recorder part;
    flow.block(part.block(150));
    flow.together([&] {
        for (int i = 0; i < 4; ++i)
            flow.block(part.block(100));
    });
    paintAll(flow);
    EXPECT_EQ(part.tops, (std::vector<double>{50, 200, 50, 150, 250}));
}

TEST(PageFlow, RepeatsTheHeadOfATableOnEachPage)
{
    PageFlow flow(kContent, lightTheme());
    TextTable t;
    t.columns = {QStringLiteral("a"), QStringLiteral("b")};
    t.shares = {0.5, 0.5};
    for (int i = 0; i < 40; ++i)
        t.rows.push_back({QString::number(i), QStringLiteral("x")});
    flow.table(t);
    const int pages = flow.pages();
    EXPECT_GE(pages, 3);
    PageFlow rowsOnly(kContent, lightTheme());
    t.rows.resize(1);
    rowsOnly.table(t);
    EXPECT_EQ(rowsOnly.pages(), 1);
}

TEST(SharesThatFit, GiveEachColumnItsLongestWordBeforeTheyShareTheRest)
{
    TextTable t;
    t.columns = {QStringLiteral("policy"), QStringLiteral("preempted")};
    t.rows = {{QString(QStringLiteral("many words ")).repeated(30), QStringLiteral("0")}};
    const QFontMetricsF metrics(printFont(TextSize::small, QFont::DemiBold));
    const double word = metrics.horizontalAdvance(QStringLiteral("preempted"));
    const std::vector<double> shares = sharesThatFit(t, 300);
    EXPECT_GE(shares[1] * 300, word + 16) << "the cells' margins are beside the word";
    EXPECT_GT(shares[0], shares[1]) << "the long texts have what is left";
    EXPECT_NEAR(shares[0] + shares[1], 1, 1e-12);
}

TEST(SharesThatFit, LeaveANameInOneLineBeforeFiguresAreBesideTheirRange)
{
    TextTable t;
    t.columns = {QStringLiteral("policy"), QStringLiteral("TTFT p95"), QStringLiteral("E2E p95")};
    t.rows = {{QStringLiteral("This plan, closed form"), QStringLiteral("233 ms (223–243)"),
        QStringLiteral("6.94 s (6.71–7.16)")}};
    const QFontMetricsF metrics(printFont(TextSize::small, QFont::DemiBold));
    const double name = metrics.horizontalAdvance(t.rows[0][0]) + 16;
    const double width = name + metrics.horizontalAdvance(QStringLiteral("(223–243)(6.71–7.16)")) + 60;
    const std::vector<double> shares = sharesThatFit(t, width);
    EXPECT_LT(name, width / 3 + 40);
    EXPECT_GE(shares[0] * width, std::min(name, width / 3) - 0.5);
}

TEST(MarginThatFits, GivesWayBeforeWordsBreak)
{
    TextTable t;
    t.columns = std::vector<QString>(10, QStringLiteral("(44.4–45.4)"));
    const QFontMetricsF metrics(printFont(TextSize::small, QFont::DemiBold));
    const double words = 10 * (metrics.horizontalAdvance(unbroken(t.columns[0])) + 1);
    EXPECT_EQ(marginThatFits(t, words + 400), 8) << "there is room";
    EXPECT_NEAR(marginThatFits(t, words + 100), 5, 1e-9);
    EXPECT_EQ(marginThatFits(t, words), 3);
    t.cellMargin = 5;
    for (const double share : sharesThatFit(t, words + 100))
        EXPECT_NEAR(share, 0.1, 1e-12);
}

TEST(SharesThatFit, ShareAPageThatIsTooNarrowForTheWords)
{
    TextTable t;
    t.columns = std::vector<QString>(20, QStringLiteral("preempted"));
    const std::vector<double> shares = sharesThatFit(t, 100);
    for (const double share : shares)
        EXPECT_NEAR(share, 0.05, 1e-12);
}

TEST(PageFlow, TheLastRowOfATableIsNotAloneOnAPage)
{
    TextTable t;
    t.columns = {QStringLiteral("a")};
    t.shares = {1};
    for (int rows = 2; rows < 40; ++rows) {
        t.rows.assign(static_cast<std::size_t>(rows), {QStringLiteral("x")});
        PageFlow flow(kContent, lightTheme());
        flow.table(t);
        PageFlow shorter(kContent, lightTheme());
        t.rows.pop_back();
        shorter.table(t);
        if (flow.pages() == shorter.pages())
            continue;
        Recorder after; // below the two rows and the head that is repeated
        flow.block(after.block(1));
        paintAll(flow);
        const double row = (after.tops.front() - kContent.top()) / 3;
        EXPECT_GT(row, 10) << rows << " rows: only " << after.tops.front() - kContent.top() << " pixels were used";
    }
}

TEST(PageFlow, AShortTableIsNotSplit)
{
    TextTable t;
    t.columns = {QStringLiteral("a")};
    t.shares = {1};
    t.rows.assign(5, {QStringLiteral("x")});
    PageFlow alone(kContent, lightTheme());
    alone.table(t);
    Recorder end;
    alone.block(end.block(1));
    paintAll(alone);
    const double height = end.tops.front() - kContent.top();
    ASSERT_LT(height, kContent.height() - 10);
    for (double above = 10; above < kContent.height(); above += 10) {
        PageFlow flow(kContent, lightTheme());
        Recorder filler, after;
        flow.block(filler.block(above));
        flow.table(t);
        flow.block(after.block(1));
        paintAll(flow);
        const bool isOnOne = above + 8 + height <= kContent.height();
        EXPECT_NEAR(after.tops.front(), kContent.top() + height + (isOnOne ? above + 8 : 0), 1e-9) << above;
    }
}

TEST(PageFlow, StartsANewPageWhereAsked)
{
    PageFlow flow(kContent, lightTheme());
    Recorder r;
    flow.block(r.block(10));
    flow.newPage();
    flow.block(r.block(10));
    EXPECT_EQ(flow.pages(), 2);
}

TEST(PageFlow, LeavesOutTheSpaceBeforeTheFirstBlockOfAPage)
{
    PageFlow flow(kContent, lightTheme());
    Recorder r;
    for (int i = 0; i < 2; ++i) {
        Block b = r.block(200);
        b.spaceBefore = 30;
        flow.block(b);
    }
    paintAll(flow);
    EXPECT_EQ(r.tops, (std::vector<double>{50, 50}));
}

} // namespace
} // namespace headroom::ui
