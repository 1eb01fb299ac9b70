// What the service promises (topics 1 and 9).
#pragma once

#include "core/units.h"

#include <optional>

namespace headroom {

struct Targets {
    std::optional<Seconds> ttftP95, tpotP95, e2eP99; ///< absent = no such target
    double attainment = 0.95;                        ///< share of offered requests that must be good
    double availability = 0.999;
    double windowDays = 30; ///< of the error budget
    friend bool operator==(const Targets&, const Targets&) = default;
};

} // namespace headroom
