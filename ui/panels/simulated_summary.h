// What the latest simulation says of the open plan, beside what the closed form says: a box of the Explain dock.
#pragma once

#include "ui/panels/value_rows.h"

#include <QString>

#include <vector>

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

struct SimulatedSummary {
    QString heading;            ///< how much was simulated, and whether the plan has changed since
    std::vector<ValueRow> rows; ///< a result each, what the formula says below it
};

/// Empty where nothing of the plan's own was simulated yet, or the plan cannot be simulated.
SimulatedSummary simulatedSummary(const Snapshot&);

} // namespace headroom::ui
