#include "ui/report/page_flow.h"

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
