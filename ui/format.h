// Numbers as people read them. The only place in ui that makes text of a quantity.
#pragma once

#include <QString>

#include <string_view>

namespace headroom::ui {

/// Inline and named: ui/plots/numbers.h has functions of the same names for std::string, in code without Qt.
inline namespace widgets {

/// Three significant digits with thousands separators: 4.2, 0.71, 1,366, 12,900,000. "∞" for infinity, "–" for NaN, "−" for minus.
/// \param digits significant digits below 10^digits; larger values keep all integer digits
QString number(double value, int digits = 3);
/// Short for axes and labels: 10k, 2.5M, 0.5, 1e-6. \param step the distance of the ticks, sets the decimals; 0 = from the value
QString axisNumber(double value, double step = 0);
/// A number with its unit: time picks us, ms, s, min, h; bytes pick KiB..TiB; USD goes in front of the number; other
/// units are written behind it. `unit` as in fields() and Axis: "s", "ms", "GiB", "req/s", "USD/h", "%".
QString quantity(double value, std::string_view unit, int digits = 3);
/// Two values with their unit said once where it is the same: "350 to 600 ms".
QString range(double lo, double hi, std::string_view unit, int digits = 3);
/// Half width of a band as people write it: "± 60 ms"; uneven bands as range().
QString band(double value, double lo, double hi, std::string_view unit);
/// A share in [0, 1] as percent: 33 %.
QString percent(double share, int digits = 2);
/// Signed percent with a sign: +24 %.
QString signedPercent(double share, int digits = 2);
/// The same words for lines that wrap: a unit stays in one piece ("req/s") and with its number, a
/// range ("223–243") a half width ("± 12") and a bound ("> 99.9") too. For what is shown only:
/// the marks that hold it together do not belong into a clipboard or a file.
QString unbroken(const QString& words);
/// Plain text of builders (UTF-8).
QString text(std::string_view);

} // namespace widgets

} // namespace headroom::ui
