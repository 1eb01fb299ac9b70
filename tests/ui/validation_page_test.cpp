#include "ui/panels/validation_page.h"

#include "tests/ui/window_fixture.h"
#include "ui/panels/row_table.h"
#include "ui/plots/chart_view.h"

#include <gmock/gmock.h>

#include <QComboBox>
#include <QHeaderView>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>

#include <algorithm>
#include <fstream>
#include <set>

namespace headroom::ui {
namespace {

constexpr const char* kHeader =
    "case_id,source,source_detail,engine,engine_version,model,gpu,num_gpus,tp,pp,ep,weight_dtype,kv_dtype,isl,osl,"
    "concurrency_or_batch_or_rate,load_kind,metric,statistic,value,quality,family\n";

/// Made-up runs: three that can be run, one of a GPU that nobody knows.
std::string madeUp()
{
    return std::string(kHeader) +
           "a,made,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,256,8,fixed_concurrency,tpot_ms,mean,9,A,llama\n"
           "b,made,,vLLM,,Llama-3.1-8B,A100-SXM-80GB,1,1,1,,,,1024,256,8,fixed_concurrency,tpot_ms,mean,15,A,llama\n"
           "c,made,,SGLang,,Qwen3-14B,H100-SXM-80GB,1,1,1,,fp8,,512,128,inf,offline_max,output_tok_s,total,4000,A,"
           "qwen\n"
           "d,made,,vLLM,,Llama-3.1-8B,Abacus-1,1,1,1,,,,512,128,inf,offline_max,output_tok_s,total,9,A,llama\n";
}

class ValidationPageTest : public WindowTest {
protected:
    ValidationPage& page()
    {
        EXPECT_TRUE(window->showTab("validation"));
        return *window->validationPage();
    }
    QString file(const std::string& words) const
    {
        const auto path = folder() / "mine.csv";
        std::ofstream(path) << words;
        return QString::fromStdString(path.string());
    }
    void openAndWait(const std::string& words)
    {
        ValidationPage& p = page();
        QSignalSpy done(&p.runner(), &ValidationRunner::finished);
        p.open(file(words));
        ASSERT_TRUE(done.count() > 0 || done.wait(20000));
    }
    /// Chooses an entry of the box of this name as a hand would.
    void choose(const char* box, const QString& entry)
    {
        for (QComboBox* b : page().findChildren<QComboBox*>())
            if (b->accessibleName() == QLatin1String(box)) {
                b->setCurrentIndex(b->findText(entry));
                ASSERT_GE(b->currentIndex(), 0);
                emit b->activated(b->currentIndex());
            }
    }
    std::size_t points()
    {
        std::size_t count = 0;
        for (const Curve& c : std::get<ScatterChart>(page().scatter().chart().body).groups)
            count += c.x.size();
        return count;
    }
};

TEST_F(ValidationPageTest, WithoutAFileItShowsWhatShips)
{
    ValidationPage& p = page();
    EXPECT_GT(points(), shippedResiduals().size() / 2) << "errors of what was measured";
    std::set<std::pair<Metric, LoadKind>> kinds;
    for (const ShippedAccuracy& a : shippedAccuracy())
        kinds.insert({a.metric, a.loadKind});
    ASSERT_EQ(p.errors().rowCount(), static_cast<int>(kinds.size()));
    for (int r = 0; r < p.errors().rowCount(); ++r)
        for (int c = 2; c < p.errors().columnCount(); ++c)
            EXPECT_FALSE(p.errors().item(r, c)->text().isEmpty()) << r << ", " << c;
    EXPECT_GT(p.nearest().rowCount(), 5);
    EXPECT_FALSE(p.sentence().isEmpty());
}

TEST_F(ValidationPageTest, InASmallWindowOneScrollBarReachesEveryRow)
{
    for (const auto& [size, isShipped] : {std::pair(QSize(1280, 720), true), {QSize(1280, 720), false},
             {QSize(1440, 900), false}, {QSize(2560, 1440), false}}) {
        window->resize(size);
        if (!isShipped && page().runner().rows().empty())
            openAndWait(madeUp());
        ValidationPage& p = page();
        QTest::qWait(0);
        const auto* scroll = p.scatter().parentWidget()->parentWidget()->parentWidget();
        const auto* area = qobject_cast<const QScrollArea*>(scroll);
        ASSERT_NE(area, nullptr);
        EXPECT_GE(p.scatter().height(), 240);
        EXPECT_EQ(area->horizontalScrollBar()->maximum(), 0);
        for (RowTable* table : {&p.errors(), &p.nearest()}) {
            const QString name = table->accessibleName();
            ASSERT_GT(table->rowCount(), 0) << name.toStdString();
            EXPECT_EQ(table->verticalScrollBar()->maximum(), 0) << name.toStdString() << " scrolls by itself";
            EXPECT_EQ(table->horizontalScrollBar()->maximum(), 0) << name.toStdString() << " is cut";
            EXPECT_GE(table->viewport()->height(), table->verticalHeader()->length()) << name.toStdString();
            const int below = table->mapTo(area->widget(), QPoint(0, table->height())).y();
            EXPECT_LE(below, area->verticalScrollBar()->maximum() + area->viewport()->height()) << name.toStdString();
        }
    }
}

TEST_F(ValidationPageTest, TheTableOfErrorsBeginsInSightAtTheSmallestSize)
{
    window->resize(1280, 720);
    ValidationPage& p = page();
    QTest::qWait(0);
    const QTableWidget& errors = p.errors();
    const int rowEnd = errors.rowViewportPosition(0) + errors.rowHeight(0);
    EXPECT_LE(errors.viewport()->mapTo(&p, QPoint(0, rowEnd)).y(), p.height());
}

TEST_F(ValidationPageTest, WhatDiffersHasTheRoomThatIsLeftAndBreaksItsWordsElse)
{
    for (const QSize size : {QSize(1280, 720), QSize(1440, 900), QSize(2560, 1440)}) {
        window->resize(size);
        RowTable& table = page().nearest();
        QTest::qWait(0);
        const int last = table.columnCount() - 1;
        EXPECT_GE(table.columnViewportPosition(last) + table.columnWidth(last), table.viewport()->width());
        for (int r = 0; r < table.rowCount(); ++r) {
            const QString words = table.item(r, last)->text();
            const int margin = 2 * (table.style()->pixelMetric(QStyle::PM_FocusFrameHMargin) + 1);
            const QRect needed = table.fontMetrics().boundingRect(
                QRect(0, 0, table.columnWidth(last) - margin, 1000), Qt::TextWordWrap, words);
            EXPECT_LE(needed.height(), table.rowHeight(r)) << words.toStdString();
            EXPECT_EQ(table.item(r, last)->toolTip(), words);
        }
    }
}

TEST_F(ValidationPageTest, EveryKindThatIsPlottedHasARowAndTheRowsAddUp)
{
    RowTable& table = page().errors();
    int runs = 0;
    std::set<QString> kinds;
    for (int r = 0; r < table.rowCount(); ++r) {
        runs += table.item(r, 1)->text().toInt();
        kinds.insert(table.item(r, 0)->text());
    }
    EXPECT_EQ(runs, shippedRuns());
    for (const ResidualGroup& g : shippedResiduals())
        EXPECT_TRUE(std::ranges::any_of(kinds, [&](const QString& kind) {
            return kind.startsWith(runWords(g.metric, g.loadKind));
        })) << runWords(g.metric, g.loadKind).toStdString();
    EXPECT_TRUE(std::ranges::any_of(
        kinds, [](const QString& kind) { return kind.contains(QStringLiteral("too few to judge")); }));
}

TEST_F(ValidationPageTest, TheShippedErrorsStandAtTheirDistanceFromThePlan)
{
    const auto measured = settingOf(shippedResiduals().front());
    const ChartSpec near = shippedErrorsOver(measured);
    const auto least = [](const ChartSpec& chart) {
        double x = 1e9;
        for (const Curve& c : std::get<ScatterChart>(chart.body).groups)
            x = std::min(x, *std::ranges::min_element(c.x));
        return x;
    };
    EXPECT_DOUBLE_EQ(least(near), 0) << "a plan that was measured";
    MeasuredSetting far = measured;
    far.gpu = "TPU-v4";
    far.architecture = GpuArchitecture::tpu;
    EXPECT_GE(least(shippedErrorsOver(far)), 2) << "nothing of its architecture was measured";
}

TEST_F(ValidationPageTest, ATableIsPredictedBesideTheWindowAndFiltered)
{
    openAndWait(madeUp());
    EXPECT_EQ(page().runner().rows().size(), 4U);
    EXPECT_THAT(page().status().toStdString(), testing::HasSubstr("4 of 4 rows, 1 of them cannot be run"));
    EXPECT_EQ(points(), 1U) << "output rates: the unknown GPU has no prediction";
    choose("Metric", QStringLiteral("Time per output token"));
    EXPECT_EQ(points(), 2U);
    choose("GPU", QStringLiteral("A100-SXM-80GB"));
    EXPECT_EQ(points(), 1U);
    ASSERT_EQ(page().errors().rowCount(), 1) << "one metric and load passes the filter";
    EXPECT_EQ(page().errors().item(0, 2)->text().toStdString(), "1");
    EXPECT_TRUE(page().errors().horizontalHeaderItem(1)->textAlignment() & Qt::AlignLeft) << "words, numbers before";
}

TEST_F(ValidationPageTest, TheNearestRunIsOfThePlansOwnModelAndGpu)
{
    openAndWait(madeUp());
    const Plan& plan = document.plan();
    ASSERT_GE(page().nearest().rowCount(), 3);
    EXPECT_EQ(page().nearest().item(0, 0)->text().toStdString(), plan.model.spec.name);
    EXPECT_EQ(page().nearest().item(0, 1)->text().toStdString(), plan.hardware.gpu.name);
}

TEST_F(ValidationPageTest, TheTableIsRememberedByTheNextWindow)
{
    openAndWait(madeUp());
    window.reset();
    open();
    ValidationPage& p = page();
    QSignalSpy done(&p.runner(), &ValidationRunner::finished);
    ASSERT_TRUE(!p.runner().isRunning() || done.wait(20000));
    EXPECT_EQ(p.runner().rows().size(), 4U);
}

TEST_F(ValidationPageTest, AFileThatIsNoTableIsRefusedWithItsPlace)
{
    openAndWait("a,b\n1,2\n");
    EXPECT_THAT(page().status().toStdString(), testing::HasSubstr("mine.csv"));
    EXPECT_TRUE(page().runner().rows().empty());
}

TEST_F(ValidationPageTest, CancelKeepsWhatIsThereAndStops)
{
    std::string many = kHeader;
    for (int i = 0; i < 4000; ++i)
        many +=
            "r" + std::to_string(i) +
            ",made,,vLLM,,Llama-3.1-8B,H100-SXM-80GB,1,1,1,,,,1024,256,8,fixed_concurrency,tpot_ms,mean,9,A,llama\n";
    ValidationPage& p = page();
    QSignalSpy some(&p.runner(), &ValidationRunner::progressed);
    p.open(file(many));
    ASSERT_TRUE(some.wait(20000));
    const_cast<ValidationRunner&>(p.runner()).cancel();
    EXPECT_FALSE(p.runner().isRunning());
    const std::size_t kept = p.runner().rows().size();
    QTest::qWait(50);
    EXPECT_EQ(p.runner().rows().size(), kept) << "nothing comes after a cancel";
}

TEST_F(ValidationPageTest, PapersAreRecomputedWhenTheyAreLookedAt)
{
    ValidationPage& p = page();
    EXPECT_EQ(p.papers().rowCount(), 0);
    p.showView(1);
    ASSERT_TRUE(QTest::qWaitFor([&] { return p.papers().rowCount() >= 3; }, 60000));
    EXPECT_FALSE(p.papers().item(0, 6)->text().isEmpty());
}

TEST_F(ValidationPageTest, APlanFarFromEverythingIsToldSo)
{
    ValidationPage& p = page();
    const QString near = p.sentence();
    Plan plan = document.plan();
    ASSERT_TRUE(setField(plan, "hardware.gpu", "TPU-v4"));
    EXPECT_NE(nearnessSentence(plan), near.toStdString());
    EXPECT_THAT(nearnessSentence(plan), testing::HasSubstr("not measured on this GPU"));
}

} // namespace
} // namespace headroom::ui
