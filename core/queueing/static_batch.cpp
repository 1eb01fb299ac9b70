#include "core/queueing/static_batch.h"

#include "core/workload/probability.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace headroom {

namespace {

/// P(length <= x) of all classes from the strata, linear within one.
template <class EdgesOf>
double mixtureCumulative(const std::vector<StationClass>& classes, double x, EdgesOf edgesOf)
{
    double sum = 0;
    for (const StationClass& c : classes) {
        const auto& edges = edgesOf(c);
        const auto above = std::upper_bound(edges.begin(), edges.end(), x);
        if (above == edges.end())
            sum += c.share;
        else if (above != edges.begin()) {
            const auto i = static_cast<std::size_t>(above - edges.begin());
            const double part = (x - edges[i - 1]) / (edges[i] - edges[i - 1]);
            sum += c.share * (kStrata[i - 1] + part * (kStrata[i] - kStrata[i - 1]));
        }
    }
    return sum;
}

/// Quantile of the largest of `size` lengths: the p^(1/size) quantile of one.
template <class EdgesOf>
double longestQuantile(const std::vector<StationClass>& classes, double size, double p, EdgesOf edgesOf)
{
    const double each = std::pow(p, 1 / size);
    double low = 0, high = 0;
    for (const StationClass& c : classes)
        high = std::max(high, edgesOf(c).back());
    for (int round = 0; round < 40 && high - low > 0.01; ++round) {
        const double middle = 0.5 * (low + high);
        (mixtureCumulative(classes, middle, edgesOf) < each ? low : high) = middle;
    }
    return high;
}

/// E[max over k of a normal random walk with steps of mean -drift]: Spitzer's identity, sum of E[S_k+]/k.
double walkMaximum(double drift, double deviation)
{
    if (deviation <= 0)
        return 0;
    double sum = 0;
    for (int k = 1; k <= 2000; ++k) {
        const double mean = -drift * k, sd = deviation * std::sqrt(static_cast<double>(k));
        const double z = mean / sd;
        const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
        const double positive = mean * normalCumulative(z) + sd * density;
        sum += positive / k;
        if (positive < 1e-6 * sum)
            break;
    }
    return sum;
}

/// Size of the batches that sustain a rate: what gathers while one runs, and no fewer than the time-out gathers.
double sustainedSize(const StationTables& t, double rate)
{
    const double least = std::min(t.input.seats, 1 + rate * t.input.staticTimeout.si());
    double low = least, high = t.input.seats;
    // Batches of size b gather rate * service(b) while they run: the smallest b that does not fall behind.
    if (rate * staticService(t, low).mean() <= low)
        return low;
    for (int round = 0; round < 30 && high - low > 1e-3; ++round) {
        const double middle = 0.5 * (low + high);
        (rate * staticService(t, middle).mean() > middle ? low : high) = middle;
    }
    return high;
}

} // namespace

double longestPromptOf(const StationTables& t, double size)
{
    return longestQuantile(
        t.classes, size, 0.5, [](const StationClass& c) -> const auto& { return c.promptEdges; });
}

StaticService staticService(const StationTables& t, double size)
{
    const auto gapEdges = [](const StationClass& c) -> const auto& { return c.gaps; };
    StaticService out;
    const double b = std::max(1.0, size);
    const double longest = longestPromptOf(t, b);
    out.prefill = t.atBatch(t.staticPrefill, b);
    double gaps = 0;
    for (std::size_t i = 0; i < out.pieces.size(); ++i) {
        const double p = (static_cast<double>(i) + 0.5) / static_cast<double>(out.pieces.size());
        out.pieces[i] = longestQuantile(t.classes, b, p, gapEdges);
        gaps += out.pieces[i] / static_cast<double>(out.pieces.size());
    }
    // Padded contexts: everyone holds the longest prompt, and grows through the batch.
    const double context = longest + 0.5 * gaps;
    out.decodeStep = t.decodeStepAt(b) + t.perContext * b * (context - t.meanContext);
    out.decode = gaps * out.decodeStep;
    for (double& piece : out.pieces)
        piece *= out.decodeStep;
    return out;
}

StaticOperating operateStatic(const StationTables& t, double rate)
{
    const double size = sustainedSize(t, rate);
    const StaticService service = staticService(t, size);
    const double seats = t.input.seats, timeout = t.input.staticTimeout.si();
    const double gathered = rate * service.mean(); // while one batch runs
    const double busy = std::min(1.0, gathered / size);

    // Idle: a batch forms until it is full or the first has waited out the time-out.
    const double forming = std::min(timeout, (seats - 1) / rate);
    const double idleArrivals = 1 - busy;
    // Busy: the rest of the running batch; and whole batches, when more gathered than a batch holds.
    double square = 0;
    for (double piece : service.pieces)
        square += (service.prefill + piece) * (service.prefill + piece) / static_cast<double>(service.pieces.size());
    const double variance = gathered + rate * rate * (square - service.mean() * service.mean());
    const double overflow = walkMaximum(seats - gathered, std::sqrt(variance)) / seats; // batches ahead
    const double rest = 0.5 * square / service.mean();

    const double longest = 2 * (service.prefill + service.pieces.back()) + forming +
                           8 * (overflow + 0.1) * service.mean() + service.mean();
    StaticOperating out{rate, size, service, 0, busy, LatencyGrid(0.5 * longest, longest)};
    for (double piece : service.pieces) {
        const double own = service.prefill + piece, share = 1 / static_cast<double>(service.pieces.size());
        out.latency.add(own, own + forming, idleArrivals * share, 0.5 * forming);
        for (double running : service.pieces) {
            const double left = service.prefill + running, weight = busy * share * share * left / service.mean();
            for (const double batches : {0.0, 1.0, 2.0, 3.0}) { // geometric number of batches ahead
                const double ratio = overflow / (1 + overflow);
                const double p = batches < 3 ? (1 - ratio) * std::pow(ratio, batches) : std::pow(ratio, 3);
                const double ahead = batches * service.mean();
                out.latency.add(own + ahead, own + ahead + left, weight * p, ahead + 0.5 * left);
            }
        }
    }
    out.latency.finish();
    out.waitMean = idleArrivals * 0.5 * forming + busy * (rest + overflow * service.mean());
    return out;
}

} // namespace headroom
