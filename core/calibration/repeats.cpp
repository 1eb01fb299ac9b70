#include "core/calibration/repeats.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace headroom {
namespace {

/// Every stated setting of a run; absent numbers are -1.
std::vector<std::string> settingsOf(const Measurement& m, bool sameEngine)
{
    const auto text = [](const auto& x) { return x ? std::to_string(*x) : std::string("-"); };
    return {m.model, m.gpu, std::to_string(m.gpus), text(m.tp), text(m.pp), text(m.ep), m.weightFormat,
        text(m.inputTokens), text(m.outputTokens), text(m.load), m.statistic, sameEngine ? m.engine : std::string()};
}

double quantileOf(std::vector<std::pair<double, double>>& weighted, double q)
{
    std::sort(weighted.begin(), weighted.end());
    double total = 0, below = 0;
    for (const auto& [value, weight] : weighted)
        total += weight;
    for (const auto& [value, weight] : weighted) {
        below += weight;
        if (below >= q * total)
            return value;
    }
    return 0;
}

} // namespace

std::vector<RepeatSpread> repeatSpread(const MeasurementTable& table)
{
    std::vector<RepeatSpread> all;
    for (const bool sameEngine : {true, false}) {
        std::map<std::pair<Metric, LoadKind>, std::map<std::vector<std::string>, std::vector<double>>> groups;
        for (const Measurement& m : table.rows)
            if (m.inputTokens)
                groups[{m.metric, m.loadKind}][settingsOf(m, sameEngine)].push_back(m.value);
        for (const auto& [kind, equals] : groups) {
            RepeatSpread spread{kind.first, kind.second, sameEngine};
            std::vector<std::pair<double, double>> pairs;
            for (const auto& [settings, values] : equals) {
                if (values.size() < 2)
                    continue;
                spread.rows += static_cast<int>(values.size());
                for (std::size_t i = 0; i < values.size(); ++i)
                    for (std::size_t j = 0; j < values.size(); ++j)
                        if (i != j)
                            pairs.emplace_back(
                                std::abs(values[i] / values[j] - 1), 1 / static_cast<double>(values.size() - 1));
            }
            if (pairs.empty())
                continue;
            spread.median = quantileOf(pairs, 0.5);
            spread.p90 = quantileOf(pairs, 0.9);
            all.push_back(spread);
        }
    }
    return all;
}

} // namespace headroom
