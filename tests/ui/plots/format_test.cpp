#include "ui/format.h"
#include "ui/theme.h"

#include <QLocale>
#include <QTextLayout>

#include <gtest/gtest.h>

#include <cmath>

namespace headroom::ui {
namespace {

class Format : public testing::Test {
protected:
    void SetUp() override { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
};

std::string utf8(const QString& s) { return s.toStdString(); }

TEST_F(Format, NumbersHaveThreeSignificantDigitsAndSeparators)
{
    EXPECT_EQ(utf8(number(4.2)), "4.2");
    EXPECT_EQ(utf8(number(0.71429)), "0.714");
    EXPECT_EQ(utf8(number(1366)), "1,366");
    EXPECT_EQ(utf8(number(12345678)), "12,345,678");
    EXPECT_EQ(utf8(number(99.96)), "100");
    EXPECT_EQ(utf8(number(0)), "0");
    EXPECT_EQ(utf8(number(-2.5)), "−2.5");
}

TEST_F(Format, InfiniteAndMissingNumbersAreWords)
{
    EXPECT_EQ(utf8(number(INFINITY)), "∞");
    EXPECT_EQ(utf8(number(NAN)), "–");
    EXPECT_EQ(utf8(quantity(INFINITY, "req/s")), "∞ req/s");
}

TEST_F(Format, AxisNumbersAreShort)
{
    EXPECT_EQ(utf8(axisNumber(10000)), "10k");
    EXPECT_EQ(utf8(axisNumber(2500000)), "2.5M");
    EXPECT_EQ(utf8(axisNumber(0.5)), "0.5");
    EXPECT_EQ(utf8(axisNumber(0)), "0");
    EXPECT_EQ(utf8(axisNumber(1000)), "1k");
}

TEST_F(Format, AxisNumbersHaveTheDecimalsTheirStepNeeds)
{
    EXPECT_EQ(utf8(axisNumber(0.25, 0.25)), "0.25");
    EXPECT_EQ(utf8(axisNumber(2500, 500)), "2.5k");
    EXPECT_EQ(utf8(axisNumber(1250, 250)), "1.25k");
    EXPECT_EQ(utf8(axisNumber(3, 1)), "3");
}

TEST_F(Format, NeighbouringTicksNeverShareAText)
{
    for (const double step : {0.001, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 50.0, 200.0, 500.0, 2e5})
        for (int i = 0; i < 40; ++i)
            EXPECT_NE(utf8(axisNumber(i * step, step)), utf8(axisNumber((i + 1) * step, step))) << i << " x " << step;
}

TEST_F(Format, TimesAndBytesPickTheirUnit)
{
    EXPECT_EQ(utf8(quantity(0.41, "s")), "410 ms");
    EXPECT_EQ(utf8(quantity(1500, "ms")), "1.5 s");
    EXPECT_EQ(utf8(quantity(134, "s")), "134 s");
    EXPECT_EQ(utf8(quantity(2520, "s")), "42 min");
    EXPECT_EQ(utf8(quantity(7200, "s")), "2 h");
    EXPECT_EQ(utf8(quantity(0.00005, "s")), "50 µs");
    EXPECT_EQ(utf8(quantity(131072, "B")), "128 KiB");
    EXPECT_EQ(utf8(quantity(4.2, "req/s")), "4.2 req/s");
    EXPECT_EQ(utf8(quantity(8, "")), "8");
}

TEST_F(Format, DollarsStandInFront)
{
    EXPECT_EQ(utf8(quantity(1.25, "USD/h")), "$1.25/h");
    EXPECT_EQ(utf8(quantity(12, "USD")), "$12.00");
    EXPECT_EQ(utf8(quantity(0.8, "USD")), "$0.80");
    EXPECT_EQ(utf8(quantity(0.0179, "USD")), "$0.018");
    EXPECT_EQ(utf8(quantity(2154, "USD")), "$2,154");
    EXPECT_EQ(utf8(quantity(0.39, "$/M tok")), "$0.39/M tok");
}

TEST_F(Format, BandsAreOneNumberWhereTheyAreEven)
{
    EXPECT_EQ(utf8(band(0.41, 0.35, 0.47, "s")), "± 60 ms");
    EXPECT_EQ(utf8(band(0.41, 0.35, 0.60, "s")), "350 to 600 ms");
}

TEST_F(Format, RangesSayTheirUnitOnceWhereItIsTheSame)
{
    EXPECT_EQ(utf8(range(5.67, 9.29, "req/s")), "5.67 to 9.29 req/s");
    EXPECT_EQ(utf8(range(0.8, 1.2, "s")), "800 ms to 1.2 s");
    EXPECT_EQ(utf8(range(0.3, 0.5, "USD")), "$0.30 to $0.50");
}

TEST_F(Format, NoLineEndsWithinAUnitOrBetweenItAndItsNumber)
{
    const QString words =
        QStringLiteral("At 4.2 req/s it answers within 410 ms and costs $0.39/M tok, so 71 % of 2,400 tok/s at $/h 3.");
    QTextLayout layout(unbroken(words), uiFont(TextSize::body));
    for (int width = 120; width < 400; ++width) {
        layout.beginLayout();
        for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
            line.setLineWidth(width);
            const QString end = layout.text().mid(line.textStart(), line.textLength()).trimmed().right(2);
            EXPECT_FALSE(end.contains(u'/') || end == QStringLiteral("10") || end == QStringLiteral("71") ||
                         end == QStringLiteral(".2") || end == QStringLiteral("00"))
                << qPrintable(end) << " at " << width;
        }
        layout.endLayout();
    }
    EXPECT_EQ(unbroken(words).remove(QChar(0x2060)).replace(QChar(QChar::Nbsp), u' '), words) << "nothing else changes";
}

TEST_F(Format, ACountStaysWithWhatItCounts)
{
    EXPECT_EQ(utf8(unbroken(QStringLiteral("2 × A40-48GB at 3600 × 2"))), "2\u00a0×\u00a0A40-48GB at 3600\u00a0× 2");
}

TEST_F(Format, NoLineBeginsWithADot)
{
    EXPECT_EQ(utf8(unbroken(QStringLiteral("misses · target"))), "misses\u00a0· target");
}

TEST_F(Format, RangesAndHalfWidthsStayInOnePiece)
{
    const QString words = QStringLiteral("233 ms (223–243) and 8 s (7.71–8.29), +73.5 ms ± 68.6 ms");
    QTextLayout layout(unbroken(words), uiFont(TextSize::body));
    for (int width = 90; width < 400; ++width) {
        layout.beginLayout();
        for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
            line.setLineWidth(width);
            const QString shown = layout.text().mid(line.textStart(), line.textLength()).trimmed();
            EXPECT_FALSE(shown.endsWith(u'–') || shown.endsWith(QChar(0x2060)) || shown.endsWith(u'±'))
                << qPrintable(shown) << " at " << width;
        }
        layout.endLayout();
    }
}

TEST_F(Format, ForEverHasNoUnit)
{
    EXPECT_EQ(utf8(quantity(INFINITY, "ms")), "∞");
    EXPECT_EQ(utf8(range(0.193, INFINITY, "s")), "193 ms to ∞");
}

TEST_F(Format, SharesArePercent)
{
    EXPECT_EQ(utf8(percent(0.333)), "33 %");
    EXPECT_EQ(utf8(signedPercent(0.24)), "+24 %");
    EXPECT_EQ(utf8(signedPercent(-0.05)), "−5 %");
}

} // namespace
} // namespace headroom::ui
