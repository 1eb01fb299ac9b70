// Files of the window: open, save, recent, recovery, what happens when the file changes underneath.
#include "ui/main_window.h"

#include "core/plan/catalog.h"
#include "core/plan/fields.h"
#include "core/plan/plan_io.h"
#include "ui/autosave.h"
#include "ui/format.h"
#include "ui/panels/notice_bar.h"
#include "ui/report_dialog.h"

#include <QCloseEvent>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QLocale>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>

namespace headroom::ui {

namespace {

constexpr int kRecentFiles = 10;
constexpr int kLayoutVersion = 1; // the same as in main_window.cpp
const QString kRecentKey = QStringLiteral("recent");
const QString kSuffix = QStringLiteral(".plan.json");
const QString kExamples = QStringLiteral(":/examples/");
/// What a first start shows.
const QString kFirstExample = QStringLiteral("llama-3.1-8b-h100");

QString planFilter() { return MainWindow::tr("Plans (*.plan.json);;All files (*)"); }

QString shown(const std::filesystem::path& path) { return QString::fromStdString(path.string()); }

} // namespace

QStringList exampleNames()
{
    QStringList names;
    for (QString file : QDir(kExamples).entryList(QDir::Files, QDir::Name)) {
        file.chop(kSuffix.size());
        if (file == kFirstExample)
            names.prepend(file);
        else
            names.append(file);
    }
    return names;
}

Result<Plan> loadExample(const QString& name)
{
    QFile file(kExamples + name + kSuffix);
    if (!file.open(QIODevice::ReadOnly))
        return fail(name.toStdString(), MainWindow::tr("there is no example of this name").toStdString());
    return parsePlan(file.readAll().toStdString(), name.toStdString());
}

bool MainWindow::mayDiscard()
{
    if (!m_document.isModified())
        return true;
    QMessageBox box(QMessageBox::Question, tr("Save changes?"),
        tr("The plan “%1” has changes that are not saved.").arg(text(m_document.plan().name)),
        QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box.setObjectName(QStringLiteral("question.save"));
    box.setInformativeText(tr("They are lost if you do not save them."));
    box.setDefaultButton(QMessageBox::Save);
    switch (box.exec()) {
    case QMessageBox::Save:
        return save();
    case QMessageBox::Discard:
        return true;
    default:
        return false;
    }
}

void MainWindow::newPlan()
{
    if (!mayDiscard())
        return;
    m_document.start(defaultPlan());
    withdrawFileNotices();
}

void MainWindow::chooseFile()
{
    const QString folder = m_document.path().empty() ? QString() : QFileInfo(shown(m_document.path())).absolutePath();
    const QString file = QFileDialog::getOpenFileName(this, tr("Open a plan"), folder, planFilter());
    if (!file.isEmpty())
        openFile(file.toStdString());
}

void MainWindow::openFile(const std::filesystem::path& path)
{
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    if (const auto read = loadPlan(error ? path : absolute);
        !read) { // before anybody is asked what to lose; read again below, as the answer may be to save over it
        reportFailure(tr("Not opened; the open plan is unchanged."), read.error());
        return;
    }
    if (!mayDiscard())
        return;
    const auto opened = m_document.open(error ? path : absolute);
    if (!opened) {
        reportFailure(tr("Not opened; the open plan is unchanged."), opened.error());
        return;
    }
    withdrawFileNotices();
    remember(m_document.path());
}

void MainWindow::openExample(const QString& name)
{
    if (!mayDiscard())
        return;
    auto plan = loadExample(name);
    if (!plan) {
        reportFailure(tr("Not opened; the open plan is unchanged."), plan.error());
        return;
    }
    m_document.start(std::move(*plan));
    withdrawFileNotices();
}

MainWindow::Overwriting MainWindow::askOverwriting()
{
    QMessageBox box(QMessageBox::Warning, tr("Overwrite the file?"),
        tr("Another program changed %1 since it was read.").arg(shown(m_document.path())), QMessageBox::Cancel, this);
    box.setObjectName(QStringLiteral("question.overwrite"));
    box.setInformativeText(tr("What it wrote is lost if you overwrite it."));
    const auto* overwrite = box.addButton(tr("Overwrite"), QMessageBox::DestructiveRole);
    auto* elsewhere = box.addButton(tr("Save as…"), QMessageBox::AcceptRole);
    box.setDefaultButton(elsewhere);
    box.exec();
    if (box.clickedButton() == overwrite)
        return Overwriting::allowed;
    return box.clickedButton() == elsewhere ? Overwriting::elsewhere : Overwriting::refused;
}

bool MainWindow::save()
{
    if (m_document.path().empty())
        return saveAs();
    switch (m_document.fileDiffers() ? askOverwriting() : Overwriting::allowed) {
    case Overwriting::allowed:
        return writeTo(m_document.path());
    case Overwriting::elsewhere:
        return saveAs();
    case Overwriting::refused:
        break;
    }
    return false;
}

bool MainWindow::saveAs()
{
    QString proposal = shown(m_document.path());
    if (proposal.isEmpty())
        proposal = QString(text(m_document.plan().name)).replace(QLatin1Char('/'), QLatin1Char('-')) + kSuffix;
    QString file = QFileDialog::getSaveFileName(this, tr("Save the plan as"), proposal, planFilter());
    if (file.isEmpty())
        return false;
    if (!QFileInfo(file).fileName().contains(QLatin1Char('.')))
        file += kSuffix;
    return writeTo(file.toStdString());
}

bool MainWindow::writeTo(const std::filesystem::path& path)
{
    if (const auto saved = m_document.saveAs(std::filesystem::path(path));
        !saved) { // a copy: it may be the document's own
        reportFailure(tr("Not saved."), saved.error());
        return false;
    }
    withdrawFileNotices();
    remember(m_document.path());
    return true;
}

void MainWindow::withdrawFileNotices()
{
    for (const auto* id : {"failure", "disk"})
        m_notices->withdraw(QLatin1String(id));
    compareWithCatalog();
    tellUnknownKeys();
}

void MainWindow::tellUnknownKeys()
{
    const auto names = unknownKeyNames(m_document.plan());
    if (names.empty()) {
        m_notices->withdraw(QStringLiteral("unknown"));
        return;
    }
    const QString hint = text(nearestKeyHint(names.front()));
    QString words =
        hint.isEmpty()
            ? tr("%1 is not a key of this version: it is kept and has no effect.").arg(text(names.front()))
            : tr("%1 is not a key of this version, is kept and has no effect%2").arg(text(names.front()), hint);
    if (names.size() > 1)
        words = tr("%1 and %2 more are not keys of this version, are kept and have no effect%3")
                    .arg(text(names.front()), QString::number(names.size() - 1),
                        hint.isEmpty() ? QStringLiteral(".") : hint);
    m_notices->post({QStringLiteral("unknown"), words, Mood::warning, {}});
}

void MainWindow::compareWithCatalog()
{
    const auto differences = differencesFromCatalog(m_document.plan());
    if (differences.empty()) {
        m_notices->withdraw(QStringLiteral("catalog"));
        return;
    }
    m_notices->post({QStringLiteral("catalog"),
        tr("Figures of this plan differ from today's catalog (%1 in all): %2")
            .arg(differences.size())
            .arg(text(differences.front())),
        Mood::plain, {{tr("Update"), [this] { m_catalogAction->trigger(); }}}});
}

void MainWindow::remember(const std::filesystem::path& path)
{
    QStringList recent = m_settings->value(kRecentKey).toStringList();
    recent.removeAll(shown(path));
    recent.prepend(shown(path));
    m_settings->setValue(kRecentKey, recent.mid(0, kRecentFiles));
}

void MainWindow::fillRecent()
{
    m_recentMenu->clear();
    const QStringList recent = m_settings->value(kRecentKey).toStringList();
    for (const QString& file : recent)
        addAction(m_recentMenu, QFileInfo(file).fileName(), {}, file, [this, file] { openFile(file.toStdString()); });
    if (recent.isEmpty())
        m_recentMenu->addAction(tr("No file was opened yet"))->setEnabled(false);
}

void MainWindow::offerRecovery(const std::filesystem::path& folder)
{
    const std::vector<Orphan> left = Autosave::orphans(folder);
    if (left.empty())
        return;
    const Orphan& newest = left.front();
    const QString what = newest.original.empty() ? tr("a plan without a file") : shown(newest.original);
    Notice notice{QStringLiteral("recovery"),
        tr("The last session ended without saving %1 (%2).")
            .arg(what, QLocale().toString(newest.written, QLocale::ShortFormat)),
        Mood::warning, {}};
    notice.buttons.push_back({tr("Recover"), [this, newest] {
                                  if (!mayDiscard())
                                      return;
                                  auto plan = loadPlan(newest.copy);
                                  if (!plan) {
                                      reportFailure(tr("Not recovered."), plan.error());
                                      return;
                                  }
                                  m_document.start(std::move(*plan), Document::Origin::recovered, newest.original);
                                  withdrawFileNotices();
                                  Autosave::discard(newest);
                              }});
    notice.buttons.push_back({tr("Throw away"), [left] {
                                  for (const Orphan& orphan : left)
                                      Autosave::discard(orphan);
                              }});
    m_notices->post(std::move(notice));
}

void MainWindow::noticeFileChange()
{
    const QString file = shown(m_document.path());
    if (!QFile::exists(file)) {
        m_notices->post({QStringLiteral("disk"), tr("%1 is gone from the disk. Save to write it again.").arg(file),
            Mood::warning, {{tr("Save"), [this] { save(); }}}});
        return;
    }
    m_notices->post({QStringLiteral("disk"), tr("Another program changed %1.").arg(file), Mood::warning,
        {{tr("Reload"), [this] { m_reloadAction->trigger(); }}}});
}

void MainWindow::reportFailure(const QString& what, const Error& error)
{
    m_notices->post({QStringLiteral("failure"),
        QStringLiteral("%1 %2: %3").arg(what, text(error.where), text(error.message)), Mood::bad, {}});
}

void MainWindow::exportReport()
{
    const auto saved = m_document.path().empty() ? nullptr : std::make_shared<const Plan>(m_document.openedPlan());
    ReportDialog dialog(m_document.snapshot(), m_document.path().parent_path(), saved, this);
    if (dialog.exec() == QDialog::Accepted)
        m_notices->post({QStringLiteral("report"), tr("Report written: %1").arg(dialog.written()), Mood::good, {}});
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!mayDiscard()) {
        event->ignore();
        return;
    }
    m_settings->setValue(QStringLiteral("geometry"), saveGeometry());
    m_settings->setValue(QStringLiteral("layout"), saveState(kLayoutVersion));
    m_settings->setValue(QStringLiteral("tab"), QString::fromStdString(currentTab()));
    m_autosave.reset(); // what was not saved is not wanted
    event->accept();
}

} // namespace headroom::ui
