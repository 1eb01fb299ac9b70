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
/// A number as it stands in an edit box: six significant digits at most, thousands apart, no trailing zeros.
std::string boxText(double value);
/// A calendar year: written without a separator.
bool isYear(const NumberField&);
/// The value of a field: a year is written without a separator.
std::string boxText(const NumberField&, double value);
/// What was typed in an edit box; thousands separators and a trailing unit are allowed. nullopt = not a number.
std::optional<double> parseBoxText(std::string_view text, std::string_view unit);

} // namespace headroom::ui
