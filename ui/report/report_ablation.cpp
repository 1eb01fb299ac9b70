// One load through five serving systems, as a table and sentences.
#include "ui/report/report_content.h"

#include "core/ablation.h"
#include "ui/format.h"

#include <QCoreApplication>

#include <cmath>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("Report", words); }

/// "250 ms to 1.06 s"; where there is no end to tell, what is known.
QString between(const Band& band, std::string_view unit, double factor = 1)
{
    const double lo = band.lo * factor, hi = band.hi * factor;
    if (!std::isfinite(lo) || !(hi > lo))
        return QStringLiteral("–");
    return std::isfinite(hi) ? range(lo, hi, unit) : tr("from %1").arg(quantity(lo, unit));
}

/// What stands below a system: how sure its numbers are.
std::vector<QString> bandRow(const AblationRow& row, bool isFirst)
{
    const auto p95 = [](const LatencySummary& s) { return between({s.lo.si(), s.hi.si()}, "s"); };
    const bool gains = row.gainBand && row.sustainable > RequestRate(0) && !isFirst;
    return {tr("band (80 %)"), between(row.sustainableBand, "req/s"),
        gains ? QStringLiteral("%1 to %2×").arg(number(row.gainBand->lo, 2), number(row.gainBand->hi, 2))
              : QStringLiteral("–"),
        p95(row.ttft), p95(row.tpot), p95(row.e2e), QString(),
        row.perOutputTokenBand ? between(*row.perOutputTokenBand, "USD", millionTokens.si()) : QStringLiteral("–")};
}

} // namespace

AblationSection ablationSection(const Plan& plan)
{
    AblationSection out;
    TextTable& t = out.table;
    t.columns = {tr("System"), tr("Within targets"), tr("Gain"), tr("TTFT p95"), tr("TPOT p95"), tr("E2E p95"),
        tr("KV in use"), tr("Per million output")};
    t.shares = {0.23, 0.14, 0.09, 0.11, 0.11, 0.11, 0.09, 0.12};
    t.numeric = {false, true, true, true, true, true, true, true};
    bool isFirst = true; // of those that run: it gains over none
    for (const AblationRow& row : ablation(plan)) {
        const QString label = text(row.label);
        if (!row.refused.empty()) {
            t.rows.push_back({label, tr("cannot run")});
            out.sentences.push_back(
                QStringLiteral("**%1:** ").arg(label) + tr("cannot run: %1.").arg(text(row.refused)));
            continue;
        }
        const auto seconds = [](Seconds s) { return std::isfinite(s.si()) ? quantity(s.si(), "s") : number(s.si()); };
        const QString none = QStringLiteral("–");
        const bool isPriced = row.perOutputToken && std::isfinite(row.perOutputToken->si());
        const bool gains = row.gain && row.sustainable > RequestRate(0); // nothing gains nothing over nothing
        t.rows.push_back({label, quantity(row.sustainable.si(), "req/s"), gains ? number(*row.gain) + u'×' : none,
            seconds(row.ttft.p95), seconds(row.tpot.p95), seconds(row.e2e.p95), percent(row.kvFraction),
            isPriced ? quantity((*row.perOutputToken * millionTokens).in(dollar), "USD") : none});
        t.rows.push_back(bandRow(row, isFirst));
        isFirst = false;
        out.sentences.push_back(QStringLiteral("**%1:** ").arg(label) + text(row.because));
    }
    return out;
}

} // namespace headroom::ui
