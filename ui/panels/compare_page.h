// The tab Compare: the open plan and the pinned ones side by side, differences first.
#pragma once

#include <QString>
#include <QWidget>

#include <vector>

class QCheckBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

/// One row of the comparison: a name and one text per plan, the open plan first.
struct CompareRow {
    QString name;
    QString unit;
    std::vector<QString> values;
    bool differs = false;
    bool result = false; ///< a result, not a setting
};
/// Results first, then settings that differ, then those that are equal.
std::vector<CompareRow> compare(const Snapshot&);
/// The differences as text, one line each, for a mail or a ticket.
QString differencesText(const Snapshot&);

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

    QLabel* m_sentence = nullptr;
    QTableWidget* m_table = nullptr;
    QCheckBox* m_equal = nullptr;
    QPushButton *m_pin = nullptr, *m_copy = nullptr;
    QString m_text;
    std::vector<QString> m_names;
};

} // namespace headroom::ui
