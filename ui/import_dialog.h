// What was understood of a pasted, dropped or chosen file, before it goes into the plan.
#pragma once

#include "core/importers/foreign_file.h"
#include "core/plan/plan.h"

#include <QDialog>

class QTextBrowser;

namespace headroom::ui {

/// Shows what was recognised, what would change, what was used and what was not. Accepted = the user wants it.
class ImportDialog final : public QDialog {
    Q_OBJECT

public:
    /// \param source how the user knows the file: its name, or "the clipboard"
    ImportDialog(const QString& source, const ForeignFile& file, const Plan& before, QWidget* parent = nullptr);
    /// A whole plan that would take the place of the open one.
    ImportDialog(const QString& source, const Plan& replacement, const Plan& before, QWidget* parent = nullptr);

    /// The plan as it would be.
    const Plan& plan() const { return m_plan; }
    /// All that is shown, as plain text.
    QString preview() const;

private:
    void build(const QString& source, const QString& recognised, const QString& facts, const Plan& before,
        const QString& details);

    Plan m_plan;
    QTextBrowser* m_text = nullptr;
};

} // namespace headroom::ui
