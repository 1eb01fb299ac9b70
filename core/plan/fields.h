// The table of knobs. One row here gives a slider, a JSON key, a --set key, an undo text, a sweep axis and a
// report line (ARCHITECTURE.md 6).
#pragma once

#include "core/error.h"
#include "core/plan/plan.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headroom {

enum class Scale { linear, logarithmic };

/// A fold of the dock and a section of the report.
struct FieldGroup {
    std::string_view id;    ///< FieldInfo::group
    std::string_view label; ///< sentence case
};
/// All of them, in the order in which people read them.
std::span<const FieldGroup> fieldGroups();

/// What every knob has.
struct FieldInfo {
    std::string_view key;   ///< "workload.arrival_rate_req_s": JSON path and --set key
    std::string_view group; ///< id of one of fieldGroups()
    std::string_view label; ///< sentence case, no unit
    std::string_view help;  ///< meaning in one or two sentences
    std::string_view unit;  ///< "req/s", "tok", "GiB", "" ...
    std::string_view topic; ///< "2.1"
    /// Empty = the knob applies to this plan; else the reason why it does not ("only with the static policy").
    std::string_view (*notApplicable)(const Plan&) = nullptr;
    bool derived = false; ///< a second way to set other fields (context length): not saved, not in undo lists
};

struct NumberField {
    FieldInfo info;
    double min = 0, max = 1, fallback = 0; ///< in `info.unit`
    Scale scale = Scale::linear;
    bool integer = false;
    bool optional = false; ///< absent is a value (no target)
    std::optional<double> (*get)(const Plan&) = nullptr;
    void (*set)(Plan&, std::optional<double>) = nullptr; ///< no range check: validate() and setField() do that
};

struct Choice {
    std::string id; ///< spelling in plans and on the command line
    std::string label;
};

struct ChoiceField {
    FieldInfo info;
    bool ordered = false; ///< gets a slider too (GPUs by memory, models by parameter count)
    std::vector<Choice> (*choices)() = nullptr;
    std::string_view fallback;
    std::string (*get)(const Plan&) = nullptr;
    Result<void> (*set)(Plan&, std::string_view id) = nullptr; ///< aliases resolve; an error names the nearest choices
};

using Field = std::variant<NumberField, ChoiceField>;

/// All knobs in the order of the dock. Choices of GPUs and models come from the catalog.
std::span<const Field> fields();
const FieldInfo& info(const Field&);
/// nullptr if there is no such key.
const Field* findField(std::string_view key);
/// "; did you mean workload.arrival_rate_req_s?" for a mistyped key, or "" where no key is near: at most a quarter of its
/// letters differ, or it is the end of exactly one key ("tp").
std::string nearestKeyHint(std::string_view mistyped);

/// The field's value as text that setField() reads back ("" = absent). Plain C locale.
std::string fieldText(const Field&, const Plan&);
/// One number of a request class, the list inside a plan: workload.classes[i].KEY.
struct ClassField {
    FieldInfo info; ///< key without the prefix: "share"
    double min = 0, max = 1;
    bool integer = false, optional = false;
    std::optional<double> (*get)(const RequestClass&) = nullptr;
    void (*set)(RequestClass&, std::optional<double>) = nullptr; ///< no range check
};
/// Numbers of a class. Its texts are `name`, `prompt_distribution` and `output_distribution`, set by setField() too.
std::span<const ClassField> classFields();
inline constexpr std::size_t kMaxClasses = 64;

/// Sets one field from text, range-checked; "none" or "" clears an optional one. The plan is unchanged on error.
/// Also takes the texts `name`, `notes` and `workload.trace_file`, and workload.classes[i].KEY, where i one beyond the
/// last appends a class with the workload's own lengths. workload.classes[i] = none removes a class, workload.classes
/// = none all of them. Error.where is the key.
Result<void> setField(Plan&, std::string_view key, std::string_view text);

} // namespace headroom
