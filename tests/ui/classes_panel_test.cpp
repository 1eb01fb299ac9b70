#include "ui/panels/classes_panel.h"

#include "tests/ui/window_fixture.h"
#include "ui/panels/classes_model.h"

#include <gmock/gmock.h>

#include <QLineEdit>
#include <QPushButton>
#include <QTableView>
#include <QUndoStack>

namespace headroom::ui {
namespace {

class ClassesTest : public WindowTest {
protected:
    ClassesPanel& panel() { return window->planPanel().classes(); }
    ClassesModel& model() { return panel().model(); }
    QModelIndex cell(std::string_view key, int column)
    {
        EXPECT_GE(model().rowOf(key), 0) << key;
        return model().index(model().rowOf(key), column);
    }
    bool type(std::string_view key, int column, const char* value)
    {
        return model().setData(cell(key, column), QString::fromUtf8(value), Qt::EditRole);
    }
    const std::vector<RequestClass>& classes() const { return document.plan().workload.classes; }
};

TEST_F(ClassesTest, TheFirstClassHasTheLengthsOfTheWorkload)
{
    EXPECT_EQ(model().add(), 0);
    ASSERT_EQ(classes().size(), 1u);
    EXPECT_EQ(classes()[0].shape, document.plan().workload.shape);
    document.undoStack().undo();
    EXPECT_TRUE(classes().empty());
}

TEST_F(ClassesTest, EveryPropertyOfAClassCanBeChangedAndUndoBringsItBack)
{
    model().add();
    model().add();
    const Plan before = document.plan();
    for (int row = 0; row < model().rowCount(); ++row) {
        const auto& property = model().property(row);
        std::string value = "other";
        if (property.kind == ClassesModel::Kind::rate)
            value = "1.25";
        else if (property.kind == ClassesModel::Kind::shape)
            value = "gamma";
        else if (property.kind == ClassesModel::Kind::number)
            value = property.field->integer ? "3" : "0.75";
        if (property.key.ends_with("_mean"))
            value = "321";
        ASSERT_TRUE(model().setData(model().index(row, 1), QString::fromStdString(value), Qt::EditRole))
            << property.key << ": " << qPrintable(panel().message());
        EXPECT_NE(document.plan(), before) << property.key;
        EXPECT_EQ(classes()[0], before.workload.classes[0]) << property.key << " of the second changed the first";
        document.undoStack().undo();
        EXPECT_EQ(document.plan(), before) << property.key;
    }
}

TEST_F(ClassesTest, TheRateOfOneClassLeavesTheRatesOfTheOthers)
{
    model().add();
    model().add();
    ASSERT_TRUE(type("share", 0, "3"));
    ASSERT_TRUE(type("rate", 0, "5")); // 4 req/s, of which 3 and 1 before
    EXPECT_NEAR(document.plan().workload.arrivalRate.si(), 6, 1e-9);
    EXPECT_EQ(cell("rate", 0).data().toString(), QStringLiteral("5"));
    EXPECT_EQ(cell("rate", 1).data().toString(), QStringLiteral("1"));
}

TEST_F(ClassesTest, AValueThatIsRefusedStaysInItsCellWithTheReasonAndChangesNothing)
{
    model().add();
    const Plan before = document.plan();
    for (const auto& [key, value] : {std::pair("share", "-1"), {"output_tokens_cv", "11"}, {"priority", "0.5"},
             {"prompt_tokens_mean", "many"}, {"rate", "0"}, {"name", ""}}) {
        EXPECT_FALSE(type(key, 0, value)) << key;
        EXPECT_EQ(document.plan(), before) << key;
        EXPECT_EQ(cell(key, 0).data().toString(), QString::fromUtf8(value)) << key;
        EXPECT_FALSE(model().errorAt(cell(key, 0)).isEmpty()) << key;
        EXPECT_EQ(panel().message(), model().firstError()) << key;
        const QString good = QString::fromUtf8(key == std::string_view("name") ? "a" : "1");
        EXPECT_TRUE(model().setData(cell(key, 0), good, Qt::EditRole)) << key;
        EXPECT_TRUE(panel().message().isEmpty()) << key;
        while (document.plan() != before && document.undoStack().canUndo())
            document.undoStack().undo();
    }
}

TEST_F(ClassesTest, LookingAtAValueThatIsShownRoundedDoesNotChangeIt)
{
    model().add();
    ASSERT_TRUE(document.edit("workload.classes[0].share", "0.123456789"));
    const Plan before = document.plan();
    EXPECT_TRUE(model().setData(cell("share", 0), cell("share", 0).data(Qt::EditRole), Qt::EditRole));
    EXPECT_EQ(document.plan(), before);
}

TEST_F(ClassesTest, DuplicatesShareTheArrivalsOfTheOriginalAndHaveNamesOfTheirOwn)
{
    model().add();
    ASSERT_TRUE(type("share", 0, "4"));
    EXPECT_EQ(model().duplicate(0), 1);
    ASSERT_EQ(classes().size(), 2u);
    EXPECT_DOUBLE_EQ(classes()[0].share + classes()[1].share, 4);
    EXPECT_NE(classes()[0].name, classes()[1].name);
    EXPECT_EQ(classes()[0].shape, classes()[1].shape);
    model().remove(0);
    EXPECT_EQ(classes().size(), 1u);
    document.undoStack().undo();
    EXPECT_EQ(classes().size(), 2u);
}

TEST_F(ClassesTest, ThereIsAnEndToAdding)
{
    Plan plan = document.plan();
    plan.workload.classes.resize(kMaxClasses);
    document.replacePlan(plan, QStringLiteral("many"));
    EXPECT_FALSE(model().canAdd());
    EXPECT_EQ(model().add(), -1);
    EXPECT_EQ(model().duplicate(0), -1);
    EXPECT_EQ(classes().size(), kMaxClasses);
}

TEST_F(ClassesTest, TheKeyboardAddsEditsEmptiesAndRemoves)
{
    QTableView& table = panel().table();
    panel().findChild<QPushButton*>()->click(); // Add is the first
    ASSERT_EQ(classes().size(), 1u);
    table.setFocus();
    QTest::keyClick(&table, Qt::Key_Insert);
    ASSERT_EQ(classes().size(), 2u);
    table.setCurrentIndex(cell("ttft_target_s", 1));
    QTest::keyClick(&table, Qt::Key_Return);
    auto* editor = table.viewport()->findChild<QLineEdit*>();
    ASSERT_NE(editor, nullptr);
    editor->selectAll();
    QTest::keyClicks(editor, QStringLiteral("0.8"));
    QTest::keyClick(editor, Qt::Key_Return);
    QCoreApplication::processEvents(); // an editor of a view writes when it has seen the key itself
    ASSERT_TRUE(classes()[1].ttftTarget.has_value());
    EXPECT_DOUBLE_EQ(classes()[1].ttftTarget->si(), 0.8);
    QTest::keyClick(&table, Qt::Key_Delete);
    EXPECT_FALSE(classes()[1].ttftTarget.has_value());
    QTest::keyClick(&table, Qt::Key_Delete, Qt::ControlModifier);
    EXPECT_EQ(classes().size(), 1u);
}

} // namespace
} // namespace headroom::ui
