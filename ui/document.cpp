#include "ui/document.h"

#include "core/ablation.h"
#include "core/plan/fields.h"
#include "core/plan/plan_io.h"
#include "core/plan/validate.h"
#include "core/sizing.h"
#include "ui/aside_worker.h"
#include "ui/format.h"
#include "ui/load_simulator.h"
#include "ui/simulator.h"

#include <QFile>
#include <QUndoCommand>

#include <algorithm>
#include <utility>

namespace headroom::ui {

namespace {

/// Undo steps kept. A plan is a few kB, so this stays far below a megabyte or two in a long session.
constexpr int kUndoLimit = 200;
/// A drag that pauses this long gets its full curves.
constexpr int kRestMs = 120;

QString undoText(std::string_view key)
{
    const Field* field = findField(key);
    return field == nullptr ? text(key) : text(info(*field).label);
}

/// What a file holds, as far as telling two versions apart needs it. A plan is far below the limit.
std::string fileText(const std::filesystem::path& path)
{
    constexpr qint64 kLimit = 8 << 20;
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.read(kLimit).toStdString() : std::string();
}

PlanResults evaluated(std::shared_ptr<const Plan> plan, int points)
{
    std::string name = plan->name;
    return planResults(std::move(name), std::move(plan), points);
}

} // namespace

/// One undo step: the plan before and after. Plans are values, so that is all it needs.
class Document::Step final : public QUndoCommand {
public:
    Step(Document& document, std::string key, std::shared_ptr<const Plan> after, int gesture)
        : QUndoCommand(undoText(key)),
          m_document(document),
          m_key(std::move(key)),
          m_before(document.m_plan),
          m_after(std::move(after)),
          m_gesture(gesture)
    {}
    Step(Document& document, const QString& text, std::shared_ptr<const Plan> after)
        : QUndoCommand(text), m_document(document), m_before(document.m_plan), m_after(std::move(after))
    {}

    int id() const override { return m_gesture == 0 ? -1 : 1; } // Qt's way to say "never merges"
    void undo() override { m_document.apply(m_before, Pace::rest); }
    void redo() override { m_document.apply(m_after, m_gesture == 0 ? Pace::rest : Pace::drag); }
    bool mergeWith(const QUndoCommand* next) override
    {
        const auto* other = static_cast<const Step*>(next); // the same id, so a Step
        if (other->m_gesture != m_gesture || other->m_key != m_key)
            return false;
        m_after = other->m_after;
        setObsolete(*m_after == *m_before);
        return true;
    }

private:
    Document& m_document;
    std::string m_key;
    std::shared_ptr<const Plan> m_before, m_after;
    int m_gesture = 0;
};

Document::Document(Plan plan, QObject* parent)
    : QObject(parent), m_simulator(std::make_unique<Simulator>()), m_loadSimulator(std::make_unique<LoadSimulator>())
{
    connectParts();
    adopt(std::make_shared<const Plan>(std::move(plan)), {});
}

Document::Document(PlanResults ready, QObject* parent)
    : QObject(parent),
      m_ready(std::move(ready)),
      m_simulator(std::make_unique<Simulator>()),
      m_loadSimulator(std::make_unique<LoadSimulator>())
{
    connectParts();
    adopt(m_ready->plan, {});
}

void Document::connectParts()
{
    m_undo.setUndoLimit(kUndoLimit);
    m_restTimer.setSingleShot(true);
    m_restTimer.setInterval(kRestMs);
    connect(&m_restTimer, &QTimer::timeout, this, &Document::refine);
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, &Document::checkFile);
    const auto again = [this] { publish(m_snapshot->now, m_snapshot->curvePoints); };
    connect(m_simulator.get(), &Simulator::studied, this, again);
    connect(m_loadSimulator.get(), &LoadSimulator::studied, this, again);
    m_everyGpu = std::make_unique<AsideWorker<std::vector<GpuSizing>>>(&sizeOnEveryGpu, again);
    m_systems = std::make_unique<AsideWorker<std::vector<AblationRow>>>(
        [](const Plan& plan, const std::stop_token&) { return ablation(plan); }, again);
}

Document::~Document() = default;

const Error* Document::errorOf(std::string_view key) const
{
    const auto it = std::ranges::find(m_errors, key, &Error::where);
    return it == m_errors.end() ? nullptr : &*it;
}

Result<void> Document::edit(std::string_view key, std::string_view text, Gesture gesture)
{
    auto next = std::make_shared<Plan>(*m_plan);
    if (auto set = setField(*next, key, text); !set)
        return set;
    if (*next == *m_plan)
        return {};
    if (gesture == Gesture::continued && m_gesture == 0)
        m_gesture = 1;
    m_undo.push(new Step(*this, std::string(key), std::move(next), gesture == Gesture::continued ? m_gesture : 0));
    return {};
}

void Document::endGesture()
{
    ++m_gesture;
    if (m_restTimer.isActive())
        refine();
}

void Document::replacePlan(Plan plan, const QString& text)
{
    if (plan == *m_plan)
        return;
    m_undo.push(new Step(*this, text, std::make_shared<const Plan>(std::move(plan))));
}

Result<void> Document::open(const std::filesystem::path& path)
{
    auto plan = loadPlan(path);
    if (!plan)
        return tl::unexpected(plan.error());
    adopt(std::make_shared<const Plan>(std::move(*plan)), path);
    return {};
}

void Document::start(Plan plan, Origin origin, std::filesystem::path path)
{
    adopt(std::make_shared<const Plan>(std::move(plan)), std::move(path));
    if (origin == Origin::recovered) {
        m_undo.resetClean();
        emit changed(m_snapshot);
    }
}

Result<void> Document::saveAs(const std::filesystem::path& path)
{
    if (auto saved = savePlan(*m_plan, path); !saved)
        return saved;
    const bool hasMoved = path.parent_path() != m_path.parent_path();
    m_path = path;
    m_opened = m_plan;
    // A trace is beside the file. Otherwise what has been simulated stays true.
    if (hasMoved && m_plan->workload.process == ArrivalProcess::trace)
        m_simulator->setPlan(m_errors.empty() ? m_plan : nullptr, m_path.parent_path());
    watch(path);
    m_undo.setClean();
    emit changed(m_snapshot);
    return {};
}

Result<void> Document::reload()
{
    HR_ASSERT(!m_path.empty());
    return open(std::filesystem::path(m_path));
}

bool Document::pin(const std::string& name)
{
    if (m_pinned.size() >= kMaxPinned || !m_errors.empty())
        return false;
    PlanResults kept = evaluated(m_plan, kRestPoints);
    kept.name = name;
    m_pinned.push_back(std::make_shared<const PlanResults>(std::move(kept)));
    publish(m_snapshot->now, m_snapshot->curvePoints);
    return true;
}

void Document::unpin(std::size_t index)
{
    HR_ASSERT(index < m_pinned.size());
    m_pinned.erase(m_pinned.begin() + static_cast<std::ptrdiff_t>(index));
    publish(m_snapshot->now, m_snapshot->curvePoints);
}

void Document::unpinAll()
{
    m_pinned.clear();
    publish(m_snapshot->now, m_snapshot->curvePoints);
}

void Document::apply(std::shared_ptr<const Plan> plan, Pace pace)
{
    m_plan = std::move(plan);
    recompute(pace);
}

void Document::recompute(Pace pace)
{
    m_errors = validate(*m_plan);
    if (pace == Pace::drag)
        m_restTimer.start();
    else
        m_restTimer.stop();
    m_simulator->setPlan(m_errors.empty() ? m_plan : nullptr, m_path.parent_path());
    m_loadSimulator->setPlan(m_errors.empty() ? m_plan : nullptr);
    if (!m_errors.empty()) {
        emit changed(m_snapshot);
        return;
    }
    const int points = pace == Pace::drag ? kDragPoints : kRestPoints;
    PlanResults results = resultsOf(points);
    m_evaluateMs = results.wallSeconds * 1e3;
    publish(std::move(results), points);
    if (pace == Pace::rest) {
        askAside();
    } else {
        m_everyGpu->stop();
        m_systems->stop();
    }
}

PlanResults Document::resultsOf(int points)
{
    std::optional<PlanResults> ready = std::exchange(m_ready, std::nullopt);
    return ready && ready->plan == m_plan ? std::move(*ready) : evaluated(m_plan, points);
}

void Document::publish(PlanResults now, int points)
{
    now.everyGpu = m_everyGpu->of(now.plan);
    now.systems = m_systems->of(now.plan);
    m_snapshot = std::make_shared<const Snapshot>(
        Snapshot{std::move(now), m_pinned, points, m_simulator->study(), m_loadSimulator->study()});
    emit changed(m_snapshot);
}

void Document::refine() { recompute(Pace::rest); }

void Document::keep(Asides asides)
{
    m_everyGpu->keep(asides.everyGpu);
    m_systems->keep(asides.systems);
    if (!m_restTimer.isActive())
        askAside();
}

bool Document::isWorkingAside() const { return m_everyGpu->isRunning() || m_systems->isRunning(); }

void Document::askAside()
{
    if (!m_errors.empty())
        return;
    m_everyGpu->ask(m_plan);
    m_systems->ask(m_plan);
}

void Document::adopt(std::shared_ptr<const Plan> plan, std::filesystem::path path)
{
    m_plan = m_opened = std::move(plan);
    m_path = std::move(path);
    m_undo.clear();
    ++m_gesture;
    watch(m_path);
    if (m_snapshot == nullptr &&
        !validate(*m_plan).empty()) // nothing to fall back on: it gets its numbers all the same
        m_snapshot = std::make_shared<const Snapshot>(Snapshot{resultsOf(kRestPoints), {}, kRestPoints});
    recompute(Pace::rest);
}

void Document::watch(const std::filesystem::path& path)
{
    if (!m_watcher.files().isEmpty())
        m_watcher.removePaths(m_watcher.files());
    m_diskText.clear();
    m_toldText.clear();
    if (path.empty())
        return;
    m_toldText = m_diskText = fileText(path);
    m_watcher.addPath(QString::fromStdString(path.string()));
}

void Document::checkFile()
{
    const QString file = QString::fromStdString(m_path.string());
    if (!m_watcher.files().contains(file) && QFile::exists(file))
        m_watcher.addPath(file); // replaced by rename, as most editors save: the watch went with the old file
    std::string text = fileText(m_path);
    if (text == m_toldText)
        return;
    m_toldText = std::move(text); // say it once
    emit fileChangedOnDisk();
}

bool Document::fileDiffers() const
{
    std::error_code problem;
    return !m_path.empty() && std::filesystem::exists(m_path, problem) && fileText(m_path) != m_diskText;
}

} // namespace headroom::ui
