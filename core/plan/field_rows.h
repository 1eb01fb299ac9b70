// How a row of the field table is written: one accessor gives both get and set; and how one value is read, checked
// and written. For core/plan only.
#pragma once

#include "core/plan/fields.h"

#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

namespace headroom::rows {

/// The tables of the groups, in the order of the dock.
std::span<const Field> workload();
std::span<const Field> model();
std::span<const Field> modelShape();
std::span<const Field> hardware();
std::span<const Field> serving();
std::span<const Field> scheduling();
std::span<const Field> offloading();
std::span<const Field> targets();
std::span<const Field> operations();
/// Is this a knob of a custom model's shape? Those are not saved: the copied figures say all.
bool isModelShape(std::string_view key);

using Number = std::optional<double>;

// A member of a plan as a number in SI units, and back.
inline Number toNumber(int v) { return v; }
inline Number toNumber(double v) { return v; }
template <Dim D>
Number toNumber(Quantity<D> v)
{
    return v.si();
}
template <class T>
Number toNumber(const std::optional<T>& v)
{
    return v ? toNumber(*v) : std::nullopt;
}
inline void fromNumber(int& member, Number v) { member = static_cast<int>(std::lround(v.value())); }
inline void fromNumber(double& member, Number v) { member = v.value(); }
template <Dim D>
void fromNumber(Quantity<D>& member, Number v)
{
    member = Quantity<D>(v.value());
}
template <class T>
void fromNumber(std::optional<T>& member, Number v)
{
    member.reset();
    if (v)
        fromNumber(member.emplace(), v);
}

struct Range {
    double min, max, fallback;
    Scale scale = Scale::linear;
};

template <class Member>
constexpr bool isOptional = false;
template <class T>
constexpr bool isOptional<std::optional<T>> = true;

/// A number that is a member of the plan, in SI units. \tparam access generic lambda: auto& p -> the member
template <auto access>
constexpr NumberField number(FieldInfo info, Range range)
{
    using Member = std::remove_cvref_t<decltype(access(std::declval<Plan&>()))>;
    NumberField f;
    f.info = info;
    f.min = range.min, f.max = range.max, f.fallback = range.fallback, f.scale = range.scale;
    f.integer = std::is_same_v<Member, int>;
    f.optional = isOptional<Member>;
    f.get = [](const Plan& p) { return toNumber(access(p)); };
    f.set = [](Plan& p, Number v) { fromNumber(access(p), v); };
    return f;
}

/// Spelling and label of an enumerator; tables are in the order of the enum.
struct Spelling {
    std::string_view id, label;
};

std::vector<Choice> choicesOf(std::span<const Spelling>);
/// The position of `id`, or an error that lists what there is; setField() adds the key.
Result<std::size_t> positionOf(std::span<const Spelling>, std::string_view id);

/// An enum (or bool: off, on) that is a member of the plan. \tparam names its spellings, in order
template <auto access, const auto& names>
constexpr ChoiceField choice(FieldInfo info, std::string_view fallback)
{
    using Member = std::remove_cvref_t<decltype(access(std::declval<Plan&>()))>;
    ChoiceField f;
    f.info = info;
    f.fallback = fallback;
    f.choices = [] { return choicesOf(names); };
    f.get = [](const Plan& p) { return std::string(names[static_cast<std::size_t>(access(p))].id); };
    f.set = [](Plan& p, std::string_view id) -> Result<void> {
        const auto position = positionOf(names, id);
        if (!position)
            return tl::unexpected(position.error());
        access(p) = static_cast<Member>(*position);
        return {};
    };
    return f;
}

inline constexpr std::array<Spelling, 2> kOffOn{{{"off", "Off"}, {"on", "On"}}};
inline constexpr std::array<Spelling, 5> kShapes{{{"fixed", "Fixed"}, {"uniform", "Uniform"},
    {"lognormal", "Lognormal"}, {"gamma", "Gamma"}, {"empirical", "Measured"}}};

/// What a number must be, for checks and messages.
struct NumberRule {
    double min = 0, max = 1;
    std::string_view unit;
    bool integer = false, optional = false;
};
NumberRule ruleOf(const NumberField&);
NumberRule ruleOf(const ClassField&);
/// What is wrong with a value, and what was expected; empty = nothing.
std::string complaint(const NumberRule&, Number);
/// What the rule asks for, for messages: "a number from 0.001 to 100000 req/s".
std::string expectation(const NumberRule&);
/// Reads a number in the C locale and checks it. The error has no place yet.
Result<Number> readNumber(const NumberRule&, std::string_view text);
/// Shortest text that reads back as exactly this number.
std::string numberText(double);
/// Names, notes and file names: valid UTF-8 without control characters but newline and tab, at most 64 KiB.
Result<std::string> readText(std::string_view text);

/// Gives a length distribution another shape: mean and spread kept, quantiles made where there are none.
void changeShape(LengthDistribution&, LengthShape);

/// Gives a length distribution another mean. One that its quantiles have already, up to rounding, is only noted, so
/// that a measured distribution reads back from a file exactly as it was.
void changeMean(LengthDistribution&, double mean);

/// setField() for workload.classes..., with the key after "workload.classes".
Result<void> setClassField(Plan&, std::string_view rest, std::string_view text);

} // namespace headroom::rows
