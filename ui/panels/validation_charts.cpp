#include "ui/panels/validation_charts.h"

#include "ui/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace headroom::ui {

namespace {

QString tr(const char* words) { return QCoreApplication::translate("ValidationPage", words); }

constexpr std::array kGroupRoles{Role::series1, Role::series2, Role::series3, Role::series4, Role::series5,
    Role::series6, Role::series7, Role::series8};

/// As in the plots of latency, so that a colour means one thing.
Role roleOf(Metric metric)
{
    switch (metric) {
    case Metric::ttft:
        return Role::prefill;
    case Metric::tpot:
        return Role::decode;
    case Metric::e2e:
        return Role::secondary;
    case Metric::outputTokenRate:
        return Role::series4;
    case Metric::totalTokenRate:
        return Role::series5;
    case Metric::requestRate:
        return Role::series3;
    }
    return Role::series8;
}

Curve diagonal(const std::string& name, double from, double to, double factor)
{
    Curve line;
    line.name = name;
    line.role = factor == 1 ? Role::saturation : Role::ghost;
    line.dashed = factor != 1;
    line.x = {from, to};
    line.y = {from * factor, to * factor};
    return line;
}

} // namespace

QString metricWords(Metric m)
{
    switch (m) {
    case Metric::outputTokenRate:
        return tr("Output tokens per second");
    case Metric::totalTokenRate:
        return tr("All tokens per second");
    case Metric::requestRate:
        return tr("Requests per second");
    case Metric::ttft:
        return tr("Time to first token");
    case Metric::tpot:
        return tr("Time per output token");
    case Metric::e2e:
        return tr("End to end");
    }
    return {};
}

QString loadWords(LoadKind k)
{
    switch (k) {
    case LoadKind::offlineMax:
        return tr("all at once");
    case LoadKind::fixedConcurrency:
        return tr("closed loop");
    case LoadKind::requestRate:
        return tr("open loop");
    case LoadKind::staticBatch:
        return tr("static batch");
    }
    return {};
}

QString runWords(Metric m, LoadKind k)
{
    const auto metric = [m] {
        switch (m) {
        case Metric::outputTokenRate:
            return tr("Output tok/s");
        case Metric::totalTokenRate:
            return tr("All tok/s");
        case Metric::requestRate:
            return tr("Req/s");
        case Metric::ttft:
            return tr("TTFT");
        case Metric::tpot:
            return tr("TPOT");
        case Metric::e2e:
            return tr("E2E");
        }
        return QString();
    };
    return tr("%1, %2").arg(metric(), loadWords(k));
}

std::string_view unitOf(Metric m) { return isLatency(m) ? "s" : m == Metric::requestRate ? "req/s" : "tok/s"; }

std::string formatOf(const Measurement& m) { return m.weightFormat.empty() ? "as published" : m.weightFormat; }

bool passes(const ValidationFilter& f, const Measurement& m)
{
    return (f.load.empty() || f.load == name(m.loadKind)) && (f.gpu.empty() || f.gpu == m.gpu) &&
           (f.engine.empty() || f.engine == m.engine) && (f.family.empty() || f.family == m.family) &&
           (f.format.empty() || f.format == formatOf(m));
}

namespace {

std::string hoverOf(const ComparedRow& row)
{
    const Measurement& m = row.measured;
    const double predicted = *row.outcome.predicted;
    return (text(m.model) + QStringLiteral(", ") + text(m.engine) + QStringLiteral(", ") + text(m.gpu) +
            QStringLiteral(" × %1, ").arg(m.gpus) + loadWords(m.loadKind) + QStringLiteral(": ") +
            tr("measured %1, predicted %2 (%3)")
                .arg(quantity(m.value, unitOf(m.metric)), quantity(predicted, unitOf(m.metric)),
                    signedPercent(predicted / m.value - 1)))
        .toStdString();
}

} // namespace

ChartSpec scatterOf(const std::vector<ComparedRow>& rows, const ValidationFilter& filter)
{
    ChartSpec chart;
    chart.title = "Predicted against measured";
    chart.unit = std::string(unitOf(filter.metric)) + ", log";
    ScatterChart body;
    body.x = {"measured", std::string(unitOf(filter.metric)), true, {}, {}};
    body.y = {"predicted", std::string(unitOf(filter.metric)), true, {}, {}};
    std::map<std::string, std::pair<Curve, std::vector<std::string>>> byGpu;
    double least = std::numeric_limits<double>::infinity(), most = 0;
    std::vector<double> errors;
    for (const ComparedRow& row : rows) {
        const Measurement& m = row.measured;
        if (m.metric != filter.metric || !row.outcome.predicted || !passes(filter, m))
            continue;
        auto& [curve, hover] = byGpu[m.gpu];
        curve.x.push_back(m.value);
        curve.y.push_back(*row.outcome.predicted);
        hover.push_back(hoverOf(row));
        errors.push_back(std::abs(*row.outcome.predicted / m.value - 1));
        least = std::min({least, m.value, *row.outcome.predicted});
        most = std::max({most, m.value, *row.outcome.predicted});
    }
    if (errors.empty()) {
        chart.empty = "No measured run to show: open a table of measured runs, or choose other filters.";
        chart.body = std::move(body);
        return chart;
    }
    for (auto& [gpu, group] : byGpu) {
        group.first.name = gpu;
        group.first.markers = true;
        group.first.role = kGroupRoles[body.groups.size() % kGroupRoles.size()];
        body.groups.push_back(std::move(group.first));
        body.hover.push_back(std::move(group.second));
    }
    body.lines = {diagonal("equal", least, most, 1), diagonal("25 % more", least, most, 1.25),
        diagonal("25 % less", least, most, 0.75)};
    std::ranges::nth_element(errors, errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2));
    chart.says = tr("%1 runs; half of them are off by less than %2.")
                     .arg(errors.size())
                     .arg(percent(errors[errors.size() / 2]))
                     .toStdString();
    chart.body = std::move(body);
    return chart;
}

namespace {

/// Across, in percent: equal, and a quarter off either way.
Curve level(const std::string& name, double to, double percentOff)
{
    Curve line;
    line.name = name;
    line.role = percentOff == 0 ? Role::saturation : Role::ghost;
    line.dashed = percentOff != 0;
    line.x = {0, to};
    line.y = {percentOff, percentOff};
    return line;
}

std::string hoverOf(const ResidualGroup& g, const std::string& differs)
{
    return tr("%1, %2, %3, %4: %5 of %6 runs, prediction off by %7")
               .arg(text(g.model), text(g.gpu), text(g.engine), loadWords(g.loadKind), metricWords(g.metric))
               .arg(g.rows)
               .arg(signedPercent(g.bias))
               .toStdString() +
           (differs.empty() ? std::string() : "\n" + differs);
}

} // namespace

ChartSpec shippedErrorsOver(const MeasuredSetting& plan)
{
    ChartSpec chart;
    chart.title = "Errors by distance from this plan";
    chart.unit = "";
    ScatterChart body;
    body.x = {"differences from this plan", "", false, 0.0, {}};
    body.y = {"predicted over measured", "%", false, {}, {}};
    std::map<Metric, std::pair<Curve, std::vector<std::string>>> byMetric;
    double farthest = 0;
    int runs = 0;
    for (std::size_t i = 0; i < shippedResiduals().size(); ++i) {
        const ResidualGroup& g = shippedResiduals()[i];
        const MeasuredSetting& measured = shippedSettings()[i];
        if (measured.model.empty())
            continue; // no longer in the catalog
        const double away = distance(plan, measured);
        auto& [curve, hover] = byMetric[g.metric];
        curve.x.push_back(away);
        curve.y.push_back(100 * g.bias);
        hover.push_back(hoverOf(g, differences(plan, measured)));
        farthest = std::max(farthest, away);
        runs += g.rows;
    }
    for (auto& [metric, group] : byMetric) {
        group.first.name = metricWords(metric).toStdString();
        group.first.markers = true;
        group.first.role = roleOf(metric);
        body.groups.push_back(std::move(group.first));
        body.hover.push_back(std::move(group.second));
    }
    body.lines = {level("equal", farthest, 0), level("25 % more", farthest, 25), level("25 % less", farthest, -25)};
    chart.says = tr("%1 groups of three runs or more, %2 of the %3 public ones, each predicted without having seen its "
                    "GPU. Left: like this plan.")
                     .arg(shippedResiduals().size())
                     .arg(runs)
                     .arg(shippedRuns())
                     .toStdString();
    chart.body = std::move(body);
    return chart;
}

} // namespace headroom::ui
