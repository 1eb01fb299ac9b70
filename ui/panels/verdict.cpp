#include "ui/panels/verdict.h"

#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/money.h"

#include <QCoreApplication>

#include <cmath>

namespace headroom::ui {

namespace {

/// Above this utilization waiting grows fast: at 0.85 an M/M/1 queue holds more than five times what it serves.
constexpr double kBusy = 0.85;
/// Above this share of KV memory a burst starts to preempt.
constexpr double kKvTight = 0.9;

QString tr(const char* words) { return QCoreApplication::translate("Verdict", words); }

QString rate(RequestRate r) { return number(r.si(), 3) + QStringLiteral(" req/s"); }

/// Big number and what stands beside it in grey: "410" and "± 60 ms", or "ms · 350–480" where the band is lopsided.
void showTime(const LatencySummary& latency, Tile& tile)
{
    const double p95 = latency.p95.si(), lo = latency.lo.si(), hi = latency.hi.si();
    const QString all = quantity(p95, "s", 3);
    const qsizetype gap = all.lastIndexOf(QLatin1Char(' '));
    tile.value = all.left(gap);
    tile.aside = all.mid(gap + 1);
    if (!(p95 > 0) || hi <= lo)
        return;
    if (!std::isfinite(hi)) {
        tile.aside = tr("%1 · band open above").arg(tile.aside);
        return;
    }
    constexpr double kLopsided = 0.25; // below this the two sides look the same at two digits
    if (std::abs((hi - p95) - (p95 - lo)) < kLopsided * (hi - lo)) {
        tile.aside = band(p95, lo, hi, "s");
        return;
    }
    const auto inUnit = [&](double value) {
        return quantity(value, "s", 2).section(QLatin1Char(' '), 1) == tile.aside
                   ? quantity(value, "s", 2).section(QLatin1Char(' '), 0, 0)
                   : quantity(value, "s", 2);
    };
    tile.aside = QStringLiteral("%1 · %2–%3").arg(tile.aside, inUnit(lo), inUnit(hi));
}

Tile headroomTile(const Evaluation& e)
{
    Tile t{tr("Headroom"), {}, {}, {}, Mood::plain, QStringLiteral("latency_vs_load"), QStringLiteral("headroom")};
    if (!e.fits) {
        t.value = tr("none");
        t.word = tr("does not fit in memory");
        t.mood = Mood::bad;
        return t;
    }
    t.value = std::isfinite(e.headroomFraction) ? signedPercent(e.headroomFraction) : tr("none");
    if (e.targetRate.si() <= 0) {
        t.word = tr("misses a target even idle");
        t.mood = Mood::bad;
    } else if (e.headroom.si() < 0) {
        t.word = (e.stable ? tr("misses above %1") : tr("overloaded above %1")).arg(rate(e.targetRate));
        t.mood = Mood::bad;
    } else if (e.headroomLo.si() < 0) {
        t.word = tr("thin · to %1").arg(rate(e.targetRate));
        t.mood = Mood::warning;
    } else {
        t.word = tr("holds to %1").arg(rate(e.targetRate));
        t.mood = Mood::good;
    }
    return t;
}

Tile latencyTile(const QString& label, const LatencySummary& latency, std::optional<Seconds> target, bool answers,
    const QString& topic)
{
    const bool first = topic == QLatin1String("ttft");
    Tile t{label, {}, {}, {}, Mood::plain, first ? QStringLiteral("latency_vs_load") : QStringLiteral("tpot_vs_load"),
        topic};
    if (!answers || !std::isfinite(latency.p95.si())) {
        t.value = QStringLiteral("∞");
        t.word = target ? tr("misses · target %1").arg(quantity(target->si(), "s", 3)) : tr("no steady state");
        t.mood = Mood::bad;
        return t;
    }
    showTime(latency, t);
    if (!target) {
        t.word = tr("no target");
    } else if (latency.p95 > *target) {
        t.word = tr("misses · target %1").arg(quantity(target->si(), "s", 3));
        t.mood = Mood::bad;
    } else if (latency.hi > *target) {
        t.word = tr("close · target %1").arg(quantity(target->si(), "s", 3));
        t.mood = Mood::warning;
    } else {
        t.word = tr("ok · target %1").arg(quantity(target->si(), "s", 3));
        t.mood = Mood::good;
    }
    return t;
}

Tile utilizationTile(const Evaluation& e)
{
    Tile t{tr("Utilization"), {}, {}, {}, Mood::plain, QStringLiteral("throughput_vs_load"),
        QStringLiteral("utilization")};
    if (!e.fits) {
        t.value = QStringLiteral("-");
        t.word = tr("no capacity");
        t.mood = Mood::bad;
        return t;
    }
    t.value = number(e.utilization, e.utilization < 1 ? 2 : 3);
    if (!e.stable) {
        t.word = tr("overloaded · %1").arg(rate(e.capacity));
        t.mood = Mood::bad;
    } else {
        t.word = (e.utilization > kBusy ? tr("busy · of %1") : tr("ok · of %1")).arg(rate(e.capacity));
        t.mood = e.utilization > kBusy ? Mood::warning : Mood::good;
    }
    return t;
}

Tile kvTile(const Evaluation& e)
{
    Tile t{tr("KV memory"), {}, {}, {}, Mood::plain, QStringLiteral("memory_per_gpu"), QStringLiteral("kv_memory")};
    if (!e.memory.fits) {
        t.value = tr("no room");
        const Bytes needed = e.memory.weights.total() + e.memory.workspace;
        t.word = tr("needs over %1 of %2").arg(quantity(needed.si(), "B", 3), quantity(e.memory.usable.si(), "B", 3));
        t.mood = Mood::bad;
        return t;
    }
    t.value = percent(e.kvFraction);
    const QString seats = tr("%1 of %2 seats").arg(number(e.meanRunning, 2), number(e.memory.seats, 3));
    t.mood = !e.stable ? Mood::bad : e.kvFraction > kKvTight ? Mood::warning : Mood::good;
    t.word = t.mood == Mood::good ? seats : (t.mood == Mood::bad ? tr("full · %1") : tr("tight · %1")).arg(seats);
    return t;
}

Tile costTile(const Evaluation& e)
{
    Tile t{tr("Cost"), {}, {}, tr("per M output tok"), Mood::plain, QStringLiteral("cost_vs_load"),
        QStringLiteral("cost")};
    const double perMillion = (e.cost.perOutputToken * millionTokens).in(dollar);
    if (!e.fits || !std::isfinite(perMillion)) {
        t.value = QStringLiteral("∞");
        t.word = tr("nothing is served");
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
};

BindingWords bindingWords(Binding binding)
{
    switch (binding) {
    case Binding::none:
        return {"Nothing", "no target, light load"};
    case Binding::memory:
        return {"Memory", "KV room or weights"};
    case Binding::compute:
        return {"Compute", "matrix products"};
    case Binding::bandwidth:
        return {"Bandwidth", "decode reads memory"};
    case Binding::network:
        return {"Network", "between GPUs"};
    case Binding::overhead:
        return {"Overhead", "engine, per step"};
    case Binding::sequences:
        return {"Sequences", "max_sequences is full"};
    case Binding::tokenBudget:
        return {"Budget", "tokens per step"};
    case Binding::queue:
        return {"Queue", "bursts, not a resource"};
    case Binding::latencyFloor:
        return {"Latency", "too slow even idle"};
    }
    return {"", ""};
}

Tile bindingTile(const Evaluation& e)
{
    const BindingWords words = bindingWords(e.binding);
    return {tr("Binds first"), tr(words.value), {}, tr(words.word), Mood::plain, QStringLiteral("step_parts"),
        QStringLiteral("binding")};
}

} // namespace

std::array<Tile, kTiles> verdict(const Snapshot& snapshot)
{
    const Evaluation& e = snapshot.now.evaluation;
    const Targets& targets = snapshot.now.plan->targets;
    const bool answers = e.fits && e.stable;
    return {headroomTile(e), latencyTile(tr("TTFT p95"), e.ttft, targets.ttftP95, answers, QStringLiteral("ttft")),
        latencyTile(tr("TPOT p95"), e.tpot, targets.tpotP95, answers, QStringLiteral("tpot")), utilizationTile(e),
        kvTile(e), costTile(e), bindingTile(e)};
}

QString tileText(const Tile& tile)
{
    const QString value = tile.aside.isEmpty() ? tile.value : tile.value + QLatin1Char(' ') + tile.aside;
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
