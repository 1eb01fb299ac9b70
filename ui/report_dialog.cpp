#include "ui/report_dialog.h"

#include "core/sizing.h"
#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/chart_page.h"
#include "ui/plots/catalog.h"
#include "ui/report/report.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPrintPreviewWidget>
#include <QPrinter>
#include <QPushButton>
#include <QVBoxLayout>

namespace headroom::ui {

namespace {

/// A report waits for nothing: what the window works out aside is worked out now if it is not of this very plan.
std::shared_ptr<const Snapshot> complete(const Snapshot& snapshot)
{
    auto all = std::make_shared<Snapshot>(snapshot);
    if (all->now.everyGpu == nullptr || all->now.everyGpuIsOlder)
        all->now.everyGpu = std::make_shared<const std::vector<GpuSizing>>(sizeOnEveryGpu(*all->now.plan));
    all->now.everyGpuIsOlder = all->now.everyGpuComes = false;
    return all;
}

} // namespace

ReportDialog::ReportDialog(std::shared_ptr<const Snapshot> snapshot, QWidget* parent)
    : QDialog(parent),
      m_snapshot(complete(*snapshot)),
      m_charts(new QListWidget),
      m_page(new QComboBox),
      m_message(new QLabel),
      m_printer(std::make_unique<QPrinter>(QPrinter::ScreenResolution))
{
    setObjectName(QStringLiteral("report"));
    setWindowTitle(tr("Report"));
    m_page->addItems({tr("A4"), tr("Letter")});
    m_page->setAccessibleName(tr("Page size"));
    m_charts->setAccessibleName(tr("Plots in the report"));
    for (const ChartRow& row : charts()) {
        auto* item = new QListWidgetItem(QStringLiteral("%1: %2").arg(tabTitle(row.tab), text(row.title)), m_charts);
        item->setData(Qt::UserRole, text(row.id));
        item->setCheckState(Qt::Checked);
    }
    m_message->setProperty("verdict", QStringLiteral("bad"));
    m_message->setWordWrap(true);
    m_message->hide();
    m_printer->setOutputFormat(QPrinter::PdfFormat); // a preview needs no printer to be installed
    m_preview = new QPrintPreviewWidget(m_printer.get());
    connect(m_preview, &QPrintPreviewWidget::paintRequested, this,
        [this](QPrinter* printer) { paintReport(*m_snapshot, *printer, options()); });
    connect(m_charts, &QListWidget::itemChanged, m_preview, &QPrintPreviewWidget::updatePreview);
    connect(m_page, &QComboBox::activated, this, [this](int index) {
        m_printer->setPageSize(QPageSize(index == 0 ? QPageSize::A4 : QPageSize::Letter));
        m_preview->updatePreview();
    });

    auto* left = new QVBoxLayout;
    auto* sizeLabel = new QLabel(tr("&Page size"));
    sizeLabel->setBuddy(m_page);
    auto* listLabel = new QLabel(tr("P&lots"));
    listLabel->setBuddy(m_charts);
    left->addWidget(sizeLabel);
    left->addWidget(m_page);
    left->addSpacing(8);
    left->addWidget(listLabel);
    left->addWidget(m_charts, 1);
    left->addWidget(m_message);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    QPushButton* saveButton = buttons->addButton(tr("&Save PDF…"), QDialogButtonBox::ActionRole);
    saveButton->setDefault(true);
    connect(saveButton, &QPushButton::clicked, this, &ReportDialog::chooseFile);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    left->addWidget(buttons);
    auto* row = new QHBoxLayout(this);
    row->addLayout(left, 0);
    row->addWidget(m_preview, 1);
    resize(1000, 760);
}

ReportDialog::~ReportDialog() = default;

ReportOptions ReportDialog::options() const
{
    ReportOptions chosen;
    chosen.page = m_page->currentIndex() == 0 ? PageSize::a4 : PageSize::letter;
    for (int i = 0; i < m_charts->count(); ++i)
        if (m_charts->item(i)->checkState() == Qt::Checked)
            chosen.charts.push_back(m_charts->item(i)->data(Qt::UserRole).toString().toStdString());
    return chosen;
}

void ReportDialog::chooseFile()
{
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save the report as"), text(m_snapshot->now.name) + QStringLiteral(".pdf"), tr("PDF (*.pdf)"));
    if (!file.isEmpty() && write(file))
        accept();
}

bool ReportDialog::write(const QString& file)
{
    const auto done = writeReport(*m_snapshot, file.toStdString(), options());
    if (!done) {
        m_message->setText(tr("Not written: %1: %2").arg(text(done.error().where), text(done.error().message)));
        m_message->show();
        return false;
    }
    m_written = file;
    return true;
}

} // namespace headroom::ui
