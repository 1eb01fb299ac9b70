#include "core/sim/policy/routing.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <limits>

namespace headroom::sim {

namespace {

using Replicas = std::span<Replica>;

std::size_t anyOf(Replicas replicas, const Sequence&, double, RouterState& state)
{
    return static_cast<std::size_t>(state.random.below(replicas.size()));
}

std::size_t inTurn(Replicas replicas, const Sequence&, double, RouterState& state)
{
    return state.next++ % replicas.size();
}

/// Fewest requests, waiting or in service; of equals the first.
std::size_t shortest(Replicas replicas, const Sequence&, double, RouterState&)
{
    const std::span loads(replicas.front().loadCell(), replicas.size());
    const std::int32_t least = *std::ranges::min_element(loads);
    return static_cast<std::size_t>(std::ranges::find(loads, least) - loads.begin());
}

/// The shorter of two drawn at random (Mitzenmacher 2001).
std::size_t shorterOfTwo(Replicas replicas, const Sequence&, double, RouterState& state)
{
    const auto n = replicas.size();
    const auto a = static_cast<std::size_t>(state.random.below(n));
    if (n == 1)
        return a;
    const auto b = (a + 1 + static_cast<std::size_t>(state.random.below(n - 1))) % n;
    return replicas[b].load() < replicas[a].load() ? b : a;
}

/// Least prompt work before the first token: what stands there and what is not cached (Mooncake, Algorithm 1, without
/// fetching from other nodes). Equals: fewest requests.
std::size_t leastPromptWork(Replicas replicas, const Sequence& s, double now, RouterState&)
{
    std::size_t best = 0;
    std::int64_t bestWork = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < replicas.size(); ++i) {
        const std::int64_t work = replicas[i].backlog(now) + s.prompt - replicas[i].cachedTokens(s, now);
        if (work < bestWork || (work == bestWork && replicas[i].load() < replicas[best].load())) {
            best = i;
            bestWork = work;
        }
    }
    return best;
}

/// Mooncake, Algorithm 1: the queue, the transfer and what is left of the prompt, one after the other.
std::size_t soonestFirstToken(Replicas replicas, const Sequence& s, double now, RouterState& state)
{
    state.cached.clear();
    for (Replica& replica : replicas)
        state.cached.push_back(replica.cachedTokens(s, now));
    const std::int64_t longest = *std::ranges::max_element(state.cached);
    std::size_t best = 0;
    double bestTime = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < replicas.size(); ++i) {
        const std::int64_t local = state.cached[i];
        const auto offer = state.fetch ? prefixOffer(local, longest, *state.fetch) : PrefixOffer{.local = local};
        const double transfer = offer.fetched > 0 ? replicas[i].fetchSeconds(now, offer.fetched) : 0;
        const double time = transfer + replicas[i].expectedTtft(now, s, offer.tokens());
        if (time < bestTime || (time == bestTime && replicas[i].load() < replicas[best].load())) {
            best = i;
            bestTime = time;
        }
    }
    return best;
}

constexpr std::array<RouterRow, 6> kRouters{{
    {Router::random, "random", "Random", &anyOf},
    {Router::roundRobin, "round_robin", "Round robin", &inTurn},
    {Router::joinShortest, "join_shortest", "Join the shortest", &shortest},
    {Router::powerOfTwo, "power_of_two", "Power of two choices", &shorterOfTwo},
    {Router::prefixAware, "prefix_aware", "Prefix aware", &leastPromptWork},
    {Router::prefixFetching, "prefix_fetching", "Prefix aware, fetching", &soonestFirstToken},
}};

} // namespace

std::span<const RouterRow> routers() { return kRouters; }

const RouterRow& routerPolicy(Router router)
{
    const auto row = std::ranges::find(kRouters, router, &RouterRow::router);
    HR_ASSERT(row != kRouters.end());
    return *row;
}

PrefixOffer prefixOffer(std::int64_t local, std::int64_t longest, const PrefixFetch& fetch)
{
    const bool pays = static_cast<double>(longest) > fetch.factor * static_cast<double>(local) && longest > local;
    return {local, pays ? longest - local : 0};
}

std::int64_t longestPrefix(std::span<Replica> replicas, const Sequence& s, double now)
{
    std::int64_t longest = 0;
    for (auto& replica : replicas)
        longest = std::max(longest, replica.cachedTokens(s, now));
    return longest;
}

} // namespace headroom::sim
