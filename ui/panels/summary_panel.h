// The verdict strip: seven tiles of big numbers, each with a colour and a word that says the same.
#pragma once

#include "ui/panels/verdict.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QWidget>

#include <array>

class QLabel;

namespace headroom::ui {

/// One tile; a button, so that it can be reached and pressed by keyboard.
class TileButton final : public QAbstractButton {
    Q_OBJECT

public:
    explicit TileButton(QWidget* parent = nullptr);

    void setTile(const Tile&, const Theme&);
    const Tile& tile() const { return m_tile; }
    /// True if a text of the tile does not fit, even where there is a shorter one.
    bool isClipped() const { return texts().clipped; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;

private:
    /// What of the tile is written at the present size.
    struct Texts {
        QString value, aside, word;
        bool wordBesideValue = false; ///< or beside the label; in full tiles it has a line of its own
        bool clipped = false;
    };
    Texts texts() const;

    Tile m_tile;
    const Theme* m_theme = &lightTheme();
};

class SummaryPanel final : public QWidget {
    Q_OBJECT

public:
    explicit SummaryPanel(QWidget* parent = nullptr);

    /// \param notice what stands under the strip: an error of the plan, or that it differs from the catalog; empty = none
    void display(const Snapshot&, const QString& notice, Mood noticeMood);
    void setTheme(const Theme&); ///< one of lightTheme() and darkTheme()
    const TileButton& tile(TileId id) const { return *m_tiles[static_cast<std::size_t>(id)]; }
    QString notice() const;

signals:
    /// A tile was pressed: jump to the chart, explain the topic.
    void explainRequested(const QString& chart, const QString& topic);

protected:
    void resizeEvent(QResizeEvent*) override;

private:
    void layOutTiles();

    std::array<TileButton*, kTiles> m_tiles{};
    QWidget* m_strip = nullptr;
    QLabel* m_notice = nullptr;
    const Theme* m_theme = &lightTheme();
};

} // namespace headroom::ui
