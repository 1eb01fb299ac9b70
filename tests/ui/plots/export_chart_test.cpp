#include "ui/plots/export_chart.h"

#include "sample_charts.h"

#include <QFile>
#include <QImage>
#include <QPainter>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>

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

/// Eleven columns as those of policies side by side, which in one line each are twice as wide as a picture.
Table wideTable()
{
    Table table;
    table.columns = {"policy", "TTFT p95", "TTFT difference", "TPOT p95", "E2E p95", "E2E difference", "mean queue",
        "req/s", "in targets", "KV peak"};
    table.numeric.assign(table.columns.size(), true);
    table.numeric.front() = false;
    table.highlighted = 0;
    table.rows = {{"This plan", "236 ms (227–244)", "", "20.8 ms (20.6–21)", "7.35 s (7.25–7.46)", "", "26.5 ms",
                      "3.99", "99.7 %", "38 %"},
        {"This plan, closed form", "219 ms", "−48.9 ms ± 12 ms", "19.2 ms", "7.03 s", "+1.19 s ± 120 ms", "20.3 ms",
            "4", "99.9 %", ""}};
    return table;
}

// A picture does not scroll: cells were cut, down to a lone "…".
TEST_F(ExportChart, TablesCutNothing)
{
    for (const Theme& theme : {lightTheme(), darkTheme()}) {
        ASSERT_TRUE(exportChart({"Policies", "p95", "", "", wideTable()}, file("a.svg"), theme));
        const QString svg = QString::fromUtf8(bytes("a.svg"));
        EXPECT_FALSE(svg.contains(QChar(0x2026)));
        EXPECT_FALSE(svg.contains(QLatin1String("&#x2026;")));
        for (const char* words : {"difference", "(227–244)", "± 120 ms", "closed form", "in targets"})
            for (const QString& word : QString::fromUtf8(words).split(QLatin1Char(' ')))
                EXPECT_TRUE(svg.contains(word)) << words;
    }
}

TEST_F(ExportChart, CsvHasTheData)
{
    ASSERT_TRUE(exportChart(sampleLatency(), file("a.csv")));
    EXPECT_GT(bytes("a.csv").count('\n'), 200);
}

const ChartOrigin kOrigin{QStringLiteral("Support chat, west"), QStringLiteral("1f00c2a4")};

TEST_F(ExportChart, PicturesSayWhosePlanTheyShow)
{
    EXPECT_TRUE(originLine({}).isEmpty());
    const QString line = originLine(kOrigin);
    EXPECT_TRUE(line.startsWith(QStringLiteral("Support chat, west · plan 1f00c2a4 · Headroom ")))
        << line.toStdString();
    for (const char* name : {"a.svg", "a.png", "a.pdf"})
        ASSERT_TRUE(exportChart(sampleLatency(), file(name), lightTheme(), kExportSize, kOrigin));
    const QString svg = QString::fromUtf8(bytes("a.svg"));
    EXPECT_EQ(svg.count(QLatin1String("1f00c2a4")), 2) << "below the drawing and in its description";
    const QImage png(QString::fromStdString(file("a.png").string()));
    EXPECT_TRUE(png.text(QStringLiteral("Description")).endsWith(line)) << png.text().toStdString();
    EXPECT_TRUE(png.text(QStringLiteral("Title")).endsWith(QLatin1String("Support chat, west")));
    if (QStandardPaths::findExecutable(QStringLiteral("pdfinfo")).isEmpty())
        GTEST_SKIP() << "poppler-utils is not installed";
    const QString info = output(QStringLiteral("pdfinfo"), {QString::fromStdString(file("a.pdf").string())});
    EXPECT_TRUE(info.contains(QLatin1String("Support chat, west"))) << info.toStdString();
    EXPECT_TRUE(info.contains(QLatin1String("Headroom"))) << info.toStdString();
}

TEST_F(ExportChart, DataSayWhosePlanTheyAreInColumnsAtTheEnd)
{
    const std::string plain = csvOf(sampleParts(), {}), whose = csvOf(sampleParts(), kOrigin);
    const auto line = [](const std::string& csv, std::size_t n) {
        std::size_t from = 0;
        while (n-- > 0)
            from = csv.find("\r\n", from) + 2;
        return csv.substr(from, csv.find("\r\n", from) - from);
    };
    EXPECT_EQ(line(whose, 0), line(plain, 0) + ",plan,plan hash,made by");
    EXPECT_TRUE(line(whose, 1).starts_with(line(plain, 1) + ",\"Support chat, west\",1f00c2a4,Headroom ")) << whose;
    EXPECT_EQ(line(whose, 2), line(plain, 2) + ",,,");
}

/// The first row of an image that is not of one colour.
int firstRowOfInk(const QImage& image)
{
    for (int y = 0; y < image.height(); ++y)
        for (int x = 1; x < image.width(); ++x)
            if (image.pixel(x, y) != image.pixel(0, 0))
                return y;
    return -1;
}

TEST_F(ExportChart, TheTitleStaysWhereItIsWhenTheUnitGoesBelow)
{
    const auto top = [](const char* unit) {
        QImage image(300, 34, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter p(&image);
        paintHeader(p, QRectF(image.rect()), {"TTFT", unit, "", "", LineChart{}}, lightTheme(),
            uiFont(TextSize::large, QFont::DemiBold), uiFont(TextSize::small));
        p.end();
        return firstRowOfInk(image);
    };
    EXPECT_EQ(top("ms"), top("ms, with tensor parallel 2 and many more words than one line beside the title can hold"));
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

TEST_F(ExportChart, AFullDiskIsAnErrorWithItsReasonForEveryFormat)
{
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before = {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{64, before.rlim_max}; // what a full disk does, without one
    for (const char* name : {"a.csv", "a.svg", "a.png", "a.pdf"}) {
        ::setrlimit(RLIMIT_FSIZE, &small);
        const auto done = exportChart(sampleLatency(), file(name));
        ::setrlimit(RLIMIT_FSIZE, &before);
        ASSERT_FALSE(done) << name;
        EXPECT_NE(done.error().message.find("File too large"), std::string::npos) << done.error().message;
        EXPECT_FALSE(std::filesystem::exists(file(name)));
    }
}

} // namespace
} // namespace headroom::ui
