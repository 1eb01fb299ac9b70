#include "ui/plots/label_places.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

namespace headroom::ui {

namespace {

/// Where along a plot a name may stand, the usual places first, and then what lies between them.
constexpr std::array kAlong{
    0.02, 0.14, 0.28, 0.45, 0.65, 0.85, 0.08, 0.21, 0.36, 0.55, 0.75, 0.95, 0.05, 0.25, 0.32, 0.4, 0.5, 0.6, 0.7, 0.8};

} // namespace

std::vector<QPointF> besideVertical(const QRectF& a, QSizeF size, double x)
{
    constexpr std::array kDistances{4.0, 14.0, 28.0, 46.0, 66.0, 88.0};
    std::vector<QPointF> out;
    out.reserve(2 * kDistances.size() * kAlong.size());
    const auto add = [&](std::initializer_list<double> lefts) {
        for (const double share : kAlong)
            for (const double left : lefts)
                out.emplace_back(left, a.top() + share * (a.height() - size.height()));
    };
    const double right = a.right() - size.width() - 2;
    if (x == kBeyondRight)
        add({right, right - 10, right - 40});
    else if (x == kBeyondLeft)
        add({a.left() + 4, a.left() + 14, a.left() + 44});
    else
        for (const double distance : kDistances)
            add({x - size.width() - distance, x + distance});
    return out;
}

std::vector<QPointF> alongHorizontal(const QRectF& a, QSizeF size, double y)
{
    constexpr double kUsual = 0.28, kAtTheEnd = 0.99; // left of the middle first: curves rise to the right
    std::vector<QPointF> out;
    const auto add = [&](double top) {
        const auto place = [&](double share) {
            out.emplace_back(a.left() + 2 + share * (a.width() - size.width() - 4), top);
        };
        place(kUsual);
        for (const double share : kAlong)
            place(share);
        place(kAtTheEnd);
    };
    if (y == kAboveTop)
        add(a.top());
    else if (y == kBelowBottom)
        add(a.bottom() - size.height());
    else
        for (const double distance : {2.0, 12.0, 26.0, 42.0}) {
            add(y - size.height() - distance);
            add(y + distance);
        }
    return out;
}

std::vector<QPointF> withinStrip(const QRectF& a, QSizeF size, double left, double right)
{
    std::vector<QPointF> out;
    for (const double x : {left, (left + right - size.width()) / 2, right - size.width()})
        for (const double share : kAlong)
            if (x >= left)
                out.emplace_back(x, a.top() + share * (a.height() - size.height()));
    return out;
}

std::vector<QPointF> aroundPoint(const QRectF& a, QSizeF size, QPointF p)
{
    std::vector<QPointF> out;
    const double w = size.width(), h = size.height();
    for (const double d : {4.0, 12.0, 24.0, 40.0, 56.0}) {
        const std::array<QPointF, 12> offsets{{{-w - d - 2, -h - d}, {d + 2, -h - d}, {-w - d - 2, d}, {d + 2, d},
            {-w / 2, -h - d - 4}, {-w / 2, d + 4}, {-w - d - 6, -h / 2}, {d + 6, -h / 2}, {-0.8 * w, -h - d - 4},
            {-0.2 * w, -h - d - 4}, {-0.8 * w, d + 4}, {-0.2 * w, d + 4}}};
        for (const QPointF& o : offsets) {
            QPointF c = p + o;
            c.setX(std::clamp(c.x(), a.left() + 1, std::max(a.left() + 1, a.right() - w - 1)));
            out.push_back(c);
        }
    }
    return out;
}

std::vector<QPointF> alongCurve(QSizeF size, const std::vector<QPointF>& points)
{
    constexpr std::array kShares{0.9, 0.75, 0.6, 0.45, 1.0, 0.3, 0.15, 0.0, 0.95, 0.83, 0.68, 0.52, 0.37, 0.22, 0.08};
    constexpr std::array kDistances{3.0, 9.0, 16.0, 26.0, 40.0};
    constexpr std::size_t kSides = 6;
    std::vector<QPointF> out;
    out.reserve(kSides * kShares.size() * kDistances.size());
    const double w = size.width(), h = size.height();
    for (const double d : kDistances)
        for (const double share : kShares) {
            const QPointF p = points[static_cast<std::size_t>(share * static_cast<double>(points.size() - 1))];
            const std::array<QPointF, kSides> offsets{
                {{-w - d, -h - d}, {d, -h - d}, {d, d}, {-w - d, d}, {d + 2, -h / 2}, {-w - d - 2, -h / 2}}};
            for (const QPointF& o : offsets)
                out.push_back(p + o);
        }
    return out;
}

std::vector<QPointF> anywhere(const QRectF& a, QSizeF size)
{
    std::vector<QPointF> out;
    for (const double y : {0.97, 0.03, 0.85, 0.15, 0.7, 0.5, 0.3, 0.78, 0.6, 0.4, 0.22})
        for (const double x : {0.97, 0.03, 0.6, 0.3, 0.8, 0.45, 0.15})
            out.emplace_back(a.left() + x * (a.width() - size.width()), a.top() + y * (a.height() - size.height()));
    return out;
}

} // namespace headroom::ui
