// Measured runs predicted, and published tables recomputed, on a thread of their own; rows arrive as they are ready.
#pragma once

#include "core/calibration/nearness.h"
#include "core/calibration/validate.h"
#include "core/papers/paper.h"

#include <QObject>
#include <QString>

#include <optional>
#include <thread>
#include <vector>

namespace headroom::ui {

/// A measured row beside its prediction. `setting` is absent where the row cannot be run.
struct ComparedRow {
    Measurement measured;
    RowOutcome outcome;
    std::optional<MeasuredSetting> setting;
};

/// Reads a CSV of measured runs and predicts each. Lives on the UI thread and never blocks it; a new file or cancel()
/// drops what is still to come.
class ValidationRunner final : public QObject {
    Q_OBJECT

public:
    explicit ValidationRunner(QObject* parent = nullptr) : QObject(parent) {}
    ~ValidationRunner() override;

    void read(const QString& path);
    /// Keeps the rows that are there.
    void cancel();
    bool isRunning() const { return m_running; }
    int total() const { return m_total; }
    const std::vector<ComparedRow>& rows() const { return m_rows; }

signals:
    void progressed();
    void finished();
    void failed(const QString& why);

private:
    void end();

    std::vector<ComparedRow> m_rows;
    int m_total = 0;
    bool m_running = false;
    unsigned m_generation = 0; ///< answers to an older question are dropped
    std::jthread m_thread;
};

/// Runs every case of core/papers once, in their order.
class PapersRunner final : public QObject {
    Q_OBJECT

public:
    explicit PapersRunner(QObject* parent = nullptr) : QObject(parent) {}
    ~PapersRunner() override;

    void start();
    void cancel();
    bool isRunning() const { return m_running; }
    static int total();
    const std::vector<papers::Row>& rows() const { return m_rows; }

signals:
    void progressed();
    void finished();

private:
    std::vector<papers::Row> m_rows;
    bool m_running = false;
    unsigned m_generation = 0;
    std::jthread m_thread;
};

} // namespace headroom::ui
