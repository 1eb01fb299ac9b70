// Requests one by one: a Gantt chart of consecutive requests with the spans they went through.
#include "core/sim/spans.h"
#include "ui/plots/numbers.h"
#include "ui/plots/sim_charts.h"
#include "ui/plots/time_parts.h"

#include <algorithm>

namespace headroom::ui {
namespace {

Role roleOf(std::string_view span)
{
    const auto part = std::ranges::find(kTimeParts, span, &TimePart::name);
    return part == kTimeParts.end() ? Role::free : part->role;
}

std::span<const sim::RequestRow> rowsOf(const sim::SimResult& result, GanttWindow window)
{
    const auto& rows = result.rows;
    const auto first = std::ranges::lower_bound(rows, window.first, {}, &sim::RequestRow::request);
    const auto last = std::ranges::lower_bound(
        first, rows.end(), window.first + GanttWindow::kRequests, {}, &sim::RequestRow::request);
    return {first, last};
}

std::string rowName(const sim::RequestRow& row)
{
    return "#" + whole(static_cast<double>(row.request + 1)) +
           (row.attempt > 0 ? " again" + (row.attempt > 1 ? " " + std::to_string(row.attempt) : std::string()) : "");
}

std::string facts(const sim::RequestRow& row, std::string_view span)
{
    std::string text(span);
    if (span == "prefill")
        text += ", " + whole(row.promptTokens) + " tokens";
    if (span == "decode")
        text += ", " + whole(row.outputTokens) + " tokens";
    if (span == "decode" && row.preemptions > 0)
        text += ", preempted " + std::to_string(row.preemptions) + "×";
    return text;
}

void addSpans(SpanChart& chart, const sim::RequestRow& row, int line, const FixedLatency& fixed, double origin)
{
    if (row.status == sim::Status::rejected) {
        chart.spans.push_back({line, row.arrival - origin, row.finish - origin, Role::bad,
            "refused: " + std::string(sim::name(row.rejection))});
        return;
    }
    for (const sim::Span& span : sim::spansOf(row, fixed))
        if (span.end > span.begin)
            chart.spans.push_back(
                {line, span.begin - origin, span.end - origin, roleOf(span.name), facts(row, span.name)});
}

} // namespace

GanttWindow defaultGantt(const Study& study)
{
    const sim::SimResult* own = study.own();
    if (own == nullptr || own->rows.empty())
        return {};
    const std::uint64_t last = own->rows.back().request;
    return {last / 10};
}

const StudyCase* simulatedCase(const Study& study, std::size_t wanted)
{
    if (wanted < study.cases.size() && study.cases[wanted].result != nullptr)
        return &study.cases[wanted];
    return study.own() != nullptr ? &study.cases.front() : nullptr;
}

double ganttOrigin(const Study& study, GanttWindow window)
{
    const StudyCase* one = simulatedCase(study, window.of);
    if (one == nullptr)
        return 0;
    const auto rows = rowsOf(*one->result, window);
    double origin = rows.empty() ? 0 : rows.front().arrival;
    for (const sim::RequestRow& row : rows)
        origin = std::min(origin, row.arrival);
    return origin;
}

ChartSpec simulatedRequests(const Snapshot& snapshot, GanttWindow window)
{
    ChartSpec chart{"Requests, one by one", "s", "", whyNotSimulated(snapshot), SpanChart{}};
    if (!chart.empty.empty())
        return chart;
    if (!studyIsCurrent(snapshot))
        chart.title += ", of an older plan";
    const Study& study = *snapshot.study;
    const StudyCase& one = *simulatedCase(study, window.of);
    if (&one != &study.cases.front())
        chart.title += ", " + one.name;
    const auto rows = rowsOf(*one.result, window);
    if (rows.empty()) {
        chart.empty = "No requests of these numbers were kept.";
        return chart;
    }
    const double origin = ganttOrigin(study, window);
    SpanChart body;
    double end = 0, waited = 0, worst = 0;
    for (const sim::RequestRow& row : rows) {
        addSpans(body, row, static_cast<int>(body.rows.size()), one.plan->latency, origin);
        body.rows.push_back(rowName(row));
        end = std::max(end, row.finish - origin);
        waited += row.queue;
        worst = std::max(worst, row.queue);
    }
    body.x = {"time since " + number(origin) + " s", "s", false, 0.0, end > 0 ? std::optional(end) : std::nullopt};
    chart.says = "Requests " + whole(static_cast<double>(rows.front().request + 1)) + " to " +
                 whole(static_cast<double>(rows.back().request + 1)) + ": they waited " +
                 duration(Seconds(waited / static_cast<double>(rows.size()))) + " on average and " +
                 duration(Seconds(worst)) + " at the most.";
    chart.body = std::move(body);
    return chart;
}

} // namespace headroom::ui
