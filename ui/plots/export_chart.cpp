#include "ui/plots/export_chart.h"

#include "core/output_file.h"
#include "ui/format.h"
#include "ui/plots/catalog.h"
#include "ui/plots/chart_body.h"

#include <QBuffer>
#include <QFontMetricsF>
#include <QImage>
#include <QPageLayout>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <QWidget>

#include <algorithm>
#include <cmath>

namespace headroom::ui {

namespace {

constexpr double kHeader = 34, kMargin = 14;
constexpr int kDotsPerInch = 96; // finer resolutions make hairlines and clip labels; PDF coordinates are real numbers

using Bytes = Result<QByteArray>;

void paintCard(QPainter& p, QSize size, const ChartSpec& chart, const Theme& theme)
{
    p.setRenderHint(QPainter::Antialiasing);
    p.fillRect(QRect(QPoint(0, 0), size), theme.card);
    paintChart(p, QRectF(QPointF(0, 0), QSizeF(size)).adjusted(kMargin, 0, -kMargin, -10), chart, theme);
}

QByteArray png(const ChartSpec& chart, const Theme& theme, QSize size)
{
    constexpr int kRatio = 2;
    QImage image(size * kRatio, QImage::Format_RGB32);
    image.setDevicePixelRatio(kRatio);
    QPainter p(&image);
    paintCard(p, size, chart, theme);
    p.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray svg(const ChartSpec& chart, const Theme& theme, QSize size)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size);
    generator.setViewBox(QRect(QPoint(0, 0), size));
    generator.setResolution(kDotsPerInch);
    generator.setTitle(text(chart.title));
    generator.setDescription(text(chart.says));
    QPainter p(&generator);
    paintCard(p, size, chart, theme);
    p.end();
    return bytes;
}

QByteArray pdf(const ChartSpec& chart, const Theme& theme, QSize size)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(kDotsPerInch);
    writer.setTitle(text(chart.title));
    constexpr double kPointsPerInch = 72;
    const QPageSize page(
        QSizeF(size) * kPointsPerInch / kDotsPerInch, QPageSize::Point, QString(), QPageSize::ExactMatch);
    writer.setPageLayout(QPageLayout(page, QPageLayout::Portrait, QMarginsF()));
    QPainter p(&writer);
    paintCard(p, size, chart, theme);
    p.end();
    return bytes;
}

Bytes rendered(const ChartSpec& chart, const QString& suffix, const std::string& where, const Theme& theme, QSize size)
{
    if (suffix == QLatin1String("png"))
        return png(chart, theme, size);
    if (suffix == QLatin1String("svg"))
        return svg(chart, theme, size);
    if (suffix == QLatin1String("pdf"))
        return pdf(chart, theme, size);
    if (suffix == QLatin1String("csv"))
        return QByteArray::fromStdString(chartCsv(chart));
    return fail(where, "the file name must end in .png, .svg, .pdf or .csv");
}

} // namespace

std::unique_ptr<ChartBody> makeBody(const ChartSpec& chart, QWidget* parent)
{
    if (std::holds_alternative<StackedBars>(chart.body))
        return makeBarsBody(parent);
    if (std::holds_alternative<Table>(chart.body))
        return makeTableBody(parent);
    return makeAxesBody(parent);
}

void paintHeader(QPainter& p, const QRectF& where, const ChartSpec& chart, const Theme& theme, const QFont& titleFont,
    const QFont& unitFont)
{
    constexpr double kBaseline = 22, kFirstLine = 15, kSecondLine = 29, kBetween = 16;
    const QFontMetricsF titleMetrics(titleFont), unitMetrics(unitFont);
    const QString title = text(chart.title), unit = text(chart.unit);
    const double unitWidth = unitMetrics.horizontalAdvance(unit);
    // Both in one line where they fit; else the unit below the title, so that neither is cut.
    const bool oneLine =
        titleMetrics.horizontalAdvance(title) + kBetween + unitWidth <= where.width() || unit.isEmpty();
    p.setFont(titleFont);
    p.setPen(theme.text);
    p.drawText(QPointF(where.left(), where.top() + (oneLine ? kBaseline : kFirstLine)),
        titleMetrics.elidedText(title, Qt::ElideRight, where.width()));
    p.setFont(unitFont);
    p.setPen(theme.muted);
    p.drawText(
        QPointF(oneLine ? where.right() - unitWidth : where.left(), where.top() + (oneLine ? kBaseline : kSecondLine)),
        unitMetrics.elidedText(unit, Qt::ElideRight, where.width()));
}

void paintEmpty(QPainter& p, const QRectF& where, const ChartSpec& chart, const Theme& theme, const QFont& font)
{
    const QChar together(0x2060); // word joiner: no line breaks within "req/s"
    QString why = text(chart.empty);
    why.replace(QLatin1String("/"), QLatin1String("/") + together);
    p.setFont(font);
    p.setPen(theme.muted);
    p.drawText(where, static_cast<int>(Qt::AlignCenter) | Qt::TextWordWrap, why);
}

void paintChart(QPainter& p, const QRectF& where, const ChartSpec& chart, const Theme& theme)
{
    p.save();
    paintHeader(p, QRectF(where.topLeft(), QSizeF(where.width(), kHeader)), chart, theme,
        printFont(TextSize::body, QFont::DemiBold), printFont(TextSize::small));
    const QRectF inner = where.adjusted(0, kHeader, 0, 0);
    if (chart.empty.empty()) {
        const std::unique_ptr<ChartBody> body = makeBody(chart, nullptr);
        body->widget()->resize(inner.size().toSize());
        body->show(chart, theme);
        body->paint(p, inner);
    } else {
        paintEmpty(p, inner, chart, theme, printFont(TextSize::body));
    }
    p.restore();
}

Result<void> exportChart(const ChartSpec& chart, const std::filesystem::path& path, const Theme& theme, QSize size)
{
    const std::string where = path.string();
    const QString suffix = QString::fromStdString(path.extension().string()).mid(1).toLower();
    const Bytes bytes = rendered(chart, suffix, where, theme, size);
    if (!bytes)
        return tl::unexpected(bytes.error());
    return writeOutput(path, std::string_view(bytes->constData(), static_cast<std::size_t>(bytes->size())));
}

} // namespace headroom::ui
