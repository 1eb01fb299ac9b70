// Plans of every kind, from a seed: what laws about all plans are tried on.
#pragma once

#include "core/plan/catalog.h"
#include "core/plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>

namespace headroom {

/// SplitMix64: enough randomness to spread plans, the same on every machine.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : m_state(seed) {}
    double uniform()
    {
        std::uint64_t z = (m_state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
    }
    double logUniform(double from, double to) { return from * std::pow(to / from, uniform()); }
    std::size_t index(std::size_t n) { return std::min(n - 1, static_cast<std::size_t>(uniform() * double(n))); }

private:
    std::uint64_t m_state;
};

inline LengthDistribution anyLength(Dice& dice, double most)
{
    const LengthShape shapes[] = {LengthShape::fixed, LengthShape::uniform, LengthShape::lognormal, LengthShape::gamma};
    LengthDistribution d;
    d.shape = shapes[dice.index(4)];
    d.mean = dice.logUniform(1, most);
    d.cv = d.shape == LengthShape::uniform ? 0.5 * dice.uniform() : dice.logUniform(0.05, 3);
    return d;
}

inline Plan anyPlan(std::uint64_t seed)
{
    Dice dice(seed);
    Plan plan = defaultPlan();
    const auto gpus = catalogGpus();
    const auto models = catalogModels();
    EXPECT_TRUE(chooseGpu(plan, gpus[dice.index(gpus.size())].spec.name));
    EXPECT_TRUE(chooseModel(plan, models[dice.index(models.size())].spec.name));
    plan.workload.arrivalRate = RequestRate(dice.uniform() < 0.05 ? 0 : dice.logUniform(0.01, 300));
    plan.workload.shape.prompt = anyLength(dice, 8000);
    plan.workload.shape.output = anyLength(dice, 2000);
    plan.workload.shape.prefixHitRate = dice.uniform() < 0.5 ? 0 : dice.uniform();
    const ArrivalProcess processes[] = {ArrivalProcess::poisson, ArrivalProcess::gamma, ArrivalProcess::deterministic,
        ArrivalProcess::mmpp2, ArrivalProcess::closedLoop, ArrivalProcess::diurnal};
    plan.workload.process = processes[dice.index(6)];
    plan.workload.arrivalCv = dice.logUniform(0.2, 4);
    plan.workload.concurrency = 1 + static_cast<int>(dice.index(200));
    plan.deployment.tp = 1 << dice.index(4);
    plan.deployment.pp = 1 << dice.index(2);
    plan.deployment.replicas = 1 + static_cast<int>(dice.index(12));
    const Router routers[] = {Router::random, Router::roundRobin, Router::joinShortest, Router::powerOfTwo,
        Router::prefixAware, Router::prefixFetching};
    plan.deployment.router = routers[dice.index(std::size(routers))];
    const BatchPolicy policies[] = {BatchPolicy::static_, BatchPolicy::continuous, BatchPolicy::prefillFirst,
        BatchPolicy::chunked, BatchPolicy::disaggregated};
    plan.batching.policy = policies[dice.index(5)];
    const Reservation reservations[] = {
        Reservation::maximum, Reservation::powerOfTwo, Reservation::oracle, Reservation::paged};
    plan.batching.reservation = reservations[dice.index(4)];
    plan.batching.maxSequences = static_cast<int>(dice.logUniform(1, 1024));
    plan.batching.tokenBudget = Tokens(std::floor(dice.logUniform(64, 16384)));
    if (dice.uniform() < 0.8)
        plan.targets.ttftP95 = Seconds(dice.logUniform(0.05, 20));
    if (dice.uniform() < 0.8)
        plan.targets.tpotP95 = Seconds(dice.logUniform(0.005, 0.5));
    if (dice.uniform() < 0.3)
        plan.targets.e2eP99 = Seconds(dice.logUniform(1, 200));
    return plan;
}

inline std::string describe(const Plan& p)
{
    return p.model.spec.name + " on " + p.hardware.gpu.name + ", tp " + std::to_string(p.deployment.tp) + ", policy " +
           std::to_string(int(p.batching.policy)) + ", process " + std::to_string(int(p.workload.process)) + ", rate " +
           std::to_string(p.workload.arrivalRate.si());
}

} // namespace headroom
