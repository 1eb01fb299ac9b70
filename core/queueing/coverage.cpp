#include "core/queueing/coverage.h"

#include <cmath>

namespace headroom {

namespace {

constexpr double kOneLength = 1e-6; // squared coefficient of variation

/// Of the process of arrivals; empty where it is one the chain knows.
std::string_view ofProcess(const StationTables& t)
{
    switch (t.input.process) {
    case ArrivalProcess::closedLoop:
        if (t.gapsSecond < (1 + kOneLength) * t.gapsMean * t.gapsMean)
            return "all answers of a closed loop have one length: its clients march in step, which only a simulation "
                   "shows";
        return "closed loop: the time to the first token can come out up to half too low; the rest holds";
    case ArrivalProcess::diurnal:
    case ArrivalProcess::ramp:
    case ArrivalProcess::step:
        return "the arrival rate changes over time; the closed form takes it as steady";
    case ArrivalProcess::trace:
        return "arrivals come from a trace; the closed form knows their rate and the variation of their gaps only";
    case ArrivalProcess::mmpp2:
        return "arrivals come in bursts; the closed form takes the batch to follow them at once";
    case ArrivalProcess::deterministic: // near saturation the tail then jumps with the number of seats
        return "gaps between arrivals do not vary; the closed form scales waits by their variation only";
    default:
        return {};
    }
}

/// How long prompts take beside answers, with what their variation makes of it: requests at the pace of an idle replica.
double promptsBesideAnswers(const StationTables& t)
{
    if (t.gapsMean <= 0)
        return 0; // nothing decodes that prompts could disturb
    const double variation = t.promptSecond / (t.promptMean * t.promptMean);
    return t.prompts.front().alone / (t.gapsMean * t.decodeStep.front()) * variation;
}

std::string_view ofLengths(const StationTables& t)
{
    if (t.input.policy == BatchPolicy::prefillFirst && t.promptSecond < (1 + kOneLength) * t.promptMean * t.promptMean)
        return "all prompts have one length: the p95 of the time to the first token can come out a fifth too high; the "
               "rest holds";
    constexpr double kLong = 0.1, kLongUnbounded = 0.04;
    const double share = promptsBesideAnswers(t);
    if (share > kLong)
        return "prompts take long beside answers: percentiles can come out up to 40 % too low, those behind a router "
               "that knows the queues up to twice too high; simulate it";
    if (t.input.policy == BatchPolicy::continuous && share > kLongUnbounded)
        return "a step takes all prompts that wait: the p95 of the time to the first token can come out up to a third "
               "too low; the rest holds";
    if (t.input.policy == BatchPolicy::prefillFirst && t.input.replicas > 1 && share > kLongUnbounded)
        return "prompts stop the answers of a replica, which its router does not see: the median time to the first "
               "token "
               "can come out a fifth too high; the rest holds";
    return {};
}

std::string_view ofGaps(const StationTables& t, double utilization)
{
    const double replicas = t.input.replicas;
    const bool isRandom = t.input.balancing == Balancing::random;
    // Replicas that share a queue share its bursts as well.
    const double bursty = isRandom ? 1 + (t.arrivalScv - 1) / replicas : t.arrivalScv / std::sqrt(replicas);
    constexpr double kBursty = 1.7;
    if (bursty > kBursty)
        return "gaps between arrivals vary strongly; the closed form scales waits by their variation only";
    constexpr double kRegular = 0.7, kLightly = 0.4, kVeryRegular = 0.1, kVeryLightly = 0.2;
    const double regular = t.input.balancing == Balancing::roundRobin ? t.arrivalScv / replicas : t.arrivalScv;
    if (regular < kRegular && utilization > (regular < kVeryRegular ? kVeryLightly : kLightly))
        return "arrivals at a replica are regular: the time to the first token can come out up to half too high; the "
               "rest holds";
    return {};
}

std::string_view ofReplicas(const StationTables& t, double utilization)
{
    if (t.input.balancing == Balancing::byPrefix && t.input.replicas > 1)
        return "the router also looks at the prompts that wait: the time to the first token can come out up to 70 % "
               "too "
               "high; the rest holds";
    constexpr double kMany = 8, kLoaded = 0.6;
    if (t.input.balancing == Balancing::joinShortest && t.input.replicas > kMany && utilization > kLoaded)
        return "many replicas behind a router that knows the queues: the median time to the first token can come out a "
               "fifth too high; the rest holds";
    return {};
}

constexpr std::string_view kSeveralStages =
    "several pipeline stages: the closed form lets a step last as long as its longest micro-batch does on "
    "average; its capacity can come out a tenth too low to a quarter too high, and above half of it times a "
    "third off; simulate it";

} // namespace

std::string_view reasonNotCovered(const StationTables& t, double utilization)
{
    if (t.input.policy == BatchPolicy::static_)
        return "static batching: a bulk-service approximation whose capacity can come out a third too low; the "
               "simulator "
               "forms the batches one by one";
    if (t.input.policy == BatchPolicy::disaggregated)
        return "split phases: the time to the first token comes out up to twice too high; simulate it";
    if (const auto why = ofProcess(t); !why.empty())
        return why;
    if (utilization >= 1)
        return t.input.stages > 1 ? kSeveralStages : std::string_view();
    if (const auto why = ofLengths(t); !why.empty())
        return why;
    if (const auto why = ofGaps(t, utilization); !why.empty())
        return why;
    if (const auto why = ofReplicas(t, utilization); !why.empty())
        return why;
    if (t.input.stages > 1)
        return kSeveralStages;
    constexpr double kBurstyWaits = 0.8, kNearlyFull = 0.9;
    if (utilization > kNearlyFull)
        return "above 90 % of the capacity the p95 of the time to the first token can come out several times too low "
               "and "
               "that of the time per token a fifth; simulate it";
    if (utilization > kBurstyWaits)
        return "above 80 % of the capacity waits come in bursts: the p95 of the time to the first token can come out "
               "up "
               "to half too low, that of the time per token a fifth; the medians hold";
    return {};
}

} // namespace headroom
