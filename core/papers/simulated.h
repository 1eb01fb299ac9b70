// The simulator as cases of a paper call it: a case that is told to stop ends within its present simulation.
#pragma once

#include "core/sim/simulate.h"

#include <stop_token>

namespace headroom::papers {

/// Thrown by simulated() once the case that calls it was told to stop; run() catches it.
struct Stopped {};

/// While it lives, simulations of this thread answer to this stop token. Cases search in several layers that know nothing of
/// who waits for them, so the token belongs to the thread and not to every signature between.
class Stoppable {
public:
    explicit Stoppable(std::stop_token);
    ~Stoppable();
    Stoppable(const Stoppable&) = delete;
    Stoppable& operator=(const Stoppable&) = delete;

private:
    std::stop_token m_before;
};

/// Runs a scenario to its end. Throws Stopped where it was stopped before.
sim::SimResult simulated(const sim::Scenario&);

} // namespace headroom::papers
