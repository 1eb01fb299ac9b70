// The Explain dock: formula, this plan's numbers, source, what a tenth more or less of each input would do, and what
// the simulator says.
#pragma once

#include "ui/plots/chart.h"
#include "ui/theme.h"

#include <QScrollArea>
#include <QTimer>

#include <memory>
#include <vector>

namespace headroom {
struct Plan;
struct Snapshot;
} // namespace headroom

namespace headroom::ui {

template <class T>
class AsideWorker;
class ChartView;
class Paragraph;
class ValueRows;

class ExplainPanel final : public QScrollArea {
    Q_OBJECT

public:
    explicit ExplainPanel(QWidget* parent = nullptr);
    ~ExplainPanel() override;

    /// Explains a tile's topic from now on.
    void choose(const QString& topic);
    /// Explains what a chart shows from now on.
    void chooseChart(const QString& chartId);
    void display(std::shared_ptr<const Snapshot>);
    void setTheme(const Theme&);
    const QString& topic() const { return m_topic; }
    /// Whether a tornado of what is explained is still to come: it is worked out beside the window once the plan rests.
    bool isWorking() const;
    /// All the text in view, for tests and screen readers.
    QString text() const;
    QSize sizeHint() const override;

signals:
    /// "Explain · topic 2.3", for the title of the dock.
    void titleChanged(const QString& title);

private:
    void refresh();
    void askTornado();
    void showTornado();
    void refreshSimulated();

    std::shared_ptr<const Snapshot> m_snapshot;
    QString m_topic = QStringLiteral("utilization");
    QString m_chart; ///< the chart that was clicked; empty = a tile was
    Paragraph *m_title = nullptr, *m_meaning = nullptr, *m_formula = nullptr, *m_notes = nullptr, *m_source = nullptr,
              *m_tornadoTitle = nullptr, *m_simulatedTitle = nullptr;
    ValueRows* m_simulated = nullptr;
    ChartView* m_tornado = nullptr;
    QString m_tornadoOf;  ///< part of its title
    QTimer m_tornadoSoon; ///< for when the rest is painted and the plan is not changed at once again
    std::unique_ptr<AsideWorker<std::vector<ChartSpec>>> m_tornados;
};

} // namespace headroom::ui
