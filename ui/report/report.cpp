#include "ui/report/report.h"

#include "core/output_file.h"
#include "core/plan/plan_io.h"
#include "core/version_info.h"
#include "ui/format.h"
#include "ui/panels/chart_page.h"
#include "ui/plots/catalog.h"
#include "ui/plots/export_chart.h"
#include "ui/plots/sensitivity.h"
#include "ui/plots/supposed.h"
#include "ui/report/page_flow.h"
#include "ui/report/report_content.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QDate>
#include <QFontMetricsF>
#include <QPageLayout>
#include <QPageSize>
#include <QPdfWriter>

#include <algorithm>
#include <array>
#include <cmath>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("Report", words); }

constexpr int kDotsPerInch = 96; // finer resolutions make hairlines and clip labels; PDF coordinates are real numbers
constexpr double kSide = 54, kTop = 62, kBottom = 58; ///< margins in 96-dpi pixels: 14 to 16 mm
constexpr std::string_view kAblation = "ablation";    ///< the chart that stands with its table
constexpr double kChartGap = 22, kChartHeight = 236, kAboveChart = 16;
constexpr double kAboveCaption = 8; ///< else it reads as part of the key
constexpr std::array<std::string_view, 2> kFirstPage{"latency_vs_load", "cost_vs_load"}; ///< what people look at first

QPageSize pageSizeOf(PageSize size) { return QPageSize(size == PageSize::a4 ? QPageSize::A4 : QPageSize::Letter); }

bool wanted(const ReportOptions& options, std::string_view id)
{
    return !options.charts || std::ranges::find(*options.charts, id) != options.charts->end();
}

double captionHeight(const QString& says, double width)
{
    if (says.isEmpty())
        return 0;
    const QRectF room(0, 0, width, 400);
    const QFontMetricsF metrics(printFont(TextSize::small));
    return std::ceil(metrics.boundingRect(room, Qt::TextWordWrap, says).height()) + kAboveCaption + 2;
}

/// A chart with the sentence it says below it.
Block chartBlock(ChartSpec chart, double width, double height, const Theme& theme)
{
    const QFont font = printFont(TextSize::small);
    const QString says = text(chart.says);
    Block b;
    b.height = height + captionHeight(says, width);
    b.spaceBefore = kAboveChart;
    b.paint = [chart = std::make_shared<const ChartSpec>(std::move(chart)), height, says, font, theme](
                  QPainter& p, const QRectF& r) {
        paintChart(p, QRectF(r.topLeft(), QSizeF(r.width(), height)), *chart, theme);
        p.setFont(font);
        p.setPen(theme.muted);
        p.drawText(QRectF(r.left(), r.top() + height + kAboveCaption, r.width(), r.height() - height),
            static_cast<int>(Qt::TextWordWrap), says);
    };
    return b;
}

double chartHeight(const ChartSpec& chart)
{
    if (const auto* bars = std::get_if<StackedBars>(&chart.body)) {
        constexpr double kPerRow = 22, kRest = 104; // header, axis, key
        return std::max(kChartHeight * 0.75, kPerRow * static_cast<double>(bars->categories.size()) + kRest);
    }
    return kChartHeight;
}

/// Charts two abreast, a last one by itself over the whole width; long tables over the whole width, as report tables that may break over pages.
class ChartRows {
public:
    /// \param height of each chart; absent = as high as what it shows needs
    explicit ChartRows(PageFlow& flow, std::optional<double> height = {}) : m_flow(flow), m_height(height) {}
    ~ChartRows() { flush(); }
    ChartRows(const ChartRows&) = delete;
    ChartRows& operator=(const ChartRows&) = delete;

    void add(ChartSpec chart)
    {
        if (const auto* table = std::get_if<Table>(&chart.body); table && chart.empty.empty()) {
            flush();
            addTable(chart, *table);
            return;
        }
        m_waiting.push_back(std::move(chart));
        if (m_waiting.size() == 2)
            flush();
    }

    void flush()
    {
        if (m_waiting.empty())
            return;
        const double n = static_cast<double>(m_waiting.size());
        const double width = (m_flow.width() - kChartGap * (n - 1)) / n;
        double height = m_height.value_or(0);
        for (const ChartSpec& c : m_waiting)
            height = m_height ? height : std::max(height, chartHeight(c));
        std::vector<Block> cells;
        for (ChartSpec& c : m_waiting)
            cells.push_back(chartBlock(std::move(c), width, height, m_flow.theme()));
        m_flow.row(std::move(cells), kChartGap);
        m_waiting.clear();
    }

private:
    void addTable(const ChartSpec& chart, const Table& table)
    {
        m_flow.subheading(
            text(chart.title) + (chart.unit.empty() ? QString() : QStringLiteral(", ") + text(chart.unit)));
        if (!chart.says.empty())
            m_flow.lead(text(chart.says));
        TextTable t;
        for (const std::string& column : table.columns)
            t.columns.push_back(text(column));
        const QString unbrokenHyphen = QStringLiteral("-\u2060"); // a name stays in one line
        std::vector<std::pair<std::string, QStringList>> folded;
        for (std::size_t i = 0; i < table.rows.size(); ++i) {
            const auto& row = table.rows[i];
            if (i < table.folded.size() && !table.folded[i].empty()) {
                if (folded.empty() || folded.back().first != table.folded[i])
                    folded.emplace_back(table.folded[i], QStringList());
                folded.back().second << text(row.front()).replace(QStringLiteral("-"), unbrokenHyphen);
                continue;
            }
            if (table.highlighted == static_cast<int>(i))
                t.emphasized = t.rows.size();
            std::vector<QString> cells;
            for (std::size_t c = 0; c < std::min(row.size(), table.columns.size()); ++c)
                cells.push_back(text(row[c]));
            t.rows.push_back(std::move(cells));
        }
        t.cellMargin = marginThatFits(t, m_flow.width());
        t.shares = sharesThatFit(t, m_flow.width());
        t.numeric.assign(table.numeric.begin(), table.numeric.end());
        if (!t.rows.empty())
            m_flow.table(t);
        for (const auto& [words, names] : folded)
            m_flow.noteBelow(text(words) + u' ' + names.join(QStringLiteral(", ")) + u'.');
    }

    PageFlow& m_flow;
    std::optional<double> m_height;
    std::vector<ChartSpec> m_waiting;
};

void addVerdict(PageFlow& flow, const Snapshot& snapshot, const ReportOptions& options)
{
    const Plan& plan = *snapshot.now.plan;
    const QString date = options.date.empty() ? QDate::currentDate().toString(Qt::ISODate) : text(options.date);
    flow.title(text(snapshot.now.name),
        tr("Capacity report · %1 · %2 on %3").arg(date, text(plan.model.spec.name), text(plan.hardware.gpu.name)));
    if (!plan.notes.empty())
        flow.note(text(plan.notes));
    if (options.saved)
        if (const QString changed = changedSince(*options.saved, plan); !changed.isEmpty())
            flow.note(changed);
    flow.heading(tr("Verdict"));
    for (const QString& sentence : verdictSentences(snapshot))
        flow.paragraph(sentence);
    flow.heading(tr("Targets, the plan as it stands, at %1").arg(quantity(plan.workload.arrivalRate.si(), "req/s")));
    flow.table(targetsTable(snapshot));
    constexpr double kHigh = 300;
    ChartRows charts(flow, kHigh);
    for (const std::string_view id : kFirstPage)
        if (const ChartRow* row = findChart(id); row && wanted(options, id))
            charts.add(chartOrSupposed(*row, snapshot));
}

void addCharts(PageFlow& flow, const Snapshot& snapshot, const ReportOptions& options)
{
    std::string_view tab;
    std::unique_ptr<ChartRows> charts;
    for (const ChartRow& row : ui::charts()) {
        const bool isPrinted = row.id == kAblation || std::ranges::find(kFirstPage, row.id) != kFirstPage.end();
        const bool isEmpty = row.tab == "simulator" && !snapshot.now.evaluation.fits; // the verdict says why
        if (!wanted(options, row.id) || isPrinted || isEmpty)
            continue;
        if (row.tab != tab) {
            charts.reset();
            tab = row.tab;
            flow.heading(tabTitle(tab));
            if (const std::string sentence = tabSentence(tab, snapshot); !sentence.empty())
                flow.lead(text(sentence));
            charts = std::make_unique<ChartRows>(flow);
        }
        charts->add(chartOrSupposed(row, snapshot));
    }
}

/// Of each chart, so that all stand on one page two abreast, below a heading and a line of text.
double heightOnOnePage(const std::vector<ChartSpec>& charts, const PageFlow& flow)
{
    constexpr double kHeading = 60, kLeast = 160;
    double caption = 0;
    for (const ChartSpec& chart : charts)
        caption = std::max(caption, captionHeight(text(chart.says), (flow.width() - kChartGap) / 2));
    const double rows = std::ceil(static_cast<double>(charts.size()) / 2);
    const double room = (flow.height() - kHeading) / std::max(1.0, rows) - caption - kAboveChart;
    return std::clamp(room, kLeast, kChartHeight);
}

void addSensitivity(PageFlow& flow, const Snapshot& snapshot)
{
    flow.heading(tr("Sensitivity"));
    const std::vector<ChartSpec> list = tornados(*snapshot.now.plan);
    flow.lead(list.empty() ? tr("Nothing finite to vary: the plan does not serve its load.")
                           : tr("What 10 % less or more of one input does, all others as they are."));
    ChartRows charts(flow, heightOnOnePage(list, flow));
    for (const ChartSpec& chart : list)
        charts.add(chart);
}

void addGroups(PageFlow& flow, const QString& heading, const std::vector<InputGroup>& groups)
{
    if (groups.empty())
        return;
    flow.heading(heading);
    for (const InputGroup& g : groups) {
        flow.subheading(g.title);
        if (!g.table.rows.empty())
            flow.table(g.table);
        else if (g.below.isEmpty())
            flow.note(tr("None."));
        if (!g.below.isEmpty())
            flow.noteBelow(g.below);
    }
}

/// The table stands with its sentences, which say what the chart would.
void addAblation(PageFlow& flow, const Snapshot& snapshot, const ReportOptions& options)
{
    if (!snapshot.now.evaluation.fits)
        return; // none of the five holds the model
    const AblationSection section = ablationSection(*snapshot.now.plan);
    flow.together([&] {
        flow.heading(tr("Five ways to serve this load"));
        flow.lead(tr(
            "The plan with the batching and memory of each serving system in the order of their invention, all else as "
            "it is. Latencies are at the plan's own rate, cost at the rate that holds the targets; the gain is over "
            "the system before. Below each stands its band; that of a gain has the steps of both err alike."));
        flow.table(section.table);
        for (const QString& sentence : section.sentences)
            flow.bullet(sentence);
    });
    const ChartRow* row = findChart(kAblation);
    HR_ASSERT(row);
    if (!wanted(options, row->id))
        return;
    ChartSpec chart = row->build(snapshot);
    chart.title = tr("What each serves, within its targets and beyond").toStdString();
    chart.says.clear();
    ChartRows(flow).add(std::move(chart));
}

PageFlow flowOf(const Snapshot& snapshot, const QSizeF& page, const ReportOptions& options)
{
    PageFlow flow(QRectF(QPointF(0, 0), page).adjusted(kSide, kTop, -kSide, -kBottom), lightTheme());
    addVerdict(flow, snapshot, options);
    flow.newPage();
    addGroups(flow, tr("Results"), resultTables(snapshot));
    if (!snapshot.pinned.empty())
        flow.newPage(); // plans side by side, not over a page break
    addGroups(flow, tr("Comparison"), comparisonTables(snapshot));
    addSensitivity(flow, snapshot);
    addCharts(flow, snapshot, options);
    addAblation(flow, snapshot, options);
    addGroups(flow, tr("Inputs"), inputTables(*snapshot.now.plan));
    flow.heading(tr("Assumptions"));
    for (const QString& line : assumptions(snapshot))
        flow.bullet(line);
    flow.heading(tr("Sources"));
    for (const QString& line : sources(*snapshot.now.plan))
        flow.bullet(line);
    flow.together([&] {
        flow.heading(tr("This report"));
        flow.note(tr("Made by Headroom %1 from the plan \"%2\", plan hash %3. The same plan and version give the same "
                     "figures.")
                      .arg(text(version()), text(snapshot.now.name), text(planHash(*snapshot.now.plan))));
        flow.note(simulationSentence(snapshot));
    });
    return flow;
}

void paintPages(const PageFlow& flow, const QSizeF& page, QPagedPaintDevice& device, const Snapshot& snapshot)
{
    const QString left = tr("Headroom %1").arg(text(version()));
    const QString hash = tr("plan %1").arg(text(planHash(*snapshot.now.plan)));
    const QString name = text(snapshot.now.name);
    flow.paint(device, [&](QPainter& p, int number, int pages) {
        const Theme& t = lightTheme();
        p.setFont(printFont(TextSize::small));
        const double width = page.width() - 2 * kSide;
        const auto line = [&](double y, Qt::Alignment alignment, const QString& s) {
            p.setPen(t.muted);
            p.drawText(QRectF(kSide, y, width, 16), static_cast<int>(alignment | Qt::AlignVCenter), s);
        };
        line(28, Qt::AlignLeft, number > 1 ? name : left);
        line(28, Qt::AlignRight, number > 1 ? tr("Capacity report") : hash);
        p.setPen(QPen(t.line, 0.75));
        p.drawLine(QLineF(kSide, 48, page.width() - kSide, 48));
        line(page.height() - 42, Qt::AlignLeft, left + QStringLiteral(" · ") + hash);
        line(page.height() - 42, Qt::AlignRight, tr("Page %1 of %2").arg(number).arg(pages));
    });
}

} // namespace

void paintReport(const Snapshot& snapshot, QPagedPaintDevice& device, const ReportOptions& options)
{
    device.setPageLayout(QPageLayout(pageSizeOf(options.page), QPageLayout::Portrait, QMarginsF()));
    const QSizeF page = pageSizeOf(options.page).size(QPageSize::Inch) * kDotsPerInch;
    paintPages(flowOf(snapshot, page, options), page, device, snapshot);
}

Result<void> writeReport(const Snapshot& snapshot, const std::filesystem::path& path, const ReportOptions& options)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer); // the trailer is written when it goes
        writer.setResolution(kDotsPerInch);
        writer.setTitle(text(snapshot.now.name) + tr(": capacity report"));
        writer.setCreator(tr("Headroom %1").arg(text(version())));
        paintReport(snapshot, writer, options);
    }
    return writeOutput(path, std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

} // namespace headroom::ui
