// The table of request classes in the plan dock: add, duplicate, remove, edit in place.
#pragma once

#include "ui/document.h"
#include "ui/theme.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QTableView;

namespace headroom::ui {

class ClassesModel;

/// Properties are rows, so that they can be read in a narrow dock; classes are columns. Keys: Enter or F2 edits, Insert
/// adds, Ctrl+Delete removes, Delete empties a target.
class ClassesPanel final : public QWidget {
    Q_OBJECT

public:
    explicit ClassesPanel(Document& document, QWidget* parent = nullptr);

    ClassesModel& model() { return *m_model; }
    QTableView& table() { return *m_table; }
    /// Why a cell is wrong, as it stands below the table; empty = all is well.
    QString message() const;
    void setTheme(const Theme&);
    /// The keyboard goes to the table, or to Add where there is none.
    void focusControl();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    class Delegate;

    void makeTable();
    void makeButtons();
    void refresh();
    void goTo(int column);
    int column() const;

    Document& m_document;
    ClassesModel* m_model;
    QTableView* m_table;
    Delegate* m_delegate;
    QLabel *m_hint, *m_error;
    QPushButton *m_add = nullptr, *m_duplicate = nullptr, *m_remove = nullptr;
};

} // namespace headroom::ui
