#include "ui/panels/simulated_summary.h"

#include "core/sim/result.h"
#include "core/snapshot.h"
#include "ui/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("SimulatedSummary", words); }

/// "± 10 ms" or "489 to 515 ms": of the sampling, not of the model.
void addInterval(std::vector<ValueRow>& rows, double value, const sim::Distribution& d)
{
    if (d.ciLo && d.ciHi)
        rows.push_back({tr("95 % interval"), band(value, *d.ciLo, *d.ciHi, "s"), true});
}

ValueRow formula(Seconds s)
{
    return {tr("formula says"), std::isfinite(s.si()) ? quantity(s.si(), "s") : tr("grows"), true};
}

} // namespace

SimulatedSummary simulatedSummary(const Snapshot& snapshot)
{
    const sim::SimResult* own = snapshot.study ? snapshot.study->own() : nullptr;
    if (own == nullptr || own->counters.completed == 0)
        return {};
    SimulatedSummary out;
    out.heading = tr("%1 × %2 requests, seed %3")
                      .arg(own->replications)
                      .arg(number(static_cast<double>(snapshot.study->requests)))
                      .arg(own->seed);
    const bool current = studyIsCurrent(snapshot);
    if (!current)
        out.heading += tr(" · of the plan before its last change");
    const Evaluation& e = snapshot.now.evaluation;
    out.rows.push_back({tr("TTFT p95"), quantity(own->ttft.p95, "s")});
    addInterval(out.rows, own->ttft.p95, own->ttft);
    if (current)
        out.rows.push_back(formula(e.ttft.p95));
    constexpr double kRounding = 1e-9; // s; a static batch answers with all tokens at once: there is no pace
    if (own->tpot.p95 > kRounding) {
        out.rows.push_back({tr("TPOT p95"), quantity(own->tpot.p95, "s")});
        if (current)
            out.rows.push_back(formula(e.tpot.p95));
    }
    out.rows.push_back({tr("E2E p99"), quantity(own->e2e.p99, "s")});
    if (current)
        out.rows.push_back(formula(e.e2e.p99));
    out.rows.push_back({tr("Within targets"), percent(own->attainment, 3)});
    const auto attempts = static_cast<double>(std::max<std::uint64_t>(1, own->counters.attempts));
    out.rows.push_back({tr("Preempted"), percent(static_cast<double>(own->counters.preemptions) / attempts, 2)});
    if (own->counters.rejected > 0)
        out.rows.push_back({tr("Turned away"), number(static_cast<double>(own->counters.rejected))});
    if (own->counters.timedOut > 0)
        out.rows.push_back({tr("Given up"), number(static_cast<double>(own->counters.timedOut))});
    return out;
}

} // namespace headroom::ui
