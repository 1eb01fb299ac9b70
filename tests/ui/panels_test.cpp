#include "tests/ui/window_fixture.h"
#include "ui/panels/compare_page.h"
#include "ui/panels/elided_label.h"
#include "ui/panels/fold_section.h"
#include "ui/panels/group_values.h"
#include "ui/panels/paragraph.h"
#include "ui/panels/verdict.h"
#include "ui/plots/load_curve.h"

#include <gmock/gmock.h>

#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>
#include <QTableWidget>
#include <QVBoxLayout>

namespace headroom::ui {
namespace {

const Tile& at(const std::array<Tile, kTiles>& tiles, TileId id) { return tiles[static_cast<std::size_t>(id)]; }

TEST(Verdict, AnOverloadedPlanIsRedInWordsToo)
{
    const auto tiles = verdict(snapshotOf(with(testPlan(), "workload.arrival_rate_req_s", "500")));
    EXPECT_EQ(at(tiles, TileId::headroom).mood, Mood::bad);
    EXPECT_THAT(at(tiles, TileId::headroom).word.toStdString(), testing::HasSubstr("misses above"));
    EXPECT_EQ(at(tiles, TileId::ttft).value, QStringLiteral("∞"));
    EXPECT_THAT(at(tiles, TileId::utilization).word.toStdString(), testing::HasSubstr("overloaded"));
}

TEST(Verdict, AModelThatDoesNotFitSaysSo)
{
    const auto tiles =
        verdict(snapshotOf(with(with(testPlan(), "model.name", "Llama-3.1-70B"), "hardware.gpu", "L4-24GB")));
    EXPECT_THAT(at(tiles, TileId::headroom).word.toStdString(), testing::HasSubstr("does not fit"));
    EXPECT_EQ(at(tiles, TileId::kvMemory).mood, Mood::bad);
}

TEST(Verdict, ABandNeverStandsBesideANumberWithoutItsUnit)
{
    for (const char* rate : {"0.5", "2", "4", "8", "12", "16"}) {
        const Tile ttft = verdict(snapshotOf(with(testPlan(), "workload.arrival_rate_req_s", rate)))[1];
        EXPECT_TRUE(ttft.aside.startsWith(QStringLiteral("±")) || ttft.aside.startsWith(ttft.unit))
            << qPrintable(tileText(ttft));
        const bool isSecond = ttft.aside.count(QStringLiteral(" s")) > (ttft.unit == QStringLiteral("s") ? 1 : 0);
        EXPECT_FALSE(isSecond) << "two units: " << qPrintable(ttft.aside);
    }
}

TEST(Verdict, AMissedTargetIsNamedWithItsValue)
{
    const auto tiles = verdict(snapshotOf(with(testPlan(), "targets.ttft_p95_s", "0.001")));
    EXPECT_EQ(at(tiles, TileId::ttft).mood, Mood::bad);
    EXPECT_THAT(at(tiles, TileId::ttft).word.toStdString(), testing::HasSubstr("misses · target 1 ms"));
}

TEST(Verdict, EveryMoodOtherThanPlainHasAWord)
{
    for (const char* rate : {"0.1", "4", "15", "18", "100"})
        for (const Tile& tile : verdict(snapshotOf(with(testPlan(), "workload.arrival_rate_req_s", rate))))
            EXPECT_FALSE(tile.value.isEmpty() || tile.word.isEmpty()) << qPrintable(tile.label) << " at " << rate;
}

TEST(PinName, SaysWhatTellsAPlanFromThePinnedOnes)
{
    std::vector<std::shared_ptr<const PlanResults>> pinned;
    const auto pin = [&](const Plan& plan) {
        PlanResults results;
        results.name = pinName(plan, pinned);
        results.plan = std::make_shared<const Plan>(plan);
        pinned.push_back(std::make_shared<const PlanResults>(std::move(results)));
        return pinned.back()->name;
    };
    const Plan plan = testPlan();
    const std::string gpu = pin(plan);
    EXPECT_EQ(gpu, plan.hardware.gpu.name);
    EXPECT_EQ(pin(with(plan, "workload.arrival_rate_req_s", "7.5")), gpu + ", 7.5 req/s");
    EXPECT_EQ(pin(with(plan, "batching.policy", "static")).substr(0, gpu.size() + 1), gpu + ",");
    EXPECT_EQ(pin(with(plan, "batching.policy", "static")), gpu + " (2)") << "nothing tells it from the latest";
    EXPECT_EQ(pin(with(plan, "deployment.replicas", "3")), "3 × " + gpu);
}

TEST(Comparison, RequestClassesThatDifferHaveTheirRowsAndTheirLinesOfText)
{
    const Plan plain = testPlan();
    const Plan mixed = with(with(plain, "workload.classes[0].name", "chat"), "workload.classes[1].name", "code");
    const Plan longer = with(mixed, "workload.classes[1].output_tokens_mean", "900");
    Snapshot s = snapshotOf(longer);
    const auto pin = [&](const Plan& plan, const char* name) {
        auto shared = std::make_shared<const Plan>(plan);
        s.pinned.push_back(std::make_shared<const PlanResults>(planResults(name, shared, 32)));
    };
    pin(mixed, "before");
    const auto rowsThatDiffer = [&] {
        std::vector<std::string> names;
        for (const CompareRow& row : compare(s))
            if (row.differs && !row.result)
                names.push_back(row.name.toStdString());
        return names;
    };
    EXPECT_THAT(rowsThatDiffer(), testing::ElementsAre("Output length of code"));
    EXPECT_THAT(
        differencesText(s).toStdString(), testing::HasSubstr("Output length of code [tok] — now: 900; before:"));
    pin(plain, "one kind");
    EXPECT_THAT(
        rowsThatDiffer(), testing::IsSupersetOf({"Request classes", "Share of chat", "Shape of prompts of code"}));
    EXPECT_THAT(
        differencesText(s).toStdString(), testing::HasSubstr("now: chat, code; before: chat, code; one kind: none"));
}

/// Counts how often a layout was asked to begin anew.
class LayoutRequests final : public QObject {
public:
    bool eventFilter(QObject*, QEvent* event) override
    {
        count += event->type() == QEvent::LayoutRequest ? 1 : 0;
        return false;
    }
    int count = 0;
};

TEST(FoldSection, TabGoesFromTheHeaderIntoWhatItUnfolds)
{
    QWidget dock;
    auto* column = new QVBoxLayout(&dock);
    const auto body = [] {
        auto* made = new QWidget;
        auto* inside = new QVBoxLayout(made);
        inside->addWidget(new QLineEdit);
        inside->addWidget(new QLineEdit);
        return made;
    };
    auto* first = new FoldSection(QStringLiteral("First"), body);
    auto* second = new FoldSection(QStringLiteral("Second"), body);
    column->addWidget(first);
    column->addWidget(second);
    dock.show();
    first->setUnfolded(true);
    std::vector<QString> met;
    QWidget* at = first->findChild<FoldHeader*>();
    for (int i = 0; i < 3; ++i) {
        do
            at = at->nextInFocusChain();
        while ((at->focusPolicy() & Qt::TabFocus) == 0);
        met.push_back(QString::fromLatin1(at->metaObject()->className()));
    }
    EXPECT_EQ(met[0], QStringLiteral("QLineEdit"));
    EXPECT_EQ(met[1], QStringLiteral("QLineEdit"));
    EXPECT_TRUE(met[2].endsWith(QStringLiteral("FoldHeader"))) << qPrintable(met[2]);
}

TEST(ElidedLabel, GivesWayToItsNeighboursAndKeepsItsWords)
{
    const QString words =
        QStringLiteral("static batching: a bulk-service approximation; the simulator forms the batches");
    ElidedLabel label;
    label.setText(words);
    EXPECT_LT(label.minimumSizeHint().width(), 40);
    EXPECT_GT(label.sizeHint().width(), 200);
    label.resize(120, label.sizeHint().height());
    const QImage drawn = label.grab().toImage();
    int inked = 0; // the last columns hold the ellipsis, not half a letter: nothing above the middle of the line
    for (int x = drawn.width() - 8; x < drawn.width(); ++x)
        for (int y = 0; y < drawn.height() / 3; ++y)
            inked += drawn.pixel(x, y) != drawn.pixel(0, 0) ? 1 : 0;
    EXPECT_EQ(inked, 0);
    EXPECT_EQ(label.text(), words);
}

TEST(Verdict, SaysThatTheBandPassesATargetNotThatTheFigureIsClose)
{
    Plan plan = testPlan();
    const LatencySummary first = snapshotOf(plan).now.evaluation.ttft;
    ASSERT_GT(first.hi, first.p95);
    plan.targets.ttftP95 = 0.5 * (first.p95 + first.hi);
    const Tile tile = at(verdict(snapshotOf(plan)), TileId::ttft);
    EXPECT_EQ(tile.mood, Mood::warning);
    EXPECT_THAT(tile.word.toStdString(), testing::HasSubstr("the band passes"));
    EXPECT_THAT(tile.brief.toStdString(), testing::StartsWith("band over "));
}

TEST(Paragraph, LaysThePageOutAnewOnlyForAnotherNumberOfLines)
{
    QWidget page;
    auto* column = new QVBoxLayout(&page);
    auto* words = new Paragraph;
    column->addWidget(words);
    column->addStretch(1);
    page.resize(300, 200);
    words->setText(QStringLiteral("At **4.2 req/s** all is well."));
    page.show();
    QCoreApplication::processEvents();
    EXPECT_EQ(words->text(), QStringLiteral("At 4.2 req/s all is well."));
    const int oneLine = words->height();
    EXPECT_EQ(oneLine, words->heightForWidth(words->width()));
    LayoutRequests requests;
    page.installEventFilter(&requests);
    words->setText(QStringLiteral("At **4.3 req/s** all is well."));
    QCoreApplication::processEvents();
    EXPECT_EQ(requests.count, 0);
    words->setText(
        QStringLiteral("At **4.3 req/s** all is well, and so it was before, and will be ever after. ").repeated(2));
    QCoreApplication::processEvents();
    EXPECT_GT(requests.count, 0);
    EXPECT_GT(words->height(), oneLine);
}

/// As when a scroll bar comes: layouts remember of the narrower width what the words before took there.
TEST(Paragraph, LeavesNoGapBelowItWhereLongerWordsWouldHaveTakenMoreLines)
{
    QWidget page;
    auto* column = new QVBoxLayout(&page);
    auto* words = new Paragraph;
    auto* below = new QWidget;
    below->setFixedHeight(20);
    column->addWidget(words);
    column->addWidget(below);
    column->addStretch(1);
    constexpr int kWide = 400, kNarrow = 250;
    page.resize(kWide, 200);
    words->setText(QStringLiteral("Time to first token against the load that arrives"));
    page.show();
    QCoreApplication::processEvents();
    ASSERT_GT(page.heightForWidth(kNarrow), page.heightForWidth(kWide));
    words->setText(QStringLiteral("Memory"));
    QCoreApplication::processEvents();
    page.resize(kNarrow, 200);
    QCoreApplication::processEvents();
    EXPECT_EQ(below->y(), words->geometry().bottom() + 1 + column->spacing());
    EXPECT_EQ(words->y(), column->contentsMargins().top());
}

TEST(Paragraph, GrowsButDoesNotShrinkWhileAHandMoves)
{
    QWidget page;
    auto* column = new QVBoxLayout(&page);
    auto* words = new Paragraph;
    column->addWidget(words);
    column->addStretch(1);
    page.resize(300, 300);
    words->setText(QStringLiteral("It fits."));
    page.show();
    QCoreApplication::processEvents();
    const int oneLine = words->height();
    const auto show = [&](const QString& text, bool dragged) {
        words->keepHeight(dragged);
        words->setText(text);
        QCoreApplication::processEvents();
        return words->height();
    };
    const QString longer =
        QStringLiteral("It does not fit, and what would hold it takes some words to say. ").repeated(2);
    const int more = show(longer, true);
    EXPECT_GT(more, oneLine) << "no word is cut off";
    EXPECT_EQ(show(QStringLiteral("It fits."), true), more) << "plots below would jump back and forth";
    EXPECT_EQ(show(QStringLiteral("It fits."), false), oneLine) << "at rest it takes what it needs";
}

TEST(GroupValues, TheWorkloadSaysTheCvWhereItIsUsedAndCountsItsClasses)
{
    const auto said = [](Plan plan) {
        const Snapshot s = snapshotOf(std::move(plan));
        return groupValues("workload", *s.now.plan, s).toStdString();
    };
    const Plan bursty = with(with(testPlan(), "workload.process", "gamma"), "workload.arrival_cv", "1.1");
    EXPECT_THAT(said(bursty), testing::HasSubstr("CV 1.1"));
    EXPECT_THAT(said(with(bursty, "workload.process", "poisson")), testing::Not(testing::HasSubstr("CV")));
    const Plan one = with(bursty, "workload.classes[0].name", "chat");
    EXPECT_EQ(said(one), "1 class · CV 1.1");
    EXPECT_EQ(said(with(one, "workload.classes[1].name", "code")), "2 classes · CV 1.1");
}

TEST(Compare, PutsResultsFirstThenWhatDiffers)
{
    Document document(testPlan());
    ASSERT_TRUE(document.pin("before"));
    ASSERT_TRUE(document.edit("batching.token_budget", "1024"));
    const std::vector<CompareRow> rows = compare(*document.snapshot());
    ASSERT_GT(rows.size(), static_cast<std::size_t>(kTiles));
    for (int i = 0; i < kTiles; ++i)
        EXPECT_TRUE(rows[static_cast<std::size_t>(i)].result);
    EXPECT_TRUE(rows[kTiles].differs);
    EXPECT_EQ(rows[kTiles].values[0], QStringLiteral("1,024"));
    EXPECT_FALSE(rows[kTiles + 1].differs) << "one setting was changed";
    const auto settings = std::ranges::count_if(fields(), [](const Field& field) { return !info(field).derived; });
    EXPECT_EQ(rows.size(), static_cast<std::size_t>(kTiles + settings));
    EXPECT_THAT(differencesText(*document.snapshot()).toStdString(), testing::HasSubstr("now: 1,024; before: "));
}

TEST(Compare, ShowsFewDigitsUnlessMoreTellThePlansApartAndWritesAllOfThemToFiles)
{
    Document document(testPlan());
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "1.23456789"));
    ASSERT_TRUE(document.pin("before"));
    const auto loads = [&] {
        const auto rows = compare(*document.snapshot());
        return std::ranges::find(rows, QStringLiteral("Arrival rate"), &CompareRow::name)->values;
    };
    EXPECT_EQ(loads(), (std::vector{QStringLiteral("1.235"), QStringLiteral("1.235")}));
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "1.23461"));
    EXPECT_EQ(loads(), (std::vector{QStringLiteral("1.23461"), QStringLiteral("1.23457")})) << "five digits would not";
    ASSERT_TRUE(document.edit("batching.token_budget", "131072"));
    const std::string csv = compareCsv(*document.snapshot());
    EXPECT_THAT(csv, testing::StartsWith("Setting,now,before\r\n"));
    EXPECT_THAT(csv, testing::HasSubstr("\r\nArrival rate (req/s),1.23461,1.23456789\r\n"));
    EXPECT_THAT(csv, testing::HasSubstr("131072")) << "no separators";
    EXPECT_THAT(csv, testing::HasSubstr("\r\nTTFT p95 (s),0."));
}

TEST_F(WindowTest, TheModelSaysThatItChangedTheFormatOfTheWeights)
{
    const auto* editor = window->planPanel().findChild<FieldEditor*>(QStringLiteral("model.name"));
    ASSERT_NE(editor, nullptr);
    const auto says = [&] { return editor->findChild<Paragraph*>()->text(); };
    ASSERT_TRUE(document.edit("model.name", "Qwen2.5-7B"));
    EXPECT_FALSE(says().contains(QStringLiteral("as this model ships"))) << "bf16 as before";
    ASSERT_TRUE(document.edit("model.name", "DeepSeek-V3"));
    EXPECT_TRUE(says().contains(QStringLiteral("Weights are now fp8, as this model ships"))) << qPrintable(says());
    document.undoStack().undo();
    EXPECT_FALSE(says().contains(QStringLiteral("as this model ships")));
}

TEST_F(WindowTest, CompareShowsAPinnedPlanAndItsDifferences)
{
    ASSERT_TRUE(window->showTab("compare"));
    ASSERT_TRUE(document.pin("before"));
    const int without = window->comparePage()->rowCount();
    ASSERT_TRUE(document.edit("batching.token_budget", "1024"));
    EXPECT_EQ(window->comparePage()->rowCount(), without + 1);
}

TEST_F(WindowTest, FewPlansOfAComparisonTakeTheRoomThereIs)
{
    ASSERT_TRUE(window->showTab("compare"));
    const auto* table = window->comparePage()->findChild<QTableWidget*>();
    const auto tallest = [&] {
        QCoreApplication::processEvents();
        int most = 0;
        for (int r = 0; r < table->rowCount(); ++r)
            most = std::max(most, table->isRowHidden(r) ? 0 : table->rowHeight(r));
        return most;
    };
    window->resize(1600, 900);
    const int oneLine = tallest();
    EXPECT_LT(oneLine, 2 * table->fontMetrics().height()) << "nothing wraps";
    ASSERT_TRUE(document.pin("as now"));
    EXPECT_EQ(tallest(), oneLine) << "two plans have room for their words";
    window->resize(1280, 720);
    for (const char* gpu : {"RTX-PRO-6000-96GB", "A100-SXM-80GB"}) {
        ASSERT_TRUE(document.edit("hardware.gpu", gpu)); // another price too, so a longer name among the rows
        EXPECT_TRUE(QTest::qWaitFor([&] { return table->horizontalScrollBar()->maximum() == 0; }, 2000))
            << document.snapshot()->pinned.size() << " pinned";
        ASSERT_TRUE(document.pin(gpu));
    }
    window->resize(1600, 900);
    document.unpinAll();
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(document.pin("plan " + std::to_string(i)));
    EXPECT_GT(tallest(), oneLine) << "five plans stand side by side instead";
    document.unpinAll();
    EXPECT_EQ(tallest(), oneLine);
    window->resize(900, 700);
    EXPECT_GE(tallest(), oneLine);
}

TEST_F(WindowTest, AComparisonIsAsHighAsItsRows)
{
    ASSERT_TRUE(window->showTab("compare"));
    const auto* table = window->comparePage()->findChild<QTableWidget*>();
    const auto room = [&] {
        QCoreApplication::processEvents();
        return table->viewport()->height() - table->verticalHeader()->length();
    };
    window->resize(1440, 900);
    EXPECT_GE(room(), 0) << "every row is in sight";
    EXPECT_LT(room(), 2 * table->rowHeight(0)) << "and no empty card below them";
    EXPECT_GE(table->columnWidth(1), table->viewport()->width() / 2) << "one plan takes the width there is";
    window->resize(900, 420);
    EXPECT_LE(table->geometry().bottom(), window->comparePage()->height()) << "else it scrolls";
}

TEST_F(WindowTest, NoTextOfTheComparisonIsCutOffWithEightPins)
{
    ASSERT_TRUE(window->showTab("compare"));
    for (int i = 0; i < Document::kMaxPinned; ++i) {
        ASSERT_TRUE(document.pin("plan with a name of some length " + std::to_string(i)));
        ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", std::to_string(3 + 100 * i)));
    }
    const auto* table = window->comparePage()->findChild<QTableWidget*>();
    ASSERT_EQ(table->columnCount(), Document::kMaxPinned + 2);
    for (int r = 0; r < table->rowCount(); ++r)
        if (!table->isRowHidden(r)) {
            EXPECT_LT(
                QFontMetrics(table->verticalHeader()->font()).horizontalAdvance(table->verticalHeaderItem(r)->text()),
                table->verticalHeader()->width())
                << "the names of the rows stay beside whatever is scrolled";
        }
    for (int r = 0; r < table->rowCount(); ++r)
        for (int c = 1; c < table->columnCount() && !table->isRowHidden(r); ++c) {
            const QFontMetrics metrics(table->item(r, c)->font());
            const QRect room(0, 0, table->columnWidth(c) - 12, 0); // padding of the style sheet
            const QRect needed = metrics.boundingRect(room, Qt::TextWordWrap, table->item(r, c)->text());
            EXPECT_LE(needed.width(), room.width()) << qPrintable(table->item(r, c)->text());
            EXPECT_LE(needed.height(), table->rowHeight(r)) << qPrintable(table->item(r, c)->text());
        }
    window->resize(1280, 720);
    QCoreApplication::processEvents();
    EXPECT_EQ(window->width(), 1280) << "the names of the pinned plans do not widen the window";
}

TEST_F(WindowTest, AnEmptySearchLeavesUndoAndRedoToThePlan)
{
    auto* search = window->planPanel().findChild<QLineEdit*>();
    const auto wants = [&](int key, Qt::KeyboardModifiers modifiers) {
        QKeyEvent event(QEvent::ShortcutOverride, key, modifiers);
        event.ignore();
        QApplication::sendEvent(search, &event);
        return event.isAccepted();
    };
    for (const QKeySequence::StandardKey standard : {QKeySequence::Undo, QKeySequence::Redo})
        for (const QKeySequence& keys : QKeySequence::keyBindings(standard)) {
            search->clear();
            EXPECT_FALSE(wants(keys[0].key(), keys[0].keyboardModifiers())) << qPrintable(keys.toString());
        }
    search->setText(QStringLiteral("tok"));
    EXPECT_TRUE(wants(Qt::Key_Z, Qt::ControlModifier)) << "what is typed can be taken back";
}

TEST_F(WindowTest, TabGoesFromTheSearchIntoWhatItFound)
{
    auto* search = window->planPanel().findChild<QLineEdit*>();
    const auto next = [&] {
        QWidget* w = search->nextInFocusChain();
        while (w != search && (!w->isVisible() || (w->focusPolicy() & Qt::TabFocus) == 0))
            w = w->nextInFocusChain();
        return w;
    };
    search->setText(QStringLiteral("workload.classes"));
    EXPECT_EQ(next()->objectName(), QStringLiteral("found.classes"));
    search->setText(QStringLiteral("token_budget"));
    auto* editor = window->planPanel().findChild<QWidget*>(QStringLiteral("found.batching.token_budget"));
    ASSERT_NE(editor, nullptr);
    EXPECT_TRUE(editor->isAncestorOf(next())) << next()->objectName().toStdString();
}

TEST_F(WindowTest, TabGoesFromTheSearchIntoWhatItFoundWhenTypedLetterByLetter)
{
    auto* search = window->planPanel().findChild<QLineEdit*>();
    window->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
    search->setFocus();
    QTest::keyClicks(search, QStringLiteral("token budget")); // with every letter others are found
    const auto* editor = window->planPanel().findChild<QWidget*>(QStringLiteral("found.batching.token_budget"));
    ASSERT_NE(editor, nullptr);
    QTest::keyClick(search, Qt::Key_Tab);
    QWidget* focus = QApplication::focusWidget();
    ASSERT_NE(focus, nullptr);
    EXPECT_TRUE(editor->isAncestorOf(focus)) << focus->metaObject()->className();
}

} // namespace
} // namespace headroom::ui
