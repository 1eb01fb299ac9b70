#include "core/sim/instant.h"

#include "core/sim/spans.h"

#include <algorithm>
#include <cmath>

namespace headroom::sim {

double rowsReach(const SimResult& result)
{
    if (result.rows.empty())
        return 0;
    const double perReplication = static_cast<double>(result.counters.requests) / std::max(1, result.replications);
    const bool all = static_cast<double>(result.rows.back().request + 1) >= std::floor(perReplication);
    if (all) {
        double end = static_cast<double>(result.series.waiting.size()) * result.series.interval;
        for (const RequestRow& row : result.rows)
            end = std::max(end, row.finish);
        return end;
    }
    return result.rows.back().arrival;
}

std::optional<Instant> instantAt(const SimResult& result, const FixedLatency& fixed, double t)
{
    if (!(t >= 0) || result.rows.empty() || t > rowsReach(result))
        return std::nullopt;
    Instant now;
    for (const RequestRow& row : result.rows) {
        if (row.arrival > t)
            continue;
        if (row.finish <= t) {
            now.completed += row.status == Status::completed ? 1 : 0;
            continue;
        }
        for (const Span& span : spansOf(row, fixed)) {
            if (t < span.begin || t >= span.end)
                continue;
            std::uint64_t& count = span.name == "queue"     ? now.waiting
                                   : span.name == "prefill" ? now.prefilling
                                   : span.name == "decode"  ? now.decoding
                                                            : now.elsewhere;
            ++count;
        }
    }
    const TimeSeries& series = result.series;
    if (series.interval > 0 && !series.kvFraction.empty()) {
        const auto bin = std::min(series.kvFraction.size() - 1, static_cast<std::size_t>(t / series.interval));
        now.kvFraction = series.kvFraction[bin];
        now.outputTokensPerSecond = series.outputTokensPerSecond[bin];
    }
    return now;
}

std::optional<double> nearestChange(const SimResult& result, const FixedLatency& fixed, double t, Direction direction)
{
    std::optional<double> best;
    const auto offer = [&](double at) {
        if (direction == Direction::forward ? at > t && (!best || at < *best) : at < t && (!best || at > *best))
            best = at;
    };
    for (const RequestRow& row : result.rows) {
        // A row wholly on the other side, or farther than the best, cannot be nearer.
        if (direction == Direction::forward ? row.finish <= t || (best && row.arrival > *best)
                                            : row.arrival >= t || (best && row.finish < *best))
            continue;
        for (const Span& span : spansOf(row, fixed))
            if (span.end > span.begin)
                offer(span.begin);
        offer(row.finish);
    }
    return best;
}

} // namespace headroom::sim
