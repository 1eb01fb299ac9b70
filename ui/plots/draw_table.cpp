// Tables: a QTableView on screen, lines and text on paper.
#include "ui/plots/chart_body.h"

#include "ui/format.h"

#include <QAbstractTableModel>
#include <QFontMetricsF>
#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTableView>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace headroom::ui {

namespace {

constexpr double kCellMargin = 6, kRowPadding = 9;
constexpr double kBrokenPadding = 5; ///< of a row of two lines

/// Where a cell may break: "280 ms" over "(269–290)", "+1.2 s" over "± 0.3 s"; -1 if nowhere.
qsizetype breakOf(const QString& cell)
{
    const qsizetype aside = cell.lastIndexOf(QLatin1String(" ("));
    return aside >= 0 ? aside : cell.lastIndexOf(QStringLiteral(" ±"));
}

/// In two lines at the space that leaves both about as long.
QString atASpace(QString words)
{
    qsizetype best = -1;
    for (qsizetype at = words.indexOf(QLatin1Char(' ')); at >= 0; at = words.indexOf(QLatin1Char(' '), at + 1))
        if (best < 0 || std::abs(words.size() - 2 * at) < std::abs(words.size() - 2 * best))
            best = at;
    if (best >= 0)
        words[best] = QLatin1Char('\n');
    return words;
}

bool isNumeric(const Table& t, std::size_t column) { return column < t.numeric.size() && t.numeric[column]; }

enum class TooWide { scroll, shrink };
/// Whether cells take two lines: numbers where there is something aside; folded also words and headers.
enum class Cells { whole, broken, folded };

QString inLines(QString cell, bool isNumber, Cells cells)
{
    if (cells == Cells::whole || (cells == Cells::broken && !isNumber))
        return cell;
    if (!isNumber)
        return atASpace(std::move(cell));
    if (const qsizetype at = breakOf(cell); at >= 0)
        cell[at] = QLatin1Char('\n');
    return cell;
}

/// Of its longest line.
double cellWidth(const QString& lines, const QFontMetricsF& metrics)
{
    double width = 0;
    for (const QString& line : lines.split(QLatin1Char('\n')))
        width = std::max(width, metrics.horizontalAdvance(line));
    return width;
}

/// Widths that show every cell, stretched where the table is narrower than `room`.
std::vector<double> columnWidths(
    const Table& t, const QFont& font, double room, TooWide tooWide, Cells cells = Cells::whole)
{
    const QFontMetricsF metrics(font);
    QFont boldFont = font;
    boldFont.setWeight(QFont::DemiBold);
    const QFontMetricsF bold(boldFont); // the highlighted row
    std::vector<double> widths;
    double sum = 0;
    for (std::size_t c = 0; c < t.columns.size(); ++c) {
        double w = cellWidth(inLines(text(t.columns[c]), false, cells), metrics);
        for (const auto& row : t.rows)
            if (c < row.size())
                w = std::max(w, cellWidth(inLines(text(row[c]), isNumeric(t, c), cells), bold));
        widths.push_back(w + 2 * kCellMargin);
        sum += widths.back();
    }
    if (sum <= 0)
        return widths;
    const double extra = room > sum || tooWide == TooWide::shrink ? room - sum : 0;
    for (double& w : widths)
        w += extra > 0 ? extra / static_cast<double>(widths.size()) : extra * w / sum;
    return widths;
}

bool hasAside(const Table& t)
{
    return std::ranges::any_of(t.rows, [](const std::vector<std::string>& row) {
        return std::ranges::any_of(row, [](const std::string& cell) { return breakOf(text(cell)) >= 0; });
    });
}

bool looksLike(const Table& a, const Table& b)
{
    return a.faded == b.faded && a.highlighted == b.highlighted && a.columns == b.columns && a.numeric == b.numeric &&
           a.rows == b.rows;
}

class RowsModel : public QAbstractTableModel {
public:
    using QAbstractTableModel::QAbstractTableModel;

    /// To another table that looks like the one shown.
    void point(const Table* table)
    {
        if (m_table)
            m_table = table;
    }

    void show(const Table* table, const Theme& theme)
    {
        const bool sameShape = m_table && m_rows == table->rows.size() && m_columns == table->columns.size();
        if (!sameShape)
            beginResetModel();
        m_table = table;
        m_rows = table->rows.size();
        m_columns = table->columns.size();
        m_theme = theme;
        if (!sameShape) {
            endResetModel();
            return;
        }
        if (m_rows > 0 && m_columns > 0)
            emit dataChanged(index(0, 0), index(static_cast<int>(m_rows) - 1, static_cast<int>(m_columns) - 1));
        if (m_columns > 0)
            emit headerDataChanged(Qt::Horizontal, 0, static_cast<int>(m_columns) - 1);
    }

    int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows);
    }
    int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_columns);
    }

    QVariant data(const QModelIndex& i, int role) const override
    {
        const auto row = static_cast<std::size_t>(i.row()), column = static_cast<std::size_t>(i.column());
        const bool highlighted = m_table->highlighted == i.row();
        switch (role) {
        case Qt::ToolTipRole:
            if (row < m_table->tips.size() && column < m_table->tips[row].size() && !m_table->tips[row][column].empty())
                return text(m_table->tips[row][column]);
            [[fallthrough]];
        case Qt::DisplayRole:
            return column < m_table->rows[row].size() ? text(m_table->rows[row][column]) : QString();
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(
                (isNumeric(*m_table, column) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        case Qt::FontRole:
            return uiFont(TextSize::small, highlighted ? QFont::DemiBold : QFont::Normal);
        case Qt::BackgroundRole:
            return highlighted ? QVariant(m_theme.selection) : QVariant();
        case Qt::ForegroundRole:
            return m_table->faded ? m_theme.muted : m_theme.text;
        default:
            return {};
        }
    }

    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (orientation != Qt::Horizontal)
            return {};
        const auto column = static_cast<std::size_t>(section);
        if (role == Qt::DisplayRole)
            return text(m_table->columns[column]);
        if (role == Qt::FontRole)
            return uiFont(TextSize::small);
        if (role == Qt::TextAlignmentRole)
            return QVariant::fromValue(
                (isNumeric(*m_table, column) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        return {};
    }

private:
    const Table* m_table = nullptr;
    std::size_t m_rows = 0, m_columns = 0;
    Theme m_theme;
};

/// Cells with the margins of their headers; no focus frame inside a cell.
class CellDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& i) const override
    {
        const QVariant back = i.data(Qt::BackgroundRole);
        if (option.state & QStyle::State_Selected)
            p->fillRect(option.rect, option.palette.color(QPalette::AlternateBase));
        if (back.isValid())
            p->fillRect(option.rect, back.value<QColor>());
        const QRectF cell = QRectF(option.rect).adjusted(kCellMargin, 0, -kCellMargin, 0);
        const auto font = i.data(Qt::FontRole).value<QFont>();
        p->setFont(font);
        p->setPen(i.data(Qt::ForegroundRole).value<QColor>());
        const QFontMetricsF metrics(font);
        QString words = i.data().toString();
        const bool fits = metrics.horizontalAdvance(words) <= cell.width() + 1;
        if (const qsizetype at = breakOf(words); !fits && at >= 0)
            words[at] = QLatin1Char('\n'); // the columns were made for that
        else
            words = metrics.elidedText(words, Qt::ElideRight, cell.width() + 1);
        p->drawText(cell, i.data(Qt::TextAlignmentRole).toInt(), words);
    }
};

class RowsView : public QTableView {
public:
    using QTableView::QTableView;
    void point(const Table* table)
    {
        if (m_table)
            m_table = table;
    }
    /// Cells break over two lines where the table would else be wider than the view.
    void fitColumns(const Table& t)
    {
        const QFont font = uiFont(TextSize::small);
        const double room = viewport()->width();
        std::vector<double> widths = columnWidths(t, font, room, TooWide::scroll);
        const bool broken = std::accumulate(widths.begin(), widths.end(), 0.0) > room + 1 && hasAside(t);
        if (broken)
            widths = columnWidths(t, font, room, TooWide::scroll, Cells::broken);
        const double line = QFontMetricsF(font).height();
        verticalHeader()->setDefaultSectionSize(
            static_cast<int>(std::ceil(broken ? 2 * line + kBrokenPadding : line + kRowPadding)));
        for (std::size_t c = 0; c < widths.size(); ++c)
            setColumnWidth(static_cast<int>(c), static_cast<int>(widths[c]));
        m_table = &t;
    }

protected:
    void resizeEvent(QResizeEvent* e) override
    {
        QTableView::resizeEvent(e);
        if (m_table)
            fitColumns(*m_table);
    }

private:
    const Table* m_table = nullptr;
};

class TableBody : public ChartBody {
public:
    explicit TableBody(QWidget* parent) : m_view(new RowsView(parent)), m_model(new RowsModel(m_view))
    {
        m_view->setModel(m_model);
        m_view->setItemDelegate(new CellDelegate(m_view));
        m_view->setFrameShape(QFrame::NoFrame);
        m_view->setShowGrid(false);
        m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
        m_view->setSelectionMode(QAbstractItemView::SingleSelection);
        m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
        m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
        m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
        m_view->verticalHeader()->hide();
        m_view->verticalHeader()->setDefaultSectionSize(rowHeight(uiFont(TextSize::small)));
        m_view->verticalHeader()->setMinimumSectionSize(16);
        m_view->horizontalHeader()->setHighlightSections(false);
        m_view->setTabKeyNavigation(false);
    }
    ~TableBody() override { delete m_view; }

    QWidget* widget() override { return m_view; }
    bool draws(const ChartSpec& c) const override { return std::holds_alternative<Table>(c.body); }

    void show(const ChartSpec& chart, const Theme& theme) override
    {
        const Table* before = m_table; // still there: charts are put in its place after show()
        m_table = &std::get<Table>(chart.body);
        // Under a slider the fleets of every GPU stay those of an older plan: nothing to lay out and paint anew.
        const bool same = before != nullptr && looksLike(*m_table, *before) && theme.card == m_theme.card;
        m_theme = theme;
        m_model->point(m_table);
        m_view->point(m_table);
        if (same)
            return;
        m_view->setAccessibleName(QString::fromStdString(chart.title));
        m_model->show(m_table, theme);
        m_view->fitColumns(*m_table);
    }

    void paint(QPainter& p, const QRectF& where) override
    {
        const Print print = printOf(where.width());
        const QFont& font = print.font;
        QFont bold = font;
        bold.setWeight(QFont::DemiBold);
        const double height = rowHeight(font) + (print.cells == Cells::folded ? QFontMetricsF(font).height() : 0);
        p.save();
        p.setFont(font);
        paintRow(p, where.left(), where.top(), height, print, m_table->columns, m_theme.muted, true);
        double y = where.top() + height;
        p.setPen(QPen(m_theme.line, 1));
        p.drawLine(QLineF(where.left(), y, where.right(), y));
        std::size_t shown = 0;
        for (; shown < m_table->rows.size() && y + height <= where.bottom() + 0.5; ++shown, y += height) {
            const bool highlighted = m_table->highlighted == static_cast<int>(shown);
            if (highlighted)
                p.fillRect(QRectF(where.left(), y, where.width(), height), m_theme.selection);
            p.setFont(highlighted ? bold : font);
            paintRow(p, where.left(), y, height, print, m_table->rows[shown],
                m_table->faded ? m_theme.muted : m_theme.text, false);
        }
        p.restore();
    }

    std::optional<Hit> hit(QPointF at) const override
    {
        const QModelIndex i = m_view->indexAt(m_view->viewport()->mapFromParent(at.toPoint()));
        return i.isValid() ? std::optional(Hit{0, i.row()}) : std::nullopt;
    }

private:
    static int rowHeight(const QFont& font)
    {
        return static_cast<int>(std::ceil(QFontMetricsF(font).height() + kRowPadding));
    }

    /// How a table comes on paper, which does not scroll.
    struct Print {
        QFont font;
        Cells cells = Cells::whole;
        std::vector<double> widths;
    };
    /// Whole cells where there is room; else in two lines, and smaller where that is still too wide.
    Print printOf(double room) const
    {
        const auto needed = [&](const QFont& font, Cells cells) {
            const auto widths = columnWidths(*m_table, font, 0, TooWide::scroll, cells);
            return std::accumulate(widths.begin(), widths.end(), 0.0);
        };
        Print print{printFont(TextSize::small), Cells::whole, {}};
        if (needed(print.font, Cells::whole) > room + 1) {
            print.cells = Cells::folded;
            const int size = print.font.pixelSize(), smallest = size * 2 / 3;
            for (int pixels = size; pixels >= smallest && needed(print.font, print.cells) > room + 1; --pixels)
                print.font.setPixelSize(pixels);
        }
        print.widths = columnWidths(*m_table, print.font, room, TooWide::shrink, print.cells);
        return print;
    }

    void paintRow(QPainter& p, double x, double y, double height, const Print& print,
        const std::vector<std::string>& cells, const QColor& color, bool isHeader) const
    {
        const QFontMetricsF metrics(p.font());
        p.setPen(color);
        for (std::size_t c = 0; c < std::min(cells.size(), print.widths.size()); ++c) {
            const QRectF cell(x + kCellMargin, y, print.widths[c] - 2 * kCellMargin, height);
            const QString whole = text(cells[c]);
            const bool fits = metrics.horizontalAdvance(whole) <= cell.width() + 1;
            QStringList lines = inLines(whole, !isHeader && isNumeric(*m_table, c), fits ? Cells::whole : print.cells)
                                    .split(QLatin1Char('\n'));
            for (QString& line : lines)
                line = metrics.elidedText(line, Qt::ElideRight, cell.width() + 1);
            p.drawText(cell,
                static_cast<int>((isNumeric(*m_table, c) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter),
                lines.join(QLatin1Char('\n')));
            x += print.widths[c];
        }
    }

    RowsView* m_view;
    RowsModel* m_model; ///< the view owns it
    const Table* m_table = nullptr;
    Theme m_theme;
};

} // namespace

std::unique_ptr<ChartBody> makeTableBody(QWidget* parent) { return std::make_unique<TableBody>(parent); }

} // namespace headroom::ui
