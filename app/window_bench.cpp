#include "app/window_bench.h"

#include "core/slo/percentile.h"
#include "ui/panels/field_editor.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/value_slider.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>

#include <algorithm>
#include <cmath>
#include <ctime>

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

/// Processor time of this thread, in milliseconds: what a move costs on a machine that is shared.
double cpuMs()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

/// Milliseconds of every move, on the wall and of the processor.
struct Moves {
    std::vector<double> wall, cpu;
};

void measureSlider(ui::ValueSlider& slider, Moves& moves)
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
        const double cpu = cpuMs();
        clock.start();
        slider.setSliderPosition(position);
        paintNow();
        moves.wall.push_back(static_cast<double>(clock.nsecsElapsed()) * 1e-6);
        moves.cpu.push_back(cpuMs() - cpu);
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
    std::vector<BenchRow> rows;
    std::size_t moves = 0;
    for (const std::string& tab : window.tabs()) {
        window.showTab(tab);
        paintNow();
        Moves here;
        for (const std::string_view key : ui::PlanPanel::kFirst)
            if (ui::FieldEditor* editor = window.planPanel().editor(key);
                editor != nullptr && editor->slider() != nullptr)
                measureSlider(*editor->slider(), here);
        while (window.document().undoStack().canUndo())
            window.document().undoStack().undo();
        if (!here.wall.empty())
            rows.push_back({"slider_to_paint_p99_" + tab + "_ms", quantile(here.wall, 0.99),
                QStringLiteral("tab %1: p50 %2 ms; processor time p50 %3, p99 %4 ms")
                    .arg(QString::fromStdString(tab))
                    .arg(quantile(here.wall, 0.5), 0, 'f', 1)
                    .arg(quantile(here.cpu, 0.5), 0, 'f', 1)
                    .arg(quantile(here.cpu, 0.99), 0, 'f', 1)});
        moves += here.wall.size();
    }
    const auto worst = std::ranges::max_element(rows, {}, &BenchRow::value);
    rows.insert(rows.begin(),
        BenchRow{"slider_to_paint_p99_ms", worst == rows.end() ? std::nullopt : worst->value,
            QStringLiteral("the worst tab; %1 moves of the first sliders, all visible plots painted").arg(moves)});
    return rows;
}

} // namespace headroom
