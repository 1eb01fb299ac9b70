// A window on a plan, with folders of its own, and what a hand does to it.
#pragma once

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/snapshot.h"
#include "ui/main_window.h"
#include "ui/panels/field_editor.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/value_slider.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <memory>

namespace headroom::ui {

constexpr int kPatience = 60'000; ///< ms; far more than anything waited for takes, for a machine that is busy

/// The plan all window tests start from: it fits, is stable, and has targets.
inline Plan testPlan()
{
    Plan plan = defaultPlan();
    for (const auto& [key, value] :
        {std::pair("workload.arrival_rate_req_s", "4"), {"targets.ttft_p95_s", "1"}, {"targets.tpot_p95_s", "0.05"}})
        EXPECT_TRUE(setField(plan, key, value)) << key;
    plan.name = "test";
    return plan;
}

inline Snapshot snapshotOf(Plan plan)
{
    auto shared = std::make_shared<const Plan>(std::move(plan));
    return Snapshot{planResults(shared->name, shared, 32), {}, 32};
}

inline Plan with(Plan plan, std::string_view key, std::string_view value)
{
    EXPECT_TRUE(setField(plan, key, value)) << key;
    return plan;
}

class WindowTest : public testing::Test {
protected:
    WindowTest() : document(testPlan()) { open(); }

    void open()
    {
        window = std::make_unique<MainWindow>(document, WindowPaths{folder() / "settings.ini", folder() / "autosave"});
        window->resize(1280, 800);
        window->show();
        QCoreApplication::processEvents();
    }
    std::filesystem::path folder() const { return temporary.path().toStdString(); }

    QTemporaryDir temporary;
    Document document;
    std::unique_ptr<MainWindow> window;
};

} // namespace headroom::ui
