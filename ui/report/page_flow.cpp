#include "ui/report/page_flow.h"

#include "ui/format.h"

#include <QFontMetricsF>
#include <QPagedPaintDevice>
#include <QTextLayout>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr double kDotsPerInch = 96; // the pixel of all sizes here
constexpr double kLineSpacing = 1.25;
constexpr double kRowPadding = 2;

/// Text with **bold** parts, laid out once and painted where it lands.
struct WrappedText {
    std::shared_ptr<QTextLayout> layout;
    double height = 0;
};

WrappedText wrapped(const QString& marked, const QFont& font, double width, Qt::Alignment alignment = Qt::AlignLeft)
{
    QString plain;
    QList<QTextLayout::FormatRange> formats;
    const QStringList parts = marked.split(QStringLiteral("**"));
    for (qsizetype i = 0; i < parts.size(); ++i) {
        const QString part = unbroken(parts[i]);
        if (i % 2 == 1) {
            QTextLayout::FormatRange range;
            range.start = static_cast<int>(plain.size());
            range.length = static_cast<int>(part.size());
            range.format.setFontWeight(QFont::DemiBold);
            formats << range;
        }
        plain += part;
    }
    WrappedText out{std::make_shared<QTextLayout>(plain, font), 0};
    QTextOption option(alignment);
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    out.layout->setTextOption(option);
    out.layout->setFormats(formats);
    out.layout->beginLayout();
    for (QTextLine line = out.layout->createLine(); line.isValid(); line = out.layout->createLine()) {
        line.setLineWidth(width);
        line.setPosition({0, out.height});
        out.height += std::ceil(line.height() * kLineSpacing);
    }
    out.layout->endLayout();
    return out;
}

Block rowOf(const std::vector<QString>& cells, const TextTable& t, const QFont& font, const QColor& color, double width)
{
    std::vector<WrappedText> texts;
    std::vector<double> lefts;
    double height = 0, left = 0;
    for (std::size_t c = 0; c < t.columns.size(); ++c) {
        const double w = t.shares[c] * width;
        const bool numeric = c < t.numeric.size() && t.numeric[c];
        texts.push_back(wrapped(c < cells.size() ? cells[c] : QString(), font, std::max(1.0, w - 2 * t.cellMargin),
            numeric ? Qt::AlignRight : Qt::AlignLeft));
        lefts.push_back(left + t.cellMargin);
        height = std::max(height, texts.back().height);
        left += w;
    }
    Block b;
    b.height = height + 2 * kRowPadding;
    b.paint = [texts, lefts, color](QPainter& p, const QRectF& r) {
        p.setPen(color);
        for (std::size_t c = 0; c < texts.size(); ++c)
            texts[c].layout->draw(&p, r.topLeft() + QPointF(lefts[c], kRowPadding));
    };
    return b;
}

Block underlined(Block b, const QColor& color)
{
    b.paint = [inner = b.paint, color](QPainter& p, const QRectF& r) {
        inner(p, r);
        p.setPen(QPen(color, 0.75));
        p.drawLine(r.bottomLeft(), r.bottomRight());
    };
    return b;
}

/// Pixels of a text on one line, and of its longest word.
struct TextWidth {
    double line = 0, word = 0;
    void widen(const QString& cell, const QFontMetricsF& metrics)
    {
        const QString words = unbroken(cell); // as it is laid out
        line = std::max(line, metrics.horizontalAdvance(words));
        for (const QString& one : words.split(QLatin1Char(' ')))
            word = std::max(word, metrics.horizontalAdvance(one));
    }
};

constexpr double kRounding = 1; ///< breaks no word either

std::vector<TextWidth> columnWidths(const TextTable& t)
{
    const QFontMetricsF metrics(printFont(TextSize::small, QFont::DemiBold)); // as wide as the emphasized row
    std::vector<TextWidth> texts(t.columns.size());
    for (std::size_t c = 0; c < texts.size(); ++c) {
        texts[c].widen(t.columns[c], metrics);
        for (const auto& row : t.rows)
            if (c < row.size())
                texts[c].widen(row[c], metrics);
    }
    return texts;
}

} // namespace

double marginThatFits(const TextTable& t, double width)
{
    constexpr double kLeast = 3;
    constexpr double kNames = 0.2; // of the table, for names in one line
    const std::vector<TextWidth> texts = columnWidths(t);
    double words = texts.empty() ? 0 : std::max(0.0, std::min(texts[0].line, kNames * width) - texts[0].word);
    for (const TextWidth& text : texts)
        words += text.word + kRounding;
    const double room = (width - words) / (2 * std::max(1.0, static_cast<double>(t.columns.size())));
    return std::clamp(room, std::min(kLeast, t.cellMargin), t.cellMargin);
}

std::vector<double> sharesThatFit(const TextTable& t, double width)
{
    std::vector<TextWidth> texts = columnWidths(t);
    const double padding = 2 * t.cellMargin + kRounding;
    double words = 0, rest = 0;
    for (const TextWidth& text : texts) {
        words += text.word + padding;
        rest += text.line - text.word;
    }
    constexpr double kWidestNames = 1.0 / 3; // of the table
    if (!texts.empty()) {                    // a name in four lines is harder to read than a figure above its range
        TextWidth& names = texts.front();
        const double taken = std::clamp(
            std::min(width - words, kWidestNames * width - names.word - padding), 0.0, names.line - names.word);
        names.word += taken;
        words += taken;
        rest -= taken;
    }
    const double stretch = rest > 0 ? std::clamp((width - words) / rest, 0.0, 1.0) : 0.0;
    double sum = 0;
    std::vector<double> shares;
    for (const TextWidth& text : texts)
        sum += shares.emplace_back(text.word + padding + stretch * (text.line - text.word));
    for (double& share : shares)
        share /= sum;
    return shares;
}

void PageFlow::block(Block b)
{
    b.startsPage = b.startsPage || m_newPage;
    m_newPage = false;
    m_blocks.push_back(std::move(b));
}

void PageFlow::text(const QString& s, const QFont& font, const QColor& color, double spaceBefore, double indent)
{
    const WrappedText t = wrapped(s, font, width() - indent);
    Block b;
    b.height = t.height;
    b.spaceBefore = spaceBefore;
    b.paint = [t, color, indent](QPainter& p, const QRectF& r) {
        p.setPen(color);
        t.layout->draw(&p, r.topLeft() + QPointF(indent, 0));
    };
    block(std::move(b));
}

void PageFlow::title(const QString& s, const QString& below)
{
    text(s, printFont(TextSize::large, QFont::Bold), m_theme.text, 0, 0);
    text(below, printFont(TextSize::body), m_theme.muted, 2, 0);
}

void PageFlow::heading(const QString& s)
{
    QFont font = printFont(TextSize::body, QFont::Bold);
    font.setPixelSize(15);
    text(s, font, m_theme.text, 22, 0);
    m_blocks.back().keepWithNext = true;
}

void PageFlow::subheading(const QString& s)
{
    text(s, printFont(TextSize::body, QFont::DemiBold), m_theme.text, 12, 0);
    m_blocks.back().keepWithNext = true;
}

void PageFlow::paragraph(const QString& s) { text(s, printFont(TextSize::body), m_theme.text, 6, 0); }

void PageFlow::lead(const QString& s)
{
    paragraph(s);
    m_blocks.back().keepWithNext = true;
}

void PageFlow::note(const QString& s) { text(s, printFont(TextSize::small), m_theme.muted, 4, 0); }

void PageFlow::noteBelow(const QString& s)
{
    if (!m_blocks.empty())
        m_blocks.back().keepWithNext = true;
    note(s);
}

void PageFlow::together(const std::function<void()>& fill)
{
    const std::size_t first = m_blocks.size();
    fill();
    double height = 0;
    for (std::size_t i = first; i < m_blocks.size(); ++i)
        height += (i > first ? m_blocks[i].spaceBefore : 0) + m_blocks[i].height;
    if (height > m_content.height())
        return;
    for (std::size_t i = first; i + 1 < m_blocks.size(); ++i)
        m_blocks[i].keepWithNext = true;
}

void PageFlow::bullet(const QString& s)
{
    text(s, printFont(TextSize::body), m_theme.text, 3, 14);
    m_blocks.back().paint = [inner = m_blocks.back().paint, color = m_theme.muted](QPainter& p, const QRectF& r) {
        inner(p, r);
        p.setPen(Qt::NoPen);
        p.setBrush(color);
        p.drawEllipse(r.topLeft() + QPointF(4, 8), 1.8, 1.8);
    };
}

void PageFlow::table(const TextTable& t)
{
    const QFont plain = printFont(TextSize::small), bold = printFont(TextSize::small, QFont::DemiBold);
    const auto head =
        std::make_shared<const Block>(underlined(rowOf(t.columns, t, plain, m_theme.muted, width()), m_theme.muted));
    constexpr std::size_t kUnbrokenRows = 5;
    Block first = *head;
    first.spaceBefore = 8;
    first.keepWithNext = true;
    block(first);
    for (std::size_t i = 0; i < t.rows.size(); ++i) {
        const bool emphasized = t.emphasized == i;
        Block b = underlined(rowOf(t.rows[i], t, emphasized ? bold : plain, m_theme.text, width()), m_theme.grid);
        if (emphasized)
            b.paint = [inner = b.paint, back = m_theme.selection](QPainter& p, const QRectF& r) {
                p.fillRect(r, back);
                inner(p, r);
            };
        b.repeated = head;
        const bool isShort = t.rows.size() <= kUnbrokenRows && i + 1 < t.rows.size();
        b.keepWithNext = isShort || (i == 0 && t.rows.size() > 1) || i + 2 == t.rows.size(); // no row alone on a page
        block(std::move(b));
    }
}

void PageFlow::row(std::vector<Block> cells, double gap)
{
    const double n = static_cast<double>(cells.size());
    const double cellWidth = (width() - gap * (n - 1)) / n;
    Block b;
    for (const Block& c : cells) {
        b.height = std::max(b.height, c.height);
        b.spaceBefore = std::max(b.spaceBefore, c.spaceBefore);
    }
    b.paint = [cells = std::move(cells), cellWidth, gap](QPainter& p, const QRectF& r) {
        double left = r.left();
        for (const Block& c : cells) {
            if (c.paint)
                c.paint(p, QRectF(left, r.top(), cellWidth, c.height));
            left += cellWidth + gap;
        }
    };
    block(std::move(b));
}

std::vector<std::vector<PageFlow::Placed>> PageFlow::arranged() const
{
    std::vector<std::vector<Placed>> pages(1);
    double y = m_content.top();
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        const Block& b = m_blocks[i];
        // What must stay together: this block and, after headings, the first block that is not one.
        double together = b.height;
        for (std::size_t k = i; m_blocks[k].keepWithNext && k + 1 < m_blocks.size(); ++k)
            together += m_blocks[k + 1].spaceBefore + m_blocks[k + 1].height;
        const bool empty = pages.back().empty();
        if (!empty && (b.startsPage || y + b.spaceBefore + together > m_content.bottom())) {
            pages.emplace_back();
            y = m_content.top();
            if (b.repeated) {
                pages.back().push_back({b.repeated.get(), y});
                y += b.repeated->height;
            }
        } else if (!empty) {
            y += b.spaceBefore;
        }
        pages.back().push_back({&b, y});
        y += b.height;
    }
    return pages;
}

void PageFlow::paint(
    QPagedPaintDevice& device, const std::function<void(QPainter&, int page, int pages)>& decorate) const
{
    const auto pages = arranged();
    QPainter p(&device);
    p.setRenderHint(QPainter::Antialiasing);
    p.scale(device.logicalDpiX() / kDotsPerInch, device.logicalDpiY() / kDotsPerInch);
    for (std::size_t i = 0; i < pages.size(); ++i) {
        if (i > 0)
            device.newPage();
        decorate(p, static_cast<int>(i) + 1, static_cast<int>(pages.size()));
        for (const Placed& placed : pages[i]) {
            p.save();
            placed.block->paint(p, QRectF(m_content.left(), placed.top, m_content.width(), placed.block->height));
            p.restore();
        }
    }
}

} // namespace headroom::ui
