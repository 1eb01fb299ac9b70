#include "ui/panels/row_table.h"

#include <QHeaderView>
#include <QResizeEvent>
#include <QScrollBar>

#include <algorithm>
#include <numeric>

namespace headroom::ui {

namespace {

constexpr int kRowHeight = 26;
constexpr int kLeastWords = 14; // characters across of a column that breaks its words
constexpr int kAboutLines = 8;  // room above and below the lines of a row

Qt::Alignment alignment(int column, int firstNumber)
{
    return (column < firstNumber ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter;
}

} // namespace

RowTable::RowTable(const QString& name, Kind kind) : m_kind(kind)
{
    setAccessibleName(name);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setShowGrid(false);
    setStyleSheet(QStringLiteral("QTableView::item { padding: 0 6px; }")); // under the words of the header
    verticalHeader()->hide();
    verticalHeader()->setMinimumSectionSize(kRowHeight);
    verticalHeader()->setDefaultSectionSize(kRowHeight);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->setStretchLastSection(kind == Kind::many);
    setWordWrap(kind == Kind::words);
    if (kind == Kind::many)
        return;
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void RowTable::fill(const QStringList& header, const std::vector<QStringList>& rows, int firstNumber)
{
    if (header == m_header && rows == m_rows)
        return;
    if (header != m_header) {
        setColumnCount(static_cast<int>(header.size()));
        setHorizontalHeaderLabels(header);
        for (int c = 0; c < columnCount(); ++c)
            horizontalHeaderItem(c)->setTextAlignment(alignment(c, firstNumber));
    }
    setRowCount(static_cast<int>(rows.size()));
    for (int r = 0; r < rowCount(); ++r)
        for (int c = 0; c < columnCount(); ++c)
            write(r, c, rows[static_cast<std::size_t>(r)].value(c), alignment(c, firstNumber));
    m_header = header;
    m_rows = rows;
    m_widths.clear();
    for (int c = 0; c < columnCount(); ++c)
        m_widths.push_back(std::max(
            std::as_const<QAbstractItemView>(*this).sizeHintForColumn(c), horizontalHeader()->sectionSizeHint(c)));
    fit();
}

void RowTable::write(int row, int column, const QString& words, Qt::Alignment alignment)
{
    QTableWidgetItem* cell = item(row, column);
    if (cell == nullptr) {
        cell = new QTableWidgetItem;
        setItem(row, column, cell);
    } else if (cell->text() == words) {
        return;
    }
    cell->setTextAlignment(alignment);
    cell->setText(words);
    cell->setToolTip(words);
}

int RowTable::wantedWidth() const { return std::accumulate(m_widths.begin(), m_widths.end(), 2 * frameWidth()); }

void RowTable::fit()
{
    if (m_widths.empty())
        return;
    const int room = width() - 2 * frameWidth();
    const int others = std::accumulate(m_widths.begin(), m_widths.end() - 1, 0);
    std::vector<int> widths = m_widths;
    if (m_kind == Kind::words)
        widths.back() =
            std::max(room - others, std::min(m_widths.back(), kLeastWords * fontMetrics().averageCharWidth()));
    for (int c = 0; c < columnCount(); ++c)
        setColumnWidth(c, widths[static_cast<std::size_t>(c)]);
    if (m_kind == Kind::many)
        return;
    for (int r = 0; wordWrap() && r < rowCount(); ++r)
        setRowHeight(r, std::max(kRowHeight, std::as_const<QAbstractItemView>(*this).sizeHintForRow(r) + kAboutLines));
    const bool isWide = others + widths.back() > room;
    setFixedHeight(2 * frameWidth() + horizontalHeader()->sizeHint().height() + verticalHeader()->length() +
                   (isWide ? horizontalScrollBar()->sizeHint().height() : 0));
}

void RowTable::resizeEvent(QResizeEvent* event)
{
    QTableWidget::resizeEvent(event);
    if (event->oldSize().width() != event->size().width())
        fit();
}

} // namespace headroom::ui
