// One load through the serving systems in the order of their invention: static batches, Orca, paged memory, chunked
// prompts, split phases. What each gains over the one before, and by what.
#pragma once

#include "core/evaluate.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace headroom {

/// A p95 that runs measured. Two things make it unsure: that they were as long as they were, and that steps take other
/// times than the model says.
struct AblationTime {
    double p95 = 0;           ///< s, over completed requests
    std::optional<Band> ci{}; ///< 95 % sampling interval; absent with one replication
    std::optional<Band>
        band{}; ///< nominal 80 %, of the step times, as in the closed form; absent where that is overloaded
};

/// What runs of the plan's own load measured.
struct AblationRun {
    AblationTime ttft, tpot, e2e; ///< TPOT 0: all tokens come at once
    double kvFraction = 0;        ///< mean share of the KV blocks taken
    double attainment = 0;        ///< good / offered
};

struct AblationRow {
    std::string_view id{};                  ///< of the policy preset
    std::string_view label{};               ///< "Orca"
    std::string refused{};                  ///< why it cannot run this plan; empty = it can, and what follows holds
    int prefillReplicas = 0;                ///< split phases: those of the division that sustains most
    RequestRate sustainable{};              ///< all targets hold up to here (closed form)
    RequestRate capacity{};                 ///< it saturates here
    Band sustainableBand{}, capacityBand{}; ///< req/s: all steps at their lower or upper factor
    /// Sustainable over that of the last row before it that runs; 1 for the first, absent where nothing held before.
    std::optional<double> gain = 1;
    /// The same with both at the pessimistic edge, or both at the optimistic one: the steps of both are those of one GPU
    /// and err alike. Open above where nothing held before at an edge; absent where `gain` is.
    std::optional<Band> gainBand = Band{1, 1};
    bool stable = false;                  ///< at the plan's own rate, as are the next four
    LatencySummary ttft{}, tpot{}, e2e{}; ///< with bands
    double kvFraction = 0;                ///< mean share of KV memory taken
    double seats = 0;                     ///< requests of this mix that one replica holds at once
    double wastedShare = 0;               ///< of KV memory, promised and not used or lost in gaps, with all seats taken
    std::optional<UsdPerToken> perOutputToken{}; ///< whole bill at the sustainable rate; infinite where that is 0,
                                                 ///< absent without a price
    std::optional<Band> perOutputTokenBand{};    ///< dollars a token
    std::optional<AblationRun> simulated{};
    std::string because{}; ///< one sentence: what it gains over the row before, and by what
};

/// The ids of the policy presets in historical order, oldest first.
std::span<const std::string_view> ablationPresets();

/// Closed forms: milliseconds. The plan's own policy, reservation and division are overridden by each row; everything
/// else is the plan's.
std::vector<AblationRow> ablation(const Plan&);

struct AblationSettings {
    std::uint64_t requests = 20'000; ///< of each policy, at least 1
    std::uint64_t seed = 1;          ///< the same requests for all
    int replications = 1;            ///< at least 1; from 2 on times have sampling intervals
    int threads = 1;                 ///< the result does not depend on it
};
/// With a simulation of the plan's own load under each policy; rows not reached before a stop have none, nor has any of
/// a plan that replays a trace.
std::vector<AblationRow> simulatedAblation(const Plan&, const AblationSettings&, const std::stop_token& = {});

} // namespace headroom
