// Numbers as text for charts and for the command line: C locale, no Qt, one spelling of each kind of quantity.
#pragma once

#include "core/units.h"

#include <string>
#include <string_view>

namespace headroom::ui {

/// "4.2", "0.071", "1,366": `digits` significant digits, but digits before the point are never rounded away below a
/// million. Thousands are separated, trailing zeros dropped, "∞" and "−∞" for infinite, "n/a" for not a number.
std::string number(double value, int digits = 3);
/// Rounded to a whole number: "131,072".
std::string whole(double value);
/// "410 ms", "11.5 s", "252 s", "42 min", "3 h", "12 days"; "∞" for ever.
std::string duration(Seconds);
/// "269–290 ms", "980 ms–1.1 s".
std::string durationRange(Seconds lo, Seconds hi);
/// "16.1 GiB", "512 KiB".
std::string bytes(Bytes);
/// "$0.39", "$18.40", "$1,234": cents where they matter.
std::string usd(double dollars);
/// Of a share: 0.71 gives "71 %"; below ten percent one decimal.
std::string percent(double share);
/// "+24 %", "−8 %", with the typographic minus.
std::string signedPercent(double share);
/// "4.2 req/s".
std::string rate(RequestRate);
/// "2,400 tok/s".
std::string rate(TokenRate);
/// "1 GPU", "8 GPUs".
std::string counted(double n, std::string_view singular, std::string_view plural);
/// Marked as bold in a sentence above a tab: "**18 req/s**".
std::string bold(std::string_view text);
/// The shortest text that reads back as the same double, for CSV files; "inf" and "-inf" for infinite.
std::string exact(double value);

} // namespace headroom::ui
