// headroom: the window; and its headless modes, which choose the offscreen platform themselves.
#include "app/command_line.h"
#include "app/commands/command.h"
#include "app/window_bench.h"
#include "core/sizing.h"
#include "core/version_info.h"
#include "ui/format.h"
#include "ui/load_simulator.h"
#include "ui/main_window.h"
#include "ui/panels/explain_panel.h"
#include "ui/plots/catalog.h"
#include "ui/plots/export_chart.h"
#include "ui/plots/supposed.h"
#include "ui/report/report.h"
#include "ui/simulator.h"
#include "ui/theme.h"

#include <QApplication>
#include <QDir>
#include <QEventLoop>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace headroom {
namespace {

using cli::Exit;

struct Arguments {
    cli::PlanArgument plan; ///< empty file = the first example
    std::vector<std::string> report, chart, screenshots;
    std::string size = "1440x900";
    bool bench = false, json = false, untilFirstFrame = false;

    bool headless() const { return !report.empty() || !chart.empty() || !screenshots.empty() || bench; }
};

int complain(const cli::Failure& failure)
{
    for (const Error& error : failure.errors)
        std::fprintf(
            stderr, "headroom: %s%s%s\n", error.where.c_str(), error.where.empty() ? "" : ": ", error.message.c_str());
    return static_cast<int>(failure.exit);
}

int complain(const Error& error, Exit exit) { return complain(cli::Failure{exit, {error}}); }

/// The offscreen platform says of each menu and tool tip what it does not support: nobody who asked for a file wants it.
void withoutPlatformChatter(QtMsgType type, const QMessageLogContext& context, const QString& words)
{
    if (!words.startsWith(QLatin1String("This plugin does not support")))
        std::fprintf(stderr, "%s\n", qUtf8Printable(qFormatLogMessage(type, context, words)));
    if (type == QtFatalMsg)
        std::abort();
}

Snapshot snapshotOf(Plan plan)
{
    auto shared = std::make_shared<const Plan>(std::move(plan));
    Snapshot snapshot;
    snapshot.now = planResults(shared->name, shared, snapshot.curvePoints);
    return snapshot;
}

std::filesystem::path folderOf(const std::string& file) { return std::filesystem::path(file).parent_path(); }

int writeReport(const Arguments& arguments)
{
    auto plan = cli::readPlanOrExample({arguments.report[0], arguments.plan.settings});
    if (!plan)
        return complain(plan.error());
    Snapshot snapshot = withStudy(snapshotOf(std::move(*plan)), folderOf(arguments.report[0]));
    snapshot.now.everyGpu.value = // once, for the verdict and the table
        std::make_shared<const std::vector<GpuSizing>>(sizeOnEveryGpu(*snapshot.now.plan));
    if (auto written = ui::writeReport(snapshot, arguments.report[1]); !written)
        return complain(written.error(), Exit::noAccess);
    return 0;
}

int writeChart(const Arguments& arguments)
{
    const ui::ChartRow* row = ui::findChart(arguments.chart[0]);
    if (row == nullptr) {
        std::string ids;
        for (const ui::ChartRow& known : ui::charts())
            ids += (ids.empty() ? "" : ", ") + std::string(known.id);
        return complain({arguments.chart[0], "there is no such chart, expected one of: " + ids}, Exit::badInput);
    }
    auto plan = cli::readPlanOrExample({arguments.chart[1], arguments.plan.settings});
    if (!plan)
        return complain(plan.error());
    Snapshot snapshot = snapshotOf(std::move(*plan));
    if (row->simulated)
        snapshot = withStudy(std::move(snapshot), folderOf(arguments.chart[1]));
    const std::filesystem::path file(arguments.chart[2]);
    const bool isData = file.extension() == ".csv"; // the same columns as `headroom-cli chart` writes
    const auto origin = isData ? ui::ChartOrigin{} : ui::originOf(snapshot);
    if (auto written =
            ui::exportChart(ui::chartOrSupposed(*row, snapshot), file, ui::lightTheme(), ui::kExportSize, origin);
        !written)
        return complain(written.error(), Exit::noAccess);
    return 0;
}

/// Paths of a window that leaves nothing behind: its settings go with `folder`. (Never a device such as /dev/null:
/// settings are saved by renaming a new file into place, which replaces the device when root does it.)
ui::WindowPaths pathsIn(const QTemporaryDir& folder)
{
    return {std::filesystem::path(folder.filePath(QStringLiteral("settings.ini")).toStdString()), {}};
}

bool parseSize(const std::string& text, QSize& size)
{
    const QStringList parts = QString::fromStdString(text).split(QLatin1Char('x'));
    size = parts.size() == 2 ? QSize(parts[0].toInt(), parts[1].toInt()) : QSize();
    return size.width() >= 640 && size.height() >= 400;
}

int writeScreenshots(const Arguments& arguments)
{
    QSize size;
    if (!parseSize(arguments.size, size))
        return complain({"--size " + arguments.size, "expected WIDTHxHEIGHT, at least 640x400"}, Exit::badInput);
    auto plan = cli::readPlanOrExample({arguments.screenshots[1], arguments.plan.settings});
    if (!plan)
        return complain(plan.error());
    const QDir folder(QString::fromStdString(arguments.screenshots[0]));
    if (!folder.mkpath(QStringLiteral(".")))
        return complain({arguments.screenshots[0], "the folder could not be made"}, Exit::noAccess);
    ui::Document document(std::move(*plan));
    const QTemporaryDir scratch;
    ui::MainWindow window(document, pathsIn(scratch));
    window.resize(size);
    window.show();
    constexpr int kSimulateMs = 60'000; // far more than a study of fixed size takes
    document.simulator().setSettings(fixedStudy());
    document.simulator().finish(kSimulateMs);
    document.loadSimulator().finish(kSimulateMs);
    for (const auto& [choice, suffix] :
        {std::pair(ui::ThemeChoice::light, "light"), std::pair(ui::ThemeChoice::dark, "dark")}) {
        window.setThemeChoice(choice);
        for (const std::string& tab : window.tabs()) {
            window.showTab(tab);
            while (document.isWorkingAside() || window.explainPanel().isWorking())
                QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
            // Layouts settle over a few rounds of events, and what Explain draws last waits until nothing else happens.
            constexpr int kSettleMs = 160;
            QEventLoop settled;
            QTimer::singleShot(kSettleMs, &settled, &QEventLoop::quit);
            settled.exec();
            const QString file = folder.filePath(QStringLiteral("%1-%2.png").arg(ui::text(tab), ui::text(suffix)));
            if (!window.grab().save(file))
                return complain({file.toStdString(), "could not be written"}, Exit::noAccess);
        }
    }
    return 0;
}

int bench(const Arguments& arguments)
{
    auto plan = cli::readPlanOrExample(arguments.plan);
    if (!plan)
        return complain(plan.error());
    constexpr int kStarts = 9;
    std::vector<BenchRow> rows = benchStart(QCoreApplication::applicationFilePath(), kStarts);
    ui::Document document(std::move(*plan));
    const QTemporaryDir scratch;
    ui::MainWindow window(document, pathsIn(scratch));
    window.show();
    QCoreApplication::processEvents();
    for (BenchRow& row : benchSliders(window))
        rows.push_back(std::move(row));
    if (!arguments.json) {
        for (const BenchRow& row : rows)
            std::printf("%-38s %10s  %s\n", row.name.c_str(),
                row.value ? QString::number(*row.value, 'f', 1).toUtf8().constData() : "n/a", qPrintable(row.what));
        return 0;
    }
    QStringList members;
    for (const BenchRow& row : rows)
        members.append(QStringLiteral("\"%1\": %2")
                           .arg(QLatin1String(row.name.c_str()),
                               row.value ? QString::number(*row.value, 'f', 3) : QStringLiteral("null")));
    std::printf("{%s}\n", qPrintable(members.join(QStringLiteral(", "))));
    return 0;
}

/// Says when the first frame is on the screen, with the memory used, and ends the program.
class FirstFrame final : public QObject {
public:
    using QObject::QObject;
    bool eventFilter(QObject*, QEvent* event) override
    {
        if (event->type() == QEvent::Paint && !m_seen) {
            m_seen = true;
            QTimer::singleShot(0, this, [] { // after this paint event is done and flushed
                std::printf("%.2f\n", residentMiB().value_or(0));
                std::fflush(stdout);
                QCoreApplication::exit(0);
            });
        }
        return false;
    }

private:
    bool m_seen = false;
};

ui::WindowPaths userPaths()
{
    const auto folder = [](QStandardPaths::StandardLocation where) {
        return std::filesystem::path(QStandardPaths::writableLocation(where).toStdString());
    };
    return {folder(QStandardPaths::GenericConfigLocation) / "headroom" / "headroom.ini",
        folder(QStandardPaths::AppLocalDataLocation) / "autosave"};
}

/// What the window shows first. Made while Qt starts, on a thread of its own: without Qt, whose main thread would
/// otherwise be that one.
using FirstResults = std::future<cli::Outcome<PlanResults>>;

FirstResults firstResults(const cli::PlanArgument& argument)
{
    return std::async(std::launch::async, [argument]() -> cli::Outcome<PlanResults> {
        // A plan that cannot be read does not keep the window from opening: it says so, over the first example.
        auto plan = cli::readPlanOrExample(argument.file.empty() ? argument : cli::PlanArgument{});
        if (!plan)
            return tl::unexpected(plan.error());
        auto shared = std::make_shared<const Plan>(std::move(*plan));
        return planResults(shared->name, shared, kRestPoints);
    });
}

int showWindow(QApplication& app, const Arguments& arguments, FirstResults first)
{
    ui::useStyle(app); // while the first results are worked out
    auto ready = first.get();
    if (!ready)
        return complain(ready.error());
    ui::Document document(std::move(*ready));
    const QTemporaryDir scratch;
    ui::MainWindow window(document, arguments.untilFirstFrame ? pathsIn(scratch) : userPaths());
    if (!arguments.plan.file.empty())
        window.openFile(arguments.plan.file);
    if (!arguments.plan.file.empty())
        for (const std::string& setting : arguments.plan.settings) {
            const std::size_t equals = setting.find('=');
            const auto set = equals == std::string::npos
                                 ? Result<void>(fail("--set " + setting, "expected KEY=VALUE"))
                                 : document.edit(setting.substr(0, equals), setting.substr(equals + 1));
            if (!set)
                return complain(set.error(), Exit::badInput);
        }
    FirstFrame watch;
    if (arguments.untilFirstFrame)
        window.centralWidget()->installEventFilter(&watch);
    window.show();
    return QApplication::exec();
}

void declare(cli::Arguments to, Arguments& arguments)
{
    to.option("PLAN", arguments.plan.file, "Plan file to open (*.plan.json); the first example without one");
    cli::addSettings(to, arguments.plan);
    to.option("--report", arguments.report, "Write the report of PLAN as a PDF").typeName("PLAN OUT.pdf").values(2);
    to.option("--chart", arguments.chart, "Write one chart of PLAN as .svg, .png, .pdf or .csv")
        .typeName("ID PLAN OUT")
        .values(3);
    to.option("--screenshots", arguments.screenshots, "Write a PNG of every tab, light and dark")
        .typeName("DIR PLAN")
        .values(2);
    to.option("--size", arguments.size, "Size of the window for --screenshots").typeName("WxH");
    to.flag("--bench", arguments.bench, "Measure start, sliders and memory");
    to.flag("--json", arguments.json, "Print --bench as one JSON object");
    to.flag("--until-first-frame", arguments.untilFirstFrame, "End after the first frame; used by --bench").hidden();
}

int run(int argc, char** argv)
{
    Arguments arguments;
    cli::CommandLine line("headroom",
        "Workbench for the capacity of LLM serving: how many GPUs, at what latency and cost, and what breaks first.",
        std::string(version()));
    declare(line.arguments(), arguments);
    if (const auto stop = line.parse(argc, argv)) // --help, --version: before QApplication, which needs a display
        return static_cast<int>(*stop);
    if (arguments.headless()) {
        qInstallMessageHandler(withoutPlatformChatter);
        if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
            qputenv("QT_QPA_PLATFORM", "offscreen");
    }

    FirstResults first = arguments.headless() ? FirstResults() : firstResults(arguments.plan);
    QApplication app(argc, argv);
    QApplication::setApplicationName(QStringLiteral("headroom"));
    QApplication::setApplicationDisplayName(QStringLiteral("Headroom"));
    QApplication::setApplicationVersion(ui::text(version()));
    QApplication::setDesktopFileName(QStringLiteral("org.headroom.headroom"));
    if (!arguments.report.empty())
        return writeReport(arguments);
    if (!arguments.chart.empty())
        return writeChart(arguments);
    if (!arguments.screenshots.empty())
        return writeScreenshots(arguments);
    return arguments.bench ? bench(arguments) : showWindow(app, arguments, std::move(first));
}

} // namespace
} // namespace headroom

namespace {

/// Simulations come and go on threads of their own, some megabytes each. What they let go of is to go back to the system:
/// by itself the allocator keeps it, in a heap for each thread, and a window that has simulated takes half as much again.
/// What Qt takes and lets go of for every widget it paints, some hundred KiB, is to stay: to map it anew took a sixth of
/// the time of a slider's move.
void giveMemoryBack()
{
#ifdef __GLIBC__
    constexpr int kHeaps = 2, kLarge = 1 << 20, kKept = 8 << 20;
    ::mallopt(M_ARENA_MAX, kHeaps);
    ::mallopt(M_MMAP_THRESHOLD, kLarge); // fixed: else it grows with what was freed, up to 32 MiB
    ::mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

} // namespace

int main(int argc, char** argv)
{
    giveMemoryBack();
    try {
        return headroom::run(argc, argv);
    } catch (const std::exception& problem) { // out of memory and the like
        std::fprintf(stderr, "headroom: %s\n", problem.what());
        return static_cast<int>(headroom::cli::Exit::noAccess);
    }
}
