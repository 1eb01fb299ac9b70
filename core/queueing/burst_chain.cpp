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

/// R of the homogeneous part, where departures no longer depend on the level: pi_{n+1} = pi_n R. Successive
/// substitution, R = arrivals * inv(arrivals + departures - changes - R * departures), rises to the minimal solution.
Matrix2d tail(const Phases& p, double departures)
{
    Matrix2d r = Matrix2d::Zero();
    const Matrix2d leave = p.arrivals + departures * Matrix2d::Identity() - p.changes;
    for (int round = 0; round < 4000; ++round) {
        const Matrix2d next = p.arrivals * (leave - departures * r).inverse();
        const bool settled = (next - r).cwiseAbs().maxCoeff() < 1e-12;
        r = next;
        if (settled)
            break;
    }
    return r;
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
    // From the top down: R_n with pi_n = pi_{n-1} R_n, each from the one above (linear level reduction).
    const Matrix2d last = tail(p, in.capacity);
    std::vector<Matrix2d> up(seats + 1);
    Matrix2d above = last;
    for (std::size_t n = seats; n >= 1; --n) {
        const Matrix2d leave =
            p.arrivals + departures(n) * Matrix2d::Identity() - p.changes - above * departures(n + 1);
        up[n] = p.arrivals * leave.inverse();
        above = up[n];
    }
    // Level 0: pi_0 (changes - arrivals + R_1 departures_1) = 0, up to scale; both columns say the same.
    const Matrix2d bottom = p.changes - p.arrivals + above * departures(1);
    RowVector2d level(-bottom(1, 0), bottom(0, 0));
    level = level.cwiseAbs();
    std::vector<RowVector2d> pi{level / level.sum()};
    for (std::size_t n = 1; n < seats; ++n)
        pi.push_back(pi.back() * up[n]);
    // All seats taken: pi_S (I + R + R^2 ...), and the mean above it for the wait.
    const RowVector2d full = pi.back() * up[seats];
    const Matrix2d sum = (Matrix2d::Identity() - last).inverse();
    const RowVector2d busy = full * sum, queued = full * last * sum * sum;
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
