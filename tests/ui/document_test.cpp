#include "ui/document.h"

#include "core/ablation.h"
#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/plan/plan_io.h"
#include "core/sizing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>

namespace headroom::ui {
namespace {

constexpr const char* kRate = "workload.arrival_rate_req_s";

std::string rateText(const Document& document) { return fieldText(*findField(kRate), document.plan()); }

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

TEST(Document, AnEditChangesThePlanAndItsNumbersWithOneSignal)
{
    Document document(defaultPlan());
    const double before = document.snapshot()->now.evaluation.utilization;
    QSignalSpy changes(&document, &Document::changed);
    ASSERT_TRUE(document.edit(kRate, "8"));
    EXPECT_EQ(changes.size(), 1);
    EXPECT_EQ(document.plan().workload.arrivalRate.si(), 8);
    EXPECT_GT(document.snapshot()->now.evaluation.utilization, before);
    EXPECT_EQ(*document.snapshot()->now.plan, document.plan());
}

TEST(Document, UndoBringsTheVeryPlanBackAndRedoTheChange)
{
    Document document(defaultPlan());
    const Plan before = document.plan();
    ASSERT_TRUE(document.edit(kRate, "8"));
    const Plan after = document.plan();
    document.undoStack().undo();
    EXPECT_EQ(document.plan(), before);
    EXPECT_FALSE(document.isModified());
    document.undoStack().redo();
    EXPECT_EQ(document.plan(), after);
    EXPECT_TRUE(document.isModified());
}

TEST(Document, MovesOfOneDragAreOneUndoStepAndTheNextDragIsAnother)
{
    Document document(defaultPlan());
    for (const char* value : {"5", "6", "7"})
        ASSERT_TRUE(document.edit(kRate, value, Gesture::continued));
    document.endGesture();
    for (const char* value : {"8", "9"})
        ASSERT_TRUE(document.edit(kRate, value, Gesture::continued));
    document.endGesture();
    EXPECT_EQ(document.undoStack().count(), 2);
    document.undoStack().undo();
    EXPECT_EQ(rateText(document), "7");
}

TEST(Document, ADragThatComesBackLeavesNoUndoStep)
{
    Document document(defaultPlan());
    const std::string before = rateText(document);
    ASSERT_TRUE(document.edit(kRate, "9", Gesture::continued));
    ASSERT_TRUE(document.edit(kRate, before, Gesture::continued));
    document.endGesture();
    EXPECT_EQ(document.undoStack().count(), 0);
}

TEST(Document, ADragDrawsFewerPointsAndRestDrawsAll)
{
    Document document(defaultPlan());
    ASSERT_TRUE(document.edit(kRate, "5", Gesture::continued));
    EXPECT_LE(document.snapshot()->curvePoints, Document::kDragPoints);
    EXPECT_TRUE(QTest::qWaitFor([&] { return document.snapshot()->curvePoints == kRestPoints; }));
}

TEST(Document, AValueOutOfRangeChangesNothingAndNamesTheKey)
{
    Document document(defaultPlan());
    const Plan before = document.plan();
    for (const char* bad : {"-1", "nan", "inf", "1e400", "many", ""}) {
        const auto edited = document.edit(kRate, bad);
        ASSERT_FALSE(edited) << bad;
        EXPECT_EQ(edited.error().where, kRate);
    }
    EXPECT_EQ(document.plan(), before);
    EXPECT_EQ(document.undoStack().count(), 0);
}

TEST(Document, AClashWithAnotherFieldIsKeptAndShownAtItsKey)
{
    Document document(defaultPlan());
    const auto good = document.snapshot();
    ASSERT_TRUE(document.edit("deployment.tp", "3")); // 3 does not divide 32 heads
    EXPECT_EQ(document.plan().deployment.tp, 3);
    EXPECT_NE(document.errorOf("deployment.tp"), nullptr);
    EXPECT_EQ(document.snapshot(), good) << "numbers stay those of the last plan that made sense";
    ASSERT_TRUE(document.edit("deployment.tp", "2"));
    EXPECT_EQ(document.errorOf("deployment.tp"), nullptr);
}

TEST(Document, SaveAndOpenGiveTheSamePlan)
{
    QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath(QStringLiteral("a.plan.json")).toStdString();
    Document document(defaultPlan());
    ASSERT_TRUE(document.edit(kRate, "7.25"));
    ASSERT_TRUE(document.saveAs(file));
    EXPECT_FALSE(document.isModified());
    EXPECT_EQ(document.path(), file);
    Document other(defaultPlan());
    ASSERT_TRUE(other.open(file));
    EXPECT_EQ(other.plan(), document.plan());
}

TEST(Document, AFileThatCannotBeReadLeavesTheOpenPlanAndItsUndoSteps)
{
    QTemporaryDir folder;
    Document document(defaultPlan());
    ASSERT_TRUE(document.edit(kRate, "7"));
    const Plan before = document.plan();
    const std::filesystem::path bad = folder.filePath(QStringLiteral("bad.plan.json")).toStdString();
    for (const char* text : {"", "{", "[]", "{\"schema\": 1, \"workload\": {\"arrival_rate_req_s\": -5}}"}) {
        write(bad, text);
        const auto opened = document.open(bad);
        ASSERT_FALSE(opened) << text;
        EXPECT_THAT(opened.error().where, testing::HasSubstr("bad.plan.json"));
        EXPECT_EQ(document.plan(), before);
        EXPECT_TRUE(document.undoStack().canUndo());
    }
}

TEST(Document, TakesResultsThatAreThereAlready)
{
    const auto plan = std::make_shared<const Plan>(defaultPlan());
    PlanResults ready = planResults("made before", plan, kRestPoints);
    const Evaluator* evaluator = ready.evaluator.get();
    Document document(std::move(ready));
    EXPECT_EQ(document.plan(), *plan);
    EXPECT_EQ(document.snapshot()->now.evaluator.get(), evaluator) << "nothing was evaluated again";
    ASSERT_TRUE(document.edit(kRate, "9"));
    EXPECT_NE(document.snapshot()->now.evaluator.get(), evaluator);
    EXPECT_DOUBLE_EQ(document.snapshot()->now.plan->workload.arrivalRate.si(), 9);
}

TEST(Document, AFileWrittenByAnotherProgramIsNoticedOnce)
{
    QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath(QStringLiteral("a.plan.json")).toStdString();
    Document document(defaultPlan());
    ASSERT_TRUE(document.saveAs(file));
    QSignalSpy notices(&document, &Document::fileChangedOnDisk);
    QTest::qWait(50);
    EXPECT_EQ(notices.size(), 0) << "our own write is not news";
    Plan other = document.plan();
    other.name = "other";
    ASSERT_TRUE(savePlan(other, file));
    EXPECT_TRUE(QTest::qWaitFor([&] { return notices.size() == 1; }));
    ASSERT_TRUE(document.reload());
    EXPECT_EQ(document.plan().name, "other");
}

TEST(Document, PinsKeepTheirPlanWhileTheOpenOneChanges)
{
    Document document(defaultPlan());
    const Plan before = document.plan();
    ASSERT_TRUE(document.pin("first"));
    ASSERT_TRUE(document.edit(kRate, "9"));
    ASSERT_EQ(document.snapshot()->pinned.size(), 1U);
    EXPECT_EQ(*document.snapshot()->pinned[0]->plan, before);
    for (int i = 1; i < Document::kMaxPinned; ++i)
        EXPECT_TRUE(document.pin("more"));
    EXPECT_FALSE(document.pin("one too many"));
    document.unpin(0);
    EXPECT_EQ(document.snapshot()->pinned.size(), 7U);
}

bool asideEnds(const Document& document)
{
    return QTest::qWaitFor([&] { return !document.isWorkingAside(); }, 60000);
}

TEST(Document, ThePlanIsSizedOnEveryGpuAsideAndOlderValuesSayThatTheyAre)
{
    Document document(defaultPlan());
    EXPECT_EQ(document.snapshot()->now.everyGpu.value, nullptr) << "nobody has asked";
    document.keep({.everyGpu = true});
    EXPECT_TRUE(document.isWorkingAside());
    EXPECT_TRUE(document.snapshot()->now.everyGpu.comes);
    ASSERT_TRUE(asideEnds(document));
    const auto first = document.snapshot()->now.everyGpu.value;
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->size(), catalogGpus().size());
    EXPECT_FALSE(document.snapshot()->now.everyGpu.isOlder);

    ASSERT_TRUE(document.edit(kRate, "8", Gesture::continued));
    EXPECT_FALSE(document.isWorkingAside()) << "not while a hand moves";
    EXPECT_EQ(document.snapshot()->now.everyGpu.value, first);
    EXPECT_TRUE(document.snapshot()->now.everyGpu.isOlder);
    document.endGesture();
    EXPECT_TRUE(document.isWorkingAside());
    ASSERT_TRUE(asideEnds(document));
    EXPECT_NE(document.snapshot()->now.everyGpu.value, first);
    EXPECT_FALSE(document.snapshot()->now.everyGpu.isOlder);
}

TEST(Document, TheSystemsOfTheLiteratureAreWorkedOutAsideToo)
{
    Document document(defaultPlan());
    document.keep({.systems = true});
    EXPECT_TRUE(document.snapshot()->now.systems.comes) << "so that no chart works them out at a move";
    ASSERT_TRUE(asideEnds(document));
    const auto& first = document.snapshot()->now.systems;
    ASSERT_NE(first.value, nullptr);
    EXPECT_EQ(first.value->size(), ablationPresets().size());
    EXPECT_EQ(document.snapshot()->now.everyGpu.value, nullptr) << "nobody has asked for that";
    ASSERT_TRUE(document.edit(kRate, "8", Gesture::continued));
    EXPECT_TRUE(document.snapshot()->now.systems.isOlder);
    document.endGesture();
    ASSERT_TRUE(asideEnds(document));
    EXPECT_FALSE(document.snapshot()->now.systems.isOlder);
}

TEST(Document, ALateSizingOfAPlanThatHasChangedIsDropped)
{
    Document document(defaultPlan());
    document.keep({.everyGpu = true});
    ASSERT_TRUE(document.edit(kRate, "20")); // while the first is under way
    ASSERT_TRUE(asideEnds(document));
    const auto expected = sizeOnEveryGpu(document.plan());
    const auto& shown = *document.snapshot()->now.everyGpu.value;
    ASSERT_EQ(shown.size(), expected.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
        EXPECT_EQ(shown[i].gpu, expected[i].gpu);
        EXPECT_EQ(shown[i].replicas, expected[i].replicas);
    }
}

TEST(Document, UndoStepsAreBounded)
{
    Document document(defaultPlan());
    for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(document.edit(kRate, std::to_string(1 + i % 7)));
    EXPECT_LE(document.undoStack().count(), 200);
}

} // namespace
} // namespace headroom::ui
