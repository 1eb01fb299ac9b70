#include "ui/plots/chart_view.h"

#include "sample_charts.h"
#include "ui/plots/axis_scale.h"
#include "ui/plots/chart_body.h"
#include "ui/plots/export_chart.h"

#include <QApplication>
#include <QClipboard>
#include <QPainter>
#include <QScrollArea>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <gtest/gtest.h>

#include <set>

namespace headroom::ui {
namespace {

QImage picture(ChartView& view) { return view.grab().toImage().convertToFormat(QImage::Format_RGB32); }

/// Colours that are neither the card nor grey: what data look like.
std::size_t colourfulPixels(const QImage& image)
{
    std::size_t n = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) {
            const QColor c = image.pixelColor(x, y);
            n += c.saturation() > 60 ? 1 : 0;
        }
    return n;
}

std::unique_ptr<ChartView> shown(const ChartSpec& chart, QSize size = {410, 290})
{
    auto view = std::make_unique<ChartView>();
    view->resize(size);
    view->show();
    view->setChart(chart);
    QApplication::processEvents();
    return view;
}

/// Pixels of just this colour.
int pixelsOf(const QImage& image, const QColor& color)
{
    int n = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            n += image.pixelColor(x, y) == color ? 1 : 0;
    return n;
}

class EveryKind : public testing::TestWithParam<std::size_t> {
protected:
    ChartSpec chart() const { return sampleCharts()[GetParam()]; }
};

TEST_P(EveryKind, DrawsSomething)
{
    const auto view = shown(chart());
    if (!chart().empty.empty() || std::holds_alternative<Table>(chart().body))
        return; // text only: see below
    EXPECT_GT(colourfulPixels(picture(*view)), 150U);
}

TEST_P(EveryKind, DrawsInTheDarkToo)
{
    const auto view = shown(chart());
    const QImage light = picture(*view);
    view->setTheme(darkTheme());
    const QImage dark = picture(*view);
    EXPECT_LT(qGray(dark.pixel(200, 5)), 60);
    EXPECT_GT(qGray(light.pixel(200, 5)), 200);
    EXPECT_NE(light, dark);
}

TEST_P(EveryKind, ShowsTheSameAfterOtherDataWereShown)
{
    const auto view = shown(chart());
    const QImage before = picture(*view);
    view->setChart(samplePolicies());
    view->setChart(sampleMemoryBar());
    QApplication::processEvents();
    view->setChart(chart());
    view->fit();
    QApplication::processEvents();
    EXPECT_EQ(picture(*view), before);
}

TEST_P(EveryKind, ComesBackAfterThereWasNothingToDraw)
{
    const auto view = shown(chart());
    const QImage before = picture(*view);
    ChartSpec nothing = chart();
    nothing.empty = "The model does not fit.";
    for (int round = 0; round < 2; ++round) {
        view->setChart(nothing);
        QApplication::processEvents();
        view->resize(420, 300); // what is put aside misses this
        view->setTheme(darkTheme());
        EXPECT_TRUE(picture(*view) != before);
        view->resize(410, 290);
        view->setTheme(lightTheme());
        view->setChart(chart());
        QApplication::processEvents();
        EXPECT_TRUE(picture(*view) == before) << "round " << round;
    }
}

TEST_P(EveryKind, HasNoTextOverTextAtAnySize)
{
    for (const QSize size : {QSize(240, 150), QSize(380, 240), QSize(900, 600)}) {
        QWidget parent;
        const ChartSpec c = chart();
        if (!c.empty.empty())
            return;
        const auto body = makeBody(c, &parent);
        body->widget()->resize(size);
        body->show(c, lightTheme());
        QImage image(size, QImage::Format_RGB32);
        QPainter p(&image);
        body->paint(p, QRectF(QPointF(0, 0), QSizeF(size)));
        const std::vector<QRectF> labels = body->labelRects();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            EXPECT_TRUE(QRectF(QPointF(-1, -1), QSizeF(size) + QSizeF(2, 2)).contains(labels[i]))
                << c.title << " label " << i;
            for (std::size_t k = 0; k < i; ++k)
                EXPECT_FALSE(labels[i].intersects(labels[k])) << c.title << " labels " << i << " and " << k;
        }
    }
}

TEST_P(EveryKind, SaysItsTitleAndSentenceToScreenReaders)
{
    const auto view = shown(chart());
    EXPECT_TRUE(view->accessibleName().startsWith(QString::fromStdString(chart().title)));
    EXPECT_TRUE(view->accessibleName().contains(QString::fromStdString(chart().says)));
}

INSTANTIATE_TEST_SUITE_P(Samples, EveryKind, testing::Range<std::size_t>(0, sampleCharts().size()));

TEST(ChartView, ChangesTheSameWayAreDrawnFromZeroEach)
{
    for (const auto& [less, more] : {std::pair(2.0, 5.0), std::pair(5.0, 2.0), std::pair(-2.0, -5.0)}) {
        ChartSpec chart;
        StackedBars bars;
        bars.value = {"change", "%", false, {}, {}};
        bars.categories = {"token budget"};
        bars.segments = {{"10 % less", Role::lessInput, {less}, {}}, {"10 % more", Role::moreInput, {more}, {}}};
        bars.totals = bars.leftTotals = {""};
        chart.body = bars;
        const QImage image = picture(*shown(chart, {1600, 290}));
        const double inner =
            pixelsOf(image, lightTheme().color(std::abs(less) < std::abs(more) ? Role::lessInput : Role::moreInput));
        const double outer =
            pixelsOf(image, lightTheme().color(std::abs(less) < std::abs(more) ? Role::moreInput : Role::lessInput));
        EXPECT_NEAR(inner / outer, 2.0 / 3, 0.05) << less << " and " << more << ": not one beyond the other";
    }
}

TEST(ChartView, FollowsTheData)
{
    const auto view = shown(sampleLatency(2.0));
    std::set<QString> seen;
    for (const double load : {2.0, 2.5, 3.0}) {
        view->setChart(sampleLatency(load));
        QApplication::processEvents();
        seen.insert(
            QString::fromLatin1(QByteArray(reinterpret_cast<const char*>(picture(*view).constBits()), 4 * 410 * 290)
                                    .toHex()
                                    .right(1 << 18)));
    }
    EXPECT_EQ(seen.size(), 3U);
}

TEST(ChartView, ShowsWhyThereIsNothing)
{
    const auto view = shown(sampleEmpty());
    const QImage before = picture(*view);
    ChartSpec other = sampleEmpty();
    other.empty = "Another reason.";
    view->setChart(other);
    EXPECT_NE(picture(*view), before);
    EXPECT_TRUE(view->visibleRange().isEmpty());
}

void wheel(ChartView& view, QPointF at, int delta, Qt::KeyboardModifiers modifiers = {})
{
    QWheelEvent e(at, view.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, modifiers, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &e);
}

TEST(ChartView, ZoomsWithTheWheelAroundTheMouse)
{
    const auto view = shown(sampleLatency());
    const QRectF before = view->visibleRange();
    const QString there = view->readout({200, 150});
    wheel(*view, {200, 150}, 240);
    EXPECT_TRUE(view->isZoomed());
    EXPECT_LT(view->visibleRange().width(), before.width() * 0.75);
    EXPECT_EQ(view->readout({200, 150}), there) << "what was under the mouse stays there";
}

TEST(ChartView, ZoomsOneAxisWithShiftAndTheOtherWithControlAndShift)
{
    const auto view = shown(sampleLatency());
    const QRectF before = view->visibleRange();
    wheel(*view, {200, 150}, 120, Qt::ShiftModifier);
    EXPECT_LT(view->visibleRange().width(), before.width());
    EXPECT_DOUBLE_EQ(view->visibleRange().height(), before.height());
    const double width = view->visibleRange().width();
    wheel(*view, {200, 150}, 120, Qt::ShiftModifier | Qt::ControlModifier);
    EXPECT_DOUBLE_EQ(view->visibleRange().width(), width);
    EXPECT_LT(view->visibleRange().height(), before.height());
}

TEST(ChartView, ZoomingOutEndsWhereTheDataEnd)
{
    const auto view = shown(sampleLatency());
    const auto& body = std::get<LineChart>(view->chart().body);
    const PlotRanges whole = wholeRanges(body);
    for (int notch = 0; notch < 60; ++notch)
        wheel(*view, {200, 150}, -120);
    const QRectF seen = view->visibleRange();
    EXPECT_GE(seen.left(), whole.x.from);
    EXPECT_LE(seen.right(), whole.x.to);
    EXPECT_GE(seen.top(), whole.y.from);
    EXPECT_LE(seen.bottom(), whole.y.to);
    EXPECT_DOUBLE_EQ(seen.width(), view->visibleRange().width());
    wheel(*view, {200, 150}, 120);
    EXPECT_LT(view->visibleRange().width(), seen.width()) << "the first notch back shows something";
}

TEST(ChartView, OnAPageThatScrollsTheWheelScrollsUntilThePlotIsClicked)
{
    QScrollArea page;
    auto* view = new ChartView;
    view->setFixedHeight(600);
    view->setChart(sampleLatency());
    page.setWidgetResizable(true);
    page.setWidget(view);
    page.resize(420, 300);
    page.show();
    QApplication::processEvents();
    const QPoint at(200, 150);
    wheel(*view, at, 120);
    EXPECT_FALSE(view->isZoomed());
    wheel(*view, at, 120, Qt::ControlModifier);
    EXPECT_TRUE(view->isZoomed()) << "Ctrl zooms at once";
    view->fit();
    QTest::mouseClick(view, Qt::LeftButton, {}, at);
    wheel(*view, at, 120);
    EXPECT_TRUE(view->isZoomed()) << "a clicked plot takes the wheel";
    view->fit();
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(view, &leave);
    wheel(*view, at, 120);
    EXPECT_FALSE(view->isZoomed()) << "until the mouse has left it";
    page.resize(420, 700);
    QApplication::processEvents();
    wheel(*view, at, 120);
    EXPECT_TRUE(view->isZoomed()) << "where nothing scrolls the wheel zooms";
}

TEST(ChartView, KeepsTheZoomWhileTheDataChange)
{
    const auto view = shown(sampleLatency(3));
    wheel(*view, {200, 150}, 240);
    const QRectF zoom = view->visibleRange();
    view->setChart(sampleLatency(3.1));
    EXPECT_EQ(view->visibleRange(), zoom);
    view->fit();
    EXPECT_FALSE(view->isZoomed());
    EXPECT_NE(view->visibleRange(), zoom);
}

TEST(ChartView, ForgetsTheZoomWhenTheAxesBecomeAnotherQuantity)
{
    const auto view = shown(sampleLatency());
    wheel(*view, {200, 150}, 240);
    view->setChart(sampleSeats());
    EXPECT_FALSE(view->isZoomed());
}

TEST(ChartView, PansByDraggingAndFitsOnDoubleClick)
{
    const auto view = shown(sampleLatency());
    const QRectF before = view->visibleRange();
    QTest::mousePress(view.get(), Qt::LeftButton, {}, {200, 150});
    QTest::mouseMove(view.get(), {170, 150});
    QTest::mouseMove(view.get(), {140, 150});
    QTest::mouseRelease(view.get(), Qt::LeftButton, {}, {140, 150});
    EXPECT_GT(view->visibleRange().left(), before.left() + 0.5) << "dragging to the left shows what lies to the right";
    QTest::mouseDClick(view.get(), Qt::LeftButton, {}, {200, 150});
    EXPECT_EQ(view->visibleRange(), before);
}

TEST(ChartView, IsDrivenByTheKeyboard)
{
    const auto view = shown(sampleLatency());
    const QRectF before = view->visibleRange();
    QTest::keyClick(view.get(), Qt::Key_Plus);
    EXPECT_LT(view->visibleRange().width(), before.width());
    QTest::keyClick(view.get(), Qt::Key_Right);
    EXPECT_GT(view->visibleRange().center().x(), before.center().x());
    QTest::keyClick(view.get(), Qt::Key_Minus);
    QTest::keyClick(view.get(), Qt::Key_Escape);
    EXPECT_EQ(view->visibleRange(), before);
}

TEST(ChartView, CopiesPictureAndData)
{
    const auto view = shown(sampleLatency());
    view->copyData();
    EXPECT_TRUE(QApplication::clipboard()->text().contains(QLatin1String("this plan")));
    view->copyImage();
    EXPECT_GE(QApplication::clipboard()->image().width(), 2 * 410);
}

TEST(ChartView, WhatIsCopiedSaysOfWhichPlanItIs)
{
    const auto view = shown(sampleLatency());
    const QImage without = view->image();
    view->setOrigin([] { return ChartOrigin{QStringLiteral("Support chat"), QStringLiteral("1f00c2a4")}; });
    view->copyData();
    EXPECT_TRUE(QApplication::clipboard()->text().contains(QLatin1String("Support chat,1f00c2a4,Headroom")));
    EXPECT_NE(view->image(), without) << "a line below the drawing";
    EXPECT_TRUE(view->image().text(QStringLiteral("Description")).contains(QLatin1String("1f00c2a4")));
}

TEST(ChartView, TellsWhichPointOrRowWasDoubleClicked)
{
    const auto view = shown(sampleValidation(), {600, 500});
    QSignalSpy spy(view.get(), &ChartView::activated);
    for (int x = 100; x < 560 && spy.isEmpty(); x += 6)
        QTest::mouseDClick(view.get(), Qt::LeftButton, {}, {x, 520 - x});
    for (int y = 60; y < 440 && spy.isEmpty(); y += 4)
        QTest::mouseDClick(view.get(), Qt::LeftButton, {}, {300, y});
    EXPECT_EQ(spy.size(), 1);
}

TEST(ChartView, ReadsBarsUnderTheMouse)
{
    const auto view = shown(sampleParts());
    bool found = false;
    for (int y = 40; y < 220; y += 4)
        found = found || view->readout({200.0, static_cast<double>(y)}).startsWith(QLatin1String("p95"));
    EXPECT_TRUE(found);
}

TEST(ChartView, TellsTheBandOfABarUnderTheMouse)
{
    ChartSpec chart = sampleParts();
    BarSegment& first = std::get<StackedBars>(chart.body).segments.front();
    first.lo = first.hi = first.values;
    for (double& edge : first.hi)
        edge *= 2;
    const auto bandsRead = [](const ChartSpec& c) {
        const auto view = shown(c);
        int read = 0;
        for (int y = 40; y < 220; y += 4)
            read += view->readout({200.0, static_cast<double>(y)}).contains(QLatin1String(" to ")) ? 1 : 0;
        return read;
    };
    EXPECT_EQ(bandsRead(sampleParts()), 0);
    EXPECT_GT(bandsRead(chart), 0);
}

TEST(ChartView, SurvivesDataWithoutNumbers)
{
    LineChart c;
    c.x = {"x", "", true, {}, {}};
    c.y = {"y", "", true, {}, {}};
    c.curves = {{"nothing", Role::primary, {}, {}, {}, {}, false, false, {}, {}},
        {"broken", Role::ghost, {1, 2, 3}, {NAN, INFINITY, -1}, {}, {}, false, false, {}, {}}};
    c.limits = {{"far", Role::target, INFINITY, false}, {"", Role::saturation, NAN, true}};
    c.markers = {{"lost", Role::primary, NAN, 0}};
    const auto view = shown({"Broken", "", "", "", c});
    view->setChart({"Bars", "", "", "", StackedBars{}});
    view->setChart({"Cells", "", "", "", HeatMap{}});
    view->setChart({"Rows", "", "", "", SpanChart{}});
    view->setChart({"Table", "", "", "", Table{}});
    EXPECT_FALSE(picture(*view).isNull());
}

/// Every dash in and out of sight was drawn once: minutes, and hundreds of megabytes.
TEST(ChartView, ZoomingDeepIntoADashedLineComesToAnEnd)
{
    LineChart lines;
    Curve ghost;
    ghost.role = Role::ghost;
    for (int i = 0; i <= 2000; ++i) {
        ghost.x.push_back(i);
        ghost.y.push_back(i % 2);
    }
    lines.curves.push_back(ghost);
    ChartView view;
    view.resize(400, 300);
    view.setChart({"noise", "", "", "", lines});
    view.show();
    QTest::keyClick(&view, Qt::Key_Plus);
    for (int notch = 0; notch < 80; ++notch) {
        const QPointF at(200, 150);
        QWheelEvent wheel(at, view.mapToGlobal(at), {}, {0, 120}, Qt::NoButton,
            notch < 40 ? Qt::ControlModifier : Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&view, &wheel);
        QCoreApplication::processEvents();
    }
    EXPECT_TRUE(view.isZoomed());
}

} // namespace
} // namespace headroom::ui
