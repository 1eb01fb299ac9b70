#include "app/commands/declare.h"

#include <array>

namespace headroom::cli {

std::span<const Command> commands()
{
    static constexpr std::array kCommands{
        Command{"fields", "Every knob of a plan: key, unit, range, default, meaning", &declareFields},
        Command{"catalog", "GPUs, models and prices that ship, with sources", &declareCatalog},
        Command{"evaluate", "Closed forms of a plan: fits, latency, headroom, cost, what limits", &declareEvaluate},
        Command{"step", "How long one engine step takes", &declareStep},
        Command{"simulate", "Event by event: queues, batches, memory, latency distributions", &declareSimulate},
        Command{"sweep", "A table over a grid of one or more fields", &declareSweep},
        Command{"ablation", "One load through static batches, Orca, paging, chunks and split phases", &declareAblation},
        Command{"offload", "Where weights and cache serve most: GPU, host or disk", &declareOffload},
        Command{"import", "Recognise a foreign file and turn it into plan fields or a workload", &declareImport},
        Command{"chart", "The data of one chart as CSV", &declareChart},
        Command{"topics", "The fifty topics: formula, the same with a plan's numbers, source", &declareTopics},
        Command{"papers", "Published results beside what comes out here, row by row", &declarePapers},
        Command{"validate", "Predicted against measured, also cross-validated", &declareValidate},
        Command{"calibrate", "Fit a GPU's factors to one's own measurements", &declareCalibrate},
        Command{"bench", "How fast the engine is on this machine", &declareBench},
    };
    return kCommands;
}

} // namespace headroom::cli
