#include "ui/report_dialog.h"

#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/chart_page.h"
#include "ui/plots/catalog.h"
#include "ui/report/report.h"
#include "ui/report_preparation.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPrintPreviewWidget>
#include <QPrinter>
#include <QProgressBar>
#include <QPushButton>
#include <QScreen>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

namespace headroom::ui {

namespace {

constexpr QSize kSize{1120, 780};
constexpr double kMostOfScreen = 0.9; ///< on a small one
/// From opening to laying the pages out, which takes tenths of a second: the dialog is on the screen by then.
constexpr int kAppearMs = 50;

} // namespace

ReportDialog::ReportDialog(std::shared_ptr<const Snapshot> snapshot, const std::filesystem::path& folder,
    std::shared_ptr<const Plan> saved, QWidget* parent)
    : QDialog(parent),
      m_preparation(new ReportPreparation(std::move(snapshot), folder, this)),
      m_saved(std::move(saved)),
      m_pages(new QStackedWidget),
      m_charts(new QListWidget),
      m_page(new QComboBox),
      m_message(new QLabel),
      m_printer(std::make_unique<QPrinter>(QPrinter::ScreenResolution))
{
    setObjectName(QStringLiteral("report"));
    setWindowTitle(tr("Report"));
    makePreview();
    auto* left = new QVBoxLayout;
    makeChoices(*left);
    m_pages->addWidget(makeProgress());
    m_pages->addWidget(m_preview);
    auto* row = new QHBoxLayout(this);
    row->addLayout(left, 0);
    row->addWidget(m_pages, 1);
    resize(kSize.boundedTo(screen()->availableSize() * kMostOfScreen));
    connect(m_preparation, &ReportPreparation::completed, this, &ReportDialog::showPreview);
    if (isReady())
        QTimer::singleShot(kAppearMs, this, &ReportDialog::showPreview);
}

void ReportDialog::makeChoices(QVBoxLayout& column)
{
    m_page->addItems({tr("A4"), tr("Letter")});
    m_page->setAccessibleName(tr("Page size"));
    m_charts->setAccessibleName(tr("Plots in the report"));
    for (const ChartRow& row : charts()) {
        auto* item = new QListWidgetItem(QStringLiteral("%1: %2").arg(tabTitle(row.tab), text(row.title)), m_charts);
        item->setData(Qt::UserRole, text(row.id));
        item->setCheckState(Qt::Checked);
    }
    constexpr int kScrollBar = 24;
    m_charts->setMinimumWidth(m_charts->sizeHintForColumn(0) + kScrollBar);
    connect(m_charts, &QListWidget::itemChanged, m_preview, &QPrintPreviewWidget::updatePreview);
    m_message->setProperty("verdict", QStringLiteral("bad"));
    m_message->setWordWrap(true);
    m_message->hide();
    auto* sizeLabel = new QLabel(tr("&Page size"));
    sizeLabel->setBuddy(m_page);
    auto* listLabel = new QLabel(tr("P&lots"));
    listLabel->setBuddy(m_charts);
    column.addWidget(sizeLabel);
    column.addWidget(m_page);
    column.addSpacing(8);
    auto* head = new QHBoxLayout;
    head->addWidget(listLabel, 1);
    for (const Qt::CheckState state : {Qt::Checked, Qt::Unchecked}) {
        auto* button = new QPushButton(state == Qt::Checked ? tr("&All") : tr("&None"));
        button->setAutoDefault(false); // Enter saves
        connect(button, &QPushButton::clicked, this, [this, state] { checkAll(state); });
        head->addWidget(button);
    }
    column.addLayout(head);
    column.addWidget(m_charts, 1);
    column.addWidget(m_message);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_save = buttons->addButton(tr("&Save PDF…"), QDialogButtonBox::ActionRole);
    m_save->setDefault(true);
    m_save->setEnabled(false);
    connect(m_save, &QPushButton::clicked, this, &ReportDialog::chooseFile);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column.addWidget(buttons);
}

void ReportDialog::checkAll(Qt::CheckState state)
{
    {
        const QSignalBlocker quiet(m_charts); // one new preview, not one for each plot
        for (int i = 0; i < m_charts->count(); ++i)
            m_charts->item(i)->setCheckState(state);
    }
    m_charts->viewport()->update();
    m_preview->updatePreview();
}

void ReportDialog::makePreview()
{
    m_printer->setOutputFormat(QPrinter::PdfFormat); // a preview needs no printer to be installed
    m_preview = new QPrintPreviewWidget(m_printer.get());
    connect(m_preview, &QPrintPreviewWidget::paintRequested, this, [this](QPrinter* printer) {
        if (isReady())
            paintReport(*m_preparation->snapshot(), *printer, options());
    });
    connect(m_page, &QComboBox::activated, this, [this](int index) {
        m_printer->setPageSize(QPageSize(index == 0 ? QPageSize::A4 : QPageSize::Letter));
        m_preview->updatePreview();
    });
}

QWidget* ReportDialog::makeProgress()
{
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    m_doing = new QLabel(isReady() ? tr("Laying the pages out…") : tr("Sizing the plan on every GPU…"));
    m_progress = new QProgressBar;
    m_progress->setRange(0, 1000);
    m_progress->setValue(isReady() ? m_progress->maximum() : 0);
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(320);
    m_progress->setAccessibleName(tr("Progress of the report"));
    column->addStretch(1);
    column->addWidget(m_doing, 0, Qt::AlignCenter);
    column->addWidget(m_progress, 0, Qt::AlignCenter);
    column->addStretch(1);
    connect(m_preparation, &ReportPreparation::progressed, this, [this](double fraction, const QString& doing) {
        m_doing->setText(doing);
        m_progress->setValue(static_cast<int>(fraction * m_progress->maximum()));
    });
    return page;
}

bool ReportDialog::isReady() const { return m_preparation->isComplete(); }

void ReportDialog::showPreview()
{
    m_save->setEnabled(true);
    m_pages->setCurrentWidget(m_preview);
}

ReportDialog::~ReportDialog() = default;

ReportOptions ReportDialog::options() const
{
    ReportOptions chosen;
    chosen.saved = m_saved;
    chosen.charts.emplace();
    chosen.page = m_page->currentIndex() == 0 ? PageSize::a4 : PageSize::letter;
    for (int i = 0; i < m_charts->count(); ++i)
        if (m_charts->item(i)->checkState() == Qt::Checked)
            chosen.charts->push_back(m_charts->item(i)->data(Qt::UserRole).toString().toStdString());
    return chosen;
}

void ReportDialog::chooseFile()
{
    const QString file = QFileDialog::getSaveFileName(this, tr("Save the report as"),
        text(m_preparation->snapshot()->now.name) + QStringLiteral(".pdf"), tr("PDF (*.pdf)"));
    if (!file.isEmpty() && write(file))
        accept();
}

bool ReportDialog::write(const QString& file)
{
    HR_ASSERT(isReady());
    const auto done = writeReport(*m_preparation->snapshot(), file.toStdString(), options());
    if (!done) {
        m_message->setText(tr("Not written: %1: %2").arg(text(done.error().where), text(done.error().message)));
        m_message->show();
        return false;
    }
    m_written = file;
    return true;
}

} // namespace headroom::ui
