// How far a plan is from anything that was measured: measured runs and groups of them, compared with the plan by what
// changes the physics (GPU, model, number format, engine, layout, lengths).
#pragma once

#include "core/calibration/measurements.h"
#include "core/model/step_time.h"
#include "core/plan/plan.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// What of a configuration decides how like it is to another.
struct MeasuredSetting {
    std::string gpu, model; ///< names of the catalog
    GpuArchitecture architecture = GpuArchitecture::hopper;
    Engine engine = Engine::generic;
    int weightBits = 16;
    bool experts = false;
    double activeParameters = 0;
    int tp = 0;                               ///< 0 = not stated
    double inputTokens = 0, outputTokens = 0; ///< 0 = not stated
    bool operator==(const MeasuredSetting&) const = default;
};

/// The setting of a plan. Lengths are the means of its first class.
MeasuredSetting settingOf(const Plan&);
/// The setting of a measured row. Errors: a GPU, model or number format that is not known.
Result<MeasuredSetting> settingOf(const Measurement&);

/// 0 = the same in all that is stated. Another architecture counts 2, another GPU of it 1, another model up to 3 by active
/// parameters and kind, another width of the weights 1, another engine 0.5; layout and lengths less, by their ratio.
double distance(const MeasuredSetting&, const MeasuredSetting&);
/// What differs, in words: "another GPU of its architecture, 8-bit weights". Empty = nothing.
std::string differences(const MeasuredSetting& plan, const MeasuredSetting& measured);

/// Left-out errors of one kind of measured run, as they ship (residuals.cpp says how they came about).
struct ResidualGroup {
    std::string_view gpu, engine, model;
    int weightBits = 16;
    LoadKind loadKind = LoadKind::offlineMax;
    Metric metric = Metric::outputTokenRate;
    int rows = 0;
    double median = 0, bias = 0; ///< of |predicted / measured - 1|, and of predicted / measured - 1
};
std::span<const ResidualGroup> shippedResiduals();
/// Its setting, without layout and lengths.
MeasuredSetting settingOf(const ResidualGroup&);
/// Those of shippedResiduals(), in their order: looked up in the catalogs once.
const std::vector<MeasuredSetting>& shippedSettings();

/// Fewer runs than this tell of the table they stand in, not of the model: their errors are shown, and judge nothing.
inline constexpr int kFewestToJudge = 20;

/// Left-out errors over all rows of one kind, and where the figures come from.
struct ShippedAccuracy {
    std::string_view leftOut; ///< "GPU", "model family", "source"
    Metric metric;
    LoadKind loadKind;
    int rows;
    double median, p90, bias, inside; ///< inside: share within the nominal 80 % band
    bool isJudged() const { return rows >= kFewestToJudge; }
};
std::span<const ShippedAccuracy> shippedAccuracy();
int shippedRuns(); ///< measured values that were left out once each
std::string_view accuracySource();

/// Why the bands of this plan are known to be too narrow; empty = nothing is known against them.
std::string_view bandsCaution(const Plan&);

/// Of a sentence: "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& items);

/// The plan among all that ships as measured, in one or two sentences, with the error to expect.
std::string nearnessSentence(const Plan&);

/// The same in a few words, for a status bar: "measured as planned: 9 runs". Microseconds: at every move of a slider.
std::string nearnessInShort(const Plan&);

} // namespace headroom
