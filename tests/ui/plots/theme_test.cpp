#include "ui/theme.h"

#include "ui/plots/pin_look.h"

#include <QApplication>
#include <QFontMetricsF>

#include <gtest/gtest.h>

#include <set>

#include <algorithm>
#include <cmath>

namespace headroom::ui {
namespace {

double luminance(const QColor& c)
{
    const auto linear = [](double v) { return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

/// Contrast ratio of WCAG 2.1, 1 to 21.
double contrast(const QColor& a, const QColor& b)
{
    const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return std::max(x, y) / std::min(x, y);
}

constexpr double kReadable = 4.5; // WCAG 2.1, 1.4.3

class Themes : public testing::TestWithParam<bool> {
protected:
    const Theme& theme() const { return GetParam() ? darkTheme() : lightTheme(); }
};

TEST_P(Themes, TextIsReadable)
{
    const Theme& t = theme();
    for (const QColor& text : {t.text, t.muted, t.good, t.warning, t.bad})
        EXPECT_GE(contrast(text, t.card), kReadable) << text.name().toStdString();
    EXPECT_GE(contrast(t.onAccent, t.accent), kReadable);
    EXPECT_GE(contrast(t.good, t.goodBack), kReadable);
    EXPECT_GE(contrast(t.warning, t.warningBack), kReadable);
    EXPECT_GE(contrast(t.bad, t.badBack), kReadable);
}

TEST_P(Themes, NamesOfCurvesAreReadable)
{
    for (int r = 0; r <= static_cast<int>(Role::series8); ++r)
        EXPECT_GE(contrast(theme().textColor(static_cast<Role>(r)), theme().card), kReadable) << "role " << r;
}

TEST_P(Themes, TextOnBarsIsReadable)
{
    for (int r = 0; r <= static_cast<int>(Role::series8); ++r) {
        const auto role = static_cast<Role>(r);
        EXPECT_GE(contrast(theme().onColor(role), theme().color(role)), kReadable) << "role " << r;
    }
}

TEST_P(Themes, PartsOfARequestHaveDifferentColours)
{
    const std::vector parts{Role::queue, Role::retrieval, Role::prefill, Role::decode, Role::post, Role::network};
    for (std::size_t i = 0; i < parts.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            EXPECT_NE(theme().color(parts[i]), theme().color(parts[k]));
}

TEST_P(Themes, PartsOfAStepAndOfAGpuHaveDifferentColours)
{
    const std::vector<std::vector<Role>> charts{
        {Role::attention, Role::projections, Role::feedForward, Role::experts, Role::head, Role::otherOperators,
            Role::network, Role::host, Role::overhead},
        {Role::attention, Role::feedForward, Role::experts, Role::head, Role::kv, Role::waste, Role::free,
            Role::workspace, Role::spare},
        {Role::kv, Role::reserved, Role::waste, Role::series4},
        {Role::bandwidth, Role::compute, Role::network, Role::overhead, Role::host}};
    for (const auto& parts : charts) {
        std::set<QRgb> colours;
        for (const Role role : parts)
            EXPECT_TRUE(colours.insert(theme().color(role).rgb()).second) << static_cast<int>(role);
    }
}

TEST_P(Themes, NoTwoPinnedPlansLookAlike)
{
    constexpr int kMost = 8; // Document::kMaxPinned
    for (int a = 1; a <= kMost; ++a)
        for (int b = a + 1; b <= kMost; ++b) {
            const PinLook one = pinLook(a, theme()), other = pinLook(b, theme());
            const double greys = std::abs(one.color.lightnessF() - other.color.lightnessF());
            EXPECT_TRUE(one.dashes != other.dashes || greys > 0.15) << a << " and " << b;
        }
}

TEST_P(Themes, DisabledTextLooksDisabled)
{
    const QPalette p = palette(theme());
    EXPECT_NE(p.color(QPalette::Disabled, QPalette::ButtonText), p.color(QPalette::Active, QPalette::ButtonText));
}

TEST_P(Themes, StyleSheetHasNoUnfilledName) { EXPECT_FALSE(styleSheet(theme()).contains(QLatin1Char('$'))); }

INSTANTIATE_TEST_SUITE_P(LightAndDark, Themes, testing::Bool());

TEST(Fonts, DigitsHaveEqualWidths)
{
    for (const TextSize size : {TextSize::small, TextSize::body, TextSize::large}) {
        const QFontMetricsF metrics(uiFont(size));
        for (char digit = '1'; digit <= '9'; ++digit)
            EXPECT_DOUBLE_EQ(
                metrics.horizontalAdvance(QLatin1Char(digit)), metrics.horizontalAdvance(QLatin1Char('0')));
    }
}

} // namespace
} // namespace headroom::ui
