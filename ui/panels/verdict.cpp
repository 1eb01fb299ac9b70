#include "ui/panels/verdict.h"

#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/money.h"

#include <QCoreApplication>
#include <QHash>

#include <cmath>

namespace headroom::ui {

namespace {

/// Above this utilization waiting grows fast: at 0.85 an M/M/1 queue holds more than five times what it serves.
constexpr double kBusy = 0.85;
/// Above this share of KV memory a burst starts to preempt.
constexpr double kKvTight = 0.9;
/// Below this share of KV memory its digits say nothing.
constexpr double kTraceOfKv = 0.001;
/// From this headroom on a factor is read more easily than a percentage.
constexpr double kManyTimes = 10;

QString tr(const char* words) { return QCoreApplication::translate("Verdict", words); }

QString rate(RequestRate r) { return number(r.si(), 3) + QStringLiteral(" req/s"); }

/// What a unit that quantity() picks for a time is worth.
double secondsOf(const QString& unit)
{
    static const QHash<QString, double> kSeconds{{QStringLiteral("µs"), 1e-6}, {QStringLiteral("ms"), 1e-3},
        {QStringLiteral("s"), 1.0}, {QStringLiteral("min"), 60.0}, {QStringLiteral("h"), 3600.0},
        {QStringLiteral("d"), 86400.0}};
    return kSeconds.value(unit, 1.0);
}

/// Big number and what stands beside it in grey: "410" and "± 60 ms", or "ms · 350–480" where the band is lopsided.
void showTime(const LatencySummary& latency, Tile& tile)
{
    const double p95 = latency.p95.si(), lo = latency.lo.si(), hi = latency.hi.si();
    const QString all = quantity(p95, "s", 3);
    const qsizetype gap = all.lastIndexOf(QLatin1Char(' '));
    tile.value = all.left(gap);
    tile.aside = tile.unit = all.mid(gap + 1);
    if (!(p95 > 0) || hi <= lo)
        return;
    if (!std::isfinite(hi)) {
        tile.aside = tr("%1 · band open above").arg(tile.aside);
        return;
    }
    if (const QString even = band(p95, lo, hi, "s"); even.startsWith(QStringLiteral("±"))) {
        tile.aside = even;
        return;
    }
    const double unit = secondsOf(tile.unit); // of all three: "661 ms · 436–1,010"
    tile.aside = QStringLiteral("%1 · %2–%3").arg(tile.unit, number(lo / unit, 2), number(hi / unit, 2));
}

QString headroomText(double fraction)
{
    return fraction >= kManyTimes ? tr("×%1").arg(number(1 + fraction, 3)) : signedPercent(fraction);
}

Tile headroomTile(const Evaluation& e, RequestRate peak)
{
    Tile t{tr("Headroom"), {}, {}, {}, Mood::plain, QStringLiteral("latency_vs_load"), QStringLiteral("headroom")};
    if (!e.fits) {
        t.value = tr("none");
        t.word = tr("does not fit in memory");
        t.brief = tr("does not fit");
        t.mood = Mood::bad;
        return t;
    }
    t.value = !std::isfinite(e.headroomFraction) ? tr("none") : headroomText(e.headroomFraction);
    if (std::isfinite(e.headroomFraction) && e.headroom.si() > 0 && e.headroomLo < e.headroom)
        t.aside = tr("at worst %1").arg(headroomText(e.headroomFraction * (e.headroomLo / e.headroom)));
    if (e.targetRate.si() <= 0) {
        t.word = tr("misses a target even idle");
        t.brief = tr("misses even idle");
        t.mood = Mood::bad;
    } else if (e.headroom.si() < 0) {
        t.word = tr("misses above %1").arg(rate(e.targetRate));
        t.brief = tr("misses over %1").arg(number(e.targetRate.si(), 3));
        t.mood = Mood::bad;
    } else if (e.targetRate < peak) {
        t.word = tr("to %1, misses peak %2").arg(number(e.targetRate.si(), 3), number(peak.si(), 3));
        t.brief = tr("misses peak %1").arg(number(peak.si(), 3));
        t.mood = Mood::warning;
    } else if (e.headroomLo.si() < 0) {
        t.word = tr("thin · to %1").arg(rate(e.targetRate));
        t.brief = tr("thin · to %1").arg(number(e.targetRate.si(), 3));
        t.mood = Mood::warning;
    } else {
        t.word = tr("holds to %1").arg(rate(e.targetRate));
        t.brief = tr("to %1").arg(rate(e.targetRate));
        t.mood = Mood::good;
    }
    return t;
}

Tile latencyTile(const QString& label, const LatencySummary& latency, std::optional<Seconds> target, bool fits,
    bool answers, const QString& topic)
{
    const bool first = topic == QLatin1String("ttft");
    Tile t{label, {}, {}, {}, Mood::plain, first ? QStringLiteral("latency_vs_load") : QStringLiteral("tpot_vs_load"),
        topic};
    const QString limit = target ? quantity(target->si(), "s", 3) : QString();
    const auto say = [&](Mood mood, const QString& word, const QString& brief) {
        t.mood = mood;
        t.word = word.arg(limit);
        t.brief = brief.arg(limit);
    };
    const bool answered = answers && std::isfinite(latency.p95.si());
    if (answered)
        showTime(latency, t);
    else
        t.value = fits ? QStringLiteral("∞") : tr("none");
    if (!target) {
        t.word = answered ? tr("no target") : tr("no steady state");
        t.mood = answered ? Mood::plain : Mood::bad;
    } else if (!answered || latency.p95 > *target) {
        say(Mood::bad, tr("misses · target %1"), tr("misses %1"));
    } else if (latency.hi > *target) {
        say(Mood::warning, tr("ok, but the band passes %1"), tr("band over %1"));
    } else {
        say(Mood::good, tr("ok · target %1"), tr("ok · %1"));
    }
    return t;
}

Tile utilizationTile(const Evaluation& e)
{
    Tile t{tr("Utilization"), {}, {}, {}, Mood::plain, QStringLiteral("throughput_vs_load"),
        QStringLiteral("utilization")};
    if (!e.fits) {
        t.value = QStringLiteral("–");
        t.word = tr("no capacity");
        t.mood = Mood::bad;
        return t;
    }
    t.value = number(e.utilization, e.utilization < 1 ? 2 : 3);
    if (!e.stable) {
        t.word = tr("overloaded · %1").arg(rate(e.capacity));
        t.brief = tr("over %1").arg(rate(e.capacity));
        t.mood = Mood::bad;
    } else {
        t.word = (e.utilization > kBusy ? tr("busy · of %1") : tr("ok · of %1")).arg(rate(e.capacity));
        t.brief = (e.utilization > kBusy ? tr("busy · of %1") : tr("ok · of %1")).arg(number(e.capacity.si(), 3));
        t.mood = e.utilization > kBusy ? Mood::warning : Mood::good;
    }
    return t;
}

Tile kvTile(const Evaluation& e)
{
    Tile t{tr("KV memory"), {}, {}, {}, Mood::plain, QStringLiteral("memory_per_gpu"), QStringLiteral("kv_memory")};
    if (!e.memory.fits) {
        t.value = tr("no room");
        const bool isHost = e.memory.lacks == MemoryLevel::host, isDisk = e.memory.lacks == MemoryLevel::disk;
        const Bytes needed = isHost   ? e.memory.host.weights
                             : isDisk ? e.memory.disk.weights
                                      : e.memory.weights.total() + e.memory.workspace;
        const Bytes there = isHost ? e.memory.host.size : isDisk ? e.memory.disk.size : e.memory.usable;
        t.word = (isHost   ? tr("host: over %1 of %2")
                  : isDisk ? tr("disk: over %1 of %2")
                           : tr("%1 before any KV, %2 there"))
                     .arg(quantity(needed.si(), "B", 3), quantity(there.si(), "B", 3));
        t.brief = needed > there ? tr("over by %1").arg(quantity((needed - there).si(), "B", 2))
                                 : tr("1 needs %1").arg(quantity(e.memory.kvPerRequest.si(), "B", 2));
        t.mood = Mood::bad;
        return t;
    }
    t.value = e.kvFraction > 0 && e.kvFraction < kTraceOfKv ? tr("< 0.1 %") : percent(e.kvFraction);
    const QString held =
        tr("%1 of %2")
            .arg(quantity(e.kvFraction * e.memory.kvReach.si(), "B", 2), quantity(e.memory.kvReach.si(), "B", 3));
    const bool full = e.kvFraction > kKvTight; // else seats run out before memory does
    const QString seats = tr("%1 of %2 seats").arg(number(e.meanRunning, 2), number(e.memory.seats, 3));
    t.mood = !e.stable ? Mood::bad : e.kvFraction > kKvTight ? Mood::warning : Mood::good;
    t.word = t.mood == Mood::good  ? held
             : t.mood == Mood::bad ? (full ? tr("full · %1") : tr("seats full · %1")).arg(seats)
                                   : tr("tight · %1").arg(seats);
    t.brief = t.mood == Mood::good  ? tr("of %1").arg(quantity(e.memory.kvReach.si(), "B", 3))
              : t.mood == Mood::bad ? (full ? tr("full") : tr("seats full"))
                                    : tr("tight");
    return t;
}

Tile costTile(const Evaluation& e)
{
    Tile t{tr("Cost"), {}, {}, tr("per M output tok"), Mood::plain, QStringLiteral("cost_vs_load"),
        QStringLiteral("cost")};
    if (!e.cost.priced) {
        t.value = QStringLiteral("–");
        t.word = tr("no price");
        return t;
    }
    const double perMillion = (e.cost.perOutputToken * millionTokens).in(dollar);
    if (!e.fits || !std::isfinite(perMillion)) {
        t.value = QStringLiteral("∞");
        t.word = tr("nothing is served");
        t.mood = Mood::bad;
        return t;
    }
    t.value = money(perMillion);
    if (std::isfinite(e.costBand.hi) && e.costBand.hi > e.costBand.lo && perMillion > 0) {
        const double half = (e.costBand.hi - e.costBand.lo) / 2 / e.cost.perOutputToken.si();
        t.aside = half < 0.005 ? QString() : tr("± %1").arg(percent(half, 2));
    }
    return t;
}

struct BindingWords {
    const char* value;
    const char* word;
    const char* brief = ""; ///< the same where there is little room; empty = it is short already
};

BindingWords bindingWords(Binding binding)
{
    switch (binding) {
    case Binding::none:
        return {QT_TRANSLATE_NOOP("Verdict", "Nothing"), QT_TRANSLATE_NOOP("Verdict", "no target, light load"),
            QT_TRANSLATE_NOOP("Verdict", "light load")};
    case Binding::memory:
        return {QT_TRANSLATE_NOOP("Verdict", "Memory"), QT_TRANSLATE_NOOP("Verdict", "KV room or weights"),
            QT_TRANSLATE_NOOP("Verdict", "KV or weights")};
    case Binding::compute:
        return {QT_TRANSLATE_NOOP("Verdict", "Compute"), QT_TRANSLATE_NOOP("Verdict", "matrix products")};
    case Binding::bandwidth:
        return {QT_TRANSLATE_NOOP("Verdict", "Bandwidth"), QT_TRANSLATE_NOOP("Verdict", "decode reads memory"),
            QT_TRANSLATE_NOOP("Verdict", "decode step")};
    case Binding::network:
        return {QT_TRANSLATE_NOOP("Verdict", "Network"), QT_TRANSLATE_NOOP("Verdict", "between GPUs")};
    case Binding::host:
        return {QT_TRANSLATE_NOOP("Verdict", "Host"), QT_TRANSLATE_NOOP("Verdict", "links to host, disk"),
            QT_TRANSLATE_NOOP("Verdict", "host, disk")};
    case Binding::overhead:
        return {QT_TRANSLATE_NOOP("Verdict", "Overhead"), QT_TRANSLATE_NOOP("Verdict", "engine, per step")};
    case Binding::sequences:
        return {QT_TRANSLATE_NOOP("Verdict", "Sequences"), QT_TRANSLATE_NOOP("Verdict", "max_sequences fills first"),
            QT_TRANSLATE_NOOP("Verdict", "max_sequences")};
    case Binding::tokenBudget:
        return {QT_TRANSLATE_NOOP("Verdict", "Budget"), QT_TRANSLATE_NOOP("Verdict", "tokens per step")};
    case Binding::queue:
        return {QT_TRANSLATE_NOOP("Verdict", "Queue"), QT_TRANSLATE_NOOP("Verdict", "bursts, not a resource"),
            QT_TRANSLATE_NOOP("Verdict", "bursts")};
    case Binding::latencyFloor:
        return {QT_TRANSLATE_NOOP("Verdict", "Latency"), QT_TRANSLATE_NOOP("Verdict", "too slow even idle"),
            QT_TRANSLATE_NOOP("Verdict", "slow even idle")};
    }
    return {"", ""};
}

Tile bindingTile(const Evaluation& e)
{
    const BindingWords words = bindingWords(e.binding);
    return {tr("Binds first"), tr(words.value), {}, tr(words.word), Mood::plain, QStringLiteral("step_parts"),
        QStringLiteral("binding"), {}, tr(words.brief)};
}

} // namespace

std::array<Tile, kTiles> verdict(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const Targets& targets = snapshot.now.plan->targets;
    const bool answers = e.fits && e.stable;
    const Workload& load = snapshot.now.plan->workload;
    const RequestRate peak =
        load.process == ArrivalProcess::closedLoop ? RequestRate(0) : load.peakFactor * load.arrivalRate;
    return {headroomTile(e, peak),
        latencyTile(tr("TTFT p95"), e.ttft, targets.ttftP95, e.fits, answers, QStringLiteral("ttft")),
        // Full seats have a pace even where the queue in front of them grows without end.
        latencyTile(tr("TPOT p95"), e.tpot, targets.tpotP95, e.fits, e.fits, QStringLiteral("tpot")),
        utilizationTile(e), kvTile(e), costTile(e), bindingTile(e)};
}

QString tileText(const Tile& tile)
{
    QString aside = tile.aside; // "ms · 158–302" beside a large number; in a sentence "ms (158–302)"
    if (const qsizetype dot = aside.indexOf(QStringLiteral(" · ")); dot >= 0)
        aside = QStringLiteral("%1 (%2)").arg(aside.left(dot), aside.mid(dot + 3));
    else if (aside.endsWith(u'%') && !aside.startsWith(u'±')) // "+41 % (at worst +9.3 %)"
        aside = QStringLiteral("(%1)").arg(aside);
    const QString value = aside.isEmpty() ? tile.value : tile.value + QLatin1Char(' ') + aside;
    return tile.word.isEmpty() ? value : value + QStringLiteral(", ") + tile.word;
}

QString verdictSentence(const Snapshot& snapshot)
{
    QStringList parts;
    for (const Tile& t : verdict(snapshot))
        parts.append(t.label + QLatin1Char(' ') + tileText(t));
    return parts.join(QStringLiteral("; "));
}

} // namespace headroom::ui
