// Paints every kind of chart into pictures, to be looked at: chart_gallery OUTDIR [dark].
#include "sample_charts.h"

#include "ui/plots/chart_view.h"
#include "ui/plots/export_chart.h"
#include "ui/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QGridLayout>

#include <algorithm>
#include <cstdio>

using namespace headroom::ui;

namespace {

/// Grid of all samples, as the window would show them.
void paintGrid(const QString& path, const Theme& theme, const std::vector<ChartSpec>& charts)
{
    QWidget page;
    page.setProperty("page", true);
    page.setAttribute(Qt::WA_StyledBackground);
    auto* grid = new QGridLayout(&page);
    grid->setSpacing(12);
    int i = 0;
    for (const ChartSpec& chart : charts) {
        auto* view = new ChartView(&page);
        view->setTheme(theme);
        view->setFixedSize(410, 292);
        view->setChart(chart);
        grid->addWidget(view, i / 4, i % 4);
        ++i;
    }
    page.show();
    QApplication::processEvents();
    page.grab().save(path);
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
        paintGrid(
            folder + (theme.dark ? QStringLiteral("/dark.png") : QStringLiteral("/light.png")), theme, sampleCharts());
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
