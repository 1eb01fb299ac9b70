#include "ui/report/report.h"

#include "core/derived_bands.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/plan/plan_io.h"
#include "core/sizing.h"
#include "ui/format.h"
#include "ui/plots/catalog.h"
#include "ui/report/report_content.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace headroom::ui {
namespace {

std::shared_ptr<const PlanResults> shared(std::string name, const Plan& plan)
{
    return std::make_shared<const PlanResults>(planResults(std::move(name), std::make_shared<const Plan>(plan), 64));
}

Snapshot snapshotOf(const Plan& plan)
{
    Snapshot s;
    s.now = *shared(plan.name, plan);
    s.curvePoints = 64;
    return s;
}

Plan planWithTargets()
{
    Plan plan = defaultPlan();
    plan.targets.ttftP95 = Seconds(0.5);
    plan.targets.tpotP95 = Seconds(0.05);
    return plan;
}

QString output(const QString& program, const QStringList& arguments)
{
    QProcess p;
    p.start(program, arguments);
    p.waitForFinished();
    return QString::fromUtf8(p.readAllStandardOutput());
}

class ReportFile : public testing::Test {
protected:
    void SetUp() override
    {
        if (QStandardPaths::findExecutable(QStringLiteral("pdftotext")).isEmpty())
            GTEST_SKIP() << "poppler-utils is not installed";
    }
    QString path() const { return dir.filePath(QStringLiteral("report.pdf")); }
    QString words() const
    {
        return output(QStringLiteral("pdftotext"), {QStringLiteral("-layout"), path(), QStringLiteral("-")});
    }
    QString facts() const { return output(QStringLiteral("pdfinfo"), {path()}); }
    QTemporaryDir dir;
};

TEST_F(ReportFile, SaysTheVerdictEveryInputAndEveryChartInSearchableText)
{
    const Snapshot s = snapshotOf(planWithTargets());
    const auto done = writeReport(s, path().toStdString());
    ASSERT_TRUE(done) << done.error().message;
    const QString all = words();
    for (const char* word :
        {"Verdict", "Buy or rent", "Targets", "Results", "Sensitivity", "Inputs", "Assumptions", "Sources", "prefill"})
        EXPECT_TRUE(all.contains(QLatin1String(word))) << word;
    EXPECT_TRUE(all.contains(QString::fromStdString(planHash(*s.now.plan))));
    EXPECT_FALSE(all.contains(QChar(0xfb01))) << "the fi ligature would hide words from a search";
    const QString flat = QString(all).remove(QRegularExpression(QStringLiteral("\\s+")));
    for (const Field& field : fields()) // those in lines below the tables may wrap
        EXPECT_TRUE(
            flat.contains(QString::fromUtf8(info(field).label.data(), static_cast<qsizetype>(info(field).label.size()))
                              .remove(QLatin1Char(' '))))
            << info(field).key;
    for (const ChartRow& row : charts())
        EXPECT_TRUE(flat.contains(QString::fromStdString(row.build(s).title).remove(QLatin1Char(' ')))) << row.id;
}

TEST_F(ReportFile, HasPagesOfTheAskedSizeWithNumbers)
{
    const Snapshot s = snapshotOf(planWithTargets());
    ASSERT_TRUE(writeReport(s, path().toStdString(), {.page = PageSize::a4}));
    EXPECT_TRUE(facts().contains(QLatin1String("595 x 842"))) << facts().toStdString();
    const auto pages = QRegularExpression(QStringLiteral("Pages:\\s+(\\d+)")).match(facts()).captured(1);
    EXPECT_GE(pages.toInt(), 4);
    EXPECT_TRUE(words().contains(QStringLiteral("Page %1 of %1").arg(pages)));
    ASSERT_TRUE(writeReport(s, path().toStdString(), {.page = PageSize::letter}));
    EXPECT_TRUE(facts().contains(QLatin1String("612 x 792"))) << facts().toStdString();
}

TEST_F(ReportFile, IsVectorsAndEmbeddedFontsOnly)
{
    ASSERT_TRUE(writeReport(snapshotOf(planWithTargets()), path().toStdString()));
    EXPECT_EQ(output(QStringLiteral("pdfimages"), {QStringLiteral("-list"), path()}).count(QLatin1Char('\n')), 2)
        << "head only";
    const QStringList fonts =
        output(QStringLiteral("pdffonts"), {path()}).split(QLatin1Char('\n'), Qt::SkipEmptyParts).mid(2);
    EXPECT_FALSE(fonts.isEmpty());
    for (const QString& font : fonts)
        EXPECT_TRUE(font.contains(QRegularExpression(QStringLiteral("\\s+yes\\s+(yes|no)\\s+yes\\s"))))
            << font.toStdString();
}

TEST_F(ReportFile, ComparesPinnedPlans)
{
    Snapshot s = snapshotOf(planWithTargets());
    ASSERT_TRUE(writeReport(s, path().toStdString()));
    EXPECT_FALSE(words().contains(QLatin1String("Comparison")));
    Plan other = planWithTargets();
    other.deployment.replicas = 3;
    s.pinned.push_back(shared("three of them", other));
    ASSERT_TRUE(writeReport(s, path().toStdString()));
    EXPECT_TRUE(words().contains(QLatin1String("Comparison")));
    EXPECT_TRUE(words().contains(QLatin1String("three of them")));
    EXPECT_TRUE(words().contains(QLatin1String("Settings that differ")));
}

TEST_F(ReportFile, TakesOnlyTheChosenCharts)
{
    const Snapshot s = snapshotOf(planWithTargets());
    ReportOptions options;
    options.charts = std::vector<std::string>{"memory_per_gpu"};
    ASSERT_TRUE(writeReport(s, path().toStdString(), options));
    EXPECT_TRUE(words().contains(QString::fromStdString(findChart("memory_per_gpu")->build(s).title)));
    EXPECT_FALSE(words().contains(QString::fromStdString(findChart("roofline")->build(s).title)));
}

TEST_F(ReportFile, WithoutPlotsItIsWordsAndTables)
{
    const Snapshot s = snapshotOf(planWithTargets());
    ReportOptions options;
    options.charts.emplace();
    ASSERT_TRUE(writeReport(s, path().toStdString(), options));
    for (const char* id : {"roofline", "cost_vs_load", "latency_cdf"}) // the second stands on the first page else
        EXPECT_FALSE(words().contains(QString::fromStdString(findChart(id)->build(s).title))) << id;
    EXPECT_TRUE(words().contains(QLatin1String("Verdict")));
}

TEST_F(ReportFile, IsWrittenForPlansThatCannotServeToo)
{
    Plan over = planWithTargets();
    over.workload.arrivalRate = RequestRate(1e4);
    ASSERT_TRUE(writeReport(snapshotOf(over), path().toStdString()));
    EXPECT_TRUE(words().contains(QLatin1String("Overloaded")));
    Plan small = planWithTargets();
    ASSERT_TRUE(chooseModel(small, "Llama-3.1-70B"));
    small.deployment.tp = 1;
    ASSERT_TRUE(writeReport(snapshotOf(small), path().toStdString()));
    EXPECT_TRUE(words().contains(QLatin1String("does not fit")));
}

TEST_F(ReportFile, KeepsUnitsInOnePieceAndWithTheirNumber)
{
    ASSERT_TRUE(writeReport(snapshotOf(planWithTargets()), path().toStdString()));
    const QString all = words();
    EXPECT_TRUE(all.contains(QLatin1String("req/s"))); // no mark of what holds it together is in the file
    EXPECT_FALSE(all.contains(QChar(0x2060)));
    static const QRegularExpression broken(QStringLiteral("req/\\s|\\d\\s*\\n\\s*req/s"));
    const auto match = broken.match(all);
    EXPECT_FALSE(match.hasMatch()) << qPrintable(all.mid(match.capturedStart() - 40, 80));
}

TEST_F(ReportFile, IsLeftAsItWasWhenItCannotBeWritten)
{
    const auto done =
        writeReport(snapshotOf(planWithTargets()), dir.filePath(QStringLiteral("no/such/r.pdf")).toStdString());
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().where.find("no/such/r.pdf"), std::string::npos);
    EXPECT_FALSE(done.error().message.empty());
}

QString joined(const std::vector<QString>& lines)
{
    QString all;
    for (const QString& line : lines)
        all += line + u'\n';
    return all;
}

TEST(Verdict, SaysHowManyAndWhatTheyCost)
{
    const Snapshot s = snapshotOf(planWithTargets());
    const QString all = joined(verdictSentences(s));
    EXPECT_TRUE(all.contains(QString::fromStdString(s.now.plan->hardware.gpu.name)));
    EXPECT_TRUE(all.contains(QLatin1String("$")));
    EXPECT_TRUE(all.contains(QLatin1String("/h")));
}

TEST(Verdict, SaysWhenThePlanHasTooFew)
{
    Plan plan = planWithTargets();
    plan.workload.arrivalRate = RequestRate(100);
    EXPECT_TRUE(joined(verdictSentences(snapshotOf(plan))).contains(QLatin1String("not enough")));
}

TEST(Inputs, HoldEveryFieldOnceInARowOrBelowTheTable)
{
    const std::vector<InputGroup> groups = inputTables(defaultPlan());
    for (const Field& field : fields()) {
        const QString label =
            QString::fromUtf8(info(field).label.data(), static_cast<qsizetype>(info(field).label.size()));
        std::size_t found = 0;
        for (const InputGroup& g : groups) {
            if (!g.title.startsWith(QLatin1String(info(field).group == "targets" ? "Targets" : "")))
                continue;
            found += static_cast<std::size_t>(
                std::ranges::count_if(g.table.rows, [&](const auto& row) { return row[0] == label; }));
            found += g.below.contains(label) ? 1 : 0;
        }
        EXPECT_GE(found, 1U) << info(field).key;
    }
}

QString originOf(const Plan& plan, std::string_view key)
{
    const QString label = QString::fromUtf8(
        info(*findField(key)).label.data(), static_cast<qsizetype>(info(*findField(key)).label.size()));
    for (const InputGroup& g : inputTables(plan))
        for (const auto& row : g.table.rows)
            if (row[0] == label)
                return row[3];
    return {};
}

TEST(Inputs, SayWhetherAValueIsADefaultOrWasSet)
{
    Plan plan = defaultPlan();
    EXPECT_EQ(originOf(plan, "batching.token_budget").toStdString(), "default");
    plan.batching.tokenBudget = Tokens(512);
    EXPECT_EQ(originOf(plan, "batching.token_budget").toStdString(), "set (default 2,048)") << "in the unit beside it";
}

TEST(Inputs, SayThatAPriceIsTheCatalogsUntilItIsEdited)
{
    Plan plan = defaultPlan();
    EXPECT_EQ(originOf(plan, "hardware.price_usd_per_gpu_hour").toStdString(), "catalog");
    ASSERT_TRUE(setField(plan, "hardware.gpu", "MI355X"));
    EXPECT_EQ(originOf(plan, "hardware.price_usd_per_gpu_hour").toStdString(), "no price known");
    EXPECT_TRUE(verdictSentences(snapshotOf(plan))[1].contains(QLatin1String("no price")));
    ASSERT_TRUE(setField(plan, "hardware.price_usd_per_gpu_hour", "9.75"));
    EXPECT_TRUE(originOf(plan, "hardware.price_usd_per_gpu_hour").startsWith(QLatin1String("set")));
}

/// The default plan with more load than its one replica holds within the targets.
Plan crowdedPlan()
{
    Plan plan = planWithTargets();
    plan.workload.arrivalRate = RequestRate(30);
    return plan;
}

TEST(Verdict, PricesATokenOfWhatIsNeededToo)
{
    const Snapshot s = snapshotOf(crowdedPlan());
    const Evaluation& e = s.now.evaluation;
    const int needed = e.replicasNeeded.value_or(0), have = s.now.plan->deployment.replicas;
    ASSERT_GT(needed, have);
    const double all = (e.cost.perOutputToken * millionTokens).in(dollar)*needed / have;
    const QString cost = verdictSentences(s)[1];
    EXPECT_TRUE(cost.contains(QStringLiteral("**%1** per million output tokens.").arg(quantity(all, "USD"))))
        << qPrintable(cost);
}

TEST(Verdict, NamesTheGpuThatDoesItForLeast)
{
    Snapshot s = snapshotOf(crowdedPlan());
    GpuSizing cheap;
    cheap.gpu = "GH200-96GB";
    cheap.fits = cheap.meetsTargets = true;
    cheap.gpus = cheap.replicas = 1;
    cheap.fleet = UsdRate(1.49 / 3600);
    s.now.everyGpu.value = std::make_shared<const std::vector<GpuSizing>>(std::vector{cheap});
    EXPECT_EQ(verdictSentences(s)[2].toStdString(),
        "Of the GPUs with a price 1 × GH200-96GB at $1.49 an hour meets the targets at the least cost.");
    cheap.gpu = s.now.plan->hardware.gpu.name;
    cheap.gpus = cheap.replicas = s.now.evaluation.replicasNeeded.value();
    s.now.everyGpu.value = std::make_shared<const std::vector<GpuSizing>>(std::vector{cheap});
    EXPECT_EQ(verdictSentences(s)[2].toStdString(),
        "No GPU of the catalog with a price meets the targets for less than " + std::to_string(cheap.gpus) + " × " +
            cheap.gpu + " at $1.49 an hour.");
}

TEST(Verdict, SaysThatAnotherLayoutOfTheSameGpuNeedsFewer)
{
    Plan plan = crowdedPlan();
    plan.deployment.tp = 4;
    Snapshot s = snapshotOf(plan);
    const std::string gpu = plan.hardware.gpu.name;
    GpuSizing own;
    own.gpu = gpu;
    own.fits = own.meetsTargets = true;
    own.replicas = 2;
    own.gpus = 2;
    const auto sizedAs = [&s](const GpuSizing& sizing) {
        s.now.everyGpu.value = std::make_shared<const std::vector<GpuSizing>>(std::vector{sizing});
        return verdictSentences(s)[1].toStdString();
    };
    ASSERT_TRUE(s.now.evaluation.replicasNeeded);
    const int needed = 4 * *s.now.evaluation.replicasNeeded;
    ASSERT_GT(needed, 2);
    EXPECT_EQ(sizedAs(own), "In another layout fewer " + gpu + " do: **2 × " + gpu +
                                " as 2 replicas of one GPU** in place of " + std::to_string(needed) + ".");
    own.gpus = needed; // no fewer: nothing is said
    EXPECT_EQ(sizedAs(own).find("another layout"), std::string::npos);
    s.now.evaluation.replicasNeeded.reset();
    own.tp = 8;
    own.replicas = 1;
    EXPECT_EQ(sizedAs(own), "In another layout " + gpu + " meets the targets: **" + std::to_string(needed) + " × " +
                                gpu + " as 1 replica of tensor parallel 8**.");
}

TEST(Verdict, SaysWhatWasChangedSinceThePlanWasSaved)
{
    const Plan saved = planWithTargets();
    EXPECT_EQ(changedSince(saved, saved), QString());
    Plan now = saved;
    now.deployment.replicas = saved.deployment.replicas + 1;
    const QString replicas =
        QStringLiteral("Replicas %1 → %2").arg(saved.deployment.replicas).arg(saved.deployment.replicas + 1);
    EXPECT_EQ(changedSince(saved, now), QStringLiteral("Changed since the file was read or saved: %1.").arg(replicas));
    ASSERT_TRUE(setField(now, "model.name", "Llama-3.1-70B"));
    const QString both = changedSince(saved, now);
    EXPECT_TRUE(both.contains(replicas)) << both.toStdString();
    EXPECT_TRUE(both.contains(QLatin1String("Model "))) << both.toStdString();
    EXPECT_FALSE(both.contains(QLatin1String("Layers"))) << "they came with the model: " << both.toStdString();
    ASSERT_TRUE(setField(now, "hardware.gpu", "RTX-PRO-6000-96GB"));
    ASSERT_FALSE(now.hardware.hasPrice());
    EXPECT_THAT(changedSince(saved, now).toStdString(), testing::HasSubstr("→ none")) << "nobody knows its price";
}

TEST(Verdict, TheShareOfGoodRequestsHasTheBandOfGoodput)
{
    Plan plan = planWithTargets();
    const Snapshot s = snapshotOf(plan);
    const Evaluation& e = s.now.evaluation;
    const Band good = goodputBand(e, plan.targets);
    ASSERT_LT(good.lo, good.hi);
    const std::vector<QString> row = targetsTable(s).rows.back();
    EXPECT_TRUE(row[3].startsWith(percent(e.sloAttainment * good.lo / e.throughput.goodput.si(), 3)))
        << qPrintable(row[3]);
    plan.targets.attainment = 0.5 * (good.lo / e.throughput.goodput.si() + 1) * e.sloAttainment;
    EXPECT_EQ(targetsTable(snapshotOf(plan)).rows.back().back().toStdString(), "holds, but the band passes it");
}

TEST(Verdict, DoesNotReassureWhereTheBandPassesATarget)
{
    Plan plan = planWithTargets();
    const LatencySummary first = snapshotOf(plan).now.evaluation.ttft;
    ASSERT_GT(first.hi, first.p95);
    plan.targets.ttftP95 = 0.5 * (first.p95 + first.hi);
    EXPECT_EQ(targetsTable(snapshotOf(plan)).rows[0].back().toStdString(), "holds, but the band passes it");
}

TEST_F(ReportFile, SaysOfWhichFleetTheTargetsAreAndPrintsTheFirstPagesChartsOnce)
{
    const Snapshot s = snapshotOf(crowdedPlan());
    ASSERT_TRUE(writeReport(s, path().toStdString()));
    EXPECT_TRUE(words().contains(QLatin1String("Targets, the plan as it stands, at 30 req/s")));
    EXPECT_EQ(words().count(QString::fromStdString(findChart("cost_vs_load")->build(s).title)), 1);
}

TEST_F(ReportFile, GathersGpusWithoutAPriceBelowTheirTable)
{
    ASSERT_TRUE(writeReport(snapshotOf(planWithTargets()), path().toStdString()));
    const QString flat = words().simplified();
    const qsizetype at = flat.indexOf(QLatin1String("No price is known of "));
    ASSERT_GE(at, 0);
    EXPECT_TRUE(flat.mid(at, 400).contains(QLatin1String("MI355X")));
}

TEST(Sources, AreALineEachWithFiguresInWords)
{
    const std::vector<QString> lines = sources(defaultPlan());
    std::vector<QString> from;
    for (const QString& line : lines) {
        EXPECT_FALSE(line.contains(u'_')) << qPrintable(line);
        EXPECT_LE(line.count(QLatin1String("recalled")), 1) << qPrintable(line);
        EXPECT_FALSE(line.contains(QLatin1String("INT8"))) << "the plan does not compute in it";
        from.push_back(line.section(u',', 0, 0) + line.section(QStringLiteral(": "), 1));
    }
    std::ranges::sort(from);
    EXPECT_EQ(std::ranges::adjacent_find(from), from.end());
    Plan narrow = defaultPlan();
    narrow.model.weightFormat = NumberFormat::int8;
    EXPECT_TRUE(joined(sources(narrow)).contains(QLatin1String("INT8")));
}

TEST(Inputs, NameBelowTheTableWhatIsNotUsedAndWhy)
{
    const std::vector<InputGroup> groups = inputTables(defaultPlan());
    const auto offloading = std::ranges::find(groups, QStringLiteral("Offloading"), &InputGroup::title);
    ASSERT_NE(offloading, groups.end());
    EXPECT_EQ(offloading->table.rows.size(), 1U) << "whether there is any";
    EXPECT_TRUE(offloading->below.startsWith(QStringLiteral("Not used. Only with offloading: Weights on the GPU · ")))
        << qPrintable(offloading->below);
}

std::vector<QString> inputRow(const Plan& plan, std::string_view label)
{
    for (const InputGroup& g : inputTables(plan))
        for (const auto& row : g.table.rows)
            if (row[0].toStdString() == label)
                return row;
    return {{}, {}, {}, {}};
}

TEST(Inputs, WriteNumbersAsTheRestOfTheReportDoes)
{
    const Plan plan = planWithTargets();
    EXPECT_EQ(inputRow(plan, "Time to first token, p95")[1].toStdString(), "500");
    EXPECT_EQ(inputRow(plan, "Time to first token, p95")[2].toStdString(), "ms");
    EXPECT_EQ(inputRow(plan, "Hidden width")[1].toStdString(), "4,096");
    EXPECT_EQ(inputRow(plan, "Year of the engine")[1].size(), 4) << "a year has no separator";
    EXPECT_EQ(inputRow(plan, "Price of a hosted API")[2].toStdString(), "") << "none has no unit";
    Plan hosted = plan;
    hosted.cost.hostedUsdPerMillion = 0.6;
    EXPECT_EQ(inputRow(hosted, "Price of a hosted API")[2].toStdString(), "USD/M tok");
}

TEST(Ablation, EachSystemThatRunsHasItsBandBelowIt)
{
    Plan plan = planWithTargets();
    plan.deployment.replicas = 2;
    const auto& rows = ablationSection(plan).table.rows;
    int bands = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].front() == QStringLiteral("band (80 %)")) {
            ++bands;
            EXPECT_EQ(rows[i].size(), rows[i - 1].size());
            EXPECT_TRUE(rows[i][4].contains(QStringLiteral(" to "))) << "TPOT: " << qPrintable(rows[i][4]);
        }
    EXPECT_EQ(bands, 5);
}

TEST(Ablation, OfASystemThatServesNothingHasNoGain)
{
    Plan plan = planWithTargets();
    plan.targets.tpotP95 = Seconds(0.001); // no system holds it
    for (const auto& row : ablationSection(plan).table.rows)
        if (row.size() > 2) {
            EXPECT_EQ(row[2].toStdString(), "–") << qPrintable(row[0]);
        }
}

} // namespace
} // namespace headroom::ui
