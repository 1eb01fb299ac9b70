#include "ui/plots/label_placement.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom::ui {

namespace {

/// Cost of one pixel of covered line, in steps down the list of candidates.
constexpr double kPerCoveredPixel = 1.0;
/// What staying in place is worth, in the same steps.
constexpr double kForStaying = 2.5;
/// Free space kept around a label, pixels.
constexpr double kGap = 2;
constexpr double kBetweenLabels = 8; // in one line: nearer ones would read as one phrase

bool touches(const QRectF& a, const QRectF& b)
{
    return a.left() < b.right() && b.left() < a.right() && a.top() < b.bottom() && b.top() < a.bottom();
}

bool covers(const QRectF& rect, const std::vector<QRectF>& taken)
{
    return std::any_of(taken.begin(), taken.end(), [&rect](const QRectF& t) { return touches(rect, t); });
}

} // namespace

double lengthInside(const QLineF& line, const QRectF& rect)
{
    // Liang and Barsky: clip the parameter of the line against the four sides.
    double enter = 0, leave = 1;
    const auto clip = [&](double direction, double distance) {
        if (direction == 0)
            return distance >= 0;
        const double t = distance / direction;
        if (direction < 0)
            enter = std::max(enter, t);
        else
            leave = std::min(leave, t);
        return true;
    };
    if (!clip(-line.dx(), line.x1() - rect.left()) || !clip(line.dx(), rect.right() - line.x1()) ||
        !clip(-line.dy(), line.y1() - rect.top()) || !clip(line.dy(), rect.bottom() - line.y1()))
        return 0;
    return enter < leave ? (leave - enter) * std::hypot(line.dx(), line.dy()) : 0;
}

std::vector<std::optional<PlacedLabel>> placeLabels(
    std::span<const LabelRequest> requests, const LabelObstacles& obstacles, const QRectF& bounds)
{
    std::vector<std::optional<PlacedLabel>> placed;
    placed.reserve(requests.size());
    std::vector<QRectF> taken = obstacles.rects;
    for (const LabelRequest& request : requests) {
        std::optional<PlacedLabel> best;
        double bestCost = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < request.candidates.size(); ++i) {
            double cost = static_cast<double>(i);
            if (request.previous == i)
                cost -= kForStaying;
            const QRectF rect(request.candidates[i], request.size);
            if (cost >= bestCost || !bounds.contains(rect))
                continue;
            const QRectF spaced = rect.adjusted(-kGap, -kGap / 2, kGap, kGap / 2);
            if (covers(spaced, taken))
                continue;
            double covered = 0;
            for (const QLineF& line : obstacles.lines)
                covered += lengthInside(line, spaced);
            cost += covered * kPerCoveredPixel;
            if (cost < bestCost) {
                bestCost = cost;
                best = PlacedLabel{rect, i, covered > 0};
            }
        }
        if (best)
            taken.push_back(best->rect.adjusted(-kBetweenLabels, 0, kBetweenLabels, 0));
        placed.push_back(best);
    }
    return placed;
}

} // namespace headroom::ui
