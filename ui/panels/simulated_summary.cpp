#include "ui/panels/simulated_summary.h"

#include "core/sim/result.h"
#include "core/snapshot.h"
#include "ui/format.h"

#include <QCoreApplication>
#include <QStringList>

#include <cmath>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("SimulatedSummary", words); }

QString bold(const QString& words) { return QStringLiteral("**%1**").arg(words); }

/// "251 ms ± 10 ms" or "501 ms (489 to 515 ms)": of the sampling, not of the model.
QString simulated(double value, const sim::Distribution& d)
{
    const QString words = bold(quantity(value, "s"));
    if (!d.ciLo || !d.ciHi)
        return words;
    const QString spread = band(value, *d.ciLo, *d.ciHi, "s");
    return spread.startsWith(QChar(0x00b1)) ? words + QLatin1Char(' ') + spread
                                            : QStringLiteral("%1 (%2)").arg(words, spread);
}

QString formula(Seconds s)
{
    return std::isfinite(s.si()) ? tr("   formula: %1").arg(quantity(s.si(), "s")) : tr("   formula: grows");
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
    QStringList lines{tr("TTFT p95: %1").arg(simulated(own->ttft.p95, own->ttft))};
    if (current)
        lines << formula(e.ttft.p95);
    constexpr double kRounding = 1e-9; // s; a static batch answers with all tokens at once: there is no pace
    if (own->tpot.p95 > kRounding) {
        lines << tr("TPOT p95: %1").arg(bold(quantity(own->tpot.p95, "s")));
        if (current)
            lines << formula(e.tpot.p95);
    }
    lines << tr("E2E p99: %1").arg(bold(quantity(own->e2e.p99, "s")));
    if (current)
        lines << formula(e.e2e.p99);
    lines << tr("Within targets: %1").arg(bold(percent(own->attainment, 3)));
    const auto attempts = static_cast<double>(std::max<std::uint64_t>(1, own->counters.attempts));
    lines << tr("Preemptions: %1 of requests")
                 .arg(bold(percent(static_cast<double>(own->counters.preemptions) / attempts, 2)));
    if (own->counters.rejected + own->counters.timedOut > 0)
        lines << tr("Turned away, given up: %1")
                     .arg(bold(number(static_cast<double>(own->counters.rejected + own->counters.timedOut))));
    out.lines = lines.join(QLatin1Char('\n'));
    return out;
}

} // namespace headroom::ui
