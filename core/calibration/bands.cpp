#include "core/calibration/bands.h"

#include "core/calibration/measured_case.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace headroom {
namespace {

constexpr double kRowsOfParent = 20;              ///< what the level above counts, in rows
constexpr std::size_t kLeastFamilies = 4;         ///< of a level with a band of its own
constexpr std::size_t kLeastForArchitecture = 20; ///< rows, of two folds
constexpr double kFewGroups = 3;                  ///< effective ones, below which they do not tell how groups differ
constexpr double kNormal90 = 1.2815515655446;

/// 90th percentile of Student's t, by its expansion about the normal one (Abramowitz and Stegun 26.7.5); from two degrees
/// of freedom on right to three thousandths.
double student90(double freedom)
{
    const double z = kNormal90, z2 = z * z;
    const double first = z * (z2 + 1) / 4, second = z * ((5 * z2 + 16) * z2 + 3) / 96,
                 third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    return z + (first + (second + third / freedom) / freedom) / freedom;
}

/// Variances of a random-effects model, by the method of moments.
struct Variances {
    double within = 0, between = 0;
    double groups = 0; ///< effective number: as many of equal size
};

Variances variancesOf(std::span<const UnseenRow> rows, std::span<const double> weights, std::string UnseenRow::*group)
{
    struct Sum {
        double weight = 0, value = 0;
    };
    std::map<std::string, Sum> sums;
    Sum all;
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (Sum* s : {&sums[rows[i].*group], &all}) {
            s->weight += weights[i];
            s->value += weights[i] * rows[i].logRatio;
        }
    double squares = 0, inGroups = 0, ofGroups = 0;
    for (const auto& [name, s] : sums) {
        squares += s.weight * s.weight;
        const double away = s.value / s.weight - all.value / all.weight;
        ofGroups += s.weight * away * away;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Sum& s = sums[rows[i].*group];
        const double away = rows[i].logRatio - s.value / s.weight;
        inGroups += weights[i] * away * away;
    }
    const double count = static_cast<double>(sums.size());
    Variances v;
    v.groups = all.weight * all.weight / squares;
    v.within = inGroups / std::max(1.0, all.weight - count);
    if (count > 1) {
        const double each = (all.weight - squares / all.weight) / (count - 1);
        v.between = std::max(0.0, (ofGroups / (count - 1) - v.within) / each);
    }
    return v;
}

/// Rows of one kind with weights that add up to their number.
struct Kind {
    std::vector<UnseenRow> rows;
    std::vector<double> weights;
};

/// \param evenSources each source counts the same: where one table is most of the rows
Kind kindOf(std::vector<UnseenRow> rows, bool evenSources)
{
    std::map<std::string, double> perSource;
    for (const UnseenRow& r : rows)
        perSource[r.source] += 1;
    Kind kind{std::move(rows), {}};
    const double share = static_cast<double>(kind.rows.size()) / static_cast<double>(perSource.size());
    for (const UnseenRow& r : kind.rows)
        kind.weights.push_back(evenSources ? share / perSource[r.source] : 1);
    return kind;
}

Kind those(const Kind& all, auto which)
{
    Kind some;
    for (std::size_t i = 0; i < all.rows.size(); ++i)
        if (which(all.rows[i])) {
            some.rows.push_back(all.rows[i]);
            some.weights.push_back(all.weights[i]);
        }
    return some;
}

std::size_t familiesOf(const Kind& kind)
{
    std::set<std::string_view> families;
    for (const UnseenRow& r : kind.rows)
        families.insert(r.family);
    return families.size();
}

constexpr std::array<std::string UnseenRow::*, 2> kGroupings{&UnseenRow::gpu, &UnseenRow::family};

/// Of each grouping, how groups differ in what step times decide: all such kinds together.
std::array<double, kGroupings.size()> commonVariances(const std::array<Kind, kMeasuredRegimes>& kinds)
{
    std::array<double, kGroupings.size()> common{};
    for (std::size_t g = 0; g < kGroupings.size(); ++g) {
        double sum = 0, weight = 0;
        for (const auto regime :
            {MeasuredRegime::offlineThroughput, MeasuredRegime::closedLoopTpot, MeasuredRegime::batch}) {
            const Kind& kind = kinds[static_cast<std::size_t>(regime)];
            if (kind.rows.empty())
                continue;
            const Variances v = variancesOf(kind.rows, kind.weights, kGroupings[g]);
            sum += (v.groups - 1) * v.between;
            weight += v.groups - 1;
        }
        common[g] = weight > 0 ? sum / weight : 0;
    }
    return common;
}

class BandMaker {
public:
    explicit BandMaker(std::span<const UnseenRow> rows)
    {
        for (std::size_t i = 0; i < kMeasuredRegimes; ++i) {
            std::vector<UnseenRow> some;
            const auto regime = static_cast<MeasuredRegime>(i);
            std::ranges::copy_if(
                rows, std::back_inserter(some), [&](const UnseenRow& r) { return r.regime == regime; });
            m_kinds[i] = kindOf(std::move(some), regime == MeasuredRegime::firstToken);
        }
        m_common = commonVariances(m_kinds);
    }

    std::vector<ShippedBand> all()
    {
        for (std::size_t i = 0; i < kMeasuredRegimes; ++i)
            if (!m_kinds[i].rows.empty())
                addKind(static_cast<MeasuredRegime>(i), m_kinds[i]);
        return std::move(m_bands);
    }

private:
    void addKind(MeasuredRegime regime, const Kind& kind)
    {
        add(kind, {}, {regime, 0, -1, 1, 1, 0});
        for (const int bits : {16, 8, 4}) {
            const Kind some = those(kind, [&](const UnseenRow& r) { return r.bits == bits; });
            if (familiesOf(some) < kLeastFamilies)
                continue;
            add(some, kind, {regime, bits, -1, 1, 1, 0});
            for (int a = 0; a < static_cast<int>(kArchitectures); ++a) {
                const Kind few = those(some, [&](const UnseenRow& r) { return static_cast<int>(r.architecture) == a; });
                if (few.rows.size() >= kLeastForArchitecture && familiesOf(few) >= kLeastFamilies)
                    add(few, some, {regime, bits, a, 1, 1, 0});
            }
        }
    }

    void add(const Kind& own, const Kind& parent, ShippedBand band)
    {
        std::vector<std::pair<double, double>> pooled;
        for (std::size_t i = 0; i < own.rows.size(); ++i)
            pooled.emplace_back(own.rows[i].logRatio, own.weights[i]);
        const double ofParent = std::accumulate(parent.weights.begin(), parent.weights.end(), 0.0);
        for (std::size_t i = 0; i < parent.rows.size(); ++i)
            pooled.emplace_back(parent.rows[i].logRatio, parent.weights[i] * kRowsOfParent / ofParent);
        double wider = 1;
        for (std::size_t g = 0; g < kGroupings.size(); ++g)
            wider = std::max(wider, wideningForNewGroup(own.rows, own.weights, kGroupings[g], m_common[g]));
        const double middle = weightedQuantile(pooled, 0.5);
        const auto edge = [&](double q) { return middle + (weightedQuantile(pooled, q) - middle) * wider; };
        band.lo = std::exp(std::min(0.0, edge(0.1)));
        band.hi = std::exp(std::max(0.0, edge(0.9)));
        band.rows = static_cast<int>(own.rows.size());
        m_bands.push_back(band);
    }

    std::array<Kind, kMeasuredRegimes> m_kinds;
    std::array<double, kGroupings.size()> m_common{};
    std::vector<ShippedBand> m_bands;
};

/// What bands of a kind are made of where a bench leaves most of it out.
bool isFromAllRows(MeasuredRegime regime)
{
    return regime == MeasuredRegime::offlineLatency || regime == MeasuredRegime::closedLoopTtft ||
           regime == MeasuredRegime::firstToken;
}

void addUnseen(const MeasurementTable& table, const std::vector<RowOutcome>& outcomes, std::size_t ofScored,
    std::vector<UnseenRow>& unseen)
{
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const Measurement& m = table.rows[i];
        const auto regime = regimeOf(m);
        if (!regime || !outcomes[i].predicted || outcomes[i].assumed || (i < ofScored && isFromAllRows(*regime)))
            continue;
        const Result<MeasuredCase> c = caseOf(m);
        if (!c)
            continue;
        UnseenRow row{*regime, storedBits(c->weightFormat), c->gpu.architecture, m.gpu, m.family, m.source,
            std::log(m.value / *outcomes[i].predicted)};
        unseen.push_back(row);
        if (m.loadKind == LoadKind::staticBatch && m.metric == Metric::ttft) {
            row.regime = MeasuredRegime::firstToken;
            unseen.push_back(row);
        }
    }
}

} // namespace

double wideningForNewGroup(std::span<const UnseenRow> rows, std::span<const double> weights,
    std::string UnseenRow::*group, double leastVariance)
{
    const Variances v = variancesOf(rows, weights, group);
    const double all = v.within + v.between;
    if (!(all > 0))
        return 1;
    const double between = v.groups < kFewGroups ? std::max(v.between, leastVariance) : v.between;
    const double t = student90(std::max(v.groups, kFewGroups) - 1) * std::sqrt(1 + 1 / v.groups) / kNormal90;
    return std::max(1.0, std::sqrt((v.within + between * t * t) / all));
}

std::vector<ShippedBand> bandsOf(std::span<const UnseenRow> rows) { return BandMaker(rows).all(); }

LeftOutRows leaveOutGpusAndFamilies(const MeasurementTable& scored, const MeasurementTable& fitted,
    const FitOptions& options, int threads, const CaseTraces& traces)
{
    MeasurementTable table = scored;
    std::ranges::copy_if(fitted.rows, std::back_inserter(table.rows), [](const Measurement& m) {
        const auto regime = regimeOf(m);
        return regime && isFromAllRows(*regime);
    });
    LeftOutRows out{crossValidate(table, fitted, LeaveOut::gpu, options, threads, traces),
        crossValidate(table, fitted, LeaveOut::family, options, threads, traces), {}};
    for (std::vector<RowOutcome>* outcomes : {&out.gpu, &out.family}) {
        addUnseen(table, *outcomes, scored.rows.size(), out.unseen);
        outcomes->resize(scored.rows.size());
    }
    return out;
}

std::vector<RowOutcome> withBandsOfFolds(
    const MeasurementTable& scored, std::vector<RowOutcome> outcomes, LeaveOut by, std::span<const UnseenRow> unseen)
{
    const auto group = by == LeaveOut::gpu      ? &UnseenRow::gpu
                       : by == LeaveOut::family ? &UnseenRow::family
                                                : &UnseenRow::source;
    std::map<std::string, std::vector<ShippedBand>> folds;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const Measurement& m = scored.rows[i];
        const Result<MeasuredCase> c = caseOf(m);
        if (!outcomes[i].predicted || !c)
            continue;
        const std::string key = leftOutKey(m, by);
        if (!folds.contains(key)) {
            std::vector<UnseenRow> others;
            std::ranges::copy_if(
                unseen, std::back_inserter(others), [&](const UnseenRow& r) { return r.*group != key; });
            folds.emplace(key, bandsOf(others));
        }
        const ErrorBand band = bandOf(folds[key], m, c->weightFormat, c->gpu.architecture, outcomes[i].assumed);
        outcomes[i].lo = *outcomes[i].predicted * band.lo;
        outcomes[i].hi = *outcomes[i].predicted * band.hi;
    }
    return outcomes;
}

} // namespace headroom
