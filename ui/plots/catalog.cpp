#include "ui/plots/catalog.h"

#include "core/fitting.h"
#include "ui/plots/chart_tables.h"

#include <algorithm>
#include <array>

namespace headroom::ui {

std::span<const ChartRow> charts()
{
    static const std::vector<ChartRow> kAll = [] {
        std::vector<ChartRow> all;
        for (const auto& tab : {capacityCharts(), latencyCharts(), memoryCharts(), batchingCharts(),
                 parallelismCharts(), costCharts(), simCharts()})
            all.insert(all.end(), tab.begin(), tab.end());
        return all;
    }();
    return kAll;
}

const ChartRow* findChart(std::string_view id)
{
    const auto all = charts();
    const auto found = std::find_if(all.begin(), all.end(), [&](const ChartRow& row) { return row.id == id; });
    return found == all.end() ? nullptr : &*found;
}

namespace {

/// What the plots of a tab are where the plan itself has none (supposed.h).
std::string aboutSupposed(std::string_view tab, const Snapshot& snapshot)
{
    constexpr std::array<std::string_view, 4> kTabs{"capacity", "latency", "memory", "cost"};
    if (snapshot.now.evaluation.fits || isDragged(snapshot) || std::ranges::find(kTabs, tab) == kTabs.end())
        return {};
    const auto fitting = fittingPlan(*snapshot.now.plan);
    return fitting ? " Pale and dashed plots are of **" + fitting->change + "**." : "";
}

} // namespace

std::string tabSentence(std::string_view tab, const Snapshot& snapshot)
{
    struct Sentence {
        std::string_view tab;
        std::string (*text)(const Snapshot&);
    };
    static constexpr Sentence kSentences[] = {{"capacity", &capacitySentence}, {"latency", &latencySentence},
        {"memory", &memorySentence}, {"batching", &batchingSentence}, {"parallelism", &parallelismSentence},
        {"cost", &costSentence}, {"simulator", &simulatorSentence}};
    for (const Sentence& sentence : kSentences)
        if (sentence.tab == tab)
            return sentence.text(snapshot) + aboutSupposed(tab, snapshot);
    return {};
}

} // namespace headroom::ui
