#include "core/papers/simulated.h"

#include <utility>

namespace headroom::papers {
namespace {

thread_local std::stop_token t_stop;

} // namespace

Stoppable::Stoppable(std::stop_token stop) : m_before(std::exchange(t_stop, std::move(stop))) {}

Stoppable::~Stoppable() { t_stop = std::move(m_before); }

sim::SimResult simulated(const sim::Scenario& scenario)
{
    sim::SimResult result = sim::simulate(scenario, t_stop);
    if (t_stop.stop_requested())
        throw Stopped{};
    return result;
}

} // namespace headroom::papers
