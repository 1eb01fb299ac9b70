// The cheapest configuration of one model on one workload, found as Vidur's authors search: layouts, schedulers and
// batch limits, each at the largest rate that meets the limits, judged by requests a second for each dollar an hour.
#pragma once

#include "core/papers/serving.h"
#include "core/plan/plan.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headroom::papers {

struct ServingChoice {
    std::string_view gpu{}; ///< of the catalog
    int tp = 1, pp = 1;
    std::string_view scheduler{}; ///< "vllm", "orca+", "sarathi"
    int chunk = 0;                ///< sarathi: tokens of each batch in flight
    int batch = 128;              ///< sequences of each
    friend bool operator==(const ServingChoice&, const ServingChoice&) = default;
};
std::string textOf(const ServingChoice&);

struct ServingLimits {
    double ttftP90 = 2, tbtP99 = 0.2, delayP99 = 5; ///< s
};

struct Rated {
    ServingChoice choice;
    double rate = 0;      ///< req/s that meets the limits
    double perDollar = 0; ///< the same over the price of its GPUs in USD/h
};

/// One choice at its largest rate, by simulation with the product's own step model.
Rated rated(const ServingChoice&, std::string_view model, const Lengths&, const ServingLimits&);

/// The best of the paper's grid: TP and PP of 1, 2, 4 on A100 or H100, vLLM, Orca+ and Sarathi with chunks of 512,
/// 1,024 and 2,048, batches of 32 to 512. All are rated in closed form; the fifteen best of each scheduler are
/// simulated.
/// \param onlyOn a GPU to stay on; empty = either
Rated cheapest(std::string_view model, const Lengths&, const ServingLimits&, std::string_view onlyOn = {});

} // namespace headroom::papers
