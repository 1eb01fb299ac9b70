#include "ui/panels/summary_panel.h"

#include "ui/panels/notice_bar.h"

#include <QLabel>
#include <QPainter>
#include <QStyle>
#include <QVBoxLayout>

namespace headroom::ui {

namespace {

constexpr int kTileHeight = 80;
/// In two rows the word stands beside the label, so that the plots below keep their height.
constexpr int kCompactHeight = 54;
/// Narrower than this and the words under the numbers no longer fit: the strip takes two rows.
constexpr int kLeastWidth = 120;
constexpr int kRowsWhenNarrow = 2;
constexpr int kPad = 10;
/// Relative widths: the first tile and those with a band beside the number need more room.
constexpr std::array<double, kTiles> kShare{1.12, 1.25, 1.15, 0.98, 0.98, 1.03, 1.1};
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
    setToolTip(QStringLiteral("%1: %2").arg(tile.label, all));
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
    painter.setPen(m_theme->grid);
    painter.drawLine(width() - 1, 0, width() - 1, height());
    if (hasFocus()) {
        painter.setPen(QPen(m_theme->accent, 2));
        painter.drawRect(rect().adjusted(1, 1, -2, -1));
    }
    const int room = width() - 2 * kPad;
    const QFont small = uiFont(TextSize::small);
    const QFontMetrics smallMetrics(small);
    const auto line = [&](int top, const QString& words, const QColor& ink) {
        painter.setFont(small);
        painter.setPen(ink);
        painter.drawText(QRect(kPad, top, room, 16), Qt::AlignLeft | Qt::AlignVCenter,
            smallMetrics.elidedText(words, Qt::ElideRight, room));
    };
    const bool compact = height() < kTileHeight;
    const int valueTop = compact ? 23 : 26;
    line(compact ? 6 : 9, m_tile.label, m_theme->muted);
    const QFont large = uiFont(TextSize::large, QFont::DemiBold);
    const QFontMetrics largeMetrics(large);
    painter.setFont(large);
    painter.setPen(verdictTile || m_tile.mood == Mood::bad ? moodInk(*m_theme, m_tile.mood) : m_theme->text);
    const QString value = largeMetrics.elidedText(m_tile.value, Qt::ElideRight, room);
    painter.drawText(QRect(kPad, valueTop, room, 26), Qt::AlignLeft | Qt::AlignVCenter, value);
    const int used = largeMetrics.horizontalAdvance(value) + 5;
    if (!m_tile.aside.isEmpty() && room - used > 20) {
        painter.setFont(small);
        painter.setPen(m_theme->muted);
        const int baseline = valueTop + (26 - largeMetrics.height()) / 2 + largeMetrics.ascent();
        painter.drawText(kPad + used, baseline, smallMetrics.elidedText(m_tile.aside, Qt::ElideRight, room - used));
    }
    const QColor wordInk = verdictTile && m_tile.mood != Mood::bad ? m_theme->text : moodInk(*m_theme, m_tile.mood);
    if (!compact) {
        line(54, m_tile.word, wordInk);
        return;
    }
    const int taken = smallMetrics.horizontalAdvance(m_tile.label) + kPad / 2;
    painter.setFont(small);
    painter.setPen(wordInk);
    painter.drawText(QRect(kPad + taken, 6, room - taken, 16), Qt::AlignRight | Qt::AlignVCenter,
        smallMetrics.elidedText(m_tile.word, Qt::ElideRight, room - taken));
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
