#include "ui/plots/hover.h"

#include "sample_charts.h"
#include "ui/plots/hover_overlay.h"

#include <QImage>
#include <QPainter>

#include <gtest/gtest.h>

#include <cmath>

namespace headroom::ui {
namespace {

PlotFrame frameOf(PlotRanges r, bool logX, bool logY)
{
    PlotFrame f;
    f.whole = QRectF(0, 0, 500, 300);
    f.area = QRectF(50, 10, 400, 250);
    f.x = {r.x, logX, 50, 450};
    f.y = {r.y, logY, 260, 10};
    return f;
}

TEST(ValueAt, InterpolatesBetweenPoints)
{
    const Curve c{"c", Role::primary, {0, 10}, {100, 200}, {}, {}, false, false, {}, {}};
    EXPECT_DOUBLE_EQ(*valueAt(c, 2.5, false, false), 125);
    EXPECT_NEAR(*valueAt(c, 5, false, true), std::sqrt(100.0 * 200.0), 1e-9) << "in ratios on a logarithmic axis";
}

TEST(ValueAt, SaysNothingOutsideTheCurveOrBesideAGap)
{
    const Curve c{"c", Role::primary, {0, 10, 20}, {100, NAN, 300}, {}, {}, false, false, {}, {}};
    EXPECT_FALSE(valueAt(c, -1, false, false));
    EXPECT_FALSE(valueAt(c, 21, false, false));
    EXPECT_FALSE(valueAt(c, 5, false, false));
}

TEST(ValueAt, BehindSaturationIsInfinite)
{
    const Curve c{"c", Role::primary, {0, 10, 20}, {100, 200, INFINITY}, {}, {}, false, false, {}, {}};
    EXPECT_TRUE(std::isinf(*valueAt(c, 20, false, false)));
}

TEST(Hover, ReadsEveryCurveWithItsBand)
{
    const auto chart = std::get<LineChart>(sampleLatency().body);
    const PlotFrame f = frameOf(fittedRanges(chart), false, true);
    const auto r = readLines(chart, f, lightTheme(), {f.x.pixel(1.0), 100});
    ASSERT_TRUE(r);
    EXPECT_EQ(r->head.toStdString(), "arrival rate 1 req/s");
    ASSERT_EQ(r->rows.size(), 2U) << "the plan and the ghost; no simulated point is near";
    const double truth = 180 / std::pow(1 - 1 / 5.9, 0.7); // the formula of the sample
    EXPECT_TRUE(r->rows[0].value.startsWith(QString::number(std::lround(truth)))) << r->rows[0].value.toStdString();
    EXPECT_TRUE(r->rows[0].value.contains(QLatin1String(" to ")));
}

TEST(Hover, SamplesTellPinnedPlansApartAsTheKeyDoes)
{
    auto chart = std::get<LineChart>(sampleLatency().body);
    std::erase_if(chart.curves, [](const Curve& c) { return c.role == Role::ghost || c.markers; });
    for (const int pin : {1, 2}) {
        Curve ghost = chart.curves.front();
        ghost.role = Role::ghost;
        ghost.pin = pin;
        ghost.dashed = true;
        chart.curves.push_back(ghost);
    }
    const PlotFrame f = frameOf(fittedRanges(chart), false, true);
    const auto r = readLines(chart, f, lightTheme(), {f.x.pixel(1.0), 100});
    ASSERT_TRUE(r);
    ASSERT_EQ(r->rows.size(), 3U);
    EXPECT_EQ(r->rows[0].swatch.shape, Swatch::Shape::line);
    std::vector<QImage> samples;
    for (const Reading::Row& row : r->rows) {
        QImage& image = samples.emplace_back(static_cast<int>(widthOf(row.swatch)), 12, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter p(&image);
        paintSwatch(p, QRectF(image.rect()), row.color, row.swatch, lightTheme());
    }
    EXPECT_NE(samples[1], samples[2]) << "two pinned plans looked alike";
    EXPECT_NE(samples[0], samples[1]);
}

TEST(Hover, ReadsNothingOutsideTheData)
{
    const auto chart = std::get<LineChart>(sampleLatency().body);
    const PlotFrame f = frameOf(fittedRanges(chart), false, true);
    EXPECT_FALSE(readLines(chart, f, lightTheme(), {20, 100}));
    EXPECT_FALSE(readLines(chart, f, lightTheme(), {100, 290}));
}

TEST(Hover, FindsTheNearestPointOfAScatter)
{
    const auto chart = std::get<ScatterChart>(sampleValidation().body);
    const PlotFrame f = frameOf(fittedRanges(chart), true, true);
    const auto& group = chart.groups[1];
    const auto hit = hitScatter(chart, f, f.at(group.x[7], group.y[7]));
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->group, 1);
    EXPECT_EQ(hit->index, 7);
    EXPECT_FALSE(hitScatter(chart, f, f.at(9000, 2)));
}

TEST(Hover, ReadsTheSpanUnderTheMouse)
{
    const auto chart = std::get<SpanChart>(sampleGantt().body);
    PlotFrame f = frameOf(fittedRanges(chart), false, false);
    f.y = {{0, static_cast<double>(chart.rows.size())}, false, 10, 260};
    const Span& s = chart.spans[2];
    const auto r = readSpans(chart, f, lightTheme(), f.at((s.from + s.to) / 2, s.row + 0.5));
    ASSERT_TRUE(r);
    ASSERT_EQ(r->rows.size(), 1U);
    EXPECT_EQ(r->rows[0].name.toStdString(), s.hover);
}

TEST(Hover, ReadsTheCellUnderTheMouse)
{
    const auto map = std::get<HeatMap>(sampleHeatMap().body);
    const PlotFrame f = frameOf(fittedRanges(map), false, true);
    const auto r = readHeatMap(map, f, lightTheme(), f.at(map.xs[3], map.ys[5]));
    ASSERT_TRUE(r);
    EXPECT_TRUE(r->head.contains(QLatin1String("arrival rate 2"))) << r->head.toStdString();
}

TEST(Hover, ABoxWiderThanThePlotShortensItsNamesAndKeepsItsValues)
{
    Reading wide;
    wide.head = QStringLiteral("vLLM 0.6, Llama-3.1-70B on 8 × H100-80GB, closed loop of 64 requests, run 3");
    wide.rows = {{QColor(), QStringLiteral("measured throughput of the whole system"), QStringLiteral("1,234 tok/s")},
        {QColor(), QStringLiteral("predicted"), QStringLiteral("1,301 tok/s")}};
    constexpr double kPlot = 220;
    ASSERT_GT(widthOf(wide), kPlot);
    const Reading shown = fittedTo(wide, kPlot);
    EXPECT_LE(widthOf(shown), kPlot);
    EXPECT_TRUE(shown.head.endsWith(u'…')) << shown.head.toStdString();
    EXPECT_EQ(shown.rows[0].value, wide.rows[0].value);
    EXPECT_EQ(shown.rows[1].value, wide.rows[1].value);
    EXPECT_EQ(shown.rows[1].name, wide.rows[1].name) << "it has room";
    EXPECT_EQ(fittedTo(wide, widthOf(wide)).head, wide.head) << "nothing is shortened without need";
}

} // namespace
} // namespace headroom::ui
