#include "ui/plots/label_placement.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom::ui {

namespace {

/// Cost of one pixel of covered line, in steps down the list of candidates; asked only where no candidate is free.
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

/// A line with its extent, which rules out nearly all of them at the price of four comparisons.
struct Bounded {
    QLineF line;
    double left, right, top, bottom;

    explicit Bounded(const QLineF& l)
        : line(l),
          left(std::min(l.x1(), l.x2())),
          right(std::max(l.x1(), l.x2())),
          top(std::min(l.y1(), l.y2())),
          bottom(std::max(l.y1(), l.y2()))
    {}
    double lengthIn(const QRectF& r) const
    {
        const bool apart = right < r.left() || left > r.right() || bottom < r.top() || top > r.bottom();
        return apart ? 0 : lengthInside(line, r);
    }
};

/// One label after the other, each out of the way of those before it.
class Placement {
public:
    Placement(const LabelObstacles& obstacles, const QRectF& bounds)
        : m_lines(obstacles.lines.begin(), obstacles.lines.end()), m_taken(obstacles.rects), m_bounds(bounds)
    {}

    std::optional<PlacedLabel> place(const LabelRequest& request)
    {
        auto found = firstFree(request);
        if (!found)
            found = leastCovering(request);
        if (found)
            m_taken.push_back(found->rect.adjusted(-kBetweenLabels, 0, kBetweenLabels, 0));
        return found;
    }

private:
    static QRectF spaced(const QRectF& rect) { return rect.adjusted(-kGap, -kGap / 2, kGap, kGap / 2); }
    bool isPossible(const QRectF& rect) const { return m_bounds.contains(rect) && !covers(spaced(rect), m_taken); }

    std::optional<PlacedLabel> freeAt(const LabelRequest& request, std::size_t candidate) const
    {
        const QRectF rect(request.candidates[candidate], request.size);
        const QRectF wanted = spaced(rect);
        const bool isFree = isPossible(rect) && std::none_of(m_lines.begin(), m_lines.end(),
                                                    [&](const Bounded& line) { return line.lengthIn(wanted) > 0; });
        return isFree ? std::optional(PlacedLabel{rect, candidate, false}) : std::nullopt;
    }

    /// The first free candidate, or the one it had where that is not much further down.
    std::optional<PlacedLabel> firstFree(const LabelRequest& request) const
    {
        const std::size_t count = request.candidates.size();
        const auto before = request.previous && *request.previous < count ? freeAt(request, *request.previous)
                                                                          : std::optional<PlacedLabel>();
        const double worthUntil = before ? static_cast<double>(before->candidate) - kForStaying : 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (before && static_cast<double>(i) >= worthUntil)
                return before;
            if (const auto here = freeAt(request, i))
                return here;
        }
        return std::nullopt;
    }

    std::optional<PlacedLabel> leastCovering(const LabelRequest& request) const
    {
        std::optional<PlacedLabel> best;
        double bestCost = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < request.candidates.size(); ++i) {
            double cost = static_cast<double>(i);
            if (request.previous == i)
                cost -= kForStaying;
            const QRectF rect(request.candidates[i], request.size);
            if (cost >= bestCost || !isPossible(rect))
                continue;
            for (const Bounded& line : m_lines)
                cost += line.lengthIn(spaced(rect)) * kPerCoveredPixel;
            if (cost < bestCost) {
                bestCost = cost;
                best = PlacedLabel{rect, i, true};
            }
        }
        return best;
    }

    std::vector<Bounded> m_lines;
    std::vector<QRectF> m_taken;
    QRectF m_bounds;
};

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
    if (requests.empty()) // a plot with a key: its curves are long, and nobody asks where they run
        return placed;
    Placement placement(obstacles, bounds);
    placed.reserve(requests.size());
    for (const LabelRequest& request : requests)
        placed.push_back(placement.place(request));
    return placed;
}

} // namespace headroom::ui
