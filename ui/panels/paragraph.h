// Words that change with every move of a slider: shaped once, and the page is laid out anew only when they need
// another number of lines. A QLabel asks its whole chain of layouts each time, and each asks it three times back.
#pragma once

#include "ui/theme.h"

#include <QTextLayout>
#include <QWidget>

namespace headroom::ui {

/// Wrapped text. Takes the width it is given and the height it needs. Right-click copies it.
class Paragraph final : public QWidget {
    Q_OBJECT

public:
    enum class Look {
        plain,
        muted, ///< what explains
        box    ///< on a ground of its own
    };

    explicit Paragraph(Look look = Look::plain, TextSize size = TextSize::body, QWidget* parent = nullptr);

    /// Shows `words`; what stands between ** and ** is bold.
    void setText(const QString& words);
    /// The words without the marks.
    const QString& text() const { return m_plain; }
    /// While a hand moves: grows where its words need it and does not shrink, so that what stands below keeps its place.
    void keepHeight(bool keep);
    /// All of it bold: a title.
    void setBold();

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void contextMenuEvent(QContextMenuEvent*) override;

private:
    /// Breaks the words into lines; gives the height they take.
    int layOut(int width) const;
    int neededHeight(int width) const;
    void fitHeight();

    Look m_look;
    QString m_marked, m_plain;
    mutable QTextLayout m_layout;
    bool m_keeps = false;
    int m_kept = 0;                         ///< height it does not go below while it keeps it
    mutable int m_width = -1, m_height = 0; ///< what m_layout was made for, and what it takes
};

} // namespace headroom::ui
