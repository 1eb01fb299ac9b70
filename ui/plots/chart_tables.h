// The tables that charts() concatenates: each is defined in the *_charts.cpp file of its tab.
#pragma once

#include "ui/plots/catalog.h"

namespace headroom::ui {

std::span<const ChartRow> capacityCharts();
std::span<const ChartRow> latencyCharts();
std::span<const ChartRow> memoryCharts();
std::span<const ChartRow> batchingCharts();
std::span<const ChartRow> parallelismCharts();
std::span<const ChartRow> costCharts();
std::span<const ChartRow> simCharts();

std::string capacitySentence(const Snapshot&);
std::string latencySentence(const Snapshot&);
std::string memorySentence(const Snapshot&);
std::string batchingSentence(const Snapshot&);
std::string parallelismSentence(const Snapshot&);
std::string costSentence(const Snapshot&);
std::string simulatorSentence(const Snapshot&);

} // namespace headroom::ui
