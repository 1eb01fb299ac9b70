// The cross of the mouse with its box of values, and the line at the moment that is played, above a drawing: only this
// repaints when the mouse moves.
#pragma once

#include "ui/plots/chart_body.h"
#include "ui/theme.h"

#include <QWidget>

#include <functional>
#include <optional>

namespace headroom::ui {

/// What is read with its heading and the names of its rows shortened, so that a box `inner` pixels wide within its
/// padding holds them beside their values. The values stay whole.
Reading fittedTo(Reading, double inner);
/// Pixels within the padding that a box takes to show all of it.
double widthOf(const Reading&);

/// Lies over the body of a ChartView and lets the mouse through.
class HoverOverlay final : public QWidget {
public:
    explicit HoverOverlay(QWidget* parent);

    /// Shows what is read; absent = nothing is.
    void show(std::optional<Reading> reading, const Theme& theme);
    const std::optional<Reading>& reading() const { return m_reading; }
    /// \param line tells where the line stands now, for zooming moves it; empty = no line
    void showLine(std::function<std::optional<QLineF>()> line, const Theme& theme);

protected:
    void paintEvent(QPaintEvent*) override;

private:
    void paintBox(QPainter&) const;

    std::optional<Reading> m_reading;
    std::function<std::optional<QLineF>()> m_line;
    Theme m_theme;
};

} // namespace headroom::ui
