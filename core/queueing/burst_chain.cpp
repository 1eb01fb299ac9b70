#include "core/queueing/burst_chain.h"

#include <Eigen/Dense>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

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

/// The numbers of requests that are states: all from 0 to the seats, or ever fewer of them.
std::vector<double> statesOf(double seats, bool lump)
{
    constexpr double kOfDeviation = 0.25, kOfNumber = 1.0 / 1024;
    std::vector<double> out;
    double n = 0;
    while (n < seats - 1) {
        out.push_back(n);
        n += lump ? std::max(1.0, std::floor(std::max(kOfDeviation * std::sqrt(n), kOfNumber * n))) : 1;
    }
    if (seats > 0)
        out.push_back(seats - 1); // a whole step below the seats, so that all seats taken is a state by itself
    out.push_back(seats);
    return out;
}

/// Between two neighbouring states: what goes up per probability of the lower, and down per that of the upper. With
/// constant rates the numbers between them are passed exactly (Scharfetter and Gummel 1969; gambler's ruin).
struct Passage {
    Vector2d up, down;
};
Passage passage(const Phases& p, double steps, double departures)
{
    Passage out;
    for (Eigen::Index k = 0; k < 2; ++k) {
        const double arrivals = p.arrivals(k, k);
        constexpr double kBalanced = 1e-6, kMost = 200; // e^200 between neighbours is for ever, and no overflow
        const double x = std::clamp(steps * std::log(arrivals / departures), -kMost, kMost);
        if (steps == 1 || std::abs(x) < kBalanced) {
            out.up(k) = arrivals / steps;
            out.down(k) = departures / steps;
        } else {
            out.up(k) = (arrivals - departures) / -std::expm1(-x);
            out.down(k) = (arrivals - departures) / std::expm1(x);
        }
    }
    return out;
}

/// Probabilities of the states per number of requests, relative: `full` is that of all seats taken, in both phases.
struct Levels {
    std::vector<RowVector2d> pi; ///< of the states with a free seat
    RowVector2d full;
};

/// Where a process goes that leaves two phases of a state upwards at rates `up` and changes between them at rates
/// `change`: the mean time in each phase (column) from each (row). Nothing is subtracted, however rare `up` is
/// (Grassmann, Taksar and Heyman 1985).
Matrix2d stays(const Vector2d& change, const Vector2d& up)
{
    Matrix2d out;
    out << change(1) + up(1), change(0), change(1), change(0) + up(0);
    return out / (change(0) * up(1) + change(1) * up(0) + up(0) * up(1));
}

/// From the lowest state up: what is below one, seen from it, is a return to it, perhaps in the other phase. Down[i] takes
/// pi_{i+1} to pi_i. All these are products of non-negative matrices, so nothing cancels however rare a state is.
/// \param numbers that each state stands for
template <class Departures>
Levels solveLevels(const Phases& p, const std::vector<double>& states, const std::vector<double>& numbers,
    const Matrix2d& last, Departures departures)
{
    const std::size_t seats = states.size() - 1;
    std::vector<Matrix2d> down(seats);
    const Vector2d changes(p.changes(0, 1), p.changes(1, 0)); // out of each phase
    Vector2d change = numbers[0] * changes;                   // by itself or over a state below
    for (std::size_t i = 0; i < seats; ++i) {
        // The middle of the departures on the way down: those of the upper state where they are neighbours.
        const Passage way = passage(p, states[i + 1] - states[i], departures(0.5 * (states[i] + states[i + 1] + 1)));
        down[i] = way.down.asDiagonal() * stays(change, way.up);
        change = numbers[i + 1] * changes + Vector2d(down[i](0, 1) * way.up(1), down[i](1, 0) * way.up(0));
    }
    // The process watched only while all seats are just taken is a generator of two states.
    change += departures(states[seats]) * Vector2d(last(0, 1), last(1, 0));
    Levels out;
    out.full = RowVector2d(change(1), change(0));
    out.pi.resize(seats);
    RowVector2d level = out.full;
    for (std::size_t i = seats; i-- > 0;) {
        level = level * down[i];
        out.pi[i] = level;
        constexpr double kLarge = 1e150; // so that light load does not overflow
        if (level.maxCoeff() > kLarge) {
            for (std::size_t k = i; k < seats; ++k)
                out.pi[k] /= kLarge;
            level /= kLarge;
            out.full /= kLarge;
        }
    }
    return out;
}

} // namespace

BurstSolution solveBurstChain(
    const ChainInput& in, const BurstSpec& burst, const Residence& residence, double mostSingle)
{
    const Phases p = phasesOf(in.rate, burst);
    const double seats = std::floor(in.replicas * in.seats);
    const auto departures = [&](double n) {
        return n >= seats ? in.capacity : std::min(in.capacity, in.replicas * residence.departures(n / in.replicas));
    };
    const bool lump = seats > mostSingle;
    const std::vector<double> states = statesOf(seats, lump);
    std::vector<double> numbers(states.size(), 1);
    for (std::size_t i = 0; lump && i + 1 < states.size(); ++i)
        numbers[i] = 0.5 * (states[i + 1] - (i > 0 ? states[i - 1] : -1));
    const Matrix2d last = tail(p, in.capacity);
    const auto [pi, full] = solveLevels(p, states, numbers, last, departures);
    // All seats taken: pi_S (I + R + R^2 ...), and the mean above it for the wait.
    const Matrix2d sum = (Matrix2d::Identity() - last).inverse();
    const RowVector2d busy = full * sum, queued = full * last * sum * sum;
    RowVector2d total = busy;
    for (std::size_t i = 0; i < pi.size(); ++i)
        total += numbers[i] * pi[i];
    const double scale = 1 / total.sum();

    BurstSolution out;
    std::array<ChainSolution*, 2> phases{&out.calm, &out.burst};
    for (Eigen::Index k = 0; k < 2; ++k) {
        ChainSolution& c = *phases[static_cast<std::size_t>(k)];
        const double arrive = p.arrivals(k, k) / in.rate; // arrivals see a phase in proportion to its rate
        c.found.reserve(pi.size());
        for (std::size_t i = 0; i < pi.size(); ++i) {
            const double probability = scale * numbers[i] * pi[i](k);
            c.found.push_back(arrive * probability);
            c.meanSeated += probability * states[i];
        }
        if (lump)
            c.lumps.assign(states.begin(), states.end() - 1);
        c.idle = pi.empty() ? 0 : scale * pi.front()(k);
        c.waits = arrive * scale * busy(k);
        c.meanSeated += scale * busy(k) * seats;
        c.meanQueued = scale * queued(k);
        // An arrival to this phase finds queued / busy before it on average, and one more must leave.
        c.meanWait = busy(k) > 0 ? (queued(k) / busy(k) + 1) / in.capacity : 0;
    }
    out.calmRatio = p.arrivals(0, 0) / in.rate;
    out.burstRatio = p.arrivals(1, 1) / in.rate;
    return out;
}

} // namespace headroom
