#include "core/cost/cost.h"

#include <algorithm>
#include <limits>

namespace headroom {

namespace {

constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

} // namespace

double fleetWatts(const EnergySpec& energy, int gpus, double busyFraction)
{
    const double busy = std::clamp(busyFraction, 0.0, 1.0);
    return energy.pue * energy.boardWatts * gpus * (energy.idleShare + (1 - energy.idleShare) * busy);
}

UsdRate energyCost(const EnergySpec& energy, double watts) { return UsdRate(watts / kJoulesPerKwh * energy.usdPerKwh); }

double joulesPerToken(double watts, TokenRate rate)
{
    if (watts <= 0)
        return 0;
    return rate > TokenRate{} ? watts / rate.si() : kInfinite;
}

double gramsCo2PerToken(const EnergySpec& energy, double watts, TokenRate rate)
{
    return energy.gramsCo2PerKwh > 0 ? joulesPerToken(watts, rate) / kJoulesPerKwh * energy.gramsCo2PerKwh : 0;
}

UsdRate ownedGpuPrice(Usd capital, Usd residual, Seconds life) { return (capital - residual) / life; }

UsdRate fleetCost(UsdRate perGpu, int gpus, UsdRate energy, UsdRate staff)
{
    return static_cast<double>(gpus) * perGpu + energy + staff;
}

TokensPerUsd tokensPerUsd(TokenRate rate, UsdRate cost)
{
    if (rate <= TokenRate{})
        return TokensPerUsd{};
    return cost > UsdRate{} ? rate / cost : TokensPerUsd::infinite();
}

UsdPerToken costPerToken(UsdRate cost, TokenRate rate)
{
    if (cost <= UsdRate{})
        return UsdPerToken{};
    return rate > TokenRate{} ? cost / rate : UsdPerToken::infinite();
}

RequestRate served(RequestRate offered, RequestRate capacity) { return std::min(offered, capacity); }

PriceSplit splitPrices(UsdRate bill, Seconds prefillWork, Seconds decodeWork, TokenRate input, TokenRate output)
{
    const Seconds work = prefillWork + decodeWork;
    if (work <= Seconds{}) // nothing tells the two apart: everything is for output
        return {UsdPerToken{}, costPerToken(bill, output)};
    return {costPerToken(prefillWork / work * bill, input), costPerToken(decodeWork / work * bill, output)};
}

std::optional<RequestRate> breakEvenRate(
    UsdRate bill, UsdPerToken hosted, double outputPerRequest, RequestRate capacity)
{
    if (bill <= UsdRate{})
        return RequestRate{};
    if (hosted <= UsdPerToken{} || outputPerRequest <= 0)
        return std::nullopt;
    const RequestRate rate = bill / hosted / (outputPerRequest * token) * request;
    return rate <= capacity ? std::optional(rate) : std::nullopt;
}

UsdPerToken qualityAdjusted(UsdPerToken cost, double quality)
{
    if (quality > 0)
        return cost / quality;
    return cost > UsdPerToken{} ? UsdPerToken::infinite() : UsdPerToken{};
}

} // namespace headroom
