// One tab: a sentence that says what its plots show, and the plots in a grid.
#pragma once

#include "ui/theme.h"

#include <QScrollArea>

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

    /// Builds every chart of the tab and shows it.
    void display(const Snapshot&);
    void setTheme(const Theme&);
    int chartCount() const { return static_cast<int>(m_cards.size()); }
    /// nullptr if the chart is not on this tab.
    ChartView* view(std::string_view chartId) const;
    /// Scrolls to a chart and gives it the keyboard.
    void reveal(std::string_view chartId);
    QString sentence() const;
    /// Builds, lays out and paints all charts now, whatever is scrolled away; for measuring and screenshots.
    std::vector<ChartView*> views() const;

signals:
    /// A chart was clicked: the Explain dock follows.
    void selected(const QString& chartId);
    void failed(const QString& message);

protected:
    void resizeEvent(QResizeEvent*) override;

private:
    struct Card {
        const ChartRow* row;
        ChartView* view;
    };

    void arrange();

    std::string m_tab;
    Paragraph* m_sentence = nullptr;
    QGridLayout* m_grid = nullptr;
    int m_columns = 0;
    std::vector<Card> m_cards;
};

/// "capacity" -> "Capacity", "slo" -> "SLO".
QString tabTitle(std::string_view tab);

} // namespace headroom::ui
