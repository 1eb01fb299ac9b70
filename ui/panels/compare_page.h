// The tab Compare: the open plan and the pinned ones side by side, differences first.
#pragma once

#include "ui/panels/comparison.h"

#include <QString>
#include <QWidget>

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

    void display(const Snapshot&);
    int rowCount() const;

signals:
    void pinRequested();
    void unpinRequested(int index);

private:
    void fill(const Snapshot&, const std::vector<CompareRow>&);
    void fitColumns();

    QLabel* m_sentence = nullptr;
    QTableWidget* m_table = nullptr;
    QCheckBox* m_equal = nullptr;
    QPushButton *m_pin = nullptr, *m_copy = nullptr;
    QString m_text;
    std::vector<int> m_widths; ///< of the columns
};

} // namespace headroom::ui
