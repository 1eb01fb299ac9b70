// Paints every kind of chart, and every chart of the catalog for a plan, into pictures to be looked at:
// chart_gallery OUTDIR [PLAN [PINNED ...]].
#include "sample_charts.h"

#include "core/plan/plan_io.h"
#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/plots/catalog.h"
#include "ui/plots/chart_view.h"
#include "ui/plots/export_chart.h"
#include "ui/report/report.h"
#include "ui/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QGridLayout>

#include <algorithm>
#include <cstdio>
#include <map>

using namespace headroom::ui;

namespace {

/// Grid of all samples, as the window would show them.
void paintGrid(const QString& path, const Theme& theme, const std::vector<ChartSpec>& list, int columns)
{
    QWidget page;
    page.setProperty("page", true);
    page.setAttribute(Qt::WA_StyledBackground);
    auto* grid = new QGridLayout(&page);
    grid->setSpacing(12);
    int i = 0;
    for (const ChartSpec& chart : list) {
        auto* view = new ChartView(&page);
        view->setTheme(theme);
        view->setFixedSize(410, 292);
        view->setChart(chart);
        grid->addWidget(view, i / columns, i % columns);
        ++i;
    }
    page.show();
    QApplication::processEvents();
    page.grab().save(path);
}

/// Every chart of the catalog, a picture per tab.
void paintTabs(const QString& folder, const Theme& theme, const headroom::Plan& plan,
    const std::vector<std::shared_ptr<const headroom::PlanResults>>& pinned)
{
    headroom::Snapshot snapshot;
    snapshot.pinned = pinned;
    snapshot.now = headroom::planResults(plan.name, std::make_shared<const headroom::Plan>(plan), snapshot.curvePoints);
    std::map<std::string, std::vector<ChartSpec>> tabs;
    for (const ChartRow& row : charts()) {
        QElapsedTimer timer;
        timer.start();
        tabs[std::string(row.tab)].push_back(row.build(snapshot));
        std::printf(
            "%-24s built in %.2f ms\n", std::string(row.id).c_str(), static_cast<double>(timer.nsecsElapsed()) * 1e-6);
    }
    if (!theme.dark) {
        QElapsedTimer timer;
        timer.start();
        if (const auto done = writeReport(snapshot, folder.toStdString() + "/report.pdf"); !done)
            std::printf("%s\n", done.error().message.c_str());
        std::printf("report written in %.0f ms\n", static_cast<double>(timer.nsecsElapsed()) * 1e-6);
    }
    for (const auto& [tab, list] : tabs)
        paintGrid(folder + QStringLiteral("/tab-") + text(tab) +
                      (theme.dark ? QStringLiteral("-dark.png") : QStringLiteral(".png")),
            theme, list, 2);
}

/// Milliseconds of one setChart() with its paint, p50 and p99.
template <class Make>
void time(const char* name, Make make)
{
    ChartView view;
    view.resize(430, 300);
    view.show();
    std::vector<double> ms;
    constexpr int kRounds = 300;
    for (int i = 0; i < kRounds; ++i) {
        const ChartSpec chart = make(i);
        QElapsedTimer timer;
        timer.start();
        view.setChart(chart);
        QApplication::processEvents();
        ms.push_back(static_cast<double>(timer.nsecsElapsed()) * 1e-6);
    }
    std::sort(ms.begin(), ms.end());
    std::printf(
        "%-12s p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", name, ms[kRounds / 2], ms[kRounds * 99 / 100], ms.back());
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    const QString folder = QString::fromLocal8Bit(argc > 1 ? argv[1] : ".");
    for (const Theme& theme : {lightTheme(), darkTheme()}) {
        applyTheme(app, theme);
        paintGrid(folder + (theme.dark ? QStringLiteral("/dark.png") : QStringLiteral("/light.png")), theme,
            sampleCharts(), 4);
    }
    if (argc > 2) {
        const auto plan = headroom::loadPlan(argv[2]);
        if (!plan) {
            std::printf("%s: %s\n", plan.error().where.c_str(), plan.error().message.c_str());
            return 1;
        }
        std::vector<std::shared_ptr<const headroom::PlanResults>> pinned;
        for (int k = 3; k < argc; ++k)
            if (const auto other = headroom::loadPlan(argv[k]))
                pinned.push_back(std::make_shared<const headroom::PlanResults>(
                    headroom::planResults(other->name, std::make_shared<const headroom::Plan>(*other), 200)));
        for (const Theme& theme : {lightTheme(), darkTheme()}) {
            applyTheme(app, theme);
            paintTabs(folder, theme, *plan, pinned);
        }
        return 0;
    }
    int i = 0;
    for (const ChartSpec& chart : sampleCharts())
        for (const char* suffix : {"svg", "pdf", "png"})
            if (const auto done =
                    exportChart(chart, folder.toStdString() + "/chart" + std::to_string(i++ / 3) + "." + suffix);
                !done)
                std::printf("%s\n", done.error().message.c_str());
    time("lines", [](int k) { return sampleLatency(0.5 + 0.018 * k); });
    time("bars", [](int k) { return sampleParts(1 + 0.003 * k); });
    time("tornado", [](int k) { return k % 2 ? sampleTornado() : sampleWaterfall(); });
    time("scatter", [](int) { return sampleValidation(); });
    time("heat map", [](int) { return sampleHeatMap(); });
    time("table", [](int) { return sampleTable(); });
    return 0;
}
