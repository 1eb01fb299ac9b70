// Values to colours for heat maps: one hue from the card's colour to deep blue, and its scale.
#pragma once

#include "ui/plots/axis_scale.h"
#include "ui/plots/chart.h"
#include "ui/theme.h"

#include <QColor>
#include <QFont>
#include <QRectF>

class QPainter;

namespace headroom::ui {

class HeatColours {
public:
    HeatColours(const HeatMap&, const Theme&);
    /// Not finite = the colour of nothing.
    QColor of(double value) const;
    /// A strip with ticks to the right of it.
    void paintScale(QPainter&, const QRectF& strip, const QFont&, const Theme&) const;

private:
    Interval m_range;
    bool m_logarithmic;
    QColor m_low, m_middle, m_high, m_none;
};

} // namespace headroom::ui
