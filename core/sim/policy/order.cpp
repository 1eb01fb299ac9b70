#include "core/sim/policy/order.h"

#include <algorithm>
#include <array>

namespace headroom::sim {

namespace {

double firstCome(const WaitingView& v, OrderState&) { return static_cast<double>(v.order); }

/// Shortest remaining work, counted in engine steps: a step takes a budget of prompt tokens or one output token.
double shortestWork(const WaitingView& v, OrderState&)
{
    return static_cast<double>(v.prefillTokens) / v.stepTokens + static_cast<double>(v.predictedLeft);
}

double strictPriority(const WaitingView& v, OrderState&) { return -static_cast<double>(v.priority); }

/// Self-clocked fair queueing (Golestani 1994): classes share the engine in proportion to their weights.
double weightedShare(const WaitingView& v, OrderState& state)
{
    if (v.hasLostPlace)
        return state.served; // its turn had come: before all that wait, and its class does not pay again
    const auto index = static_cast<std::size_t>(v.requestClass);
    if (index >= state.classTags.size())
        state.classTags.resize(index + 1, 0);
    double& tag = state.classTags[index];
    tag = std::max(tag, state.served) + static_cast<double>(v.tokens) / std::max(1e-9, v.weight);
    return tag;
}

constexpr std::array<OrderRow, 4> kOrders{{
    {Order::fifo, "fifo", "First come, first served", QueueShape::fifo, &firstCome},
    {Order::shortest, "shortest", "Shortest remaining work", QueueShape::keyed, &shortestWork},
    {Order::priority, "priority", "Strict priority", QueueShape::keyed, &strictPriority},
    {Order::priority, "weighted", "Weighted priority", QueueShape::keyed, &weightedShare},
}};

} // namespace

std::span<const OrderRow> orders() { return kOrders; }

const OrderRow& orderPolicy(const Scheduling& scheduling)
{
    switch (scheduling.order) {
    case Order::fifo:
        return kOrders[0];
    case Order::shortest:
        return kOrders[1];
    case Order::priority:
        break;
    }
    return scheduling.weighted ? kOrders[3] : kOrders[2];
}

} // namespace headroom::sim
