// Where a field's value stands on a slider, and what one step of the keyboard or the wheel does to it. No widgets.
#pragma once

#include "core/plan/fields.h"

#include <optional>
#include <string>

namespace headroom::ui {

/// Maps one NumberField to the whole numbers of a slider and back. Log fields that start at 0 keep 0 as their first tick.
class FieldScale {
public:
    explicit FieldScale(const NumberField& field);

    int ticks() const { return m_ticks; } ///< positions are 0 to ticks()
    /// Value at a position, rounded to three significant digits (whole numbers for integer fields).
    double valueAt(int tick) const;
    int tickOf(double value) const;
    /// The value after `steps` small steps up or down: the second significant digit on log scales, a round two
    /// hundredth of the range on linear ones; never less than 1 for integers. Stays in the range.
    double stepped(double value, int steps) const;

private:
    const NumberField& m_field;
    double m_low = 0; ///< log fields: the smallest positive value on the slider
    int m_ticks = 1000;
};

/// Text that setField() reads back to exactly this value.
std::string exactText(double value);
/// Significant digits of a number in an edit box that has room for them.
inline constexpr int kBoxDigits = 6;
/// A number as it stands in an edit box: significant digits at most (all of those before the point are kept), thousands
/// apart, no trailing zeros.
std::string boxText(double value, int digits = kBoxDigits);
/// A calendar year: written without a separator.
bool isYear(const NumberField&);
/// What a plan knows of a field: absent too where a price of 0 stands for one that nobody knows.
std::optional<double> knownValue(const NumberField&, const Plan&);
/// The value of a field: a year is written without a separator.
std::string boxText(const NumberField&, double value, int digits = kBoxDigits);
/// The value of a plan as its editor shows it, with the unit: "4.5 req/s", "Chunked prefill", "none".
std::string valueInWords(const Field&, const Plan&);
/// What was typed in an edit box; a trailing unit is allowed, and commas or spaces where they separate thousands.
/// nullopt = not a number.
std::optional<double> parseBoxText(std::string_view text, std::string_view unit);
/// Why a number is refused whose comma or space separates no thousands, and how to write it; empty for all other texts.
std::string separatorComplaint(std::string_view text, std::string_view unit);

} // namespace headroom::ui
