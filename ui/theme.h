// Colours by meaning, one typeface in three sizes, and the style of the whole window: light and dark as two values.
#pragma once

#include "ui/plots/chart.h"

#include <QColor>
#include <QFont>
#include <QPalette>
#include <QString>

class QApplication;

namespace headroom::ui {

/// Everything that differs between light and dark. Views take it as a value; nobody asks "is it dark?" to pick a colour.
struct Theme {
    bool dark = false;

    QColor window;   ///< behind the cards
    QColor card;     ///< charts, docks, menus
    QColor field;    ///< line edits, spin boxes, boxes of the Explain dock
    QColor text;     ///< what one reads
    QColor muted;    ///< labels, units, tick labels: contrast with `card` at least 4.5
    QColor grid;     ///< grid lines of plots
    QColor line;     ///< axes, separators, borders
    QColor accent;   ///< buttons, sliders, the selected tab
    QColor onAccent; ///< text on accent
    QColor selection;

    QColor good, warning, bad;             ///< as text
    QColor goodBack, warningBack, badBack; ///< behind a verdict

    /// What a role looks like: lines, bars, dots. Okabe-Ito hues for the parts of a request's time.
    QColor color(Role) const;
    /// The same as text on `card` (darker in light, lighter in dark where the line colour would be hard to read).
    QColor textColor(Role) const;
    /// Text that is readable on a bar of that role: white or near black.
    QColor onColor(Role) const;
};

const Theme& lightTheme();
const Theme& darkTheme();

/// The three sizes of the one typeface. Digits have equal widths in all of them.
enum class TextSize { small, body, large };
/// The application's font at a size. \param weight QFont::Normal, DemiBold or Bold
QFont uiFont(TextSize, QFont::Weight weight = QFont::Normal);
/// The same typeface for PDF and SVG: without ligatures, so that "prefill" is found by a text search.
QFont printFont(TextSize, QFont::Weight weight = QFont::Normal);

QPalette palette(const Theme&);
/// Style sheet on top of Fusion. Buttons with the dynamic property primary=true are filled with the accent; widgets
/// with card=true are cards; labels with muted=true, caption=true or large=true take that look; verdict="good",
/// "warning" or "bad" colours a label.
QString styleSheet(const Theme&);
/// Fusion, and its font looked up and read: what takes its time and is the same in both themes. applyTheme() does it too
/// if nobody has; a program that waits for something else at its start does it then, and has its widgets made with it.
void useStyle(QApplication&);
/// Fusion, palette, font and style sheet. Call again to switch: every widget repaints.
void applyTheme(QApplication&, const Theme&);

} // namespace headroom::ui
