// The plots of the tab Validation, and the words for what was measured.
#pragma once

#include "core/calibration/nearness.h"
#include "ui/plots/chart.h"
#include "ui/validation_runner.h"

#include <QString>

namespace headroom::ui {

/// What of the measured rows is shown. Empty = all.
struct ValidationFilter {
    Metric metric = Metric::outputTokenRate;
    std::string load, gpu, engine, family, format; ///< load: how it was offered, as name() says
};
/// Whether a row passes all filters but the metric.
bool passes(const ValidationFilter&, const Measurement&);

/// Predicted over measured on logarithmic axes, one colour a GPU, with the diagonal and lines a quarter off.
ChartSpec scatterOf(const std::vector<ComparedRow>&, const ValidationFilter&);
/// The left-out errors that ship, over how far their runs are from the plan: what to expect of a prediction here.
ChartSpec shippedErrorsOver(const MeasuredSetting& plan);

QString metricWords(Metric);
QString loadWords(LoadKind);
/// Both, short: "TPOT, closed loop".
QString runWords(Metric, LoadKind);
/// Number format of a row's weights, also where it is not stated.
std::string formatOf(const Measurement&);
/// Of values of a metric, as quantity() takes it.
std::string_view unitOf(Metric);

} // namespace headroom::ui
