// Runs small enough to follow by hand.
#pragma once

#include "core/sim/scenario.h"

#include <memory>
#include <utility>
#include <vector>

namespace headroom::sim {

struct Line {
    double arrival;
    int prompt, output, requestClass = 0;
};

/// A step costs 10 ms whatever is in it; no fixed latencies; 16,000 tokens of memory.
inline Scenario tenMilliseconds(std::vector<Line> lines)
{
    auto trace = std::make_shared<Trace>();
    for (const auto& line : lines) {
        TraceRequest r;
        r.arrival = line.arrival;
        r.promptTokens = line.prompt;
        r.outputTokens = line.output;
        r.requestClass = line.requestClass;
        trace->requests.push_back(r);
    }
    Scenario s;
    s.trace = trace;
    s.limits.requests = trace->requests.size();
    s.classes = {RequestClass{}, RequestClass{}};
    s.physics.law = [](double, double, double) { return StepLaw{.base = 0.01}; };
    s.kv = {.blocks = 1000, .blockTokens = 16};
    s.latency = {Seconds(0), Seconds(0), Seconds(0), Seconds(0)};
    s.record.rows = true;
    return s;
}

} // namespace headroom::sim
