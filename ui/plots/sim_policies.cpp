// Tab Simulator: tables of policies side by side: their latencies, and what became of the requests.
#include "ui/plots/sim_policies.h"

#include "core/sim/replications.h"
#include "ui/plots/numbers.h"
#include "ui/plots/sim_charts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace headroom::ui {
namespace {

using sim::Counters;
using sim::SimResult;

/// "-21 ± 3 ms": by how much a p95 differs from this plan's on the same requests; empty where replications are too few.
std::string against(const std::vector<double>& other, const std::vector<double>& own)
{
    const auto d = sim::pairedDifference(other, own);
    if (!d)
        return {};
    const std::string mean = duration(Seconds(std::abs(d->mean))), half = duration(Seconds(d->half));
    return (d->mean < 0 ? "−" : "+") + mean + " ± " + half;
}

std::vector<std::string> policyRow(const StudyCase& one, const Study& study)
{
    const SimResult& r = *one.result;
    const SimResult* own = &one == &study.cases.front() ? nullptr : study.own();
    return {one.name, withInterval(r.ttft), own != nullptr ? against(r.ttftP95Each, own->ttftP95Each) : "",
        withInterval(r.tpot), withInterval(r.e2e), own != nullptr ? against(r.e2eP95Each, own->e2eP95Each) : "",
        duration(Seconds(r.queue.mean)), number(r.requestsPerSecond), percent(r.attainment), percent(r.kvPeakFraction)};
}

/// Whether a difference of TTFT p95 is more than chance, where replications say so.
std::string certainty(const SimResult& other, const SimResult& own)
{
    const auto d = sim::pairedDifference(other.ttftP95Each, own.ttftP95Each);
    if (!d || std::abs(d->mean) > d->half)
        return {};
    return "; the difference may be chance";
}

/// "vLLM 2023 has the shortest TTFT p95, 12 % below this plan's."
std::string bestPolicy(const Study& study)
{
    const StudyCase* best = &study.cases.front();
    std::size_t others = 0;
    for (const StudyCase& one : study.cases) {
        if (one.result == nullptr)
            continue;
        others += &one == &study.cases.front() ? 0 : 1;
        if (one.result->counters.completed > 0 && one.result->ttft.p95 < best->result->ttft.p95)
            best = &one;
    }
    if (others == 0)
        return "Choose policies to compare with: they get the same arrivals and the same lengths.";
    const double own = study.cases.front().result->ttft.p95;
    if (best == &study.cases.front())
        return "On the same arrivals none of the others has a shorter TTFT p95 than this plan's " +
               duration(Seconds(own)) + ".";
    return "On the same arrivals " + best->name + " has the shortest TTFT p95, " +
           duration(Seconds(best->result->ttft.p95)) + " against " + duration(Seconds(own)) + " of this plan" +
           certainty(*best->result, *study.own()) + ".";
}

/// A row for each case of the study, the plan's own marked; one that has no result says why.
void fillByPolicy(
    Table& table, const Study& study, const std::function<std::vector<std::string>(const StudyCase&)>& row)
{
    table.numeric.assign(table.columns.size(), true);
    table.numeric.front() = false;
    table.highlighted = 0;
    for (const StudyCase& one : study.cases) {
        if (one.result != nullptr) {
            table.rows.push_back(row(one));
            continue;
        }
        std::vector<std::string> refused(table.columns.size());
        refused[0] = one.name + ": " + (one.refused.empty() ? "not simulated yet" : one.refused);
        table.rows.push_back(std::move(refused));
    }
}

/// Takes out a column that tells no policy from another; a single policy keeps it.
void leaveOutWhereEqual(Table& table, std::string_view column)
{
    const auto found = std::ranges::find(table.columns, column);
    if (found == table.columns.end() || table.rows.size() < 2)
        return;
    const auto at = found - table.columns.begin();
    const auto cell = [at](const auto& row) -> const std::string& { return row[static_cast<std::size_t>(at)]; };
    const std::string first = cell(table.rows.front());
    if (std::ranges::any_of(table.rows, [&](const auto& row) { return !cell(row).empty() && cell(row) != first; }))
        return;
    table.columns.erase(found);
    table.numeric.erase(table.numeric.begin() + at);
    for (auto& row : table.rows)
        row.erase(row.begin() + at);
}

} // namespace

ChartSpec policiesSideBySide(const Snapshot& snapshot)
{
    ChartSpec chart{simulatedTitle(snapshot, "Policies on the same arrivals"),
        "p95 with its 95 % interval; difference from this plan", "", whyNotSimulated(snapshot), Table{}};
    if (!chart.empty.empty())
        return chart;
    Table table;
    table.columns = {"policy", "TTFT p95", "TTFT difference", "TPOT p95", "E2E p95", "E2E difference", "mean queue",
        "req/s", "in targets", "KV peak"};
    fillByPolicy(table, *snapshot.study, [&](const StudyCase& one) { return policyRow(one, *snapshot.study); });
    if (closedForm(snapshot, 0)) {
        const Evaluation& e = snapshot.now.evaluation;
        table.rows.push_back(
            {"This plan, closed form", duration(e.ttft.p95), "", duration(e.tpot.p95), duration(e.e2e.p95), "",
                duration(e.partsMean.queue), number(e.throughput.requests.si()), percent(e.sloAttainment), ""});
    }
    leaveOutWhereEqual(table, "req/s");
    chart.says = bestPolicy(*snapshot.study);
    chart.body = std::move(table);
    return chart;
}

namespace {

double perAttempt(std::uint64_t n, const Counters& c)
{
    return static_cast<double>(n) / static_cast<double>(std::max<std::uint64_t>(1, c.attempts));
}

/// A column of outcomes. It is there where some policy has something to say in it.
struct Outcome {
    std::string title;
    std::function<bool(const SimResult&)> happened;
    std::function<std::string(const SimResult&)> text;
};

/// "3.2 (3.1–3.4)"
std::string ratioWithInterval(const sim::Distribution& d)
{
    return d.ciLo && d.ciHi ? number(d.p95) + " (" + number(*d.ciLo) + "–" + number(*d.ciHi) + ")" : number(d.p95);
}

void addRejections(std::vector<Outcome>& all)
{
    for (std::size_t i = 1; i < sim::kRejectionNames.size(); ++i) {
        std::string reason(sim::kRejectionNames[i]);
        std::ranges::replace(reason, '_', ' ');
        all.push_back({"turned away: " + reason, [i](const SimResult& r) { return r.counters.rejections[i] > 0; },
            [i](const SimResult& r) { return percent(perAttempt(r.counters.rejections[i], r.counters)); }});
    }
}

std::vector<Outcome> outcomes()
{
    std::vector<Outcome> all{
        {"slowdown p95", [](const SimResult& r) { return r.slowdown.count > 0; },
            [](const SimResult& r) { return r.slowdown.count > 0 ? ratioWithInterval(r.slowdown) : std::string(); }},
        {"slowest 10 % of gaps", [](const SimResult& r) { return r.slowestGapsMean > 0; },
            [](const SimResult& r) { return duration(Seconds(r.slowestGapsMean)); }},
        {"preempted", [](const SimResult& r) { return r.counters.preemptions > 0; },
            [](const SimResult& r) {
                return whole(static_cast<double>(r.counters.preemptions) / std::max(1, r.replications));
            }}};
    addRejections(all);
    all.push_back({"gave up", [](const SimResult& r) { return r.counters.timedOut > 0; },
        [](const SimResult& r) { return percent(perAttempt(r.counters.timedOut, r.counters)); }});
    all.push_back({"unfinished", [](const SimResult& r) { return r.counters.unfinished > 0; },
        [](const SimResult& r) { return percent(perAttempt(r.counters.unfinished, r.counters)); }});
    all.push_back({"attempts per request", [](const SimResult& r) { return r.counters.attempts > r.counters.requests; },
        [](const SimResult& r) {
            return number(static_cast<double>(r.counters.attempts) /
                          static_cast<double>(std::max<std::uint64_t>(1, r.counters.requests)));
        }});
    all.push_back({"wasted tokens", [](const SimResult& r) { return r.counters.wastedTokens > 0; },
        [](const SimResult& r) {
            const Counters& c = r.counters;
            const auto wasted = static_cast<double>(c.wastedTokens);
            const double total = wasted + static_cast<double>(c.promptTokens + c.outputTokens);
            return percent(total > 0 ? wasted / total : 0);
        }});
    return all;
}

/// "All requests of this plan were answered, 95 % of them within 2.1 times what they take alone."
std::string whatBecame(const SimResult& r)
{
    const Counters& c = r.counters;
    const double answered =
        static_cast<double>(c.completed) / static_cast<double>(std::max<std::uint64_t>(1, c.requests));
    return (c.completed == c.requests ? std::string("All") : percent(answered) + " of the") +
           " requests of this plan were answered, 95 % of these within " + number(r.slowdown.p95) +
           " times what they take alone.";
}

} // namespace

ChartSpec outcomesOfRequests(const Snapshot& snapshot)
{
    ChartSpec chart{simulatedTitle(snapshot, "What became of the requests"), "turned away and gave up: of all attempts",
        "", whyNotSimulated(snapshot), Table{}};
    if (!chart.empty.empty())
        return chart;
    const Study& study = *snapshot.study;
    auto shown = outcomes();
    std::erase_if(shown, [&](const Outcome& outcome) {
        return std::ranges::none_of(
            study.cases, [&](const StudyCase& one) { return one.result != nullptr && outcome.happened(*one.result); });
    });
    Table table;
    table.columns = {"policy", "answered"};
    for (const Outcome& outcome : shown)
        table.columns.push_back(outcome.title);
    fillByPolicy(table, study, [&](const StudyCase& one) {
        const Counters& c = one.result->counters;
        std::vector<std::string> row{one.name,
            percent(static_cast<double>(c.completed) / static_cast<double>(std::max<std::uint64_t>(1, c.requests)))};
        for (const Outcome& outcome : shown)
            row.push_back(outcome.text(*one.result));
        return row;
    });
    chart.says = whatBecame(*study.own());
    chart.body = std::move(table);
    return chart;
}

} // namespace headroom::ui
