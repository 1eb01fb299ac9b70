// What comes from outside by menu, paste or drop: models, traces, plans. Recognised by content, shown before use.
#include "ui/main_window.h"

#include "core/importers/foreign_file.h"
#include "core/plan/plan_io.h"
#include "ui/format.h"
#include "ui/import_dialog.h"
#include "ui/panels/notice_bar.h"

#include <QClipboard>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMimeData>
#include <QStatusBar>
#include <QUrl>
#include <QtConcurrent>

#include <array>
#include <variant>

namespace headroom::ui {

namespace {

/// A plan states its schema; those from before there were any state model and GPU, flat or by section. One with a
/// mistake in it still looks like one, so that its reader says where.
bool looksLikePlan(const QByteArray& beginning)
{
    if (!beginning.trimmed().startsWith('{'))
        return false;
    const bool flat = beginning.contains("\"hardware.gpu\"") || beginning.contains("\"model.name\"");
    const bool bySection = beginning.contains("\"workload\"") && beginning.contains("\"hardware\"");
    return beginning.contains("\"schema\"") || flat || bySection;
}

QByteArray beginningOf(const QString& path)
{
    constexpr qint64 kEnough = 1 << 16;
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.read(kEnough) : QByteArray();
}

std::optional<QString> localFile(const QMimeData* data)
{
    if (data == nullptr || !data->hasUrls() || !data->urls().front().isLocalFile())
        return std::nullopt;
    return data->urls().front().toLocalFile();
}

} // namespace

void MainWindow::chooseImport()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Import a model, a trace or a GPU"), QString(),
        tr("Models, traces, GPUs, benchmarks (*.json *.jsonl *.csv);;All files (*)"));
    if (!file.isEmpty())
        importFile(file.toStdString());
}

void MainWindow::importFile(const std::filesystem::path& path)
{
    const QString shown = QString::fromStdString(path.string());
    if (looksLikePlan(beginningOf(shown))) {
        openFile(path);
        return;
    }
    statusBar()->showMessage(tr("Reading %1…").arg(shown));
    // A trace of a million requests takes a second: the window goes on meanwhile.
    auto* watcher = new QFutureWatcher<Result<ForeignFile>>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, shown] {
        watcher->deleteLater();
        statusBar()->clearMessage();
        showImport(QFileInfo(shown).fileName(), watcher->result());
    });
    watcher->setFuture(QtConcurrent::run([path] { return readForeignFile(path); }));
}

void MainWindow::importText(const QString& pasted)
{
    const QString source = tr("the clipboard");
    const QByteArray utf8 = pasted.toUtf8();
    if (looksLikePlan(utf8)) {
        const auto plan = parsePlan(utf8.toStdString(), source.toStdString());
        if (!plan) {
            reportFailure(tr("Not imported; the open plan is unchanged."), plan.error());
            return;
        }
        ImportDialog dialog(tr("The clipboard"), *plan, m_document.plan(), this);
        applyImport(dialog, tr("Paste plan"));
        return;
    }
    auto read = readForeign(utf8.toStdString(), source.toStdString());
    // A model that is read from a file has the file's name; one that was pasted has the name it gives itself.
    if (auto* model = read ? std::get_if<HfImport>(&read->content) : nullptr)
        model->spec.name = nameInConfig(utf8.toStdString()).value_or(tr("pasted model").toStdString());
    showImport(tr("The clipboard"), read);
}

void MainWindow::showImport(const QString& source, const Result<ForeignFile>& read)
{
    if (!read) {
        reportFailure(tr("Not imported; the open plan is unchanged."), read.error());
        return;
    }
    ImportDialog dialog(source, *read, m_document.plan(), this);
    const std::array undoTexts{tr("Import model"), tr("Import trace"), tr("Import GPU"), tr("Import benchmark")};
    static_assert(undoTexts.size() == std::variant_size_v<decltype(read->content)>, "a text for each kind of file");
    applyImport(dialog, undoTexts[read->content.index()]);
}

void MainWindow::applyImport(ImportDialog& dialog, const QString& undoText)
{
    m_notices->withdraw(QStringLiteral("failure"));
    if (dialog.exec() == QDialog::Accepted)
        m_document.replacePlan(dialog.plan(), undoText);
}

void MainWindow::paste()
{
    const QMimeData* held = QGuiApplication::clipboard()->mimeData();
    if (const auto file = localFile(held))
        importFile(file->toStdString());
    else if (held != nullptr && held->hasText() && !held->text().trimmed().isEmpty())
        importText(held->text());
    else
        m_notices->post({QStringLiteral("failure"),
            tr("The clipboard holds no text and no file: copy a config.json, a trace or a plan first."), Mood::warning,
            {}});
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (localFile(event->mimeData()) || event->mimeData()->hasText())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    event->acceptProposedAction();
    // A dialog must not open inside the event: the program that the file was dragged from waits for its end.
    if (const auto file = localFile(event->mimeData()))
        QMetaObject::invokeMethod(
            this, [this, path = file->toStdString()] { importFile(path); }, Qt::QueuedConnection);
    else
        QMetaObject::invokeMethod(
            this, [this, dropped = event->mimeData()->text()] { importText(dropped); }, Qt::QueuedConnection);
}

} // namespace headroom::ui
