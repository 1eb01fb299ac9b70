#include "app/window_bench.h"

#include "core/slo/percentile.h"
#include "ui/panels/field_editor.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/value_slider.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>

#include <cmath>

namespace headroom {

namespace {

constexpr int kMovesPerSlider = 40;
constexpr int kWaitMs = 20000;

/// One run of the program; milliseconds until it says that a frame is painted, and its memory then.
struct Start {
    double ms = 0, mib = 0;
};
std::optional<Start> startOnce(const QString& program)
{
    QElapsedTimer clock;
    QProcess child;
    child.setProcessChannelMode(QProcess::SeparateChannels);
    clock.start();
    child.start(program, {QStringLiteral("--until-first-frame")});
    while (!child.canReadLine() && child.waitForReadyRead(kWaitMs)) {
    }
    const double ms = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
    bool good = false;
    const double mib = child.readLine().trimmed().toDouble(&good);
    child.waitForFinished(kWaitMs);
    return good ? std::optional(Start{ms, mib}) : std::nullopt;
}

/// Delivers what a move posted: the paint events of every widget that changed.
void paintNow()
{
    QCoreApplication::sendPostedEvents();
    QCoreApplication::processEvents(QEventLoop::ExcludeUserInputEvents);
}

void measureSlider(ui::ValueSlider& slider, std::vector<double>& milliseconds)
{
    slider.setSliderDown(true);
    const int range = slider.maximum() - slider.minimum();
    for (int i = 0; i < kMovesPerSlider; ++i) {
        // Back and forth over the middle of the range, as a hand does.
        const double share = 0.25 + 0.5 * std::abs(2.0 * i / kMovesPerSlider - 1);
        const int position = slider.minimum() + static_cast<int>(share * range);
        if (position == slider.sliderPosition())
            continue;
        QElapsedTimer clock;
        clock.start();
        slider.setSliderPosition(position);
        paintNow();
        milliseconds.push_back(static_cast<double>(clock.nsecsElapsed()) * 1e-6);
    }
    slider.setSliderDown(false);
    paintNow();
}

} // namespace

std::optional<double> residentMiB()
{
    QFile status(QStringLiteral("/proc/self/status"));
    if (!status.open(QIODevice::ReadOnly))
        return std::nullopt;
    for (const QByteArray& line : status.readAll().split('\n'))
        if (line.startsWith("VmRSS:"))
            return line.mid(6).trimmed().split(' ').first().toDouble() / 1024;
    return std::nullopt;
}

std::vector<BenchRow> benchStart(const QString& program, int runs)
{
    std::vector<double> times, memory;
    for (int i = 0; i < runs; ++i)
        if (const auto start = startOnce(program)) {
            times.push_back(start->ms);
            memory.push_back(start->mib);
        }
    const bool any = !times.empty();
    return {{"start_to_first_frame_ms", any ? std::optional(quantile(times, 0.5)) : std::nullopt,
                QStringLiteral("median of %1 starts, from launch to the first painted frame").arg(times.size())},
        {"rss_mib", any ? std::optional(quantile(memory, 0.5)) : std::nullopt,
            QStringLiteral("resident memory at the first frame")}};
}

std::vector<BenchRow> benchSliders(ui::MainWindow& window)
{
    std::vector<double> all;
    std::vector<BenchRow> rows;
    for (const std::string& tab : window.tabs()) {
        window.showTab(tab);
        paintNow();
        std::vector<double> here;
        for (const std::string_view key : ui::PlanPanel::kFirst)
            if (ui::FieldEditor* editor = window.planPanel().editor(key);
                editor != nullptr && editor->slider() != nullptr)
                measureSlider(*editor->slider(), here);
        while (window.document().undoStack().canUndo())
            window.document().undoStack().undo();
        all.insert(all.end(), here.begin(), here.end());
        if (!here.empty())
            rows.push_back({"", quantile(here, 0.99),
                QStringLiteral("of it, tab %1: p50 %2")
                    .arg(QString::fromStdString(tab))
                    .arg(quantile(here, 0.5), 0, 'f', 1)});
    }
    rows.insert(rows.begin(),
        BenchRow{"slider_to_paint_p99_ms", all.empty() ? std::nullopt : std::optional(quantile(all, 0.99)),
            QStringLiteral("%1 moves of the first sliders over every tab, all visible plots painted").arg(all.size())});
    return rows;
}

} // namespace headroom
