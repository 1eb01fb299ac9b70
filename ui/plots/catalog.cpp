#include "ui/plots/catalog.h"

#include "ui/plots/chart_tables.h"

#include <algorithm>

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
            return sentence.text(snapshot);
    return {};
}

} // namespace headroom::ui
