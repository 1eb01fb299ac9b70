#include "core/sim/simulate.h"

#include "core/sim/replications.h"
#include "core/sim/run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace headroom::sim {

namespace {

constexpr int kLeastForCi = 5, kMostForCi = 200;
constexpr std::chrono::milliseconds kTellEvery{15};

/// Runs replications on threads and hands them out in order, so that nothing depends on who was first.
class Crew {
public:
    Crew(const Scenario& scenario, std::stop_token stop, int most)
        : m_scenario(scenario),
          m_stop(std::move(stop)),
          m_most(most),
          m_done(static_cast<std::size_t>(most)),
          m_offered(static_cast<std::size_t>(most))
    {}

    /// Runs one replication, timed, and tells now and then. The clock is read about the run, never in it.
    void run(std::size_t i, const std::function<void()>& tell)
    {
        auto told = std::chrono::steady_clock::now();
        const auto begin = std::chrono::steady_clock::now();
        auto run = std::make_unique<Run>(m_scenario, i, m_stop);
        auto replication = std::make_unique<Replication>(fixedSeconds(m_scenario.latency));
        replication->result = run->execute([&](std::uint64_t offered) {
            m_offered[i].store(offered, std::memory_order_relaxed);
            if (const auto now = std::chrono::steady_clock::now(); tell && now - told > kTellEvery) {
                told = now;
                tell();
            }
        });
        replication->result.engineWallSeconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        replication->measured = run->takeMeasured();
        run.reset();
        if (m_most > 1 && !replication->result.cancelled) { // intervals need the percentiles of each
            replication->result.cancelled = !replication->measured.summarise(replication->result, m_stop);
            if (!m_scenario.record.shares.empty() && !replication->result.cancelled)
                replication->result.quantiles = replication->measured.quantileCurves(m_scenario.record.shares);
        }
        const std::lock_guard lock(m_mutex);
        m_done[i] = std::move(replication);
        m_ready.notify_all();
    }
    /// Work of one thread: the next replication that nobody has begun, until enough are wanted no more.
    void work()
    {
        for (;;) {
            const auto i = static_cast<std::size_t>(m_next.fetch_add(1));
            if (i >= static_cast<std::size_t>(m_most) || m_stop.stop_requested())
                return;
            run(i, {});
        }
    }
    /// Waits for replication i, telling how far things are; null if it will not come.
    std::unique_ptr<Replication> await(std::size_t i, const std::function<void()>& tell)
    {
        std::unique_lock lock(m_mutex);
        while (!m_done[i]) {
            if (m_stop.stop_requested() &&
                m_ready.wait_for(lock, std::chrono::milliseconds(20)) == std::cv_status::timeout && !m_done[i])
                return nullptr;
            m_ready.wait_for(lock, kTellEvery);
            lock.unlock();
            tell();
            lock.lock();
        }
        return std::move(m_done[i]);
    }
    double offered() const
    {
        double sum = 0;
        for (const auto& n : m_offered)
            sum += static_cast<double>(n.load(std::memory_order_relaxed));
        return sum;
    }

private:
    const Scenario& m_scenario;
    std::stop_token m_stop;
    int m_most;
    std::atomic<int> m_next{0};
    std::mutex m_mutex;
    std::condition_variable m_ready;
    std::vector<std::unique_ptr<Replication>> m_done;
    std::vector<std::atomic<std::uint64_t>> m_offered;
};

} // namespace

SimResult simulate(const Scenario& scenario, std::stop_token stop, const Progress& progress)
{
    const int wanted = std::max(1, scenario.replications);
    const int most = scenario.untilCi ? std::max(wanted, kMostForCi) : wanted;
    std::stop_source enough; // asked for by the caller, or when no more replications are wanted
    const std::stop_callback forward(stop, [&enough] { enough.request_stop(); });
    Crew crew(scenario, enough.get_token(), most);
    // More threads than cores help nobody. One thread is the caller's own: its memory is warm from the last run.
    const int cores = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 1024U));
    const int threads = std::clamp(std::min(scenario.threads, cores), 1, most);
    std::vector<std::jthread> workers;
    for (int i = 0; threads > 1 && i < threads; ++i)
        workers.emplace_back([&crew] { crew.work(); });

    Merged merged(scenario);
    const double total = static_cast<double>(scenario.limits.requests) * wanted;
    const auto tell = [&](const SimResult* partial) {
        if (progress)
            progress({.fraction = total > 0 ? std::min(1.0, crew.offered() / total) : 1, .partial = partial});
    };
    for (int i = 0; i < most; ++i) {
        if (threads == 1)
            crew.run(static_cast<std::size_t>(i), progress ? std::function<void()>([&] { tell(nullptr); }) : nullptr);
        const auto replication = crew.await(static_cast<std::size_t>(i), [&] { tell(nullptr); });
        if (!replication) {
            merged.cancel();
            break;
        }
        merged.add(*replication);
        if (replication->result.cancelled)
            break;
        const bool narrow = !scenario.untilCi || (i + 1 >= kLeastForCi && merged.isNarrow(*scenario.untilCi));
        if (i + 1 >= wanted && narrow)
            break;
        if (progress) {
            const SimResult partial = merged.result(stop);
            if (!partial.cancelled)
                tell(&partial);
        }
    }
    enough.request_stop();
    workers.clear();
    const bool isWide = scenario.untilCi && !merged.isNarrow(*scenario.untilCi);
    SimResult result = merged.takeResult(stop); // the caller's: `enough` has been asked for
    if (isWide && !result.cancelled && result.limit.empty())
        result.limit = "replications";
    return result;
}

} // namespace headroom::sim
