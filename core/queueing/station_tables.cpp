#include "core/queueing/station_tables.h"

#include "core/queueing/micro_batches.h"
#include "core/queueing/saturation.h"
#include "core/queueing/static_batch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headroom {

namespace {

double lerp(double a, double b, double part) { return a + part * (b - a); }

/// Representative lengths of the strata: medians, and in the last one what keeps the mean.
std::array<double, kStratumCount> strataOf(const LengthDistribution& lengths, double least)
{
    std::array<double, kStratumCount> out{};
    double sum = 0;
    for (std::size_t i = 0; i + 1 < kStratumCount; ++i) {
        out[i] = std::max(least, quantile(lengths, 0.5 * (kStrata[i] + kStrata[i + 1])));
        sum += out[i] * (kStrata[i + 1] - kStrata[i]);
    }
    const double lastShare = 1 - kStrata[kStratumCount - 1];
    out.back() = std::max(out[kStratumCount - 2], (meanOf(lengths) - sum) / lastShare);
    return out;
}

/// Strata from edges[k] to edges[k + 1] as one.
template <std::size_t N>
void merge(const std::array<StationClass::Own, kStratumCount>& fine, const std::array<std::size_t, N + 1>& edges,
    std::array<StationClass::Own, N>& out)
{
    for (std::size_t k = 0; k < N; ++k) {
        StationClass::Own& all = out[k];
        for (std::size_t i = edges[k]; i < edges[k + 1]; ++i) {
            all.tokens += fine[i].share * fine[i].tokens;
            all.pairs += fine[i].share * fine[i].pairs;
            all.half += fine[i].half;
            all.cached += fine[i].share * fine[i].cached;
            all.share += fine[i].share;
        }
        all.tokens /= all.share;
        all.pairs /= all.share;
        all.cached /= all.share;
    }
}

/// Where the first stratum begins: what keeps its median. A lognormal's least length is 0, and nobody has it.
double firstEdge(const LengthDistribution& lengths)
{
    const double end = quantile(lengths, kStrata[1]);
    return std::clamp(2 * quantile(lengths, 0.5 * kStrata[1]) - end, 0.0, end);
}

StationClass classTable(const RequestClass& from, const Targets& targets)
{
    constexpr double kNone = std::numeric_limits<double>::infinity();
    const auto target = [&](const std::optional<Seconds>& own, const std::optional<Seconds>& shared) {
        return own ? own->si() : shared ? shared->si() : kNone;
    };
    StationClass out;
    out.share = from.share;
    const auto lengths = strataOf(from.shape.prompt, 1);
    out.promptEdges[0] = firstEdge(from.shape.prompt);
    for (std::size_t i = 1; i + 1 < kStrata.size(); ++i)
        out.promptEdges[i] = quantile(from.shape.prompt, kStrata[i]);
    const double lastEdge = out.promptEdges[kStratumCount - 1];
    out.promptEdges.back() = std::max(lastEdge, 2 * lengths.back() - lastEdge);
    for (std::size_t i = 0; i < kStratumCount; ++i) {
        const double hits = from.shape.prefixHitRate, cached = lengths[i] * hits;
        StationClass::Own& own = out.fine[i];
        own.tokens = std::max(1.0, lengths[i] - cached);
        own.cached = cached;
        own.half = 0.5 * (out.promptEdges[i + 1] - out.promptEdges[i]) * (1 - hits);
        own.pairs = own.tokens * (cached + 0.5 * own.tokens);
        own.share = kStrata[i + 1] - kStrata[i];
    }
    merge(out.fine, kCoarseStrata, out.coarse);
    merge(out.fine, kFewStrata, out.few);
    double sum = 0;
    for (std::size_t i = 0; i < kStratumCount; ++i) {
        out.gaps[i] =
            std::max(0.0, (i > 0 ? quantile(from.shape.output, kStrata[i]) : firstEdge(from.shape.output)) - 1);
        if (i > 0)
            sum += 0.5 * (out.gaps[i - 1] + out.gaps[i]) * (kStrata[i] - kStrata[i - 1]);
    }
    // The last stratum is a uniform piece too, as long as the mean asks for.
    out.gapsMean = std::max(0.0, meanOf(from.shape.output) - 1);
    const double last = out.gaps[kStratumCount - 1], lastShare = 1 - kStrata[kStratumCount - 1];
    out.gaps.back() = std::clamp(2 * (out.gapsMean - sum) / lastShare - last, last, 4 * last + 1);
    out.ttftTarget = target(from.ttftTarget, targets.ttftP95);
    out.tpotTarget = target(from.tpotTarget, targets.tpotP95);
    out.e2eTarget = target(from.e2eTarget, targets.e2eP99);
    return out;
}

/// Chunks of one prompt processed alone: count of full ones and the rest, in (0, capacity].
struct Chunks {
    double full, rest;
};
Chunks chunksOf(double tokens, double capacity, double perCapacity)
{
    double full = static_cast<double>(static_cast<int>(tokens * perCapacity)); // below 2^31: truncation is a floor
    double rest = tokens - full * capacity;
    if (rest <= 0 && full > 0) { // a whole number of chunks: the last is full as well
        full -= 1;
        rest += capacity;
    }
    return {full, rest};
}

/// The steps that a prompt of the workload makes when it is alone, and its mean times.
void lonePrompts(PromptNode& node, const std::vector<StationClass>& classes, double least)
{
    double steps = 0, tokens = 0, pairs = 0;
    const double perChunk = 1 / node.chunk;
    for (const StationClass& c : classes) {
        for (const StationClass::Own& own : c.fine) {
            const double weight = c.share * own.share;
            const auto [full, rest] = chunksOf(own.tokens, node.chunk, perChunk);
            // Pairs by chunk: a chunk attends to what is cached, to the chunks before it, and to itself.
            const double before = full * node.chunk;
            const double fullPairs = node.chunk * (own.cached + 0.5 * before);
            const double restPairs = rest * (own.cached + before + 0.5 * rest);
            const double fullStep = node.withChunk.back() + node.perPair * fullPairs;
            const double restStep = node.stepAt(rest * perChunk) + node.perPair * restPairs;
            node.lone.add(node.chunk, fullStep, weight * full);
            node.lone.add(rest, restStep, weight);
            node.alone += weight * (full * fullStep + restStep);
            steps += weight * (full + 1);
            tokens += weight * own.tokens;
            pairs += weight * own.pairs;
        }
    }
    node.service = node.alone - steps * least;
    node.fullChunks = steps - 1;
    node.perToken = node.perPair * pairs / tokens;
    node.lone = {node.lone.x / steps, node.lone.y / steps, node.lone.xx / steps, node.lone.xy / steps};
}

PromptNode promptNode(const StationTables& t, const StepFunction& step, double decodes)
{
    const bool exclusive = t.arePromptsWhole();
    const bool whole = t.input.policy != BatchPolicy::chunked; // prompts are not cut
    const double budget = std::max(1.0, t.input.tokenBudget.si());
    PromptNode node;
    node.decodes = decodes;
    node.stages = t.input.stages;
    // With no decode there is no step to wait for; the chain treats that state by itself, so 0 is the limit from above.
    node.idleStep = step(std::max(decodes, 1.0), t.meanContext, 0, 0, 0);
    // Orca's continuous batching knows no budget: all whose seat is free, and more than this hardly ever gather.
    constexpr double kGather = 16;
    const double most = t.input.policy == BatchPolicy::continuous ? kGather * t.promptMean : budget;
    node.chunk = whole ? std::max(most, t.longestPrompt) : std::max(1.0, budget - decodes / t.input.stages);
    node.capacity = node.chunk * t.input.stages;
    const double with = exclusive ? 0 : decodes;
    // The law is affine in the pairs: their coefficient from a prompt behind a long prefix, the rest without them.
    const double far = node.chunk + 1024;
    const double near = step(with, t.meanContext, node.chunk, 1, 0);
    node.perPair = std::max(0.0, (step(with, t.meanContext, node.chunk, 1, far) - near) / (far * node.chunk));
    // Two prompts have half the pairs of one as long as both; what is left is the cost of one more prompt.
    const double two = step(with, t.meanContext, node.chunk, 2, 0);
    const double perPrompt = std::max(0.0, two - near + 0.25 * node.perPair * node.chunk * node.chunk);
    node.perOther = perPrompt / t.promptMean;
    for (std::size_t i = 0; i < kChunkKnots.size(); ++i) {
        const double x = std::max(1.0, kChunkKnots[i] * node.chunk);
        const double seconds = i + 1 < kChunkKnots.size() ? step(with, t.meanContext, x, 1, 0) : near;
        node.withChunk[i] = std::max(exclusive ? 0.0 : node.idleStep, seconds - 0.5 * node.perPair * x * x);
    }
    lonePrompts(node, t.classes, exclusive ? 0 : node.idleStep);
    return node;
}

/// Numbers from first to last with small steps first: every one up to 8, then about 18 % apart. Between two of them a
/// step departs from a straight line by less than a thousandth, experts included.
std::vector<double> batchNodes(double last)
{
    std::vector<double> out;
    out.reserve(32); // 256 seats
    for (double b = 1; b < last; b = b < 8 ? b + 1 : std::ceil(1.18 * b))
        out.push_back(b);
    out.push_back(std::max(last, 1.0));
    return out;
}

} // namespace

PromptLaw PromptNode::law(const ChunkMoments& m, bool exclusive) const
{
    const double least = exclusive ? 0 : idleStep;
    const double spread = m.xx - m.x * m.x;
    const double fromLeast = std::max(0.0, m.y - least) / m.x;
    // Chunks of one size only: what is above the step without prompts is per token.
    double slope = spread > 1e-9 * m.xx ? std::max(0.0, (m.xy - m.x * m.y) / spread) : fromLeast;
    double setup = m.y - slope * m.x;
    if (setup < least) { // a convex law: no step is shorter than one without prompts
        setup = least;
        slope = fromLeast;
    }
    // The line through small chunks of a concave law would make a full step longer than it is. A full step cuts a
    // prompt, so that each token of it is of a further one. The chord from the mean chunk to it is right at both ends.
    const double full = withChunk.back() + (perToken + perOther) * chunk;
    if (setup + slope * capacity > full) {
        slope = capacity > 1.001 * m.x ? std::max(0.0, full - m.y) / (capacity - m.x) : slope;
        setup = std::max(least, m.y - slope * m.x);
    }
    return {idleStep, setup, slope, capacity, full, fullChunks, exclusive, stages};
}

double PromptNode::longestOfMany(double x) const { return longestMicroBatch(x, stages, chunk, lone.xx / lone.x); }

ChunkMoments gathered(const PromptNode& node, double tokens)
{
    ChunkMoments out = node.lone;
    constexpr double kHardlyAny = 1.02;
    if (tokens < kHardlyAny * out.x)
        return out;
    // Steps of mean size `tokens` as a mixture of lone chunks and several together; spread as two or three gathered
    // prompts have it.
    const double several = 1 - out.x / tokens, size = tokens + out.x;
    constexpr std::array<std::pair<double, double>, 3> kSizes{{{0.4, 0.35}, {1.0, 0.4}, {1.84, 0.25}}};
    out = {(1 - several) * out.x, (1 - several) * out.y, (1 - several) * out.xx, (1 - several) * out.xy};
    for (const auto& [relative, weight] : kSizes) {
        const double x = std::min(relative * size, node.capacity);
        const double longest = node.inLongest(x), others = node.perOther * std::max(0.0, longest - node.lone.x);
        out.add(x, node.step(longest) + node.perToken * longest + others, several * weight);
    }
    return out;
}

double StationTables::atBatch(const std::vector<double>& values, double size) const
{
    if (size <= decodes.front())
        return values.front();
    const auto above = std::lower_bound(decodes.begin(), decodes.end(), size);
    if (above == decodes.end())
        return values.back();
    const auto i = static_cast<std::size_t>(above - decodes.begin());
    return lerp(values[i - 1], values[i], (size - decodes[i - 1]) / (decodes[i] - decodes[i - 1]));
}

PromptNode StationTables::promptNodeAt(double b) const
{
    std::size_t i = 1;
    while (i + 1 < prompts.size() && prompts[i].decodes < b)
        ++i;
    if (prompts.size() == 1)
        return prompts.front();
    const PromptNode &low = prompts[i - 1], &high = prompts[i];
    const double part = std::clamp((b - low.decodes) / (high.decodes - low.decodes), 0.0, 1.0);
    PromptNode out;
    out.decodes = b;
    out.idleStep = lerp(low.idleStep, high.idleStep, part);
    for (std::size_t k = 0; k < kChunkKnots.size(); ++k)
        out.withChunk[k] = lerp(low.withChunk[k], high.withChunk[k], part);
    out.perPair = lerp(low.perPair, high.perPair, part);
    out.stages = low.stages;
    out.capacity = lerp(low.capacity, high.capacity, part);
    out.chunk = lerp(low.chunk, high.chunk, part);
    out.lone = {lerp(low.lone.x, high.lone.x, part), lerp(low.lone.y, high.lone.y, part),
        lerp(low.lone.xx, high.lone.xx, part), lerp(low.lone.xy, high.lone.xy, part)};
    out.perToken = lerp(low.perToken, high.perToken, part);
    out.perOther = lerp(low.perOther, high.perOther, part);
    out.alone = lerp(low.alone, high.alone, part);
    out.service = lerp(low.service, high.service, part);
    out.fullChunks = lerp(low.fullChunks, high.fullChunks, part);
    return out;
}

PromptPhase solvePromptPhase(const PromptNode& node, const PromptLoad& load, bool exclusive, const PromptPhase* similar)
{
    const double tokens = load.rate * load.mean; // per second
    constexpr double kFull = 0.99;               // share of its time that the line may give to prompts
    PromptLaw law = node.law(node.lone, exclusive);
    PromptPhase phase = startPromptPhase(law, load);
    if (!phase.stable)
        return phase;
    // Fixed point of the mean prompt tokens of a step. A concave law (experts read once for many tokens) is steep where
    // prompts are alone: then begin with full steps, from where it comes down to the solution.
    double size = node.lone.x;
    if (similar && similar->stable) {
        size = std::clamp(similar->perBusyStep, node.lone.x, node.capacity);
        phase.idleSteps = similar->idleSteps;
        phase.waiting = similar->waiting;
    } else if (law.perToken * tokens >= kFull) {
        size = node.capacity;
    }
    constexpr int kMostRounds = 12;
    double lastSize = 0, lastMiss = 0;
    for (int round = 0; round < kMostRounds; ++round) {
        law = node.law(gathered(node, size), exclusive);
        law.perToken = std::min(law.perToken, kFull / std::max(tokens, 1e-9));
        refinePromptPhase(phase, law, load);
        const double next = std::clamp(phase.perBusyStep, node.lone.x, node.capacity), miss = next - size;
        if (std::abs(miss) <
            (round > 0 ? 0.01 : 0.001) * size) // waits and idle steps settle a round later than the size
            break;
        // Secant, as far as it can be trusted: what comes out follows what goes in less than half the time.
        const double slope = round > 0 && size != lastSize ? (miss - lastMiss) / (size - lastSize) : -1;
        const double wanted = size + miss / std::clamp(-slope, 0.5, 2.0);
        lastSize = size;
        lastMiss = miss;
        size = std::clamp(wanted, node.lone.x, node.capacity);
    }
    return phase;
}

namespace {

/// Capacities of the two pools of a disaggregated fleet, and which of them is the bottleneck.
void splitCapacity(StationTables& t)
{
    const double replicas = t.input.replicas;
    t.prefillReplicas = std::clamp(std::round(t.input.prefillShare * replicas), 1.0, std::max(1.0, replicas - 1));
    t.decodeReplicas = std::max(1.0, replicas - t.prefillReplicas);
    const PromptNode& node = t.prompts.front();
    const double tokens = std::min(node.capacity, t.promptsPerStep * t.promptMean);
    const double longest = node.inLongest(tokens), others = node.perOther * std::max(0.0, longest - t.promptMean);
    const double prefill = tokens / t.promptMean / (node.step(longest) + node.perToken * longest + others);
    t.decodeCapacity =
        t.gapsMean > 0 ? t.input.seats / (t.gapsMean * t.decodeStep.back()) : std::numeric_limits<double>::infinity();
    t.fleetCapacity = std::min(t.prefillReplicas * prefill, t.decodeReplicas * t.decodeCapacity);
    t.capacity = t.fleetCapacity / replicas;
    t.fullDecodes = t.gapsMean > 0 ? t.input.seats : 0;
}

} // namespace

namespace {

/// The equilibrium distribution of prompt lengths has mean E[x^2]/(2 E[x]) and second moment E[x^3]/(3 E[x]).
double restScv(const std::vector<StationClass>& classes)
{
    double first = 0, second = 0, third = 0;
    for (const StationClass& c : classes) {
        for (const StationClass::Own& own : c.fine) {
            const double x = own.tokens, w = c.share * own.share;
            first += w * x;
            second += w * x * x;
            third += w * x * x * x;
        }
    }
    return std::max(0.0, 4.0 / 3 * third * first / (second * second) - 1);
}

/// How many prompts, one after another, fit a step of `budget` tokens; one longer than that has a step of its own. From
/// renewal theory: budget / mean, and half of what varies less (a step is cut short) or more than exponential lengths.
double promptsWithin(double budget, double mean, double second)
{
    const double fit = budget / mean, scv = second / (mean * mean) - 1;
    constexpr double kEqual = 1e-6;
    const double count = scv < kEqual ? std::floor(fit * (1 + kEqual)) : std::min(fit, fit + 0.5 * (scv - 1));
    return std::max(1.0, count);
}

double shareOfSingleTokens(const std::vector<StationClass>& classes)
{
    constexpr double kNoGap = 0.5;
    double share = 0;
    for (const StationClass& c : classes)
        for (std::size_t i = 1; i < kStrata.size(); ++i)
            if (0.5 * (c.gaps[i - 1] + c.gaps[i]) < kNoGap)
                share += c.share * (kStrata[i] - kStrata[i - 1]);
    return share;
}

} // namespace

namespace {

/// A pipeline's step: each of its micro-batches passes all stages, and the longest sets the pace of all. Decodes are
/// shared out evenly, the prompt tokens are those of one micro-batch. \param all shares a step out evenly (StepModel)
StepFunction ofLongestMicroBatch(const StepFunction& all, int stages)
{
    return [&all, stages, n = static_cast<double>(stages)](
               double decodes, double context, double promptTokens, double prompts, double cached) {
        return all(n * decodesOfMicroBatch(decodes, stages), context, n * promptTokens, n * prompts, cached);
    };
}

} // namespace

std::shared_ptr<const StationTables> makeTables(const StationInput& input, const StepFunction& given)
{
    const StepFunction micro = input.stages > 1 ? ofLongestMicroBatch(given, input.stages) : StepFunction();
    const StepFunction& step = micro ? micro : given;
    auto t = std::make_shared<StationTables>();
    const WorkloadSummary& w = *input.workload;
    t->input = input;
    t->input.step = nullptr;
    t->input.workload = nullptr;
    t->input.seats = std::floor(input.seats);
    t->arrivalScv = w.arrivalScv;
    t->promptMean = std::max(1.0, w.uncachedPromptMean.si());
    t->promptSecond = std::max(t->promptMean * t->promptMean, w.uncachedPromptSecond);
    t->gapsMean = w.decodeStepsMean;
    const double outputs = w.outputMean.si();
    t->gapsSecond = std::max(t->gapsMean * t->gapsMean, w.outputSecond - 2 * outputs + 1);
    t->meanContext = w.contextMean;
    t->classes.reserve(w.classes.size());
    for (const RequestClass& c : w.classes) {
        t->classes.push_back(classTable(c, input.targets));
        t->longestPrompt = std::max(t->longestPrompt, t->classes.back().fine.back().tokens);
    }
    t->restScv = restScv(t->classes);
    t->singleTokenShare = shareOfSingleTokens(t->classes);
    if (t->arePromptsWhole())
        t->promptsPerStep = std::min(std::max(1.0, input.seats),
            input.stages * promptsWithin(std::max(1.0, input.tokenBudget.si()), t->promptMean, t->promptSecond));
    if (t->input.seats < 1)
        return t;
    t->decodes = batchNodes(t->input.seats);
    t->decodeStep.reserve(t->decodes.size());
    for (double b : t->decodes)
        t->decodeStep.push_back(step(b, t->meanContext, 0, 0, 0));
    const double seats = t->decodes.back(), context = std::max(1.0, t->meanContext);
    t->perContext = (step(seats, 2 * context, 0, 0, 0) - step(seats, context, 0, 0, 0)) / (seats * context);
    // Chunked: more decodes than the budget leave no room for prompts at all.
    const double most = input.policy == BatchPolicy::chunked
                            ? std::min(t->input.seats, input.stages * std::max(1.0, input.tokenBudget.si() - 1))
                            : t->input.seats;
    constexpr std::array<double, 8> kShares{0.0, 1.0 / 64, 1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2, 3.0 / 4, 1.0};
    t->prompts.reserve(kShares.size());
    for (double share : kShares) {
        const double b = std::ceil(share * most);
        if (t->prompts.empty() || b > t->prompts.back().decodes)
            t->prompts.push_back(promptNode(*t, step, b));
    }
    if (input.policy == BatchPolicy::disaggregated) {
        splitCapacity(*t);
        return t;
    }
    if (input.policy == BatchPolicy::static_) {
        t->staticPrefill.reserve(t->decodes.size());
        for (double b : t->decodes)
            t->staticPrefill.push_back(step(0, 0, b * longestPromptOf(*t, b), b, 0));
        t->capacity = t->input.seats / staticService(*t, t->input.seats).mean();
        t->fullDecodes = t->input.seats;
        t->fleetCapacity = t->capacity * input.replicas;
        return t;
    }
    const Saturation full = saturate(*t, t->input.seats);
    t->capacity = full.rate;
    t->fullDecodes = full.decodes;
    t->fleetCapacity = t->capacity * input.replicas;
    return t;
}

} // namespace headroom
