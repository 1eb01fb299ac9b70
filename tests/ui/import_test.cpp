#include "core/plan/plan_io.h"
#include "tests/ui/window_fixture.h"
#include "ui/import_dialog.h"
#include "ui/panels/notice_bar.h"

#include <gmock/gmock.h>

#include <QClipboard>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QPushButton>
#include <QTimer>
#include <QUndoStack>
#include <QUrl>

#include <fstream>

namespace headroom::ui {
namespace {

using testing::HasSubstr;

const char* const kConfig = R"({"model_type": "llama", "_name_or_path": "org/Small-1B", "hidden_size": 2048,
    "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 8192,
    "vocab_size": 128256, "max_position_embeddings": 4096, "torch_dtype": "bfloat16", "rope_theta": 500000.0})";
const char* const kTrace = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                           "2023-11-16 18:00:00.000,100,10\n2023-11-16 18:00:01.000,300,30\n"
                           "2023-11-16 18:00:03.000,200,20\n";

class ImportTest : public WindowTest {
protected:
    /// Presses a button of the next preview; what it showed is in `shown`.
    void answer(bool apply)
    {
        auto* timer = new QTimer(window.get());
        timer->start(5);
        QObject::connect(timer, &QTimer::timeout, window.get(), [this, timer, apply] {
            auto* dialog = window->findChild<ImportDialog*>();
            if (dialog == nullptr)
                return;
            timer->deleteLater();
            shown = dialog->preview().toStdString();
            if (apply)
                dialog->findChild<QPushButton*>(QStringLiteral("import.apply"))->click();
            else
                dialog->reject();
        });
    }
    std::filesystem::path written(const std::string& name, const std::string& content) const
    {
        std::ofstream(folder() / name) << content;
        return folder() / name;
    }
    void drop(const QMimeData& data)
    {
        QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window.get(), &enter);
        ASSERT_TRUE(enter.isAccepted());
        QDropEvent event(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window.get(), &event);
    }
    std::string notice() const { return window->notices().text().toStdString(); }

    std::string shown;
};

TEST_F(ImportTest, APastedConfigIsShownAndThenPutIntoThePlanAsOneUndoStep)
{
    const Plan before = document.plan();
    QGuiApplication::clipboard()->setText(QString::fromUtf8(kConfig));
    answer(true);
    QTest::keySequence(window.get(), QKeySequence::Paste);
    EXPECT_THAT(shown, HasSubstr("Hugging Face config.json"));
    EXPECT_THAT(shown, HasSubstr("hidden_size = 2048"));
    EXPECT_THAT(shown, HasSubstr("rope_theta")); // said to be left out
    EXPECT_THAT(shown, HasSubstr("Layers"));
    EXPECT_EQ(document.plan().model.spec.layers(), 16);
    EXPECT_EQ(document.plan().model.spec.name, "Small-1B") << "its own name, not the clipboard's";
    EXPECT_DOUBLE_EQ(document.plan().model.maxContext.si(), 4096);
    EXPECT_EQ(document.plan().workload, before.workload);
    EXPECT_EQ(document.undoStack().count(), 1);
    document.undoStack().undo();
    EXPECT_EQ(document.plan(), before);
}

TEST_F(ImportTest, APastedConfigWithoutANameIsAPastedModel)
{
    answer(true);
    window->importText(QString::fromUtf8(kConfig).remove(QStringLiteral("\"_name_or_path\": \"org/Small-1B\", ")));
    EXPECT_EQ(document.plan().model.spec.name, "pasted model");
}

TEST_F(ImportTest, ADroppedPlanFromBeforeThereWereSchemasIsOpened)
{
    for (const char* plan : {R"({"workload.arrival_rate_req_s": 2.5, "model.name": "Llama-3.1-8B",
                                 "hardware.gpu": "L40S-48GB"})",
             R"({"workload": {"arrival_rate_req_s": 2.5}, "model": {"name": "Llama-3.1-8B"},
                 "hardware": {"gpu": "L40S-48GB"}})"}) {
        document.start(testPlan());
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QString::fromStdString(written("old.json", plan).string()))});
        drop(data);
        QCoreApplication::processEvents();
        EXPECT_EQ(document.plan().hardware.gpu.name, "L40S-48GB") << plan << notice();
        EXPECT_DOUBLE_EQ(document.plan().workload.arrivalRate.si(), 2.5) << plan;
        EXPECT_EQ(document.path().filename(), "old.json") << plan;
    }
}

TEST_F(ImportTest, CancelLeavesThePlanAsItWas)
{
    const Plan before = document.plan();
    answer(false);
    window->importText(QString::fromUtf8(kConfig));
    EXPECT_FALSE(shown.empty());
    EXPECT_EQ(document.plan(), before);
    EXPECT_FALSE(document.isModified());
}

TEST_F(ImportTest, ADroppedTraceBecomesTheWorkload)
{
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(QString::fromStdString(written("trace.csv", kTrace).string()))});
    answer(true);
    drop(data);
    ASSERT_TRUE(QTest::qWaitFor([&] { return document.isModified(); }, kPatience));
    EXPECT_THAT(shown, HasSubstr("trace.csv"));
    EXPECT_THAT(shown, HasSubstr("3 in 3 s"));
    EXPECT_NEAR(document.plan().workload.arrivalRate.si(), 2.0 / 3, 1e-9);
    EXPECT_NEAR(meanOf(document.plan().workload.shape.prompt), 200, 1);
}

TEST_F(ImportTest, AClashWithThePlanIsSaidBeforeItHappens)
{
    ASSERT_TRUE(document.edit("deployment.tp", "8"));
    answer(false);
    window->importText(QString::fromUtf8(R"({"model_type": "llama", "hidden_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 6, "intermediate_size": 256, "vocab_size": 1000, "torch_dtype": "bfloat16"})"));
    EXPECT_THAT(shown, HasSubstr("Would then clash"));
    EXPECT_THAT(shown, HasSubstr("Tensor parallel"));
}

TEST_F(ImportTest, APastedPlanTakesThePlaceOfTheOpenOneAndUndoBringsThatBack)
{
    const Plan before = document.plan();
    Plan other = before;
    other.name = "another";
    ASSERT_TRUE(setField(other, "workload.arrival_rate_req_s", "9"));
    answer(true);
    window->importText(QString::fromStdString(planText(other)));
    EXPECT_EQ(document.plan(), other);
    document.undoStack().undo();
    EXPECT_EQ(document.plan(), before);
}

TEST_F(ImportTest, WhatCannotBeReadIsSaidWithItsPlaceAndChangesNothing)
{
    const Plan before = document.plan();
    const struct {
        const char *content, *place;
    } cases[] = {{"{\"model_type\": \"llama\", \"hidden_size\": -1, \"num_hidden_layers\": 2}", "hidden_size"},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:00:00.000,many,10\n", ":2"},
        {"{\n\"schema\": 1,\n\"workload\": {\"arrival_rate_req_s\": \"x\"}}", "arrival_rate_req_s"},
        {"Dear all,\n", "Hugging Face config.json"}};
    for (const auto& c : cases) {
        window->importText(QString::fromUtf8(c.content));
        EXPECT_THAT(notice(), HasSubstr(c.place));
        EXPECT_THAT(notice(), HasSubstr("unchanged"));
        EXPECT_EQ(document.plan(), before);
    }
    window->importFile(written("letter.txt", "Dear all,\n"));
    ASSERT_TRUE(
        QTest::qWaitFor([&] { return window->notices().text().contains(QStringLiteral("letter.txt")); }, kPatience));
    EXPECT_EQ(document.plan(), before);
}

TEST_F(ImportTest, APlanFileThatIsDroppedIsOpened)
{
    Plan other = document.plan();
    other.name = "from a file";
    const auto path = folder() / "other.plan.json";
    ASSERT_TRUE(savePlan(other, path));
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(QString::fromStdString(path.string()))});
    drop(data);
    ASSERT_TRUE(QTest::qWaitFor([&] { return document.path() == path; }, kPatience));
    EXPECT_EQ(document.plan().name, "from a file");
}

TEST_F(ImportTest, AnEmptyClipboardIsSaid)
{
    QGuiApplication::clipboard()->clear();
    QTest::keySequence(window.get(), QKeySequence::Paste);
    EXPECT_THAT(notice(), HasSubstr("clipboard"));
}

} // namespace
} // namespace headroom::ui
