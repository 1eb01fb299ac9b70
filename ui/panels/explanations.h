// What a number of the verdict is: formula, this plan's numbers put in, result, source. No widgets.
#pragma once

#include <QString>
#include <QStringList>

#include <string_view>

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

struct Explanation {
    QString id;          ///< of a tile's topic: "utilization"
    QString topic;       ///< "2.3"
    QString title;       ///< "Utilization"
    QString meaning;     ///< one or two sentences
    QStringList formula; ///< in symbols, with this plan's numbers, the result with its unit
    QStringList notes;   ///< what the symbols are, and a check
    QString source;      ///< paper or section the formula is from
    QString tornado;     ///< title of the tornado that shows what moves this number; empty = none
};

/// The explanation of a tile's topic ("headroom", "ttft", "e2e", "tpot", "utilization", "kv_memory", "cost", "binding");
/// utilization for an id that is none of them.
Explanation explain(const QString& id, const Snapshot&);
/// Which explanation goes with a chart of the catalog.
QString explanationOfChart(std::string_view chartId);

} // namespace headroom::ui
