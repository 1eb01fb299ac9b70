// What a request meets at different numbers of decoding sequences, at one arrival rate: prompt phase, token interval,
// time in a seat.
#pragma once

#include "core/queueing/batch_chain.h"
#include "core/queueing/station_tables.h"

#include <algorithm>
#include <vector>

namespace headroom {

/// One number of decodes at a rate: the prompt phase, and what a request experiences there.
struct Level {
    double decodes = 0;
    PromptNode node;
    PromptPhase phase;
    double firstToken = 0; ///< mean time from taking a seat to the first token
    double start = 0;      ///< DecodeTime::start, of a long request
    double memory = 1;     ///< DecodeTime::memory
    double fast = 0;       ///< DecodeTime::fast
    double bunching = 1;   ///< index of dispersion of prompts that start to decode, in the time in which decodes run
    double stretch = 1;    ///< token interval / decode step
};

/// Mean of the prompt tokens that wait while a step runs.
double meanWaitingTokens(const PromptPhase&, double tokensPerSecond);

/// \param similar solved at other decodes, to start from, or null
Level levelAt(const StationTables&, const PromptLoad&, double decodes, const Level* similar = nullptr);

/// The same at the highest rate up to the load's that prompts can bear there; the load is changed to it. A burst may
/// bring more while it lasts.
Level bearableLevel(const StationTables&, PromptLoad&, double decodes, const Level* similar = nullptr);

/// A level whose prompts come as others leave, as while all seats are taken and in a closed loop: so many a step however
/// long it is. What gathers in a long step does not make the next ones longer, so that the noise of prompts is not
/// amplified by the stretch as that of open arrivals is.
Level withoutFeedback(Level);

/// Decodes at which as many sequences finish as start, ignoring fluctuations: B = lambda m interval(B).
double balancedDecodes(const StationTables&, const PromptLoad&);

/// Levels around the balance, ascending, up to where prompts no longer keep up; at least one.
/// \param few five at most instead of six
std::vector<Level> levels(const StationTables&, const PromptLoad&, double balance, bool few = false);

/// A quantity of the levels at any number of decodes.
template <class F>
double between(const std::vector<Level>& levels, double decodes, F quantity)
{
    std::size_t i = 1;
    while (i + 1 < levels.size() && levels[i].decodes < decodes)
        ++i;
    if (levels.size() == 1)
        return quantity(levels.front());
    const Level &a = levels[i - 1], &b = levels[i];
    const double part = std::clamp((decodes - a.decodes) / (b.decodes - a.decodes), 0.0, 1.0);
    return quantity(a) + part * (quantity(b) - quantity(a));
}

/// Requests in a replica and the decodes among them, at the same time.
struct Occupancy {
    Residence residence;
    std::vector<double> decodes; ///< at residence.requests
    double decodesAt(double n) const;
};

/// Of one replica, over the batch sizes of the tables.
Occupancy occupancy(const StationTables&, const std::vector<Level>&);

} // namespace headroom
