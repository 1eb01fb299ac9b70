// A law over plans, charts and sizes: names lie on nothing, and what must cross a line has a patch of the background.
#include "ui/plots/annotations.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/plan/plan_io.h"
#include "core/snapshot.h"
#include "ui/plots/catalog.h"

#include <array>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

namespace fs = std::filesystem;
const fs::path kExamples = fs::path(HEADROOM_SOURCE_DIR) / "resources" / "examples";

Plan with(Plan plan, std::initializer_list<std::pair<const char*, const char*>> settings)
{
    for (const auto& [key, value] : settings)
        EXPECT_TRUE(setField(plan, key, value).has_value()) << key;
    return plan;
}

std::shared_ptr<const PlanResults> resultsOf(const std::string& name, const Plan& plan)
{
    return std::make_shared<const PlanResults>(planResults(name, std::make_shared<const Plan>(plan), kRestPoints));
}

Snapshot snapshotOf(const Plan& plan, std::vector<std::shared_ptr<const PlanResults>> pinned = {})
{
    Snapshot snapshot;
    snapshot.now = *resultsOf(plan.name, plan);
    snapshot.pinned = std::move(pinned);
    return snapshot;
}

/// The examples, and the start plan where it is hard: peaks just before saturation, at its targets, with pinned plans.
std::vector<Snapshot> snapshots()
{
    std::vector<Snapshot> all;
    for (const auto& file : fs::directory_iterator(kExamples))
        if (const auto plan = loadPlan(file.path()))
            all.push_back(snapshotOf(*plan));
    const Plan start = defaultPlan();
    const double room = Evaluator(start).capacity().si() / start.workload.arrivalRate.si();
    for (const double share : {0.8, 0.9, 0.96, 0.99}) {
        Plan peaks = start;
        peaks.workload.peakFactor = std::max(1.01, share * room);
        all.push_back(snapshotOf(peaks));
    }
    all.push_back(snapshotOf(with(start, {{"targets.ttft_p95_s", "0.5"}, {"targets.e2e_p99_s", "12"}})));
    const auto other = resultsOf("a smaller model", with(start, {{"model.name", "Qwen2.5-7B"}}));
    const auto third = resultsOf("on L40S", with(start, {{"hardware.gpu", "L40S-48GB"}}));
    all.push_back(snapshotOf(start, {other, third}));
    const auto example = [](const char* name) {
        const auto plan = loadPlan(kExamples / (std::string(name) + ".plan.json"));
        EXPECT_TRUE(plan.has_value()) << name;
        return plan ? *plan : Plan();
    };
    all.push_back(snapshotOf(example("deepseek-v3-8xh200"),
        {resultsOf("pin 1", example("llama-3.3-70b-4xh100-fp8")), resultsOf("pin 2", example("overloaded"))}));
    return all;
}

constexpr std::array kSizes{QSizeF(296, 190), QSizeF(330, 236), QSizeF(410, 290), QSizeF(500, 250), QSizeF(640, 420)};

PlotFrame frameOf(const LineChart& chart, QSizeF size, const QFont& font)
{
    FrameRequest request;
    request.whole = QRectF(QPointF(0, 0), size);
    request.x = &chart.x;
    request.y = &chart.y;
    request.ranges = fittedRanges(chart);
    request.legendHeight = legendHeight(legendOf(chart, lightTheme()), size.width(), font);
    return layOutFrame(request, font);
}

/// Every line that is drawn, as finely as it is known: not what the placement looks at.
std::vector<QLineF> linesOf(const LineChart& chart, const PlotFrame& f)
{
    std::vector<QLineF> lines;
    for (const Curve& c : chart.curves)
        for (std::size_t i = 1; !c.markers && i < c.x.size(); ++i)
            if (std::isfinite(c.y[i - 1]) && std::isfinite(c.y[i]))
                lines.emplace_back(f.at(c.x[i - 1], c.y[i - 1]), f.at(c.x[i], c.y[i]));
    for (const Limit& l : chart.limits) {
        const AxisScale& scale = l.vertical ? f.x : f.y;
        if (!scale.range.contains(l.value))
            continue;
        const double at = scale.pixel(l.value);
        lines.push_back(
            l.vertical ? QLineF(at, f.area.top(), at, f.area.bottom()) : QLineF(f.area.left(), at, f.area.right(), at));
    }
    return lines;
}

/// A line that does more than graze a text.
bool runsThrough(const QLineF& line, const QRectF& text)
{
    return lengthInside(line, text.adjusted(0.5, 0.5, -0.5, -0.5)) > 0;
}

struct Count {
    int placed = 0, onPatch = 0;
};

/// Every straight line that is seen has its name, whatever else is in the way.
void checkAllLimitsAreNamed(const LineChart& chart, const std::vector<PlacedText>& texts, const std::string& where)
{
    for (const Limit& l : chart.limits)
        if (!chart.keyed && !l.name.empty()) {
            const QString start = QString::fromStdString(l.name).left(4);
            EXPECT_TRUE(std::ranges::any_of(texts, [&](const PlacedText& t) { return t.text.contains(start); }))
                << where << ": " << l.name;
        }
}

/// Adds failures for names that lie on each other, on points, or without a patch on a line.
void check(const LineChart& chart, QSizeF size, const std::string& where, Count& count)
{
    const QFont font = uiFont(TextSize::small);
    const PlotFrame frame = frameOf(chart, size, font);
    Annotations annotations;
    annotations.arrange(chart, frame, lightTheme(), font);
    const auto lines = linesOf(chart, frame);
    const auto& texts = annotations.texts();
    checkAllLimitsAreNamed(chart, texts, where);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        ++count.placed;
        count.onPatch += texts[i].crossed ? 1 : 0;
        const std::string what = where + ": \"" + texts[i].text.toStdString() + "\"";
        EXPECT_TRUE(frame.whole.contains(texts[i].rect)) << what;
        for (std::size_t k = 0; k < i; ++k)
            EXPECT_FALSE(texts[i].rect.intersects(texts[k].rect)) << what << " on " << texts[k].text.toStdString();
        for (const Marker& m : chart.markers)
            EXPECT_FALSE(texts[i].rect.contains(frame.at(m.x, m.y))) << what << " on " << m.name;
        if (!texts[i].crossed) {
            EXPECT_TRUE(
                std::ranges::none_of(lines, [&](const QLineF& line) { return runsThrough(line, texts[i].rect); }))
                << what << " on a line, without a patch";
        }
    }
}

TEST(Annotations, NamesLieNeitherOnEachOtherNorOnLines)
{
    Count count;
    for (const Snapshot& snapshot : snapshots())
        for (const ChartRow& row : charts()) {
            const ChartSpec chart = row.simulated || row.tab == "simulator" ? ChartSpec{} : row.build(snapshot);
            const auto* body = std::get_if<LineChart>(&chart.body);
            for (const QSizeF size : kSizes)
                if (body != nullptr && chart.empty.empty())
                    check(*body, size,
                        snapshot.now.name + ", " + std::string(row.id) + " at " + std::to_string(size.width()), count);
        }
    EXPECT_GT(count.placed, 3000);
    EXPECT_LT(count.onPatch, count.placed / 100)
        << "of " << count.placed << " names: there is nearly always a free place";
}

TEST(PlotFrame, TicksStandAtTheOnlyValuesThereAre)
{
    LineChart chart;
    chart.x = {"GPUs in a replica", "", true, {}, {}, {1, 2, 4, 8}};
    chart.curves = {{"tensor parallel", Role::primary, {1, 2, 4, 8}, {8, 5, 3, 2}, {}, {}, false, false, {}, {}}};
    const auto ticksAt = [&](double width) {
        std::vector<double> at;
        for (const TickText& t : frameOf(chart, {width, 250}, uiFont(TextSize::small)).xTicks)
            at.push_back(t.value);
        return at;
    };
    EXPECT_EQ(ticksAt(400), (std::vector<double>{1, 2, 4, 8}));
    EXPECT_EQ(ticksAt(80), (std::vector<double>{1, 4})) << "every second one where they have no room";
}

TEST(Annotations, NamesOfReferencesAvoidTheCloud)
{
    ScatterChart chart;
    chart.x = {"measured", "ms", false, 0.0, 10.0};
    chart.y = {"predicted", "ms", false, 0.0, 10.0};
    chart.lines = {{"equal", Role::saturation, {0, 10}, {5, 5}, {}, {}, false, false, {}, {}}};
    Curve cloud{"runs", Role::series1, {}, {}, {}, {}, false, true, {}, {}};
    for (double x = 3; x < 10; x += 0.2) // over the right of the line, where its name would stand
        for (const double y : {4.4, 4.8, 5.2, 5.6}) {
            cloud.x.push_back(x);
            cloud.y.push_back(y);
        }
    chart.groups = {cloud};
    FrameRequest request;
    request.whole = QRectF(0, 0, 300, 200);
    request.x = &chart.x;
    request.y = &chart.y;
    request.ranges = fittedRanges(chart);
    const QFont font = uiFont(TextSize::small);
    const PlotFrame frame = layOutFrame(request, font);
    Annotations annotations;
    annotations.arrange(chart, frame, lightTheme(), font);
    ASSERT_EQ(annotations.texts().size(), 1U);
    for (std::size_t i = 0; i < cloud.x.size(); ++i)
        EXPECT_FALSE(annotations.texts()[0].rect.contains(frame.at(cloud.x[i], cloud.y[i])));
}

TEST(Annotations, TheNameOfATargetStandsOnItsOwnSideOfTheOtherTargets)
{
    LineChart chart; // the second target near the right edge, less than its name from the first
    chart.x = {"time", "s", false, 0.0, 10.0};
    chart.y = {"requests below", "%", false, 0.0, 100.0};
    chart.curves = {{"E2E", Role::primary, {2, 3, 4, 5, 6.5}, {0, 30, 60, 90, 100}, {}, {}, false, false, {}, {}}};
    const double first = 8.6, second = 9.9;
    chart.limits = {{"TTFT target", Role::target, first, true}, {"E2E target", Role::target, second, true}};
    const QFont font = uiFont(TextSize::small);
    const PlotFrame frame = frameOf(chart, {410, 290}, font);
    Annotations annotations;
    annotations.arrange(chart, frame, lightTheme(), font);
    const auto named = [&](const char* name) {
        return std::ranges::find(annotations.texts(), QLatin1String(name), &PlacedText::text)->rect;
    };
    ASSERT_LT(frame.x.pixel(second) - frame.x.pixel(first), named("E2E target").width());
    EXPECT_GT(named("E2E target").right(), frame.x.pixel(first));
    EXPECT_LT(named("TTFT target").left(), frame.x.pixel(first));
}

TEST(Annotations, TheNameOfALineAvoidsItsNeighbour)
{
    // The load's peak a few pixels before saturation: the name of the one lay on the other.
    LineChart chart;
    chart.x = {"arrival rate", "req/s", false, 0.0, 6.0};
    chart.y = {"TTFT", "ms", true, {}, {}};
    chart.curves = {{"TTFT p95", Role::primary, {0.1, 3, 5.5}, {180, 250, 900}, {}, {}, false, false, {}, {}}};
    for (const double peak : {4.9, 5.2, 5.5, 5.7, 5.85}) {
        chart.limits = {{"saturates at 5.9", Role::saturation, 5.9, true}, {"peak 5.7", Role::ghost, peak, true}};
        const QFont font = uiFont(TextSize::small);
        Annotations annotations;
        annotations.arrange(chart, frameOf(chart, {410, 290}, font), lightTheme(), font);
        ASSERT_EQ(annotations.texts().size(), 2U);
        for (const PlacedText& t : annotations.texts())
            EXPECT_FALSE(t.crossed) << t.text.toStdString() << ", peak at " << peak;
    }
}

} // namespace
} // namespace headroom::ui
