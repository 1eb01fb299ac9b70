// Who goes first among those that wait (topics 8.1 to 8.3). One function and one row an order.
#pragma once

#include "core/plan/plan.h"
#include "core/sim/wait_queue.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace headroom::sim {

/// What an order may know of a request when it begins to wait.
struct WaitingView {
    std::uint64_t order = 0;        ///< number in order of arrival
    std::int64_t prefillTokens = 0; ///< to compute before its next token
    std::int64_t predictedLeft = 0; ///< output tokens still to come, as the predictor says
    std::int64_t tokens = 0;        ///< prompt and output in all
    std::int32_t requestClass = 0;
    bool hasLostPlace = false; ///< preempted: it was taken before, and what it takes has been counted
    int priority = 0;          ///< of its class, higher goes first
    double weight = 1;         ///< of its class
    double stepTokens = 2048;  ///< prompt tokens a step computes, about
};

/// Fair queueing needs to remember how far each class has been served.
struct OrderState {
    double served = 0;             ///< tag of the last one taken
    std::vector<double> classTags; ///< finish tag of the last one of each class
};

struct OrderRow {
    Order order;
    std::string_view id, label;
    QueueShape shape;
    double (*key)(const WaitingView&, OrderState&); ///< smaller goes first
};

std::span<const OrderRow> orders();
/// Weighted priorities share by weight instead of going strictly first.
const OrderRow& orderPolicy(const Scheduling&);

} // namespace headroom::sim
