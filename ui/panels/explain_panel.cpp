#include "ui/panels/explain_panel.h"

#include "core/snapshot.h"
#include "ui/aside_worker.h"
#include "ui/format.h"
#include "ui/panels/explanations.h"
#include "ui/panels/paragraph.h"
#include "ui/panels/simulated_summary.h"
#include "ui/panels/value_rows.h"
#include "ui/plots/catalog.h"
#include "ui/plots/chart_view.h"
#include "ui/plots/sensitivity.h"

#include <QVBoxLayout>

#include <algorithm>

namespace headroom::ui {

namespace {

constexpr int kWidth = 250;
constexpr int kMargin = 14;
constexpr int kTornadoHeight = 250;
constexpr int kTornadoMs = 100; // what else there is to paint goes first

/// A formula breaks between its terms: "prefill 55.2 ms" and what stands in one pair of brackets stay whole.
QString wholeTerms(QString formula)
{
    constexpr qsizetype kLongest = 16; // characters in brackets that a narrow dock has room for
    qsizetype bracket = -1;
    for (qsizetype i = 0; i < formula.size(); ++i) {
        const QChar c = formula[i];
        if (c == u'(')
            bracket = i;
        if (c == u')' && bracket >= 0 && i - bracket <= kLongest)
            for (qsizetype k = bracket; k < i; ++k)
                if (formula[k] == u' ')
                    formula[k] = QChar(QChar::Nbsp);
        if (c == u' ' && i > 0 && i + 1 < formula.size() && formula[i - 1].isLetter() && formula[i + 1].isDigit())
            formula[i] = QChar(QChar::Nbsp);
    }
    return formula;
}

} // namespace

ExplainPanel::ExplainPanel(QWidget* parent)
    : QScrollArea(parent),
      m_title(new Paragraph),
      m_meaning(new Paragraph(Paragraph::Look::muted)),
      m_formula(new Paragraph(Paragraph::Look::box)),
      m_notes(new Paragraph(Paragraph::Look::muted, TextSize::small)),
      m_source(new Paragraph(Paragraph::Look::muted, TextSize::small)),
      m_tornadoTitle(new Paragraph(Paragraph::Look::muted, TextSize::small)),
      m_simulatedTitle(new Paragraph(Paragraph::Look::muted, TextSize::small)),
      m_simulated(new ValueRows),
      m_tornado(new ChartView)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(kMargin, 4, kMargin, kMargin);
    column->setSpacing(8);
    m_title->setBold();
    m_tornado->setFixedHeight(kTornadoHeight);
    m_tornado->setMinimumWidth(kWidth / 2); // the dock sets the width, not the plot
    for (QWidget* part : {static_cast<QWidget*>(m_title), static_cast<QWidget*>(m_meaning),
             static_cast<QWidget*>(m_formula), static_cast<QWidget*>(m_notes), static_cast<QWidget*>(m_source),
             static_cast<QWidget*>(m_tornadoTitle), static_cast<QWidget*>(m_tornado),
             static_cast<QWidget*>(m_simulatedTitle), static_cast<QWidget*>(m_simulated)})
        column->addWidget(part);
    column->addStretch(1);
    m_tornadoTitle->setText(tr("If one input changed by 10 %"));
    m_tornado->setOrigin([this] { return m_snapshot ? originOf(*m_snapshot) : ChartOrigin{}; });
    m_tornado->hide();
    m_tornadoTitle->hide();
    m_tornadoSoon.setSingleShot(true);
    m_tornadoSoon.setInterval(kTornadoMs);
    connect(&m_tornadoSoon, &QTimer::timeout, this, &ExplainPanel::askTornado);
    m_tornados = std::make_unique<AsideWorker<std::vector<ChartSpec>>>(
        [](const Plan& plan, const std::stop_token& stop) { return tornados(plan, stop); }, [this] { showTornado(); });
    m_tornados->keep(true);
    setWidget(content);
    setAccessibleName(tr("Explanation"));
}

ExplainPanel::~ExplainPanel() = default;

QSize ExplainPanel::sizeHint() const { return {kWidth, 600}; }

void ExplainPanel::choose(const QString& topic)
{
    m_topic = topic;
    m_chart.clear();
    refresh();
}

void ExplainPanel::chooseChart(const QString& chartId)
{
    m_chart = chartId;
    m_topic = explanationOfChart(chartId.toStdString());
    refresh();
}

void ExplainPanel::display(std::shared_ptr<const Snapshot> snapshot)
{
    m_snapshot = std::move(snapshot);
    refresh();
}

void ExplainPanel::setTheme(const Theme& theme) { m_tornado->setTheme(theme); }

QString ExplainPanel::text() const
{
    return QStringList{m_title->text(), m_meaning->text(), m_formula->text(), m_notes->text(), m_source->text(),
        m_simulatedTitle->text(), m_snapshot ? ValueRows::inWords(simulatedSummary(*m_snapshot).rows) : QString()}
        .join(QLatin1Char('\n'))
        .replace(QChar(QChar::Nbsp), u' ');
}

void ExplainPanel::refresh()
{
    if (m_snapshot == nullptr || !isVisible())
        return;
    const Explanation e = explain(m_topic, *m_snapshot);
    QString title = e.title;
    QString meaning = e.meaning;
    QString topic = e.topic;
    if (const ChartRow* row = findChart(m_chart.toStdString())) {
        title = ui::text(row->title);
        meaning = ui::text(row->help) + QStringLiteral("\n\n") + e.title + QStringLiteral(": ") + e.meaning;
        topic = ui::text(row->topic);
    }
    for (Paragraph* part : {m_meaning, m_formula, m_notes, m_source})
        part->keepHeight(isDragged(*m_snapshot));
    m_title->setText(title);
    m_meaning->setText(meaning);
    m_formula->setText(wholeTerms(e.formula.join(QLatin1Char('\n'))));
    m_notes->setText(e.notes.join(QLatin1Char('\n')));
    m_source->setText(tr("Source: %1").arg(e.source));
    emit titleChanged(tr("Explain · topic %1").arg(topic));
    refreshSimulated();
    if (m_tornadoOf != e.tornado) { // that of another number says something wrong until the next is there
        m_tornado->hide();
        m_tornadoTitle->hide();
    }
    m_tornadoOf = e.tornado;
    if (isDragged(*m_snapshot)) {
        m_tornadoSoon.stop();
        m_tornados->stop();
    } else {
        m_tornadoSoon.start();
    }
}

void ExplainPanel::refreshSimulated()
{
    SimulatedSummary said = simulatedSummary(*m_snapshot);
    m_simulatedTitle->setVisible(!said.rows.empty());
    m_simulated->setVisible(!said.rows.empty());
    m_simulatedTitle->setText(tr("Simulated: %1").arg(said.heading));
    m_simulated->setRows(std::move(said.rows));
}

bool ExplainPanel::isWorking() const { return m_tornadoSoon.isActive() || m_tornados->isRunning(); }

void ExplainPanel::askTornado()
{
    m_tornados->ask(m_snapshot->now.plan);
    if (!m_tornados->isRunning())
        showTornado();
}

void ExplainPanel::showTornado()
{
    const Aside<std::vector<ChartSpec>> known = m_tornados->of(m_snapshot->now.plan);
    const auto isOfIt = [this](const ChartSpec& spec) {
        return !m_tornadoOf.isEmpty() && ui::text(spec.title).contains(m_tornadoOf, Qt::CaseInsensitive);
    };
    const ChartSpec* found = nullptr;
    if (known.value && !known.isOlder)
        if (const auto it = std::ranges::find_if(*known.value, isOfIt); it != known.value->end())
            found = &*it;
    if (found != nullptr)
        m_tornado->setChart(*found);
    m_tornado->setVisible(found != nullptr);
    m_tornadoTitle->setVisible(found != nullptr);
}

} // namespace headroom::ui
