// The tab Compare: the open plan and the pinned ones side by side, differences first.
#pragma once

#include "ui/panels/comparison.h"
#include "ui/theme.h"

#include <QString>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <vector>

class QCheckBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace headroom::ui {

class ComparePage final : public QWidget {
    Q_OBJECT

public:
    explicit ComparePage(QWidget* parent = nullptr);

    void display(std::shared_ptr<const Snapshot>);
    void setTheme(const Theme&);
    int rowCount() const;

signals:
    void pinRequested();
    /// From the menu of a column's head. \param index among the pinned plans, from 0
    void unpinRequested(int index);

protected:
    bool eventFilter(QObject* watched, QEvent*) override;
    void resizeEvent(QResizeEvent*) override;

private:
    void fill(const Snapshot&, const std::vector<CompareRow>&);
    void showLines();
    void offerUnpin(const QPoint& at);
    void fit();
    void fitColumns();
    void fitRows();

    QLabel* m_sentence = nullptr;
    QTableWidget* m_table = nullptr;
    QCheckBox* m_equal = nullptr;
    QPushButton *m_pin = nullptr, *m_copy = nullptr, *m_copyCsv = nullptr;
    const Theme* m_theme = &lightTheme();
    std::shared_ptr<const Snapshot> m_shown; ///< what the buttons copy
    std::vector<int> m_widths;               ///< of the columns
    QTimer m_refit;                          ///< the room for them has changed
};

} // namespace headroom::ui
