#include "ui/panels/topics_dialog.h"

#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/paragraph.h"
#include "ui/theme.h"
#include "ui/topics/topics.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <cmath>

namespace headroom::ui {

namespace {

constexpr int kIdRole = Qt::UserRole;

QStringList sections()
{
    const auto tr = [](const char* words) { return TopicsDialog::tr(words); };
    return {tr("Objectives"), tr("Queueing"), tr("Latency"), tr("Batching"), tr("Memory"), tr("Parallelism"),
        tr("Cost"), tr("Scheduling"), tr("Observability and SLOs"), tr("Operations")};
}

/// "0.659", "3.56 s", "$0.32/M tok", "simulated" where only the simulator knows, or "no price".
QString resultText(const Topic& topic, const TopicAnswer& answer)
{
    if (!answer.value)
        return topic.unit.find("USD") != std::string_view::npos ? TopicsDialog::tr("no price")
                                                                : TopicsDialog::tr("simulated");
    if (topic.unit == "1")
        return number(*answer.value);
    const QString unit = text(topic.unit);
    if (unit.startsWith(QLatin1String("USD per")))
        return quantity(*answer.value, "USD") + TopicsDialog::tr("/M tok");
    return quantity(*answer.value, topic.unit);
}

/// " (80 %: 2.1 to 3.4 s)"; nothing where no step time is in it.
QString bandText(const Topic& topic, const TopicAnswer& answer)
{
    if (!answer.value || !answer.band || !std::isfinite(answer.band->lo) || !(answer.band->hi > answer.band->lo))
        return {};
    const TopicAnswer lo{{}, answer.band->lo}, hi{{}, answer.band->hi};
    return std::isfinite(answer.band->hi)
               ? TopicsDialog::tr(" (80 %: %1 to %2)").arg(resultText(topic, lo), resultText(topic, hi))
               : TopicsDialog::tr(" (80 %: from %1, open above)").arg(resultText(topic, lo));
}

} // namespace

TopicsDialog::TopicsDialog(QWidget* parent)
    : QDialog(parent),
      m_search(new QLineEdit),
      m_tree(new QTreeWidget),
      m_title(new Paragraph),
      m_formula(new Paragraph(Paragraph::Look::box)),
      m_numbers(new Paragraph),
      m_result(new Paragraph),
      m_source(new Paragraph(Paragraph::Look::muted, TextSize::small)),
      m_chart(new QPushButton(tr("Show its &plot")))
{
    setObjectName(QStringLiteral("topics"));
    setWindowTitle(tr("Topics"));
    m_search->setPlaceholderText(tr("Search topics"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(tr("Search topics"));
    makeTree();
    m_title->setBold();
    m_result->setBold();
    auto* left = new QVBoxLayout;
    left->addWidget(m_search);
    left->addWidget(m_tree, 1);
    auto* right = new QVBoxLayout;
    right->setSpacing(10);
    for (QWidget* part : {m_title, m_formula, m_numbers, m_result, m_source})
        right->addWidget(part);
    right->addWidget(m_chart, 0, Qt::AlignLeft);
    right->addStretch(1);
    auto* row = new QHBoxLayout;
    row->setSpacing(20);
    row->addLayout(left, 3);
    row->addLayout(right, 4);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->addLayout(row, 1);
    column->addWidget(buttons);
    resize(900, 600);
    connect(m_search, &QLineEdit::textChanged, this, &TopicsDialog::filter);
    connect(m_tree, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (const Topic* topic = topicOf(item))
            showTopic(*topic);
    });
    connect(m_chart, &QPushButton::clicked, this, [this] {
        if (const Topic* topic = topicOf(m_tree->currentItem()))
            emit chartRequested(ui::text(topic->chart));
    });
    choose(QStringLiteral("1.1"));
}

void TopicsDialog::makeTree()
{
    m_tree->setColumnCount(2);
    m_tree->setHeaderLabels({tr("Topic"), tr("This plan")});
    m_tree->setAccessibleName(tr("Topics"));
    m_tree->setUniformRowHeights(true);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    const QStringList names = sections();
    QTreeWidgetItem* section = nullptr;
    for (const Topic& topic : topics()) {
        const QString id = ui::text(topic.id);
        const int number = id.section(QLatin1Char('.'), 0, 0).toInt();
        if (id.endsWith(QLatin1String(".1"))) {
            section = new QTreeWidgetItem(m_tree, {QStringLiteral("%1  %2").arg(number).arg(names[number - 1])});
            section->setFlags(Qt::ItemIsEnabled);
            section->setFont(0, uiFont(TextSize::body, QFont::DemiBold));
            section->setExpanded(true);
        }
        auto* item = new QTreeWidgetItem(section, {QStringLiteral("%1  %2").arg(id, ui::text(topic.title))});
        item->setData(0, kIdRole, id);
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    }
}

const Topic* TopicsDialog::topicOf(const QTreeWidgetItem* item) const
{
    return item == nullptr ? nullptr : findTopic(item->data(0, kIdRole).toString().toStdString());
}

void TopicsDialog::choose(const QString& id)
{
    for (QTreeWidgetItemIterator it(m_tree); *it != nullptr; ++it)
        if ((*it)->data(0, kIdRole).toString() == id)
            m_tree->setCurrentItem(*it);
}

QString TopicsDialog::currentTopic() const
{
    const QTreeWidgetItem* item = m_tree->currentItem();
    return item == nullptr ? QString() : item->data(0, kIdRole).toString();
}

QString TopicsDialog::text() const
{
    return QStringList{m_title->text(), m_formula->text(), m_numbers->text(), m_result->text(), m_source->text()}.join(
        QLatin1Char('\n'));
}

void TopicsDialog::filter(const QString& words)
{
    for (int s = 0; s < m_tree->topLevelItemCount(); ++s) {
        QTreeWidgetItem* section = m_tree->topLevelItem(s);
        bool any = false;
        for (int i = 0; i < section->childCount(); ++i) {
            QTreeWidgetItem* item = section->child(i);
            const Topic* topic = topicOf(item);
            const bool matches = item->text(0).contains(words, Qt::CaseInsensitive) ||
                                 ui::text(topic->formula).contains(words, Qt::CaseInsensitive) ||
                                 ui::text(topic->source).contains(words, Qt::CaseInsensitive);
            item->setHidden(!matches);
            any = any || matches;
        }
        section->setHidden(!any);
    }
}

void TopicsDialog::display(std::shared_ptr<const Snapshot> snapshot)
{
    m_snapshot = std::move(snapshot);
    refresh();
}

void TopicsDialog::showEvent(QShowEvent* event)
{
    QDialog::showEvent(event);
    refresh();
}

void TopicsDialog::refresh()
{
    if (m_snapshot == nullptr || !isVisible())
        return;
    const PlanResults& now = m_snapshot->now;
    for (QTreeWidgetItemIterator it(m_tree); *it != nullptr; ++it)
        if (const Topic* topic = topicOf(*it))
            (*it)->setText(1, resultText(*topic, topic->answer({*now.plan, *now.evaluator, now.evaluation})));
    if (const Topic* topic = topicOf(m_tree->currentItem()))
        showTopic(*topic);
}

void TopicsDialog::showTopic(const Topic& topic)
{
    m_title->setText(QStringLiteral("%1  %2").arg(ui::text(topic.id), ui::text(topic.title)));
    m_formula->setText(ui::text(topic.formula));
    m_source->setText(topic.simulated ? tr("Source: %1. The simulator measures it too.").arg(ui::text(topic.source))
                                      : tr("Source: %1").arg(ui::text(topic.source)));
    m_chart->setVisible(!topic.chart.empty());
    if (m_snapshot == nullptr)
        return;
    const PlanResults& now = m_snapshot->now;
    const TopicAnswer answer = topic.answer({*now.plan, *now.evaluator, now.evaluation});
    m_numbers->setText(ui::text(answer.substituted));
    m_result->setVisible(answer.value.has_value());
    m_result->setText(QStringLiteral("= ") + resultText(topic, answer) + bandText(topic, answer));
}

} // namespace headroom::ui
