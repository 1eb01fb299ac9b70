// Means over equal intervals of a run whose length nobody knows beforehand: when it outgrows the points, neighbours are
// joined and the interval doubles.
#pragma once

#include "core/sim/result.h"

#include <cmath>
#include <cstddef>
#include <vector>

namespace headroom::sim {

class SeriesRecorder {
public:
    explicit SeriesRecorder(int points) : m_bins(static_cast<std::size_t>(points < 2 ? 2 : points + points % 2)) {}

    /// What went on from `from` to `to` (seconds); rates are constant over it, tokens are spread evenly.
    void work(double from, double to, double running, double kvShare, double tokens)
    {
        const double length = to - from;
        if (from >= m_from && to < m_to) { // nearly always: in the same bin as the last time
            Bin& bin = m_bins[m_last];
            bin.running += running * length;
            bin.kv += kvShare * length;
            bin.busy += length;
            bin.tokens += tokens;
            return;
        }
        if (!(length > 0)) {
            binAt(to).tokens += tokens;
            return;
        }
        const double perSecond = tokens / length;
        spread(from, to, [&](Bin& bin, double seconds) {
            bin.running += running * seconds;
            bin.kv += kvShare * seconds;
            bin.busy += seconds;
            bin.tokens += perSecond * seconds;
        });
    }
    /// `count` requests waited from `from` to `to`.
    void wait(double from, double to, double count)
    {
        if (from >= m_from && to < m_to)
            m_bins[m_last].waiting += count * (to - from);
        else
            spread(from, to, [&](Bin& bin, double seconds) { bin.waiting += count * seconds; });
    }
    /// \param end of the run, s \param replicas busy and KV shares are means over this many
    TimeSeries result(double end, double replicas)
    {
        while (end * m_perSecond > static_cast<double>(m_bins.size())) // nothing went on at the end
            joinNeighbours();
        TimeSeries series;
        series.interval = m_interval;
        const auto used = std::min(m_bins.size(), static_cast<std::size_t>(std::ceil(end / m_interval)));
        for (std::size_t i = 0; i < used; ++i) {
            const Bin& bin = m_bins[i];
            const double seconds = std::min(m_interval, end - static_cast<double>(i) * m_interval);
            series.waiting.push_back(bin.waiting / seconds);
            series.running.push_back(bin.running / seconds);
            series.kvFraction.push_back(bin.kv / seconds / replicas);
            series.outputTokensPerSecond.push_back(bin.tokens / seconds);
            series.busyFraction.push_back(bin.busy / seconds / replicas);
        }
        return series;
    }

private:
    struct Bin {
        double waiting = 0, running = 0, kv = 0, busy = 0, tokens = 0; ///< integrals over the interval
        void add(const Bin& o)
        {
            waiting += o.waiting;
            running += o.running;
            kv += o.kv;
            busy += o.busy;
            tokens += o.tokens;
        }
    };
    /// Bin that holds time t; makes room for it.
    Bin& binAt(double t)
    {
        while (t * m_perSecond >= static_cast<double>(m_bins.size()))
            joinNeighbours();
        return m_bins[static_cast<std::size_t>(t * m_perSecond)];
    }
    template <class Add>
    void spread(double from, double to, Add add)
    {
        Bin& last = binAt(to); // grows first, so that the index of `from` is right
        const auto begin = static_cast<std::size_t>(from * m_perSecond);
        const auto end = static_cast<std::size_t>(to * m_perSecond);
        m_last = end;
        m_from = static_cast<double>(end) * m_interval; // exact: the interval is a power of two
        m_to = m_from + m_interval;
        if (begin == end) {
            add(last, to - from);
            return;
        }
        add(m_bins[begin], static_cast<double>(begin + 1) * m_interval - from);
        for (std::size_t i = begin + 1; i < end; ++i)
            add(m_bins[i], m_interval);
        add(last, to - static_cast<double>(end) * m_interval);
    }
    void joinNeighbours()
    {
        for (std::size_t i = 0; i < m_bins.size() / 2; ++i) {
            Bin joined = m_bins[2 * i];
            joined.add(m_bins[2 * i + 1]);
            m_bins[i] = joined;
        }
        for (std::size_t i = m_bins.size() / 2; i < m_bins.size(); ++i)
            m_bins[i] = {};
        m_interval *= 2;
        m_perSecond *= 0.5;
        m_to = m_from; // the remembered bin is another one now
    }

    std::vector<Bin> m_bins;
    double m_interval = 0x1p-10, m_perSecond = 0x1p10; ///< powers of two: the same on every machine
    std::size_t m_last = 0;                            ///< bin of the last call, which spans [m_from, m_to)
    double m_from = 0, m_to = 0;
};

} // namespace headroom::sim
