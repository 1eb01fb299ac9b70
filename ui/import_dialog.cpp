#include "ui/import_dialog.h"

#include "core/plan/fields.h"
#include "core/plan/validate.h"
#include "ui/format.h"
#include "ui/plots/foreign_facts.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace headroom::ui {

namespace {

QString section(const QString& title, const QString& body)
{
    return body.isEmpty() ? QString() : QStringLiteral("<p><b>%1</b></p>%2").arg(title.toHtmlEscaped(), body);
}

QString row(const QStringList& cells)
{
    QString html = QStringLiteral("<tr>");
    for (const QString& cell : cells)
        html += QStringLiteral("<td style='padding-right: 18px'>%1</td>").arg(cell.toHtmlEscaped());
    return html + QStringLiteral("</tr>");
}

QString table(const QString& rows)
{
    return rows.isEmpty() ? QString() : QStringLiteral("<table cellspacing='0'>%1</table>").arg(rows);
}

QString list(const std::vector<std::string>& items)
{
    QString html;
    for (const std::string& item : items)
        html += QStringLiteral("<div>%1</div>").arg(text(item).toHtmlEscaped());
    return html;
}

QString factTable(const ForeignFile& file)
{
    QString rows;
    for (const auto& [name, value] : foreignFacts(file))
        rows += row({text(name), text(value)});
    return table(rows);
}

QString changeTable(const Plan& before, const Plan& after)
{
    const auto value = [](const std::string& shown) {
        if (shown.empty())
            return ImportDialog::tr("none");
        bool isNumber = false;
        const double read = text(shown).toDouble(&isNumber);
        constexpr int kDigits = 4; // the plan gets all of them
        return isNumber && shown.find('.') != std::string::npos ? number(read, kDigits) : text(shown);
    };
    QString rows;
    for (const FieldChange& change : changedFields(before, after))
        rows += row({text(change.label), value(change.from), QStringLiteral("→ ") + value(change.to)});
    if (before.workload.classes.size() != after.workload.classes.size())
        rows += row({ImportDialog::tr("Request classes"), QString::number(before.workload.classes.size()),
            QStringLiteral("→ ") + QString::number(after.workload.classes.size())});
    return rows.isEmpty() ? ImportDialog::tr("<p>Nothing: the plan has these figures already.</p>") : table(rows);
}

/// What makes no sense once the file is in the plan: said before, not after.
QString clashList(const Plan& after)
{
    QString html;
    for (const Error& error : validate(after)) {
        const Field* field = findField(error.where);
        html += QStringLiteral("<div>%1: %2</div>")
                    .arg((field == nullptr ? text(error.where) : text(info(*field).label)).toHtmlEscaped(),
                        text(error.message).toHtmlEscaped());
    }
    return html;
}

} // namespace

ImportDialog::ImportDialog(const QString& source, const ForeignFile& file, const Plan& before, QWidget* parent)
    : QDialog(parent), m_plan(withForeign(file, before))
{
    build(source, text(file.recognised), factTable(file), before,
        section(tr("Not used"), list(file.ignored)) + section(tr("Used"), list(file.used)));
}

ImportDialog::ImportDialog(const QString& source, const Plan& replacement, const Plan& before, QWidget* parent)
    : QDialog(parent), m_plan(replacement)
{
    build(source, tr("a plan, “%1”").arg(text(replacement.name)), QString(), before, QString());
}

void ImportDialog::build(
    const QString& source, const QString& recognised, const QString& facts, const Plan& before, const QString& details)
{
    setObjectName(QStringLiteral("import"));
    setWindowTitle(tr("Import"));
    m_text = new QTextBrowser;
    m_text->setAccessibleName(tr("What was understood"));
    m_text->setHtml(QStringLiteral("<p><b>%1</b> %2</p>%3")
                        .arg(source.toHtmlEscaped(), tr("is %1.").arg(recognised).toHtmlEscaped(), facts) +
                    section(tr("Would then clash"), clashList(m_plan)) +
                    section(tr("Changes in the plan"), changeTable(before, m_plan)) + details);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    QPushButton* apply = buttons->addButton(tr("&Put into the plan"), QDialogButtonBox::AcceptRole);
    apply->setDefault(true);
    apply->setObjectName(QStringLiteral("import.apply"));
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_text, 1);
    column->addWidget(buttons);
    resize(620, 560);
}

QString ImportDialog::preview() const { return m_text->toPlainText(); }

} // namespace headroom::ui
