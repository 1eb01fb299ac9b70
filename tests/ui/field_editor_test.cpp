// The editors of the Plan dock: what they change, show, refuse and take back.
#include "tests/ui/window_fixture.h"
#include "ui/panels/chart_page.h"
#include "ui/panels/field_scale.h"
#include "ui/panels/value_box.h"
#include "ui/plots/chart_view.h"

#include <gmock/gmock.h>

#include <QApplication>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QTimer>
#include <QUndoStack>

namespace headroom::ui {
namespace {

class FieldEditorTest : public WindowTest {};

/// The field's reason not to apply, or nothing.
std::string_view whyNot(const Field& field, const Plan& plan)
{
    return info(field).notApplicable == nullptr ? std::string_view() : info(field).notApplicable(plan);
}

/// All number fields: one key press. Choices: another row of the combo box.
void change(FieldEditor& editor)
{
    if (auto* box = editor.findChild<QComboBox*>()) {
        const int next = (box->currentIndex() + 1) % box->count();
        box->setCurrentIndex(next);
        emit box->activated(next);
        return;
    }
    QTest::keyClick(editor.slider(), Qt::Key_Right);
}

TEST_F(FieldEditorTest, EveryFieldHasAnEditorThatChangesThePlanAndUndoBringsItBack)
{
    const Plan before = document.plan();
    for (const Field& field : fields()) {
        const std::string key(info(field).key);
        FieldEditor* editor = window->planPanel().editor(key);
        ASSERT_NE(editor, nullptr) << key;
        if (!whyNot(field, document.plan()).empty()) {
            EXPECT_TRUE(editor->isHidden()) << key << " does not apply and must not be shown";
            continue;
        }
        change(*editor);
        if (document.plan() == before) // already at the end of its range
            QTest::keyClick(editor->slider(), Qt::Key_Left);
        EXPECT_NE(document.plan(), before) << key;
        document.endGesture();
        while (document.undoStack().canUndo())
            document.undoStack().undo();
        EXPECT_EQ(document.plan(), before) << key;
    }
}

TEST_F(FieldEditorTest, ARealSliderMovedByTheMouseMovesTheOperatingPointOfThePlot)
{
    ASSERT_TRUE(window->showChart("latency_vs_load"));
    const ChartView* view = window->currentPage()->view("latency_vs_load");
    const auto operatingPoint = [&] { return std::get<LineChart>(view->chart().body).markers.at(0).x; };
    const double before = operatingPoint();
    ValueSlider* slider = window->planPanel().editor("workload.arrival_rate_req_s")->slider();
    const QPoint from = slider->handleCentre(slider->value());
    QTest::mousePress(slider, Qt::LeftButton, {}, from);
    std::vector<double> seen;
    for (int dx = 2; dx <= 16; dx += 2) { // stays below saturation, where the point has a finite latency
        QTest::mouseMove(slider, from + QPoint(dx, 0));
        seen.push_back(operatingPoint());
        EXPECT_DOUBLE_EQ(seen.back(), document.plan().workload.arrivalRate.si());
    }
    QTest::mouseRelease(slider, Qt::LeftButton, {}, from + QPoint(16, 0));
    EXPECT_TRUE(std::ranges::is_sorted(seen)) << "the plot follows every move";
    EXPECT_GT(seen.back(), before);
    EXPECT_EQ(document.undoStack().count(), 1) << "a drag is one undo step";
    document.undoStack().undo();
    EXPECT_DOUBLE_EQ(operatingPoint(), before);
}

TEST_F(FieldEditorTest, DoubleClickOnASliderGoesBackToTheOpenedValue)
{
    const Plan before = document.plan();
    ValueSlider* slider = window->planPanel().editor("workload.arrival_rate_req_s")->slider();
    QTest::keyClick(slider, Qt::Key_PageUp);
    ASSERT_NE(document.plan(), before);
    QTest::mouseDClick(slider, Qt::LeftButton, {}, slider->handleCentre(slider->value()));
    EXPECT_EQ(document.plan(), before);
}

TEST_F(FieldEditorTest, AListGoesBackToTheOpenedValueByKeyByMenuAndByItsDot)
{
    const Plan before = document.plan();
    FieldEditor* editor = window->planPanel().editor("batching.policy");
    auto* box = editor->findChild<QComboBox*>();
    ASSERT_NE(box, nullptr);
    const auto another = [&] { QTest::keyClick(box, box->currentIndex() == 0 ? Qt::Key_Down : Qt::Key_Up); };
    another();
    ASSERT_NE(document.plan(), before);
    QTest::keyClick(box, Qt::Key_Delete);
    EXPECT_EQ(document.plan(), before);

    another();
    ASSERT_NE(document.plan(), before);
    const auto chooseFirst = [] {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        ASSERT_NE(menu, nullptr);
        EXPECT_THAT(menu->actions().front()->text().toStdString(), testing::HasSubstr("Back to"));
        EXPECT_TRUE(menu->actions().front()->isEnabled());
        menu->setActiveAction(menu->actions().front());
        QTest::keyClick(menu, Qt::Key_Return);
    };
    QTimer::singleShot(0, window.get(), chooseFirst);
    QContextMenuEvent asked(QContextMenuEvent::Mouse, QPoint(5, 5), box->mapToGlobal(QPoint(5, 5)));
    QApplication::sendEvent(box, &asked); // the list leaves it to its editor
    EXPECT_EQ(document.plan(), before);

    another();
    for (QWidget* part : editor->findChildren<QWidget*>())
        if (part->toolTip().contains(QLatin1String("Click: back to")))
            QTest::mouseClick(part, Qt::LeftButton);
    EXPECT_EQ(document.plan(), before);
}

TEST_F(FieldEditorTest, AValueThatIsTypedIsTakenAtEnterAndOneThatIsRefusedSaysWhyAtItsField)
{
    FieldEditor* editor = window->planPanel().editor("workload.arrival_rate_req_s");
    auto* box = editor->findChild<ValueBox*>();
    ASSERT_NE(box, nullptr);
    const auto type = [&](const char* words, Qt::Key end) { // to the box, which has the keyboard, not to the edit in it
        box->setFocus();
        box->selectAll();
        QTest::keyClicks(box, QString::fromUtf8(words));
        QTest::keyClick(box, end);
    };
    const auto error = [&] {
        for (const QLabel* label : editor->findChildren<QLabel*>())
            if (label->isVisible() && label->property("verdict").toString() == QLatin1String("bad"))
                return label->text();
        return QString();
    };
    type("9", Qt::Key_Return);
    EXPECT_DOUBLE_EQ(document.plan().workload.arrivalRate.si(), 9);
    type("7.5", Qt::Key_Enter);
    EXPECT_DOUBLE_EQ(document.plan().workload.arrivalRate.si(), 7.5);
    type("fast", Qt::Key_Return);
    EXPECT_DOUBLE_EQ(document.plan().workload.arrivalRate.si(), 7.5);
    EXPECT_FALSE(error().isEmpty());
    type("8", Qt::Key_Return);
    EXPECT_DOUBLE_EQ(document.plan().workload.arrivalRate.si(), 8);
    EXPECT_TRUE(error().isEmpty()) << qPrintable(error());
    type("3", Qt::Key_Escape);
    EXPECT_DOUBLE_EQ(document.plan().workload.arrivalRate.si(), 8);
    type("12,5", Qt::Key_Return);
    EXPECT_DOUBLE_EQ(document.plan().workload.arrivalRate.si(), 8) << "not 125";
    EXPECT_THAT(error().toStdString(), testing::HasSubstr("write 12.5"));
    QTest::keyClick(box, Qt::Key_Escape);
    EXPECT_EQ(box->shownText(), QStringLiteral("8"));
    EXPECT_TRUE(error().isEmpty()) << qPrintable(error());
    type("2k", Qt::Key_Return);
    EXPECT_THAT(error().toStdString(), testing::HasSubstr("from 0.001 to 100,000 req/s"));
    QTest::keyClick(box, Qt::Key_Escape);
    EXPECT_EQ(box->shownText(), QStringLiteral("8")) << "Escape takes a refused entry back";
    EXPECT_TRUE(error().isEmpty()) << qPrintable(error());
}

TEST_F(FieldEditorTest, NoBoxOfANumberCutsOffItsText)
{
    ASSERT_TRUE(document.edit("workload.arrival_rate_req_s", "5.53014"));
    const auto check = [&](const char* when) {
        for (const Field& field : fields()) {
            auto* editor = window->planPanel().editor(info(field).key);
            editor->refresh();
            if (const auto* box = editor->findChild<ValueBox*>()) {
                EXPECT_TRUE(box->fits(box->shownText()))
                    << when << ": " << info(field).key << ": " << qPrintable(box->shownText());
            }
        }
    };
    check("as it is");
    for (const Field& field : fields())
        if (const auto* f = std::get_if<NumberField>(&field); f != nullptr && !f->info.derived) {
            EXPECT_TRUE(document.edit(f->info.key, exactText(f->max))) << f->info.key;
        }
    check("at the end of each range");
    EXPECT_EQ(window->planPanel().editor("workload.arrival_rate_req_s")->findChild<ValueBox*>()->shownText(),
        QStringLiteral("100,000"));
}

TEST_F(FieldEditorTest, TheBoxOfAModelThatIsNotInTheCatalogShowsItsName)
{
    auto* box = window->planPanel().editor("model.name")->findChild<QComboBox*>();
    Plan plan = document.plan();
    plan.model.spec.name = "Small-1B";
    document.replacePlan(plan, QStringLiteral("Import model"));
    EXPECT_EQ(box->currentIndex(), -1);
    EXPECT_EQ(box->placeholderText(), QStringLiteral("Small-1B"));
    const QImage named = box->grab().toImage();
    box->setPlaceholderText(QStringLiteral("another"));
    EXPECT_TRUE(box->grab().toImage() != named) << "the name is not drawn";
}

} // namespace
} // namespace headroom::ui
