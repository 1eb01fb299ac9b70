// A simulation as views want it: refined in stages, until its interval is narrow, beside other policies on the same
// arrivals. No Qt: the window, the report and the command line run the same study.
#pragma once

#include "core/error.h"
#include "core/plan/plan.h"
#include "core/sim/result.h"
#include "core/workload/trace.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headroom {

/// A set of choices that the literature knows by a name, for comparing with.
struct PolicyPreset {
    std::string_view id, label, help;
    std::vector<std::pair<std::string_view, std::string_view>> settings; ///< KEY, VALUE as setField() takes them
};
std::span<const PolicyPreset> policyPresets();
/// nullptr if there is no preset of that id.
const PolicyPreset* findPolicyPreset(std::string_view id);

struct StudySettings {
    static constexpr std::size_t kMostPolicies = 3; ///< beside the plan's own
    std::uint64_t seed = 1;
    std::uint64_t requests = 100'000;     ///< of each replication, at least 1
    std::optional<double> horizon;        ///< seconds of simulated time, above 0; absent = until the requests are done
    std::optional<std::uint64_t> warmup;  ///< first requests left out of the statistics; absent = 5 % (trace: none)
    int replications = 5;                 ///< at least 1
    std::optional<double> untilCi = 0.05; ///< more of them until the p95 of TTFT and E2E are known to +- this share
    std::vector<std::string> policies;    ///< ids of presets, at most kMostPolicies
    bool inStages = true;                 ///< short runs first, for somebody who watches
    int threads = 1;                      ///< the result does not depend on it
    friend bool operator==(const StudySettings&, const StudySettings&) = default;
};

/// What batch runs use (report, pictures, `chart`): a fixed size, the two engines of the literature beside the plan.
StudySettings fixedStudy();

/// Request rows kept of each policy of a study: bounds its memory (4 MB each) whatever the number of requests. Only
/// what is looked at one by one reads them: playing, stepping, the Gantt chart.
inline constexpr std::uint64_t kMostStudyRows = 50'000;

struct StudyCase {
    std::string name; ///< "This plan", or the label of the preset
    std::shared_ptr<const Plan> plan;
    std::string refused;                          ///< why it cannot run; empty = it can
    std::shared_ptr<const sim::SimResult> result; ///< null while refused or not reached yet
};

struct Study {
    std::shared_ptr<const Plan> plan; ///< the one it came from: views of another plan say "of an older plan"
    StudySettings settings;
    std::vector<StudyCase> cases; ///< the plan itself, then the presets in their order
    std::uint64_t requests = 0;   ///< of each replication of the plan's own result, so far
    bool complete = false;        ///< nothing is left to refine
    double wallSeconds = 0;       ///< since the study began

    /// The plan's own result; null while there is none.
    const sim::SimResult* own() const { return cases.empty() ? nullptr : cases.front().result.get(); }
};

struct StudyReport {
    double fraction = 0;                ///< of the requests that are certain to be simulated, 0 to 1
    std::shared_ptr<const Study> study; ///< results, when there are newer ones
};
/// Called on the thread that runs the study, at most some hundred times a second.
using StudyProgress = std::function<void(const StudyReport&)>;

/// The requests that a plan replays, null if it draws them. \param folder of the plan file: the path is relative to it
Result<std::shared_ptr<const Trace>> traceOf(const Plan&, const std::filesystem::path& folder);

/// Whether two plans are one to a simulation: they differ at most in what no run reads, as names, notes and prices.
bool runAlike(const Plan&, const Plan&);

/// Runs a study to its end, or to what a stop request within 50 ms leaves of it (`complete` is then false). A plan or a
/// preset that cannot run is an answer: `refused` says why.
/// \param trace the requests of a plan that replays them, else null
std::shared_ptr<const Study> runStudy(std::shared_ptr<const Plan>, const StudySettings&,
    std::shared_ptr<const Trace> trace = nullptr, std::stop_token = {}, const StudyProgress& = {});
/// The answer for a plan that cannot run at all.
std::shared_ptr<const Study> refusedStudy(std::shared_ptr<const Plan>, const StudySettings&, const Error& why);

} // namespace headroom
