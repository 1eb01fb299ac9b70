#include "ui/format.h"

#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace headroom::ui {
inline namespace widgets {

namespace {

const QString kInfinity = QStringLiteral("∞");
const QString kMissing = QStringLiteral("–");

/// A locale's number with the minus sign of print: a hyphen is too short beside "−$" and "−8 %".
QString withMinus(QString s) { return s.replace(u'-', u'−'); }

/// Decimals that show `digits` significant digits of a value, none below zero.
int decimalsFor(double value, int digits)
{
    if (value == 0)
        return 0;
    return std::clamp(digits - 1 - static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-12)), 0, 12);
}

/// Decimals that tell multiples of `step` apart: 0.25 needs two, 2500 none.
int decimalsOfStep(double step)
{
    constexpr int kMost = 9;
    for (int d = 0; d < kMost; ++d, step *= 10)
        if (std::abs(step - std::round(step)) < 1e-6 * std::max(step, 1e-3))
            return d;
    return kMost;
}

/// Fixed notation in the user's locale, trailing zeros of the fraction cut.
QString fixed(double value, int decimals)
{
    const QLocale locale;
    QString s = withMinus(locale.toString(value, 'f', decimals));
    const QString point = locale.decimalPoint();
    if (!s.contains(point))
        return s;
    while (s.endsWith(locale.zeroDigit()))
        s.chop(static_cast<int>(locale.zeroDigit().size()));
    if (s.endsWith(point))
        s.chop(static_cast<int>(point.size()));
    return s;
}

struct Prefix {
    double factor;
    const char* unit;
    double least = 0.9995; ///< of it, from which on it is used
};

const Prefix& pick(double value, std::span<const Prefix> ladder)
{
    for (const Prefix& p : ladder)
        if (std::abs(value) >= p.factor * p.least)
            return p;
    return ladder.back();
}

/// Latencies are told in seconds up to ten minutes, as in the plots: one unit for the mean and the 99th percentile.
constexpr std::array<Prefix, 6> kTime{
    {{86400, "d", 2}, {3600, "h", 2}, {60, "min", 10}, {1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}}};
constexpr std::array<Prefix, 5> kBytes{
    {{1099511627776.0, "TiB"}, {1073741824.0, "GiB"}, {1048576.0, "MiB"}, {1024.0, "KiB"}, {1, "B"}}};

} // namespace

QString text(std::string_view s) { return QString::fromUtf8(s.data(), static_cast<qsizetype>(s.size())); }

namespace {

/// Whether a unit stands at a place: "req/s", "GiB", "%", and not the beginning of a longer word.
bool unitAt(QStringView words, qsizetype at)
{
    static constexpr std::array<QLatin1String, 25> kUnits{QLatin1String("%"), QLatin1String("ms"), QLatin1String("s"),
        QLatin1String("min"), QLatin1String("h"), QLatin1String("days"), QLatin1String("KiB"), QLatin1String("MiB"),
        QLatin1String("GiB"), QLatin1String("TiB"), QLatin1String("GB"), QLatin1String("B"), QLatin1String("req"),
        QLatin1String("tok"), QLatin1String("tokens"), QLatin1String("TFLOP"), QLatin1String("FLOP"),
        QLatin1String("GPU"), QLatin1String("GPUs"), QLatin1String("seat"), QLatin1String("seats"),
        QLatin1String("sequences"), QLatin1String("replica"), QLatin1String("replicas"), QLatin1String("requests")};
    const QStringView rest = words.mid(at);
    if (rest.startsWith(u"µs"))
        return true;
    return std::any_of(kUnits.begin(), kUnits.end(), [&](QLatin1String unit) {
        return rest.startsWith(unit) && (rest.size() == unit.size() || !rest[unit.size()].isLetter());
    });
}

} // namespace

// Every move of a slider passes here with every sentence in sight: no regular expressions.
QString unbroken(const QString& words)
{
    constexpr QChar kJoiner(0x2060);
    QString out;
    out.reserve(words.size() + 16);
    for (qsizetype i = 0; i < words.size(); ++i) {
        const QChar c = words[i], before = i > 0 ? words[i - 1] : QChar();
        const QChar after = i + 1 < words.size() ? words[i + 1] : QChar();
        const bool ofUnit = c == u' ' && (before.isDigit() || before == u'∞') && unitAt(words, i + 1);
        const bool ofMillion = c == u' ' && QStringView(words).left(i).endsWith(u"/M");
        const bool ofSeed = c == u' ' && after.isDigit() && QStringView(words).left(i).endsWith(u"seed");
        const bool ofCount = (c == u' ' && before.isDigit() && after == u'×') || // "2 × A40-48GB"
                             (c == u' ' && before == u'×' && after.isLetter());
        const bool ofDot = c == u' ' && after == u'·'; // it ends a line, and begins none
        const bool ofHalfWidth =
            c == u' ' && (before == u'±' || ((before == u'>' || before == u'<') && after.isDigit()));
        const bool ofRange = c == u'–' && (before.isDigit() || before == u'∞') && (after.isDigit() || after == u'∞');
        if (ofRange)
            out += kJoiner;
        out += ofUnit || ofMillion || ofSeed || ofCount || ofDot || ofHalfWidth ? QChar(QChar::Nbsp) : c;
        const bool ofRatio = c == u'/' && after.isLetter() && (before.isLetterOrNumber() || before == u'$');
        if (ofRange || ofRatio)
            out += kJoiner;
    }
    return out;
}

QString number(double value, int digits)
{
    if (std::isnan(value))
        return kMissing;
    if (std::isinf(value))
        return value > 0 ? kInfinity : QStringLiteral("−") + kInfinity;
    const double size = std::abs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e15))
        return withMinus(QLocale().toString(value, 'g', digits));
    return fixed(value, decimalsFor(value, digits));
}

QString axisNumber(double value, double step)
{
    if (std::isnan(value))
        return kMissing;
    if (std::isinf(value))
        return value > 0 ? kInfinity : QStringLiteral("−") + kInfinity;
    if (value == 0)
        return QStringLiteral("0");
    const double size = std::abs(value);
    if (size < 0.9995e-3 && (step == 0 || step < 1e-3))
        return withMinus(QLocale().toString(value, 'g', 3));
    constexpr std::array<Prefix, 4> kShort{{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
    for (const Prefix& p : kShort) {
        if (size < p.factor * 0.9995)
            continue;
        const double shown = value / p.factor;
        const int decimals = step > 0 ? decimalsOfStep(step / p.factor) : decimalsFor(shown, 3);
        return fixed(shown, decimals) + QLatin1String(p.unit);
    }
    return fixed(value, step > 0 ? decimalsOfStep(step) : decimalsFor(value, 3));
}

namespace {

/// Cents from ten cents to a hundred dollars, as prices are written; significant digits elsewhere.
QString money(double dollars, int digits)
{
    constexpr double kFewest = 0.0995, kMost = 99.995;
    const double size = std::abs(dollars);
    const QString amount =
        size >= kFewest && size < kMost ? QLocale().toString(size, 'f', 2) : number(size, size < kFewest ? 2 : digits);
    return (dollars < 0 ? QStringLiteral("−$") : QStringLiteral("$")) + amount;
}

} // namespace

QString quantity(double value, std::string_view unit, int digits)
{
    if (std::isnan(value))
        return kMissing;
    if (unit.starts_with('$')) // "$", "$/h", "$/M tok"
        return money(value, digits) + text(unit.substr(1));
    if (unit.starts_with("USD")) {
        const QString per = text(unit.substr(3)).trimmed();
        return money(value, digits) + (per.isEmpty() || per.startsWith(u'/') ? per : u' ' + per);
    }
    const auto scaled = [digits](double si, std::span<const Prefix> ladder) {
        const Prefix& p = pick(si, ladder);
        return number(si / p.factor, digits) + u' ' + QString::fromUtf8(p.unit);
    };
    if (std::isinf(value) && (unit == "s" || unit == "ms")) // for ever, in whatever unit
        return number(value);
    if (std::isfinite(value) && value != 0) {
        if (unit == "s")
            return scaled(value, kTime);
        if (unit == "ms")
            return scaled(value * 1e-3, kTime);
        if (unit == "B")
            return scaled(value, kBytes);
    }
    if (unit.empty())
        return number(value, digits);
    return number(value, digits) + u' ' + text(unit);
}

QString range(double lo, double hi, std::string_view unit, int digits)
{
    QString from = quantity(lo, unit, digits);
    const QString to = quantity(hi, unit, digits);
    const qsizetype gap = from.indexOf(u' ');
    if (gap >= 0 && to.endsWith(from.mid(gap)))
        from.truncate(gap);
    return QStringLiteral("%1 to %2").arg(from, to);
}

QString band(double value, double lo, double hi, std::string_view unit)
{
    const double up = hi - value, down = value - lo;
    // Nearly the same width on both sides reads better as one number.
    if (std::isfinite(up) && std::isfinite(down) && std::abs(up - down) <= 0.1 * std::max(up, down))
        return QStringLiteral("± ") + quantity((up + down) / 2, unit, 2);
    return range(lo, hi, unit, 2);
}

QString percent(double share, int digits)
{
    if (!std::isfinite(share))
        return number(share, digits);
    QString shown = number(share * 100, digits);
    if (share < 1 && shown == QLatin1String("100")) // never rounded up to all
        shown = number(share * 100, digits + 2);
    if (share < 1 && shown == QLatin1String("100"))
        shown = QStringLiteral("> 99.99"); // as the plots say it
    return shown + QStringLiteral(" %");
}

QString signedPercent(double share, int digits)
{
    const QString size = percent(std::abs(share), digits);
    return (share < 0 ? QStringLiteral("−") : QStringLiteral("+")) + size;
}

} // namespace widgets
} // namespace headroom::ui
