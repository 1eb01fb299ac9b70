#include "ui/panels/compare_page.h"

#include "core/snapshot.h"
#include "ui/document.h"
#include "ui/format.h"
#include "ui/plots/pin_look.h"

#include <QAbstractItemDelegate>
#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollBar>
#include <QStyleOptionViewItem>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace headroom::ui {

namespace {

constexpr int kRowHeight = 26;
constexpr int kPadding = 2 * 11; ///< beside the text of a cell, or more than there is
constexpr int kFirstPinned = 2;  ///< column: after the names and the open plan

QFont boldOf(QFont font)
{
    font.setBold(true);
    return font;
}

} // namespace

ComparePage::ComparePage(QWidget* parent)
    : QWidget(parent),
      m_sentence(new QLabel),
      m_table(new QTableWidget),
      m_equal(new QCheckBox(tr("Show what is &equal"))),
      m_pin(new QPushButton(tr("&Pin this plan"))),
      m_copy(new QPushButton(tr("Copy &differences"))),
      m_copyCsv(new QPushButton(tr("Copy as CS&V")))
{
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(12);
    m_sentence->setWordWrap(true);
    auto* top = new QHBoxLayout;
    top->addWidget(m_sentence, 1);
    top->addWidget(m_equal);
    top->addWidget(m_copy);
    top->addWidget(m_copyCsv);
    top->addWidget(m_pin);
    column->addLayout(top);
    m_table->setAccessibleName(tr("Plans side by side"));
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->verticalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setHighlightSections(false);
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_table->setShowGrid(false);
    m_table->setWordWrap(true);
    m_table->setStyleSheet(QStringLiteral("QTableView::item { padding: 0 6px; }")); // under the words of the header
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setStretchLastSection(true);
    column->addWidget(m_table, 1);
    column->addStretch(0); // below a table that is as high as its rows
    m_table->horizontalHeader()->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_table->horizontalHeader(), &QWidget::customContextMenuRequested, this, &ComparePage::offerUnpin);
    m_table->viewport()->installEventFilter(this);
    m_refit.setSingleShot(true);
    m_refit.setInterval(0);
    connect(&m_refit, &QTimer::timeout, this, &ComparePage::fit);
    connect(m_pin, &QPushButton::clicked, this, &ComparePage::pinRequested);
    m_copy->setToolTip(tr("What differs, as lines of text for a mail or a ticket"));
    m_copyCsv->setToolTip(tr("All results and settings with all digits, for a spreadsheet"));
    connect(m_copy, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(differencesText(*m_shown)); });
    connect(m_copyCsv, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(text(compareCsv(*m_shown))); });
    connect(m_equal, &QCheckBox::toggled, this, [this](bool on) {
        for (int r = 0; r < m_table->rowCount(); ++r)
            m_table->setRowHidden(r, !on && m_table->item(r, 0)->data(Qt::UserRole).toBool());
        fit();
    });
}

int ComparePage::rowCount() const
{
    int shown = 0;
    for (int r = 0; r < m_table->rowCount(); ++r)
        shown += m_table->isRowHidden(r) ? 0 : 1;
    return shown;
}

void ComparePage::display(std::shared_ptr<const Snapshot> shown)
{
    m_shown = std::move(shown);
    const Snapshot& snapshot = *m_shown;
    const bool alone = snapshot.pinned.empty();
    const std::vector<CompareRow> rows = compare(snapshot);
    const auto differing = std::ranges::count_if(rows, [](const CompareRow& r) { return r.differs && !r.result; });
    m_sentence->setText(
        alone ? tr("Pin the plan as it is now, then change something: both stand here side by side, and the pinned one "
                   "stays in every plot as a dashed ghost.")
        : differing == 0 ? tr("No setting differs from the pinned plans, so the results are the same.")
        : differing == 1
            ? tr("One setting differs from the pinned plans. Results first, then what differs.")
            : tr("%1 settings differ from the pinned plans. Results first, then what differs.").arg(differing));
    m_copy->setEnabled(!alone);
    const bool isFull = snapshot.pinned.size() >= Document::kMaxPinned;
    m_pin->setEnabled(!isFull);
    m_pin->setToolTip(
        isFull ? tr("%1 plans are pinned, which is all there is room for").arg(Document::kMaxPinned) : QString());
    m_equal->setVisible(!alone);
    fill(snapshot, rows);
}

void ComparePage::fill(const Snapshot& snapshot, const std::vector<CompareRow>& rows)
{
    const std::vector<const PlanResults*> plans = plansOf(snapshot);
    QStringList headers{tr("Result or setting"), tr("Now")};
    for (std::size_t i = 1; i < plans.size(); ++i)
        headers.append(QChar(QChar::Nbsp) + text(plans[i]->name)); // apart from its line
    const bool isOther = m_table->columnCount() != static_cast<int>(headers.size());
    m_table->setColumnCount(static_cast<int>(headers.size()));
    m_table->setHorizontalHeaderLabels(headers);
    if (isOther) // a move of a slider leaves them
        showLines();
    m_table->setRowCount(static_cast<int>(rows.size()));
    for (int r = 0; r < m_table->rowCount(); ++r) {
        const CompareRow& row = rows[static_cast<std::size_t>(r)];
        const QString name = row.unit.isEmpty() ? row.name : QStringLiteral("%1, %2").arg(row.name, row.unit);
        for (int c = 0; c < m_table->columnCount(); ++c) {
            QTableWidgetItem* item = m_table->item(r, c);
            if (item == nullptr)
                m_table->setItem(r, c, item = new QTableWidgetItem);
            const QString& words = c == 0 ? name : row.values[static_cast<std::size_t>(c - 1)];
            item->setText(unbroken(words));
            item->setToolTip(words);
            QFont font = item->font();
            font.setBold(row.differs && c > 0 && plans.size() > 1);
            item->setFont(font);
        }
        if (m_table->verticalHeaderItem(r) == nullptr)
            m_table->setVerticalHeaderItem(r, new QTableWidgetItem);
        m_table->verticalHeaderItem(r)->setText(name); // it stays in sight when many plans scroll
        const bool equal = !row.differs && !row.result;
        m_table->item(r, 0)->setData(Qt::UserRole, equal);
        m_table->setRowHidden(r, equal && !m_equal->isChecked());
    }
    m_table->setColumnHidden(0, true);
    fit();
}

void ComparePage::offerUnpin(const QPoint& at)
{
    const int column = m_table->horizontalHeader()->logicalIndexAt(at);
    if (column < kFirstPinned)
        return;
    QMenu menu;
    const QString name = m_table->horizontalHeaderItem(column)->text().trimmed();
    QAction* unpin = menu.addAction(tr("&Unpin %1").arg(QString(name).replace(QLatin1Char('&'), QLatin1String("&&"))));
    if (menu.exec(m_table->horizontalHeader()->mapToGlobal(at)) == unpin)
        emit unpinRequested(column - kFirstPinned);
}

/// The head of a pinned plan shows how its curves look in the plots.
void ComparePage::showLines()
{
    for (int c = kFirstPinned; c < m_table->columnCount(); ++c)
        m_table->horizontalHeaderItem(c)->setIcon(pinIcon(c - kFirstPinned + 1, *m_theme));
}

void ComparePage::setTheme(const Theme& theme)
{
    m_theme = &theme;
    showLines();
}

bool ComparePage::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize) { // longer names of rows take room from the columns
        const auto* resize = static_cast<QResizeEvent*>(event);
        if (resize->size().width() != resize->oldSize().width())
            m_refit.start(); // not now: a table may be in the midst of being filled
    }
    return QWidget::eventFilter(watched, event);
}

void ComparePage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    layout()->activate(); // the table has its new width
    m_widths.clear();
    fit();
}

namespace {

/// Of a text as its item would write it in one line.
class TextWidth {
public:
    explicit TextWidth(const QFont& font) : m_plain(font), m_bold(boldOf(font)) {}
    int operator()(const QTableWidgetItem& item) const
    {
        return (item.font().bold() ? m_bold : m_plain).horizontalAdvance(item.text());
    }

private:
    QFontMetrics m_plain, m_bold;
};

} // namespace

void ComparePage::fit()
{
    if (m_table->columnCount() == 0)
        return;
    fitColumns();
    fitRows();
    m_table->setMaximumHeight(2 * m_table->frameWidth() + m_table->horizontalHeader()->sizeHint().height() +
                              m_table->verticalHeader()->length() +
                              m_table->horizontalScrollBar()->sizeHint().height());
}

/// Columns are as wide as their texts, up to where these wrap: wider ones widen them, so that a moving slider does not make
/// them tremble. They share the room there is, and wrap earlier where several plans stand side by side.
void ComparePage::fitColumns()
{
    constexpr int kLeast = 120, kLeastMost = 170, kMostMost = 420, kLine = 20;
    const TextWidth widthOf(m_table->font());
    if (m_widths.size() != static_cast<std::size_t>(m_table->columnCount()))
        m_widths.clear();
    const int share = m_table->viewport()->width() / std::max(1, m_table->columnCount() - 1); // the names stand beside
    const int most = std::clamp(share, kLeastMost, kMostMost);
    m_widths.resize(static_cast<std::size_t>(m_table->columnCount()), kLeast);
    for (int c = 0; c < m_table->columnCount(); ++c) {
        int& width = m_widths[static_cast<std::size_t>(c)];
        width = std::max(std::min(width, most),
            widthOf(*m_table->horizontalHeaderItem(c)) + kPadding + (c >= kFirstPinned ? kLine : 0));
        for (int r = 0; r < m_table->rowCount(); ++r)
            if (!m_table->isRowHidden(r))
                width = std::max(width, std::min(most, widthOf(*m_table->item(r, c)) + kPadding));
        m_table->setColumnWidth(c, width);
    }
}

void ComparePage::fitRows()
{
    constexpr int kAboutLines = 8;
    const TextWidth widthOf(m_table->font());
    QStyleOptionViewItem option;
    option.initFrom(m_table);
    option.widget = m_table;
    option.features = QStyleOptionViewItem::WrapText;
    for (int r = 0; r < m_table->rowCount(); ++r) {
        int height = kRowHeight;
        for (int c = 1; c < m_table->columnCount() && !m_table->isRowHidden(r); ++c) {
            option.rect.setWidth(m_table->columnWidth(c)); // the last takes what is left
            if (widthOf(*m_table->item(r, c)) + kPadding <= option.rect.width())
                continue; // nearly all: to lay a text out takes far longer
            const QSize lines = m_table->itemDelegate()->sizeHint(option, m_table->model()->index(r, c));
            height = std::max(height, lines.height() + kAboutLines);
        }
        m_table->setRowHeight(r, height);
    }
}

} // namespace headroom::ui
