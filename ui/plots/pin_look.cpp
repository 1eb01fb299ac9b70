#include "ui/plots/pin_look.h"

#include <QPainter>
#include <QPixmap>

#include <array>

namespace headroom::ui {

namespace {

const std::array<QList<qreal>, 4> kDashes{QList<qreal>{4, 3}, {1.5, 2.5}, {9, 3, 1.5, 3}, {12, 3}};
constexpr int kPatterns = 4;

QColor between(const QColor& a, const QColor& b, double share)
{
    return QColor::fromRgbF(static_cast<float>(a.redF() + share * (b.redF() - a.redF())),
        static_cast<float>(a.greenF() + share * (b.greenF() - a.greenF())),
        static_cast<float>(a.blueF() + share * (b.blueF() - a.blueF())));
}

} // namespace

PinLook pinLook(int pin, const Theme& theme)
{
    constexpr double kStronger = 0.85;
    const int at = pin > 0 ? (pin - 1) % (2 * kPatterns) : 0;
    const QColor grey = theme.color(Role::ghost);
    return {at < kPatterns ? grey : between(grey, theme.text, kStronger),
        kDashes[static_cast<std::size_t>(at % kPatterns)]};
}

QPen pinPen(int pin, const Theme& theme, double width)
{
    const PinLook look = pinLook(pin, theme);
    QPen pen(look.color, width, Qt::CustomDashLine, Qt::FlatCap); // square caps would close the gaps
    pen.setDashPattern(look.dashes);
    return pen;
}

QIcon pinIcon(int pin, const Theme& theme)
{
    constexpr int kSide = 16;    // what styles draw in the head of a column
    constexpr double kSharp = 2; // for scale factors up to two
    QPixmap picture(static_cast<int>(kSide * kSharp), static_cast<int>(kSide * kSharp));
    picture.setDevicePixelRatio(kSharp);
    picture.fill(Qt::transparent);
    QPainter p(&picture);
    p.setPen(pinPen(pin, theme, 1.2));
    p.drawLine(QLineF(0, kSide / 2.0, kSide, kSide / 2.0));
    return QIcon(picture);
}

} // namespace headroom::ui
