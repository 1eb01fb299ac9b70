#include "ui/plots/bar_pieces.h"

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

/// The value of a segment in a category; 0 where there is none.
double valueOf(const BarSegment& segment, std::size_t category)
{
    const double v = category < segment.values.size() ? segment.values[category] : 0;
    return std::isfinite(v) ? v : 0;
}

void addParts(std::vector<BarPiece>& out, const StackedBars& c, std::size_t category)
{
    double right = 0, left = 0;
    for (std::size_t s = 0; s < c.segments.size(); ++s) {
        const BarSegment& segment = c.segments[s];
        const double v = valueOf(segment, category);
        if (v == 0)
            continue;
        if (category < segment.starts.size() && std::isfinite(segment.starts[category])) {
            const double start = segment.starts[category];
            out.push_back({s, category, std::min(start, start + v), std::max(start, start + v)});
            continue;
        }
        double& end = v > 0 ? right : left;
        out.push_back({s, category, std::min(end, end + v), std::max(end, end + v)});
        end += v;
    }
}

void addChanges(std::vector<BarPiece>& out, const StackedBars& c, std::size_t category)
{
    struct Change {
        std::size_t segment;
        double value;
    };
    std::vector<Change> changes;
    for (std::size_t s = 0; s < c.segments.size(); ++s)
        if (const double v = valueOf(c.segments[s], category); v != 0)
            changes.push_back({s, v});
    std::ranges::stable_sort(changes, {}, [](const Change& change) { return std::abs(change.value); });
    double right = 0, left = 0;
    for (std::size_t level = 0; const Change& change : changes) {
        double& end = change.value > 0 ? right : left;
        if (change.value != end)
            out.push_back(
                {change.segment, category, std::min(end, change.value), std::max(end, change.value), level++});
        end = change.value;
    }
}

} // namespace

std::vector<BarPiece> barPieces(const StackedBars& c)
{
    std::vector<BarPiece> out;
    for (std::size_t i = 0; i < c.categories.size(); ++i)
        c.leftTotals.empty() ? addParts(out, c, i) : addChanges(out, c, i);
    return out;
}

QColor pieceColor(const StackedBars& c, const BarSegment& segment, const Theme& theme)
{
    constexpr float kPale = 0.45F;
    QColor color = theme.color(segment.role);
    if (c.faded)
        color.setAlphaF(kPale * color.alphaF());
    return color;
}

} // namespace headroom::ui
