// Topics, the list of shortcuts, About.
#include "ui/main_window.h"

#include "core/version_info.h"
#include "ui/format.h"
#include "ui/panels/topics_dialog.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QMenuBar>
#include <QMessageBox>
#include <QTableWidget>
#include <QVBoxLayout>

namespace headroom::ui {

namespace {

struct Shortcut {
    QString keys, what;
};

/// Keys that belong to a control and not to an action.
std::vector<Shortcut> controlKeys()
{
    const auto tr = [](const char* words) { return MainWindow::tr(words); };
    return {{tr("←, →"), tr("On a slider: one step; in a plot: pan")},
        {tr("Page Up, Page Down"), tr("On a slider: ten steps")},
        {tr("Delete"), tr("On a slider or list: back to the opened value")}, {tr("+, −"), tr("In a plot: zoom")},
        {tr("Home, Esc"), tr("In a plot: fit")}, {tr("Wheel, drag, double-click"), tr("In a plot: zoom, pan, fit")},
        {tr("Click or Ctrl, then wheel"), tr("Zoom a plot on a page that scrolls")},
        {tr("Shift+wheel, Ctrl+Shift+wheel"), tr("Zoom only the horizontal, only the vertical axis")},
        {tr("Double-click"), tr("On a slider or list: back to the opened value")}};
}

} // namespace

void MainWindow::showAbout()
{
    QMessageBox box(this);
    box.setObjectName(QStringLiteral("about"));
    box.setWindowTitle(tr("About Headroom"));
    box.setTextFormat(Qt::RichText);
    box.setText(
        tr("<h3>Headroom %1</h3><p>Capacity workbench for serving large language models: how many GPUs, at what "
           "cost and latency, and what breaks first.</p>")
            .arg(text(version())));
    box.setInformativeText(
        tr("<p>Licence: GPL-3.0-or-later. It comes with no warranty.</p>"
           "<p>Libraries: Qt %1 (LGPL-3, Qt Charts GPL-3), QCustomPlot 2.1 (GPL-3), Eigen 3 (MPL-2), "
           "JSON for Modern C++ (MIT), CLI11 (BSD-3), tl::expected (CC0).</p>"
           "<p>Colours: Okabe and Ito, safe for colour-blind readers.</p>")
            .arg(QLatin1String(qVersion())));
    box.exec();
}

void MainWindow::showTopics()
{
    if (m_topics == nullptr) {
        m_topics = new TopicsDialog(this);
        connect(&m_document, &Document::changed, m_topics, [this] { m_topics->display(m_document.snapshot()); });
        connect(m_topics, &TopicsDialog::chartRequested, this,
            [this](const QString& chart) { showChart(chart.toStdString()); });
    }
    m_topics->display(m_document.snapshot());
    m_topics->show();
    m_topics->raise();
    m_topics->activateWindow();
}

void MainWindow::showShortcuts()
{
    std::vector<Shortcut> rows;
    for (const QAction* action : findChildren<QAction*>())
        if (!action->shortcut().isEmpty())
            rows.push_back({action->shortcut().toString(QKeySequence::NativeText),
                QString(action->text()).remove(QLatin1Char('&')).remove(QChar(0x2026))});
    for (Shortcut& row : controlKeys())
        rows.push_back(std::move(row));

    QDialog dialog(this);
    dialog.setObjectName(QStringLiteral("shortcuts"));
    dialog.setWindowTitle(tr("Keyboard shortcuts"));
    auto* column = new QVBoxLayout(&dialog);
    auto* table = new QTableWidget(static_cast<int>(rows.size()), 2);
    table->setHorizontalHeaderLabels({tr("Keys"), tr("What they do")});
    table->setAccessibleName(tr("Keyboard shortcuts"));
    table->verticalHeader()->hide();
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->setShowGrid(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    for (int r = 0; r < table->rowCount(); ++r) {
        table->setItem(r, 0, new QTableWidgetItem(rows[static_cast<std::size_t>(r)].keys));
        table->setItem(r, 1, new QTableWidgetItem(rows[static_cast<std::size_t>(r)].what));
    }
    table->resizeColumnToContents(0);
    table->horizontalHeader()->setStretchLastSection(true);
    column->addWidget(table);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    column->addWidget(buttons);
    dialog.resize(460, 560);
    dialog.exec();
}

} // namespace headroom::ui
