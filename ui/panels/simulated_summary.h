// What the latest simulation says of the open plan, beside what the closed form says: a box of the Explain dock.
#pragma once

#include <QString>

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

struct SimulatedSummary {
    QString heading; ///< how much was simulated, and whether the plan has changed since
    QString lines;   ///< one result a line, for Paragraph
};

/// Empty where nothing of the plan's own was simulated yet, or the plan cannot be simulated.
SimulatedSummary simulatedSummary(const Snapshot&);

} // namespace headroom::ui
