// The verdict of a plan as seven tiles of words and numbers. No widgets: tests and the window read the same value.
#pragma once

#include <QString>

#include <array>

namespace headroom {
struct Snapshot;
}

namespace headroom::ui {

/// How a tile is meant: its colour, always beside a word that says the same.
enum class Mood { plain, good, warning, bad };

struct Tile {
    QString label; ///< "TTFT p95"
    QString value; ///< "410"
    QString aside; ///< beside the value: "± 60 ms", "req/s"
    QString word;  ///< below: "ok · target 800 ms"
    Mood mood = Mood::plain;
    QString chart;   ///< the plot that explains it: an id of charts()
    QString topic;   ///< the entry of the Explain dock
    QString unit{};  ///< `aside` where there is little room: "ms"; empty = it can be left out
    QString brief{}; ///< `word` where there is little room: "misses 200 ms"; empty = it is short already
};

/// "410 ± 60 ms, ok · target 800 ms": a tile without its label.
QString tileText(const Tile&);

enum class TileId { headroom, ttft, tpot, utilization, kvMemory, cost, binding };
inline constexpr int kTiles = 7;

std::array<Tile, kTiles> verdict(const Snapshot&);
/// One sentence for screen readers, the status bar and the report: "Holds its targets with 24 % to spare ...".
QString verdictSentence(const Snapshot&);

} // namespace headroom::ui
