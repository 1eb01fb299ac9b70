#include "core/queueing/burst_chain.h"

#include <Eigen/Dense>

#include <algorithm>
#include <array>

namespace headroom {

namespace {

using Eigen::Matrix2d;
using Eigen::RowVector2d;
using Eigen::Vector2d;

/// Rates of the two phases: arrivals (diagonal) and changes of phase (generator).
struct Phases {
    Matrix2d arrivals, changes;
    Vector2d share; ///< of time
};

Phases phasesOf(double rate, const BurstSpec& burst)
{
    const double share = std::clamp(burst.burstShare, 1e-6, 1 - 1e-6);
    const double high = std::min(burst.peakRatio, 1 / share), low = (1 - high * share) / (1 - share);
    const double leaveBurst = 1 / std::max(1e-9, burst.meanBurst.si());
    const double enterBurst = leaveBurst * share / (1 - share);
    Phases out;
    out.arrivals = Vector2d(low * rate, high * rate).asDiagonal();
    out.changes << -enterBurst, enterBurst, leaveBurst, -leaveBurst;
    out.share = Vector2d(1 - share, share);
    return out;
}

/// R of the homogeneous part, where departures no longer depend on the level: pi_{n+1} = pi_n R. By logarithmic
/// reduction (Latouche and Ramaswami 1993): a burst above the capacity fills the queue with thousands, and successive
/// substitution would need as many rounds.
Matrix2d tail(const Phases& p, double departures)
{
    const Matrix2d one = Matrix2d::Identity();
    const Matrix2d stay = (p.arrivals + departures * one - p.changes).inverse();
    Matrix2d up = stay * p.arrivals, down = stay * departures;
    Matrix2d first = down, above = up; // G so far; how the next term comes in
    for (int round = 0; round < 64; ++round) {
        const Matrix2d both = (one - up * down - down * up).inverse();
        up = both * up * up;
        down = both * down * down;
        first += above * down;
        above = above * up;
        if (above.cwiseAbs().maxCoeff() < 1e-14)
            break;
    }
    return p.arrivals * (p.arrivals + departures * one - p.changes - p.arrivals * first).inverse();
}

} // namespace

BurstSolution solveBurstChain(const ChainInput& in, const BurstSpec& burst, const Residence& residence)
{
    const Phases p = phasesOf(in.rate, burst);
    const auto seats = static_cast<std::size_t>(in.replicas * in.seats);
    const auto departures = [&](std::size_t n) {
        const double each = static_cast<double>(n) / in.replicas;
        return n >= seats ? in.capacity : std::min(in.capacity, in.replicas * residence.departures(each));
    };
    // From level 0 up: what is below level n, seen from it, is a return to it. Down[n] takes pi_{n+1} to pi_n. All
    // these are products of non-negative matrices, so nothing cancels however rare a level is.
    std::vector<Matrix2d> down(seats);
    Matrix2d watched = p.changes - p.arrivals;
    for (std::size_t n = 0; n < seats; ++n) {
        down[n] = departures(n + 1) * (-watched).inverse();
        watched = p.changes - p.arrivals - departures(n + 1) * Matrix2d::Identity() + down[n] * p.arrivals;
    }
    // The process watched only while all seats are just taken is a generator of two states.
    const Matrix2d last = tail(p, in.capacity);
    watched += last * in.capacity;
    const RowVector2d full(std::abs(watched(1, 0)), std::abs(watched(0, 1)));
    std::vector<RowVector2d> pi(seats);
    RowVector2d level = full;
    double scaled = 1; // of `full`, so that light load does not overflow
    for (std::size_t n = seats; n-- > 0;) {
        level = level * down[n];
        pi[n] = level;
        constexpr double kLarge = 1e150;
        if (level.maxCoeff() > kLarge) {
            for (std::size_t k = n; k < seats; ++k)
                pi[k] /= kLarge;
            level /= kLarge;
            scaled /= kLarge;
        }
    }
    // All seats taken: pi_S (I + R + R^2 ...), and the mean above it for the wait.
    const Matrix2d sum = (Matrix2d::Identity() - last).inverse();
    const RowVector2d busy = scaled * full * sum, queued = scaled * full * last * sum * sum;
    RowVector2d total = busy;
    for (const RowVector2d& x : pi)
        total += x;
    const double scale = 1 / total.sum();

    BurstSolution out;
    std::array<ChainSolution*, 2> phases{&out.calm, &out.burst};
    for (Eigen::Index k = 0; k < 2; ++k) {
        ChainSolution& c = *phases[static_cast<std::size_t>(k)];
        const double arrive = p.arrivals(k, k) / in.rate; // arrivals see a phase in proportion to its rate
        c.found.reserve(pi.size());
        for (std::size_t n = 0; n < pi.size(); ++n) {
            const double probability = scale * pi[n](k);
            c.found.push_back(arrive * probability);
            c.meanSeated += probability * static_cast<double>(n);
        }
        c.idle = scale * pi.front()(k);
        c.waits = arrive * scale * busy(k);
        c.meanSeated += scale * busy(k) * static_cast<double>(seats);
        c.meanQueued = scale * queued(k);
        // An arrival to this phase finds queued / busy before it on average, and one more must leave.
        c.meanWait = busy(k) > 0 ? (queued(k) / busy(k) + 1) / in.capacity : 0;
    }
    out.calmRatio = p.arrivals(0, 0) / in.rate;
    out.burstRatio = p.arrivals(1, 1) / in.rate;
    return out;
}

} // namespace headroom
