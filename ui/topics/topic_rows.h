// The tables of topics by section, and the few spellings they share. For ui/topics only.
#pragma once

#include "core/derived_bands.h"
#include "ui/plots/numbers.h"
#include "ui/topics/topics.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace headroom::ui::rows {

std::span<const Topic> objectivesAndQueues();  ///< 1.1 to 3.5
std::span<const Topic> engineAndMemory();      ///< 4.1 to 6.5
std::span<const Topic> costAndScheduling();    ///< 7.1 to 8.5
std::span<const Topic> budgetsAndOperations(); ///< 9.1 to 10.5

inline RequestRate offered(const TopicInput& in) { return in.plan.workload.arrivalRate; }
inline int replicas(const TopicInput& in) { return std::max(1, in.plan.deployment.replicas); }
inline RequestRate perReplica(const TopicInput& in) { return in.now.capacity / replicas(in); }
inline double perMillion(UsdPerToken price) { return (price * millionTokens).in(dollar); }
/// The band of a price that is spread over what is served now.
inline Band costBand(const TopicInput& in, UsdPerToken price)
{
    return inProportion(perMillion(price), in.now.cost.perOutputToken.si(), in.now.costBand);
}
inline Band band(const LatencySummary& ofP95) { return {ofP95.lo.si(), ofP95.hi.si()}; }
/// Of a value that takes as long as steps take.
inline Band asSteps(const TopicInput& in, double value)
{
    return inProportion(value, in.now.step.total().si(), in.now.stepBand);
}
/// Topics in dollars, which a plan without a price has no answer to.
template <TopicAnswer (*answer)(const TopicInput&)>
TopicAnswer priced(const TopicInput& in)
{
    return in.now.cost.priced ? answer(in) : TopicAnswer{"The plan has no price per GPU-hour.", std::nullopt};
}
/// The topics that only the simulator answers.
inline TopicAnswer simulatedOnly(std::string why) { return {std::move(why), std::nullopt}; }

} // namespace headroom::ui::rows
