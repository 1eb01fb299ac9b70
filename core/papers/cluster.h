// Clusters of machines as Splitwise provisions them: two pools or one, machines with measured step times, the nine
// slowdowns that bound a rate, and the best division of a fleet.
#pragma once

#include "core/papers/serving.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace headroom::papers {

/// Measured medians of one machine of eight GPUs, milliseconds.
struct MeasuredMachine {
    static constexpr std::array<double, 5> kPrompts{512, 1024, 2048, 4096, 8192}; ///< tokens
    static constexpr std::array<double, 5> kBatches{1, 8, 16, 32, 64};            ///< sequences of 512 tokens each
    std::array<double, 5> prefill{}, decode{};
    double contextMs = 0; ///< of a decode step, for each token of context beyond the 512 measured
    std::int64_t slots = 0;

    /// Linear between the points and beyond them; never shorter than a decode step of one sequence.
    double prefillMs(double tokens) const;
    double decodeMs(double sequences, double context) const;
};

/// Prompts on one kind of machine, tokens on another or on the same. `promptMachines` 0: one pool, all run both.
struct Cluster {
    MeasuredMachine prompt, token;
    int promptMachines = 0, tokenMachines = 1;
    double transferSecondsPerToken = 0;
    double mixedThreshold = 0; ///< prompt tokens waiting above which the token pool takes prompts; 0 = never
    int machines() const { return promptMachines + tokenMachines; }
};

/// Slowdowns against an idle machine: medians, 90th and 99th percentiles of TTFT, time between tokens and E2E.
struct Slowdowns {
    std::array<double, 3> ttft{}, tbt{}, e2e{};
    bool meetsAll() const; ///< Splitwise, Table VI: all nine limits
};
/// \param idle the machine whose idle times count as 1
Slowdowns slowdowns(const Cluster&, const MeasuredMachine& idle, const Lengths&, double requestsPerSecond);
/// The largest rate at which all nine limits hold, within 2 %; 0 where they fail at a trickle.
/// \param guess where to begin; 0 = anywhere
double clusterRate(const Cluster&, const MeasuredMachine& idle, const Lengths&, double guess = 0);
/// Requests per second when there is always work.
double clusterPeak(const Cluster&, const Lengths&);

/// Share of the time in which a step of a cluster of one machine holds at most so many tokens, prompts and decodes
/// together; idle time counts.
double shareOfTimeWithin(const Cluster&, const Lengths&, double requestsPerSecond, double tokens);

struct Division {
    int promptMachines = 0, tokenMachines = 0;
    double rate = 0;
};
/// The division of a fleet that carries the most, found on a grid that is refined around its best point.
/// \param withPrompts the cluster of so many prompt machines, 1 to `most`; absent where there is none
Division bestDivision(const std::function<std::optional<Cluster>(int)>& withPrompts, int most,
    const MeasuredMachine& idle, const Lengths&);

} // namespace headroom::papers
