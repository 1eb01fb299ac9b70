// The open plan: the one place that owns it, the one way to write it, the one signal that says it changed.
#pragma once

#include "core/error.h"
#include "core/plan/plan.h"
#include "core/snapshot.h"

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>
#include <QUndoStack>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom::ui {

template <class T>
class AsideWorker;
class LoadSimulator;
class Simulator;

/// Whether an edit stands alone or is one of many moves of the same hand.
enum class Gesture {
    whole,    ///< typed, chosen, reset: one undo step of its own
    continued ///< a drag or a held key: merges with the previous move of the same field until endGesture()
};

/// Owns the plan, its undo steps, the pinned plans and the latest Snapshot (ARCHITECTURE.md 7). Lives on the UI thread.
class Document final : public QObject {
    Q_OBJECT

public:
    static constexpr int kDragPoints = 40; ///< points of the load curve while a slider moves; kRestPoints once it rests
    static constexpr int kMaxPinned = 8;

    explicit Document(Plan plan, QObject* parent = nullptr);
    /// A plan that was evaluated already, with kRestPoints: on another thread, while the program started.
    explicit Document(PlanResults ready, QObject* parent = nullptr);
    ~Document() override;

    const Plan& plan() const { return *m_plan; }
    /// The plan as it was opened, made or last saved: what the modified dots compare with.
    const Plan& openedPlan() const { return *m_opened; }
    /// Latest complete results. While errors() is not empty they are those of the last plan that made sense.
    std::shared_ptr<const Snapshot> snapshot() const { return m_snapshot; }
    /// What makes no sense in plan(), one per field; empty = the snapshot is of this plan.
    const std::vector<Error>& errors() const { return m_errors; }
    /// The error of one field, or nullptr.
    const Error* errorOf(std::string_view key) const;
    QUndoStack& undoStack() { return m_undo; }
    /// Runs the plan in the background; its latest results are in snapshot().
    Simulator& simulator() { return *m_simulator; }
    /// The same at several loads, for points beside the curves.
    LoadSimulator& loadSimulator() { return *m_loadSimulator; }
    bool isModified() const { return !m_undo.isClean(); }
    /// The file of the plan; empty = never saved.
    const std::filesystem::path& path() const { return m_path; }
    /// Another program has written other content to the file since this document last read or wrote it.
    bool fileDiffers() const;
    /// Wall time of the last validation and evaluation (with the load curve), in milliseconds.
    double evaluateMs() const { return m_evaluateMs; }

    /// The one way to write: sets one field from text as setField() reads it. A value out of range changes nothing and
    /// gives the error. A value that clashes with other fields is kept and shows up in errors().
    Result<void> edit(std::string_view key, std::string_view text, Gesture gesture = Gesture::whole);
    /// Ends a drag: the next move starts a new undo step.
    void endGesture();
    /// Puts another plan in place of this one as one undo step: import, adopt, request classes, catalog update.
    void replacePlan(Plan plan, const QString& undoText);

    /// Reads a plan file. On error the open plan, its undo steps and its path stay as they were.
    Result<void> open(const std::filesystem::path& path);
    /// Starts afresh with a plan that has no file yet. `modified` plans ask before they are thrown away.
    enum class Origin { fresh, recovered };
    void start(Plan plan, Origin origin = Origin::fresh, std::filesystem::path path = {});
    /// Writes the plan. \param path becomes the document's path when writing succeeded.
    Result<void> saveAs(const std::filesystem::path& path);
    /// Reads the file of this plan again, throwing changes away.
    Result<void> reload();

    /// Keeps the present plan as a ghost in all plots. False when kMaxPinned are kept already or the plan has errors.
    bool pin(const std::string& name);
    void unpin(std::size_t index);
    void unpinAll();
    const std::vector<std::shared_ptr<const PlanResults>>& pinned() const { return m_pinned; }

    /// What of the plan is worked out on another thread whenever it rests, for snapshots to carry from then on; until it
    /// is there they carry that of an older plan and say so.
    struct Asides {
        bool everyGpu = false; ///< the plan sized on every catalog GPU
        bool systems = false;  ///< its load through the serving systems of the literature
    };
    void keep(Asides);
    /// True while one of them is worked out.
    bool isWorkingAside() const;

signals:
    /// The plan, its errors, its results, the pins or the file changed. The only signal of state there is.
    void changed(std::shared_ptr<const headroom::Snapshot> snapshot);
    /// Another program wrote, or removed, the file of this plan.
    void fileChangedOnDisk();

private:
    class Step;
    enum class Pace { drag, rest };

    void apply(std::shared_ptr<const Plan> plan, Pace pace);
    void recompute(Pace pace);
    void publish(PlanResults now, int points);
    void refine();
    void askAside();
    void connectParts();
    void adopt(std::shared_ptr<const Plan> plan, std::filesystem::path path);
    PlanResults resultsOf(int points);
    void watch(const std::filesystem::path& path);
    void checkFile();

    std::shared_ptr<const Plan> m_plan, m_opened;
    std::vector<Error> m_errors;
    std::shared_ptr<const Snapshot> m_snapshot;
    std::optional<PlanResults> m_ready; ///< of the first plan, until it is shown
    std::vector<std::shared_ptr<const PlanResults>> m_pinned;
    QUndoStack m_undo;
    QTimer m_restTimer; ///< fires when a drag has paused: full curves
    int m_gesture = 0;  ///< number of the present drag; moves with the same number and key merge
    std::filesystem::path m_path;
    QFileSystemWatcher m_watcher;
    std::string m_diskText; ///< what the file held when this document last read or wrote it
    std::string m_toldText; ///< what it held when fileChangedOnDisk() was last emitted, or as m_diskText
    double m_evaluateMs = 0;
    std::unique_ptr<Simulator> m_simulator;
    std::unique_ptr<LoadSimulator> m_loadSimulator;
    std::unique_ptr<AsideWorker<std::vector<GpuSizing>>> m_everyGpu;
    std::unique_ptr<AsideWorker<std::vector<AblationRow>>> m_systems;
};

} // namespace headroom::ui

Q_DECLARE_METATYPE(std::shared_ptr<const headroom::Snapshot>)
