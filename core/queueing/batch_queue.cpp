#include "core/queueing/batch_queue.h"

#include "core/queueing/batch_latency.h"
#include "core/queueing/batch_solver.h"
#include "core/queueing/station_tables.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom {

RequestRate BatchStation::capacity() const { return RequestRate(m_tables->fleetCapacity); }

Seconds BatchStation::decodeStep(double decodes) const { return Seconds(m_tables->decodeStepAt(decodes)); }

Seconds BatchStation::promptService(double decodes) const { return Seconds(m_tables->promptNodeAt(decodes).service); }

BatchStation station(const StationInput& input)
{
    const StepModel& model = *input.step;
    return station(input, [&model](double decodes, double context, double tokens, double prompts, double cached) {
        StepBatch batch = model.decodeBatch(decodes, context);
        if (tokens > 0) {
            const double x = tokens / std::max(prompts, 1.0);
            StepBatch one;
            model.addPrompt(one, x, cached);
            batch.prefillTokens += tokens;
            batch.prompts += std::max(prompts, 1.0);
            for (std::size_t i = 0; i < kReaches; ++i) {
                batch.pairs[i] += one.pairs[i] * tokens / x;
                batch.prefix[i] += one.prefix[i] * tokens / x;
            }
        }
        return model.time(batch).si();
    });
}

BatchStation station(const StationInput& input, const StepFunction& step)
{
    return BatchStation(makeTables(input, step));
}

namespace {

LatencyParts fixedParts(const StationInput& in)
{
    LatencyParts parts;
    parts.network = in.networkIn + in.networkOut;
    parts.retrieval = in.retrieval;
    parts.post = in.post;
    return parts;
}

LatencySummary constant(Seconds value) { return {value, value, value, value, Seconds{}, Seconds{}}; }

/// All seats taken and a queue that grows for ever: waits are infinite, the rest is that of full seats.
StationResult overloaded(const StationTables& t)
{
    StationResult out;
    out.throughput = RequestRate(t.fleetCapacity);
    out.busyFraction = 1;
    out.ttft = out.e2e = constant(Seconds::infinite());
    const bool fits = t.fleetCapacity > 0;
    const Seconds interval = fits && t.gapsMean > 0 ? Seconds(t.fullDecodes / (t.capacity * t.gapsMean)) : Seconds{};
    out.tpot = constant(fits ? interval : Seconds::infinite());
    out.partsMean = fixedParts(t.input);
    out.partsMean.queue = Seconds::infinite();
    if (fits) {
        out.partsMean.prefill = Seconds(t.promptNodeAt(t.fullDecodes).alone);
        out.partsMean.decode = t.gapsMean * interval;
        out.decodeWork =
            t.fullDecodes > 0 ? Seconds(t.gapsMean * t.decodeStepAt(t.fullDecodes) / t.fullDecodes) : Seconds{};
        out.prefillWork = Seconds(std::max(0.0, 1 / t.capacity - out.decodeWork.si()));
        out.stepMean = interval;
    }
    out.partsP95 = out.partsP99 = out.partsMean;
    out.meanRunning = t.input.seats;
    out.meanDecodes = t.fullDecodes;
    out.meanQueue = out.meanConcurrency = std::numeric_limits<double>::infinity();
    out.attainmentPerClass.assign(t.classes.size(), 0.0);
    return out;
}

/// Nobody comes so rarely that a request has the replica to itself: the limit of light load.
constexpr double kLightest = 1e-6;

} // namespace

StationResult solve(const BatchStation& station, RequestRate rate)
{
    const StationTables& t = station.tables();
    const double utilization =
        t.fleetCapacity > 0 ? rate.si() / t.fleetCapacity : std::numeric_limits<double>::infinity();
    if (!(utilization < 1)) {
        StationResult out = overloaded(t);
        out.utilization = utilization;
        return out;
    }
    const Operating at = operate(t, std::max(rate.si(), kLightest * t.fleetCapacity));
    const LatencyMix mix(t, at);
    StationResult out;
    out.stable = true;
    out.utilization = utilization;
    out.throughput = rate;
    out.ttft = mix.ttft();
    out.e2e = mix.e2e();
    out.tpot = mix.tpot();
    out.partsMean = mix.partsMean();
    out.partsP95 = mix.partsAt(out.e2e.p95.si());
    out.partsP99 = mix.partsAt(out.e2e.p99.si());
    const double present = rate.si() / (at.rate * t.input.replicas); // below 1 only in the limit of light load
    out.meanRunning = present * at.meanSeated;
    out.meanQueue = present * at.rate * mix.queueMean(); // Little
    out.meanDecodes = present * at.meanDecodes;
    out.meanConcurrency = present * (at.meanSeated + at.meanQueued);
    out.busyFraction = present * (1 - at.idleTime);
    out.stepMean = Seconds(at.stepMean);
    const double decodes = std::max(1.0, at.meanDecodes);
    out.prefillWork = Seconds(t.promptNodeAt(decodes).service);
    out.decodeWork = Seconds(t.gapsMean * t.decodeStepAt(decodes) / decodes);
    for (std::size_t k = 0; k < t.classes.size(); ++k) {
        out.attainmentPerClass.push_back(mix.attainment(k));
        out.attainment += t.classes[k].share * out.attainmentPerClass.back();
    }
    return out;
}

LatencyQuantiles latencyQuantiles(const BatchStation& station, RequestRate rate, std::span<const double> probabilities)
{
    const StationTables& t = station.tables();
    LatencyQuantiles out;
    const bool stable = rate.si() < t.fleetCapacity;
    if (!stable) {
        constexpr double kNever = std::numeric_limits<double>::infinity();
        out.ttft.assign(probabilities.size(), kNever);
        out.e2e = out.ttft;
        out.tpot.assign(probabilities.size(), overloaded(t).tpot.mean.si());
        return out;
    }
    const Operating at = operate(t, std::max(rate.si(), kLightest * t.fleetCapacity));
    const LatencyMix mix(t, at);
    for (double p : probabilities) {
        out.ttft.push_back(mix.ttftQuantile(p));
        out.tpot.push_back(mix.tpotQuantile(p));
        out.e2e.push_back(mix.e2eQuantile(p));
    }
    return out;
}

} // namespace headroom
