#include "ui/panels/validation_page.h"

#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/elided_label.h"
#include "ui/panels/paragraph.h"
#include "ui/panels/row_table.h"
#include "ui/plots/chart_view.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <map>
#include <set>

namespace headroom::ui {

namespace {

constexpr int kShowMs = 300;         // between two pictures while rows arrive
constexpr std::size_t kNearest = 12; // rows of the table of neighbours
constexpr int kGap = 10;
constexpr int kLeastScatter = 240;
constexpr int kLeastPlot = 300;        // width that a plot beside its table needs
constexpr double kMostDistance = 1e99; // of a row that cannot be placed

QString errorText(double share) { return percent(share); }

} // namespace

ValidationPage::ValidationPage(QWidget* parent)
    : QWidget(parent), m_views(new QTabBar), m_stack(new QStackedWidget), m_sentence(new Paragraph)
{
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 12, 14, 12);
    m_views->addTab(tr("Measured runs"));
    m_views->addTab(tr("Papers"));
    m_views->setDrawBase(false);
    m_views->setExpanding(false);
    m_views->setAccessibleName(tr("Views of Validation"));
    m_bar = makeBar();
    m_choosers = makeChoosers();
    m_stack->addWidget(makeRuns());
    m_stack->addWidget(makePapers());
    auto* head = new QHBoxLayout;
    head->addWidget(m_views);
    head->addWidget(m_bar, 1);
    head->addStretch(0);
    column->addWidget(m_sentence);
    column->addLayout(head);
    column->addWidget(m_stack, 1);
    m_pause.setSingleShot(true);
    m_pause.setInterval(kShowMs);
    connect(&m_pause, &QTimer::timeout, this, &ValidationPage::showRuns);
    connect(m_views, &QTabBar::currentChanged, this, &ValidationPage::showView);
    connect(&m_runner, &ValidationRunner::progressed, this, [this] {
        if (!m_pause.isActive())
            m_pause.start();
    });
    connect(&m_runner, &ValidationRunner::finished, this, [this] {
        m_pause.stop();
        showRuns();
        if (static_cast<int>(m_runner.rows().size()) == m_runner.total() && m_runner.total() > 0)
            emit opened(m_file);
    });
    connect(&m_runner, &ValidationRunner::failed, this, &ValidationPage::showStatus);
    connect(&m_papersRunner, &PapersRunner::progressed, this, &ValidationPage::showPapers);
    connect(&m_papersRunner, &PapersRunner::finished, this, &ValidationPage::showPapers);
    fillChoices();
    showRuns();
}

QWidget* ValidationPage::makeBar()
{
    auto* widget = new QWidget;
    auto* bar = new QHBoxLayout(widget);
    bar->setContentsMargins(0, 0, 0, 0);
    m_open = new QToolButton;
    m_open->setText(tr("Open measurements…"));
    m_open->setToolTip(
        tr("A CSV of measured runs. CONTRIBUTING.md, “A measurement file”, lists its columns and their units"));
    m_cancel = new QToolButton;
    m_cancel->setText(tr("Cancel"));
    m_progress = new QProgressBar;
    m_progress->setMaximumWidth(160);
    m_status = new ElidedLabel;
    m_status->setProperty("muted", true);
    bar->addWidget(m_open);
    bar->addWidget(m_cancel);
    bar->addWidget(m_progress);
    bar->addWidget(m_status, 1);
    connect(m_open, &QToolButton::clicked, this, &ValidationPage::chooseFile);
    connect(m_cancel, &QToolButton::clicked, &m_runner, &ValidationRunner::cancel);
    return widget;
}

QWidget* ValidationPage::makeChoosers()
{
    const std::array names{tr("Metric"), tr("Load"), tr("GPU"), tr("Engine"), tr("Model family"), tr("Weights")};
    auto* widget = new QWidget;
    m_chooserGrid = new QGridLayout(widget);
    m_chooserGrid->setContentsMargins(0, 0, 0, 0);
    m_chooserGrid->setColumnStretch(choices, 1);
    for (std::size_t i = 0; i < choices; ++i) {
        m_choice[i] = new QComboBox;
        m_choice[i]->setAccessibleName(names[i]);
        m_choice[i]->setToolTip(names[i]);
        m_choice[i]->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        connect(m_choice[i], &QComboBox::activated, this, &ValidationPage::showRuns);
    }
    return widget;
}

QWidget* ValidationPage::makeRuns()
{
    auto* page = new QWidget;
    page->setProperty("page", true);
    m_grid = new QGridLayout(page);
    m_grid->setContentsMargins(0, 6, 0, 0);
    m_grid->setSpacing(kGap);
    m_scatter = new ChartView;
    m_scatter->setChartId(QStringLiteral("validation_scatter"));
    m_scatter->setMinimumHeight(kLeastScatter);
    m_errors = new RowTable(tr("Errors by metric and load"), RowTable::Kind::numbers);
    m_nearest = new RowTable(tr("Measured runs nearest to the plan"), RowTable::Kind::words);
    m_errorsCaption = new QLabel;
    m_nearestCaption = new QLabel;
    for (QLabel* caption : {m_errorsCaption, m_nearestCaption}) {
        caption->setProperty("caption", true);
        caption->setWordWrap(true);
    }
    m_scroll = new QScrollArea;
    m_scroll->setWidget(page);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    arrange();
    return m_scroll;
}

/// The plot stands beside its table where there is room for both, else above it.
void ValidationPage::arrange()
{
    const QMargins margins = layout()->contentsMargins();
    const int room = width() - margins.left() - margins.right() - m_grid->horizontalSpacing();
    const bool isWide = room >= kLeastPlot + m_errors->wantedWidth();
    m_grid->setColumnMinimumWidth(1, isWide ? m_errors->wantedWidth() : 0);
    if (m_isWide == isWide)
        return;
    m_isWide = isWide;
    m_scatter->setMaximumHeight(isWide ? QWIDGETSIZE_MAX : kLeastScatter); // so that the table below begins in sight
    while (QLayoutItem* item = m_grid->takeAt(0))
        delete item; // the widgets stay
    m_grid->addWidget(m_choosers, 0, 0, 1, 2);
    m_grid->addWidget(m_scatter, 1, 0, isWide ? 2 : 1, isWide ? 1 : 2);
    m_grid->addWidget(m_errors, isWide ? 1 : 2, isWide ? 1 : 0, 1, isWide ? 1 : 2, Qt::AlignTop);
    m_grid->addWidget(m_errorsCaption, isWide ? 2 : 3, isWide ? 1 : 0, 1, isWide ? 1 : 2, Qt::AlignTop);
    m_grid->addWidget(m_nearestCaption, 4, 0, 1, 2);
    m_grid->addWidget(m_nearest, 5, 0, 1, 2);
    m_grid->setColumnStretch(0, 4);
    m_grid->setColumnStretch(1, isWide ? 5 : 0);
    m_grid->setRowStretch(1, isWide ? 0 : 1);
    m_grid->setRowStretch(2, isWide ? 1 : 0);
    const int across = isWide ? static_cast<int>(choices) : static_cast<int>(choices + 1) / 2;
    for (int i = 0; i < static_cast<int>(choices); ++i)
        m_chooserGrid->addWidget(m_choice[static_cast<std::size_t>(i)], i / across, i % across);
}

void ValidationPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

QWidget* ValidationPage::makePapers()
{
    auto* page = new QWidget;
    page->setProperty("page", true);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 6, 0, 0);
    m_papersStatus = new QLabel;
    m_papersStatus->setProperty("caption", true);
    m_papers = new RowTable(tr("Published results and what comes out here"), RowTable::Kind::many);
    column->addWidget(m_papersStatus);
    column->addWidget(m_papers, 1);
    return page;
}

void ValidationPage::chooseFile()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open measurements"), QFileInfo(m_file).path(), tr("Tables of measured runs (*.csv)"));
    if (!path.isEmpty())
        open(path);
}

void ValidationPage::open(const QString& path)
{
    m_file = path;
    m_runner.read(path);
    showRuns();
}

void ValidationPage::showView(int index)
{
    m_views->setCurrentIndex(index);
    m_stack->setCurrentIndex(index);
    m_bar->setVisible(index == 0);
    if (index == 1 && m_papersRunner.rows().empty() && !m_papersRunner.isRunning()) {
        m_papersRunner.start();
        showPapers();
    }
}

void ValidationPage::display(const Snapshot& snapshot)
{
    // Errors and neighbours go by the setting: most moves of a slider leave it as it is.
    MeasuredSetting setting = settingOf(*snapshot.now.plan);
    if (m_setting == setting)
        return;
    m_setting = std::move(setting);
    m_sentence->setText(text(nearnessSentence(*snapshot.now.plan)));
    if (m_runner.rows().empty())
        showScatter(); // it stands at the plan
    showNearest();
}

void ValidationPage::setTheme(const Theme& theme) { m_scatter->setTheme(theme); }

QString ValidationPage::sentence() const { return m_sentence->text(); }
QString ValidationPage::status() const { return m_status->text(); }

ValidationFilter ValidationPage::filter() const
{
    ValidationFilter f;
    f.metric = static_cast<Metric>(m_choice[byMetric]->currentData().toInt());
    const auto chosen = [&](Choice c) { return m_choice[c]->currentData().toString().toStdString(); };
    f.load = chosen(byLoad);
    f.gpu = chosen(byGpu);
    f.engine = chosen(byEngine);
    f.family = chosen(byFamily);
    f.format = chosen(byFormat);
    return f;
}

void ValidationPage::fillChoices()
{
    std::set<Metric> metrics{Metric::outputTokenRate};
    std::set<LoadKind> loads;
    std::array<std::set<std::string>, choices> values;
    for (const ComparedRow& row : m_runner.rows()) {
        metrics.insert(row.measured.metric);
        loads.insert(row.measured.loadKind);
        values[byGpu].insert(row.measured.gpu);
        values[byEngine].insert(row.measured.engine);
        values[byFamily].insert(row.measured.family);
        values[byFormat].insert(formatOf(row.measured));
    }
    const std::array all{
        QString(), tr("All loads"), tr("All GPUs"), tr("All engines"), tr("All families"), tr("All weights")};
    for (std::size_t i = 0; i < choices; ++i) {
        const QVariant before = m_choice[i]->currentData();
        m_choice[i]->clear();
        if (i == byMetric)
            for (const Metric m : metrics)
                m_choice[i]->addItem(metricWords(m), static_cast<int>(m));
        else
            m_choice[i]->addItem(all[i], QString());
        if (i == byLoad)
            for (const LoadKind k : loads)
                m_choice[i]->addItem(loadWords(k), text(name(k)));
        for (const std::string& value : values[i])
            if (!value.empty())
                m_choice[i]->addItem(text(value), text(value));
        m_choice[i]->setCurrentIndex(std::max(0, m_choice[i]->findData(before)));
    }
}

void ValidationPage::showRuns()
{
    fillChoices();
    const int done = static_cast<int>(m_runner.rows().size());
    m_cancel->setVisible(m_runner.isRunning());
    m_choosers->setVisible(done > 0);
    m_progress->setVisible(m_runner.isRunning());
    m_progress->setRange(0, m_runner.total());
    m_progress->setValue(done);
    if (m_file.isEmpty())
        m_status->setText(tr("No table is open: the figures are those that ship."));
    else if (done > 0 || m_runner.isRunning()) {
        const auto skipped = std::ranges::count_if(
            m_runner.rows(), [](const ComparedRow& row) { return !row.outcome.predicted.has_value(); });
        m_status->setText(tr("%1: %2 of %3 rows, %4 of them cannot be run")
                              .arg(QFileInfo(m_file).fileName())
                              .arg(done)
                              .arg(m_runner.total())
                              .arg(skipped));
    }
    showScatter();
    showErrors();
    showNearest();
}

void ValidationPage::showScatter()
{
    if (!m_runner.rows().empty() || m_runner.isRunning())
        m_scatter->setChart(scatterOf(m_runner.rows(), filter()));
    else if (m_setting)
        m_scatter->setChart(shippedErrorsOver(*m_setting));
}

void ValidationPage::showErrors()
{
    if (m_runner.rows().empty())
        showShippedErrors();
    else
        showErrorsOfTable();
    arrange(); // the plot gives way to what the table needs
}

void ValidationPage::showErrorsOfTable()
{
    std::vector<QStringList> lines;
    m_errorsCaption->setText(tr("Errors of the rows that pass the filters, with the coefficients that ship: some of "
                                "these rows may have been among those they were fitted to."));
    MeasurementTable table;
    std::vector<RowOutcome> outcomes;
    const ValidationFilter f = filter();
    for (const ComparedRow& row : m_runner.rows())
        if (passes(f, row.measured)) {
            table.rows.push_back(row.measured);
            outcomes.push_back(row.outcome);
        }
    for (const ErrorSummary& s : summarizeErrors(table, outcomes, Weighting::byCase))
        lines.push_back({metricWords(s.metric), loadWords(s.loadKind) + (s.assumed ? tr(" (assumed)") : QString()),
            QString::number(s.rows), percent(s.covered), errorText(s.medianAbsError), errorText(s.p90AbsError),
            signedPercent(s.bias), errorText(s.insideBand)});
    m_errors->fill({tr("metric"), tr("load"), tr("rows"), tr("run"), tr("median"), tr("90th percentile"), tr("bias"),
                       tr("in band")},
        lines, 2);
}

void ValidationPage::showShippedErrors()
{
    m_errorsCaption->setText(text(accuracySource()) + QLatin1Char(' ') +
                             tr("“No GPU”: without the runs of its own. Half of the errors are below the first number, "
                                "nine in ten below the second. Kinds with fewer than %1 runs are too few to judge by.")
                                 .arg(kFewestToJudge));
    QStringList header{tr("what"), tr("runs")};
    std::vector<std::string_view> leftOut;
    for (const ShippedAccuracy& a : shippedAccuracy())
        if (std::ranges::find(leftOut, a.leftOut) == leftOut.end()) {
            leftOut.push_back(a.leftOut);
            header.push_back(tr("no %1").arg(text(a.leftOut).section(QLatin1Char(' '), -1)));
        }
    std::map<std::pair<Metric, LoadKind>, QStringList> byKind;
    for (const ShippedAccuracy& a : shippedAccuracy()) {
        QStringList& line = byKind[{a.metric, a.loadKind}];
        if (line.isEmpty())
            line << (a.isJudged() ? runWords(a.metric, a.loadKind)
                                  : tr("%1 (too few to judge)").arg(runWords(a.metric, a.loadKind)))
                 << QString::number(a.rows);
        const auto column = 2 + (std::ranges::find(leftOut, a.leftOut) - leftOut.begin());
        while (line.size() <= column)
            line.push_back(QString());
        line[column] = tr("%1 / %2").arg(number(100 * a.median, 2), errorText(a.p90));
    }
    std::vector<QStringList> lines;
    for (auto& [kind, line] : byKind)
        lines.push_back(std::move(line));
    m_errors->fill(header, lines, 1);
}

namespace {

/// Those of the nearest rows, the nearest first. \param cells of one row
template <class Row, class Cells>
std::vector<QStringList> nearestLines(std::vector<std::pair<double, const Row*>>& rows, Cells cells)
{
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(kNearest, rows.size()));
    std::ranges::partial_sort(rows, end, {}, [](const auto& row) { return std::pair(row.first, row.second); });
    std::vector<QStringList> lines;
    for (auto it = rows.begin(); it != end; ++it)
        lines.push_back(cells(*it->second));
    return lines;
}

} // namespace

std::vector<QStringList> ValidationPage::nearestShipped() const
{
    const auto groups = shippedResiduals();
    const std::vector<MeasuredSetting>& settings = shippedSettings();
    std::vector<std::pair<double, const ResidualGroup*>> rows;
    for (std::size_t i = 0; i < settings.size(); ++i)
        rows.emplace_back(settings[i].model.empty() ? kMostDistance : distance(*m_setting, settings[i]), &groups[i]);
    return nearestLines(rows, [&](const ResidualGroup& g) {
        const MeasuredSetting& setting = settings[static_cast<std::size_t>(&g - groups.data())];
        return QStringList{text(g.model), text(g.gpu), signedPercent(g.bias), runWords(g.metric, g.loadKind),
            text(g.engine), QString::number(g.rows), text(differences(*m_setting, setting))};
    });
}

std::vector<QStringList> ValidationPage::nearestOfTable() const
{
    std::vector<std::pair<double, const ComparedRow*>> rows;
    for (const ComparedRow& row : m_runner.rows())
        if (row.setting && row.outcome.predicted)
            rows.emplace_back(distance(*m_setting, *row.setting), &row);
    return nearestLines(rows, [&](const ComparedRow& row) {
        const Measurement& m = row.measured;
        return QStringList{text(m.model), text(m.gpu), signedPercent(*row.outcome.predicted / m.value - 1),
            runWords(m.metric, m.loadKind), text(m.engine), quantity(m.value, unitOf(m.metric)),
            text(differences(*m_setting, *row.setting))};
    });
}

void ValidationPage::showNearest()
{
    if (!m_setting)
        return;
    const bool shipped = m_runner.rows().empty();
    const std::vector<QStringList> lines = shipped ? nearestShipped() : nearestOfTable();
    m_nearestCaption->setText(shipped ? tr("Nearest to this plan among the kinds of run that were measured")
                                      : tr("Nearest to this plan in the table"));
    m_nearest->fill({tr("model"), tr("GPU"), tr("off by"), tr("run"), tr("engine"),
                        shipped ? tr("runs") : tr("measured"), tr("differs in")},
        lines, 7);
}

void ValidationPage::showPapers()
{
    std::vector<QStringList> lines;
    int reproduced = 0;
    for (const papers::Row& row : m_papersRunner.rows()) {
        reproduced += row.verdict == papers::Verdict::reproduced ? 1 : 0;
        const auto shown = [&](double value) {
            return !row.isStatement() ? number(value, 4) : value != 0 ? tr("yes") : tr("no");
        };
        lines.push_back({text(row.paper), text(row.name), shown(row.reported),
            row.reproduced ? shown(*row.reproduced) : QStringLiteral("–"), text(row.unit),
            text(papers::name(row.verdict)).replace(u'_', u' '), text(row.tolerance), text(row.explanation)});
    }
    m_papersStatus->setText(tr("%1 of %2 published results recomputed, %3 of them reproduced")
                                .arg(lines.size())
                                .arg(PapersRunner::total())
                                .arg(reproduced));
    m_papers->fill(
        {tr("paper"), tr("case"), tr("reported"), tr("here"), tr("unit"), tr("verdict"), tr("tolerance"), tr("why")},
        lines, 8);
}

void ValidationPage::showStatus(const QString& words) { m_status->setText(words); }

} // namespace headroom::ui
