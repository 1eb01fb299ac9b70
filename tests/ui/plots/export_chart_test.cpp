#include "ui/plots/export_chart.h"

#include "sample_charts.h"

#include <QFile>
#include <QImage>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <gtest/gtest.h>

namespace headroom::ui {
namespace {

class ExportChart : public testing::Test {
protected:
    std::filesystem::path file(const char* name) const { return dir.path().toStdString() + "/" + name; }
    QByteArray bytes(const char* name) const
    {
        QFile f(QString::fromStdString(file(name).string()));
        EXPECT_TRUE(f.open(QIODevice::ReadOnly));
        return f.readAll();
    }
    QTemporaryDir dir;
};

QString output(const QString& program, const QStringList& arguments)
{
    QProcess p;
    p.start(program, arguments);
    p.waitForFinished();
    return QString::fromUtf8(p.readAllStandardOutput());
}

TEST_F(ExportChart, PngHasTwiceThePixels)
{
    ASSERT_TRUE(exportChart(sampleLatency(), file("a.png"), lightTheme(), {300, 200}));
    EXPECT_EQ(QImage(QString::fromStdString(file("a.png").string())).size(), QSize(600, 400));
}

TEST_F(ExportChart, SvgIsTextAndShapesWithoutPictures)
{
    for (const ChartSpec& chart : sampleCharts()) {
        ASSERT_TRUE(exportChart(chart, file("a.svg")));
        const QByteArray svg = bytes("a.svg");
        EXPECT_TRUE(svg.contains("<text")) << chart.title;
        EXPECT_FALSE(svg.contains("<image")) << chart.title;
    }
}

TEST_F(ExportChart, PdfHasItsTextAndNoPictures)
{
    if (QStandardPaths::findExecutable(QStringLiteral("pdftotext")).isEmpty())
        GTEST_SKIP() << "poppler-utils is not installed";
    for (const ChartSpec& chart : sampleCharts()) {
        ASSERT_TRUE(exportChart(chart, file("a.pdf")));
        const QString path = QString::fromStdString(file("a.pdf").string());
        const QString words = output(QStringLiteral("pdftotext"), {path, QStringLiteral("-")});
        EXPECT_TRUE(words.contains(QString::fromStdString(chart.title))) << chart.title;
        EXPECT_EQ(output(QStringLiteral("pdfimages"), {QStringLiteral("-list"), path}).count(QLatin1Char('\n')), 2)
            << "only the two lines of the head: " << chart.title;
    }
    ASSERT_TRUE(exportChart(sampleParts(), file("a.pdf")));
    const QString words =
        output(QStringLiteral("pdftotext"), {QString::fromStdString(file("a.pdf").string()), QStringLiteral("-")});
    for (const char* word : {"prefill", "decode", "26.8 s", "p95"})
        EXPECT_TRUE(words.contains(QLatin1String(word))) << word;
}

TEST_F(ExportChart, CsvHasTheData)
{
    ASSERT_TRUE(exportChart(sampleLatency(), file("a.csv")));
    EXPECT_GT(bytes("a.csv").count('\n'), 200);
}

TEST_F(ExportChart, OtherSuffixesAreRefusedByName)
{
    const auto done = exportChart(sampleLatency(), file("a.bmp"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().where, file("a.bmp").string());
    EXPECT_NE(done.error().message.find(".svg"), std::string::npos);
}

TEST_F(ExportChart, AFolderThatDoesNotExistIsAnErrorAndNotAFile)
{
    EXPECT_FALSE(exportChart(sampleLatency(), file("no/such/a.png")));
}

} // namespace
} // namespace headroom::ui
