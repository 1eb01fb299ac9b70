// Blocks one under another on numbered pages: first all is laid out, then painted, so "page 3 of 9" is known.
#pragma once

#include "ui/theme.h"

#include <QFont>
#include <QPainter>
#include <QRectF>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QPagedPaintDevice;

namespace headroom::ui {

/// A piece that is never split over pages.
struct Block {
    double height = 0;
    double spaceBefore = 0;    ///< left out at the top of a page
    bool keepWithNext = false; ///< a heading stays with what it heads
    bool startsPage = false;
    std::function<void(QPainter&, const QRectF&)> paint;
    std::shared_ptr<const Block> repeated; ///< painted first where this block begins a page (head of a table)
};

/// A table of texts. Column widths in shares of the page; cells wrap.
struct TextTable {
    std::vector<QString> columns;
    std::vector<double> shares; ///< one per column
    std::vector<bool> numeric;  ///< right-aligned; shorter = left
    std::vector<std::vector<QString>> rows;
    std::optional<std::size_t> emphasized; ///< row in bold
    double cellMargin = 8;                 ///< left and right of a text, pixels
};

/// Shares for the columns of a table on a page of this width, in pixels: each as wide as its longest word at least,
/// the names in the first column in one line where others can give way, what is left in proportion to what the texts would take on one line. Words are broken only where not even the words
/// fit side by side.
std::vector<double> sharesThatFit(const TextTable&, double width);

/// The margin for such a table: narrower where whole words leave too little room for the usual one.
double marginThatFits(const TextTable&, double width);

class PageFlow {
public:
    /// \param content where blocks go on a page, in 96-dpi pixels, below the header and above the footer
    PageFlow(const QRectF& content, const Theme& theme) : m_content(content), m_theme(theme) {}

    double width() const { return m_content.width(); }
    double height() const { return m_content.height(); } ///< of a whole page
    const Theme& theme() const { return m_theme; }

    void title(const QString&, const QString& below);
    void heading(const QString&);
    void newPage() { m_newPage = true; } ///< the next block begins a page
    void subheading(const QString&);
    /// Plain text with **bold** parts, wrapped.
    void paragraph(const QString&);
    /// A paragraph that stays with what follows.
    void lead(const QString&);
    void note(const QString&); ///< small and grey
    /// A note that stays with what stands above it.
    void noteBelow(const QString&);
    void bullet(const QString&);
    void table(const TextTable&);
    void block(Block);
    /// What `fill` adds stands on one page, if one holds it.
    void together(const std::function<void()>& fill);
    /// Blocks side by side, as high as the highest.
    void row(std::vector<Block>, double gap);

    /// Paints all pages. `decorate` paints header and footer: page from 1, of total.
    void paint(QPagedPaintDevice&, const std::function<void(QPainter&, int page, int pages)>& decorate) const;
    int pages() const { return static_cast<int>(arranged().size()); }

private:
    struct Placed {
        const Block* block;
        double top;
    };

    void text(const QString&, const QFont&, const QColor&, double spaceBefore, double indent);
    std::vector<std::vector<Placed>> arranged() const;

    QRectF m_content;
    Theme m_theme;
    std::vector<Block> m_blocks;
    bool m_newPage = false;
};

} // namespace headroom::ui
