// One tab: a sentence that says what its plots show, and the plots in a grid.
#pragma once

#include "ui/theme.h"

#include <QScrollArea>
#include <QTimer>

#include <memory>
#include <string>
#include <vector>

class QGridLayout;

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

class ChartView;
class Paragraph;
struct ChartRow;

class ChartPage final : public QScrollArea {
    Q_OBJECT

public:
    explicit ChartPage(std::string tab, QWidget* parent = nullptr);

    /// Builds the charts of the tab that are in sight, and the others once they are scrolled to or asked for.
    void display(std::shared_ptr<const Snapshot>);
    void setTheme(const Theme&);
    int chartCount() const { return static_cast<int>(m_cards.size()); }
    /// nullptr if the chart is not on this tab.
    ChartView* view(std::string_view chartId);
    /// Scrolls to a chart and gives it the keyboard.
    void reveal(std::string_view chartId);
    QString sentence() const;
    /// Builds, lays out and paints all charts now, whatever is scrolled away; for measuring and screenshots.
    std::vector<ChartView*> views();

signals:
    /// A chart was clicked: the Explain dock follows.
    void selected(const QString& chartId);
    void failed(const QString& message);

protected:
    void resizeEvent(QResizeEvent*) override;
    bool eventFilter(QObject*, QEvent*) override;

private:
    struct Card {
        const ChartRow* row;
        ChartView* view;
        bool isStale = false; ///< out of sight when its numbers changed
    };

    void arrange();
    Card* find(std::string_view chartId);
    void showCardsThatDraw();
    void bringUpToDate(Card&);
    void bringSeenUpToDate();

    std::string m_tab;
    Paragraph* m_sentence = nullptr;
    QGridLayout* m_grid = nullptr;
    int m_columns = 0;
    std::vector<Card> m_cards;
    std::shared_ptr<const Snapshot> m_latest; ///< what stale cards are to show
    QTimer m_exposed;                         ///< a stale card may be in sight now
};

/// "capacity" -> "Capacity", "slo" -> "SLO".
QString tabTitle(std::string_view tab);

} // namespace headroom::ui
