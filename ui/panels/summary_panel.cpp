#include "ui/panels/summary_panel.h"

#include "ui/format.h"

#include "ui/panels/notice_bar.h"

#include <QLabel>
#include <QPainter>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace headroom::ui {

namespace {

constexpr int kTileHeight = 80;
/// In two rows the word stands beside the label, so that the plots below keep their height.
constexpr int kCompactHeight = 54;
/// Narrower than this and the words under the numbers no longer fit: the strip takes two rows.
constexpr int kLeastWidth = 120;
constexpr int kRowsWhenNarrow = 2;
constexpr int kPad = 10;
constexpr int kBesideValue = 5; ///< between the number and its unit or band
constexpr int kBetween = 6;     ///< at least, between a text at the left and one at the right
/// Relative widths: the first tile and those with a band beside the number need more room.
constexpr std::array<double, kTiles> kShare{1.12, 1.22, 1.13, 0.97, 0.97, 1.08, 1.14};
/// The same where the word stands beside the label.
constexpr std::array<double, kTiles> kCompactShare{1.1, 1.1, 1.13, 1.06, 1, 1, 1};

} // namespace

TileButton::TileButton(QWidget* parent) : QAbstractButton(parent)
{
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_OpaquePaintEvent);
}

void TileButton::setTile(const Tile& tile, const Theme& theme)
{
    m_tile = tile;
    m_theme = &theme;
    setText(tile.label);
    setAccessibleName(tile.label);
    const QString all = tileText(tile);
    setAccessibleDescription(all);
    setToolTip(unbroken(QStringLiteral("%1: %2").arg(tile.label, all)));
    update();
}

QSize TileButton::sizeHint() const { return {kLeastWidth, kTileHeight}; }

QSize TileButton::minimumSizeHint() const { return {60, kCompactHeight}; }

void TileButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const bool verdictTile = m_tile.topic == QLatin1String("headroom");
    // Only the verdict itself and what is wrong have a coloured ground: seven coloured tiles would say nothing.
    const bool coloured = verdictTile || m_tile.mood == Mood::bad;
    painter.fillRect(rect(), coloured       ? moodGround(*m_theme, m_tile.mood)
                             : underMouse() ? m_theme->field
                                            : m_theme->card);
    painter.setPen(coloured ? m_theme->card : m_theme->grid); // two red tiles side by side are two
    painter.drawLine(width() - 1, 0, width() - 1, height());
    if (hasFocus()) {
        painter.setPen(QPen(m_theme->accent, 2));
        painter.drawRect(rect().adjusted(1, 1, -2, -1));
    }
    const Texts shown = texts();
    const bool compact = height() < kTileHeight;
    const int room = width() - 2 * kPad;
    const int labelTop = compact ? 6 : 9, valueTop = compact ? 23 : 26;
    const QRect labelLine(kPad, labelTop, room, 16), valueLine(kPad, valueTop, room, 26);
    const QFont small = uiFont(TextSize::small), large = uiFont(TextSize::large, QFont::DemiBold);
    painter.setFont(small);
    painter.setPen(m_theme->muted);
    painter.drawText(labelLine, Qt::AlignLeft | Qt::AlignVCenter, m_tile.label);
    painter.setFont(large);
    painter.setPen(verdictTile || m_tile.mood == Mood::bad ? moodInk(*m_theme, m_tile.mood) : m_theme->text);
    painter.drawText(valueLine, Qt::AlignLeft | Qt::AlignVCenter, shown.value);
    const QFontMetrics largeMetrics(large);
    const int baseline = valueTop + (26 - largeMetrics.height()) / 2 + largeMetrics.ascent();
    painter.setFont(small);
    painter.setPen(m_theme->muted);
    painter.drawText(kPad + largeMetrics.horizontalAdvance(shown.value) + kBesideValue, baseline, shown.aside);
    painter.setPen(verdictTile && m_tile.mood != Mood::bad ? m_theme->text : moodInk(*m_theme, m_tile.mood));
    if (!compact)
        painter.drawText(QRect(kPad, 54, room, 16), Qt::AlignLeft | Qt::AlignVCenter, shown.word);
    else if (shown.wordBesideValue)
        painter.drawText(kPad + room - QFontMetrics(small).horizontalAdvance(shown.word), baseline, shown.word);
    else
        painter.drawText(labelLine, Qt::AlignRight | Qt::AlignVCenter, shown.word);
}

/// The longer text where it fits, else the shorter one: a row of tiles has less room in a smaller window.
TileButton::Texts TileButton::texts() const
{
    const QFontMetrics small(uiFont(TextSize::small)), large(uiFont(TextSize::large, QFont::DemiBold));
    const int room = width() - 2 * kPad;
    Texts t;
    t.value = large.elidedText(m_tile.value, Qt::ElideRight, room);
    t.clipped = t.value != m_tile.value;
    const int besideValue = room - large.horizontalAdvance(t.value) - kBesideValue;
    for (const QString& aside : {m_tile.aside, m_tile.unit}) // a band that has no room is in the tool tip
        if (t.aside.isEmpty() && small.horizontalAdvance(aside) <= besideValue)
            t.aside = aside;
    t.clipped = t.clipped || (t.aside.isEmpty() && !m_tile.unit.isEmpty());
    const bool compact = height() < kTileHeight;
    const int besideLabel = compact ? room - small.horizontalAdvance(m_tile.label) - kBetween : room;
    const int afterAside = compact ? besideValue - small.horizontalAdvance(t.aside) - kBetween : 0;
    for (const QString& word : {m_tile.word, m_tile.brief.isEmpty() ? m_tile.word : m_tile.brief}) {
        const int needed = small.horizontalAdvance(word);
        if (needed > std::max(besideLabel, afterAside))
            continue;
        t.word = word;
        t.wordBesideValue = needed > besideLabel;
        return t;
    }
    t.word = small.elidedText(m_tile.brief.isEmpty() ? m_tile.word : m_tile.brief, Qt::ElideRight, besideLabel);
    t.clipped = true;
    return t;
}

SummaryPanel::SummaryPanel(QWidget* parent) : QWidget(parent), m_strip(new QWidget), m_notice(new QLabel)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_strip);
    m_notice->setWordWrap(true);
    m_notice->setContentsMargins(kPad, 6, kPad, 6);
    m_notice->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_notice->hide();
    column->addWidget(m_notice);
    for (std::size_t i = 0; i < m_tiles.size(); ++i) {
        auto* tile = m_tiles[i] = new TileButton(m_strip);
        tile->setObjectName(QStringLiteral("tile%1").arg(i));
        connect(tile, &QAbstractButton::clicked, this,
            [this, tile] { emit explainRequested(tile->tile().chart, tile->tile().topic); });
    }
    setAccessibleName(tr("Verdict"));
    layOutTiles();
}

void SummaryPanel::display(const Snapshot& snapshot, const QString& notice, Mood noticeMood)
{
    const std::array<Tile, kTiles> tiles = verdict(snapshot);
    for (std::size_t i = 0; i < tiles.size(); ++i)
        m_tiles[i]->setTile(tiles[i], *m_theme);
    m_notice->setVisible(!notice.isEmpty());
    if (notice.isEmpty() && m_notice->text().isEmpty())
        return;
    m_notice->setText(notice);
    QPalette colours = m_notice->palette();
    colours.setColor(QPalette::Window, moodGround(*m_theme, noticeMood));
    colours.setColor(QPalette::WindowText, moodInk(*m_theme, noticeMood));
    m_notice->setPalette(colours);
    m_notice->setAutoFillBackground(true);
}

void SummaryPanel::setTheme(const Theme& theme)
{
    m_theme = &theme;
    for (TileButton* tile : m_tiles)
        tile->setTile(Tile(tile->tile()), theme);
}

QString SummaryPanel::notice() const { return m_notice->isVisibleTo(this) ? m_notice->text() : QString(); }

void SummaryPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    layOutTiles();
}

void SummaryPanel::layOutTiles()
{
    const int rows = width() < kLeastWidth * kTiles ? kRowsWhenNarrow : 1;
    const std::size_t perRow = rows == 1 ? kTiles : (kTiles + 1) / kRowsWhenNarrow;
    const int tileHeight = rows == 1 ? kTileHeight : kCompactHeight;
    if (m_strip->height() != rows * tileHeight || m_strip->minimumHeight() != rows * tileHeight)
        m_strip->setFixedHeight(rows * tileHeight);
    const auto& share = rows == 1 ? kShare : kCompactShare;
    for (std::size_t first = 0; first < kTiles; first += perRow) {
        const std::size_t end = std::min<std::size_t>(first + perRow, kTiles);
        double all = 0;
        for (std::size_t i = first; i < end; ++i)
            all += share[i];
        double before = 0;
        const int top = static_cast<int>(first / perRow) * tileHeight;
        for (std::size_t i = first; i < end; ++i) {
            const int left = static_cast<int>(before / all * width());
            before += share[i];
            const int right = static_cast<int>(before / all * width());
            m_tiles[i]->setGeometry(left, top, right - left, tileHeight);
        }
    }
}

} // namespace headroom::ui
