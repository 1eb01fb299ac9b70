#include "ui/plots/export_chart.h"

#include "core/output_file.h"
#include "core/plan/plan_io.h"
#include "core/snapshot.h"
#include "core/version_info.h"
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
#include <utility>
#include <vector>

namespace headroom::ui {

namespace {

constexpr double kHeader = 34, kMargin = 14;
constexpr int kDotsPerInch = 96; // finer resolutions make hairlines and clip labels; PDF coordinates are real numbers

using Bytes = Result<QByteArray>;

QString program() { return QStringLiteral("Headroom ") + text(version()); }

/// "Time to first token, p95: Support chat"
QString titleOf(const ChartSpec& chart, const ChartOrigin& origin)
{
    return text(chart.title) + (origin.plan.isEmpty() ? QString() : QStringLiteral(": ") + origin.plan);
}

QString descriptionOf(const ChartSpec& chart, const ChartOrigin& origin)
{
    const QString whose = originLine(origin);
    return text(chart.says) + (whose.isEmpty() ? QString() : QStringLiteral("\n") + whose);
}

void paintCard(QPainter& p, QSize size, const ChartSpec& chart, const Theme& theme, const ChartOrigin& origin)
{
    p.setRenderHint(QPainter::Antialiasing);
    p.fillRect(QRect(QPoint(0, 0), size), theme.card);
    paintChart(p, QRectF(QPointF(0, 0), QSizeF(size)).adjusted(kMargin, 0, -kMargin, -10), chart, theme, origin);
}

QByteArray png(const ChartSpec& chart, const Theme& theme, QSize size, const ChartOrigin& origin)
{
    constexpr int kRatio = 2;
    QImage image(size * kRatio, QImage::Format_RGB32);
    image.setDevicePixelRatio(kRatio);
    QPainter p(&image);
    paintCard(p, size, chart, theme, origin);
    p.end();
    describe(image, chart, origin);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray svg(const ChartSpec& chart, const Theme& theme, QSize size, const ChartOrigin& origin)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size);
    generator.setViewBox(QRect(QPoint(0, 0), size));
    generator.setResolution(kDotsPerInch);
    generator.setTitle(titleOf(chart, origin));
    generator.setDescription(descriptionOf(chart, origin));
    QPainter p(&generator);
    paintCard(p, size, chart, theme, origin);
    p.end();
    return bytes;
}

QByteArray pdf(const ChartSpec& chart, const Theme& theme, QSize size, const ChartOrigin& origin)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(kDotsPerInch);
    writer.setTitle(titleOf(chart, origin));
    writer.setCreator(program());
    constexpr double kPointsPerInch = 72;
    const QPageSize page(
        QSizeF(size) * kPointsPerInch / kDotsPerInch, QPageSize::Point, QString(), QPageSize::ExactMatch);
    writer.setPageLayout(QPageLayout(page, QPageLayout::Portrait, QMarginsF()));
    QPainter p(&writer);
    paintCard(p, size, chart, theme, origin);
    p.end();
    return bytes;
}

Bytes rendered(const ChartSpec& chart, const QString& suffix, const std::string& where, const Theme& theme, QSize size,
    const ChartOrigin& origin)
{
    if (suffix == QLatin1String("png"))
        return png(chart, theme, size, origin);
    if (suffix == QLatin1String("svg"))
        return svg(chart, theme, size, origin);
    if (suffix == QLatin1String("pdf"))
        return pdf(chart, theme, size, origin);
    if (suffix == QLatin1String("csv"))
        return QByteArray::fromStdString(csvOf(chart, origin));
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
    constexpr double kBaseline = 18, kSecondLine = 31, kBetween = 16; // the title never jumps when the unit moves
    const QFontMetricsF titleMetrics(titleFont), unitMetrics(unitFont);
    const QString title = text(chart.title), unit = text(chart.unit);
    const double unitWidth = unitMetrics.horizontalAdvance(unit);
    // Both in one line where they fit; else the unit below the title, so that neither is cut.
    const bool oneLine =
        titleMetrics.horizontalAdvance(title) + kBetween + unitWidth <= where.width() || unit.isEmpty();
    p.setFont(titleFont);
    p.setPen(theme.text);
    p.drawText(
        QPointF(where.left(), where.top() + kBaseline), titleMetrics.elidedText(title, Qt::ElideRight, where.width()));
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

void paintChart(QPainter& p, const QRectF& where, const ChartSpec& chart, const Theme& theme, const ChartOrigin& origin)
{
    const QString whose = originLine(origin);
    if (whose.isEmpty())
        return paintChart(p, where, chart, theme);
    constexpr double kAbove = 4;
    const QFont font = printFont(TextSize::small);
    const QFontMetricsF metrics(font);
    const double line = std::ceil(metrics.height());
    paintChart(p, where.adjusted(0, 0, 0, -line - kAbove), chart, theme);
    p.save();
    p.setFont(font);
    p.setPen(theme.muted);
    p.drawText(QRectF(where.left(), where.bottom() - line, where.width(), line),
        static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), metrics.elidedText(whose, Qt::ElideMiddle, where.width()));
    p.restore();
}

ChartOrigin originOf(const Snapshot& snapshot) { return {text(snapshot.now.name), text(planHash(*snapshot.now.plan))}; }

QString originLine(const ChartOrigin& origin)
{
    if (origin.plan.isEmpty())
        return {};
    const QString hash = origin.hash.isEmpty() ? QString() : QStringLiteral(" · plan ") + origin.hash;
    return origin.plan + hash + QStringLiteral(" · ") + program();
}

void describe(QImage& image, const ChartSpec& chart, const ChartOrigin& origin)
{
    image.setText(QStringLiteral("Title"), titleOf(chart, origin));
    image.setText(QStringLiteral("Description"), descriptionOf(chart, origin));
    image.setText(QStringLiteral("Software"), program());
}

std::string csvOf(const ChartSpec& chart, const ChartOrigin& origin)
{
    std::vector<std::pair<std::string, std::string>> columns;
    if (!origin.plan.isEmpty())
        columns = {{"plan", origin.plan.toStdString()}, {"plan hash", origin.hash.toStdString()},
            {"made by", program().toStdString()}};
    return chartCsv(chart, columns);
}

Result<void> exportChart(const ChartSpec& chart, const std::filesystem::path& path, const Theme& theme, QSize size,
    const ChartOrigin& origin)
{
    const std::string where = path.string();
    const QString suffix = QString::fromStdString(path.extension().string()).mid(1).toLower();
    const Bytes bytes = rendered(chart, suffix, where, theme, size, origin);
    if (!bytes)
        return tl::unexpected(bytes.error());
    return writeOutput(path, std::string_view(bytes->constData(), static_cast<std::size_t>(bytes->size())));
}

} // namespace headroom::ui
