// What the fleet costs and what a useful token costs (topics 7.1 to 7.5).
#pragma once

#include "core/units.h"

#include <optional>

namespace headroom {

/// Power of a fleet and what it means (topic 7.5).
struct EnergySpec {
    double boardWatts = 0;   ///< per GPU at full load
    double idleShare = 0.25; ///< of the board's power that an idle GPU draws (datasheet-class figure)
    double pue = 1.3;        ///< data centre over IT power, at least 1
    double usdPerKwh = 0;
    double gramsCo2PerKwh = 400;
};

/// Watts drawn at the wall by `gpus` GPUs that are busy for a share of the time (0 to 1), PUE included.
double fleetWatts(const EnergySpec&, int gpus, double busyFraction);
/// Cost of that power.
UsdRate energyCost(const EnergySpec&, double watts);
/// Joules per token at a rate of tokens; infinite at rate 0 when power is drawn.
double joulesPerToken(double watts, TokenRate);
/// Grams of CO2 per token, at the wall.
double gramsCo2PerToken(const EnergySpec&, double watts, TokenRate);

/// Price of an own GPU per second: capital spread over its life, without energy (add energyCost) and staff.
/// \param life above 0
UsdRate ownedGpuPrice(Usd capital, Usd residual, Seconds life);

/// Whole bill of a fleet per second (topic 7.1): GPUs on demand, reserved or own, plus energy and staff.
UsdRate fleetCost(UsdRate perGpu, int gpus, UsdRate energy = UsdRate{}, UsdRate staff = UsdRate{});

/// Tokens per dollar (topic 7.2: 3600 Q / C_hour). 0 at rate 0; infinite when free.
TokensPerUsd tokensPerUsd(TokenRate, UsdRate);
/// Dollars per token (topic 7.3). Infinite at rate 0 when something is paid, 0 when nothing is.
UsdPerToken costPerToken(UsdRate, TokenRate);

/// Rate that is served: what comes in, up to what the fleet can do (topic 7.4).
RequestRate served(RequestRate offered, RequestRate capacity);

/// The bill split into a price of input and of output tokens by the replica-seconds of prompts and of decode steps;
/// idle time is charged in proportion, so that input.rate * price + output.rate * price = bill.
struct PriceSplit {
    UsdPerToken input, output; ///< infinite where work is done for no token; 0 where no work is done
    friend bool operator==(const PriceSplit&, const PriceSplit&) = default;
};
/// \param prefillWork, decodeWork replica-seconds per request, >= 0
PriceSplit splitPrices(UsdRate bill, Seconds prefillWork, Seconds decodeWork, TokenRate input, TokenRate output);

/// The arrival rate at which the own fleet costs per output token what a hosted API asks; absent when it stays dearer
/// up to its capacity, and 0 when it is free.
/// \param outputPerRequest mean output tokens of a request
std::optional<RequestRate> breakEvenRate(
    UsdRate bill, UsdPerToken hosted, double outputPerRequest, RequestRate capacity);

/// Cost per unit of quality (topic 7.5): cost / S; infinite at S = 0.
UsdPerToken qualityAdjusted(UsdPerToken, double quality);

} // namespace headroom
