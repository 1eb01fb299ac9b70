#include "core/importers/trace_file.h"

#include "core/importers/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace headroom {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Result<TraceImport> read(const std::string& text, BadRows badRows = BadRows::refuse)
{
    std::istringstream in(text);
    return readTrace(in, "t.csv", badRows);
}

TEST(TraceFile, ReadsPlainCsvByColumnNameInAnyOrder)
{
    const auto r = read("id,output_tokens,arrival_s,prompt_tokens\n7,20,1.5,100\n8,30,2.5,200\n");
    ASSERT_TRUE(r) << r.error().message;
    ASSERT_EQ(r->trace.requests.size(), 2u);
    EXPECT_DOUBLE_EQ(r->trace.requests[0].arrival, 0) << "time counts from the first request";
    EXPECT_DOUBLE_EQ(r->trace.requests[1].arrival, 1);
    EXPECT_EQ(r->trace.requests[1].promptTokens, 200);
    EXPECT_EQ(r->trace.requests[1].outputTokens, 30);
    EXPECT_THAT(r->ignored, Contains("column id"));
}

TEST(TraceFile, ReadsAzureTimeStampsWithSixOrSevenDecimalsCrLfMarkAndNoFinalNewline)
{
    const auto r = read("\xEF\xBB\xBFTIMESTAMP,ContextTokens,GeneratedTokens\r\n"
                        "2023-11-16 23:59:59.6805900,374,44\r\n"
                        "2023-11-17 00:00:00.680590,396,109");
    ASSERT_TRUE(r) << r.error().message;
    ASSERT_EQ(r->trace.requests.size(), 2u);
    EXPECT_NEAR(r->trace.requests[1].arrival, 1, 1e-6) << "over midnight";
    EXPECT_EQ(r->trace.source, "Azure LLM inference trace");
}

TEST(TraceFile, ReadsMeasuredRequestsAndVidur)
{
    const auto measured = read(
        "arrival_s,input_tokens,output_tokens,queued_s,scheduled_s,first_token_s,last_token_s\n0,2358,531,1,2,3,4\n");
    ASSERT_TRUE(measured);
    EXPECT_EQ(measured->trace.requests[0].promptTokens, 2358);
    const auto vidur = read("arrived_at,num_prefill_tokens,num_decode_tokens\n3,10,5\n");
    ASSERT_TRUE(vidur);
    EXPECT_EQ(vidur->trace.source, "Vidur trace");
}

TEST(TraceFile, ReadsMooncakeInMillisecondsWithItsHashIds)
{
    const auto r =
        read("{\"timestamp\": 0, \"input_length\": 1024, \"output_length\": 6, \"hash_ids\": [1, 2]}\n"
             "{\"timestamp\": 1500, \"input_length\": 1300, \"output_length\": 4, \"hash_ids\": [1, 2, 9]}\n");
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_DOUBLE_EQ(r->trace.requests[1].arrival, 1.5);
    EXPECT_EQ(r->trace.hashes.size(), 5u);
    EXPECT_EQ(r->trace.requests[1].firstHash, 2u);
    EXPECT_EQ(r->trace.requests[1].hashCount, 3u);
    // 1,024 of the 2,324 prompt tokens have been seen before.
    EXPECT_NEAR(summarize(r->trace).prefixHitRate, 1024.0 / 2324, 1e-12);
}

TEST(TraceFile, ABrokenRowIsRefusedWithItsLineOrSkippedAndCounted)
{
    const std::string text = "arrival_s,prompt_tokens,output_tokens\n0,10,5\n1,ten,5\n2,10,5\n";
    const auto refused = read(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "t.csv:3");
    EXPECT_THAT(refused.error().message, HasSubstr("prompt_tokens is \"ten\""));
    const auto skipped = read(text, BadRows::skip);
    ASSERT_TRUE(skipped);
    EXPECT_EQ(skipped->skippedRows, 1u);
    EXPECT_EQ(skipped->trace.requests.size(), 2u);
    EXPECT_THAT(skipped->firstSkipped, HasSubstr("t.csv:3"));
}

TEST(TraceFile, EachKindOfBrokenRowIsSaid)
{
    const std::string header = "arrival_s,prompt_tokens,output_tokens\n";
    for (const char* row : {"1", "1,2", "nan,1,1", "inf,1,1", "1,-1,1", "1,1.5,1", "1,1e12,1", "1,,1", ",1,1", "x,1,1"})
        EXPECT_FALSE(read(header + row + "\n")) << row;
    for (const char* stamp : {"2023-13-01 00:00:00", "2023-02-30 00:00:00", "2023-01-01 25:00:00", "2023-01-01",
             "2023-01-01 00:00:00.", "2023/01/01 00:00:00", "2023-01-01 00:00:00 +02:00"})
        EXPECT_FALSE(read(std::string("TIMESTAMP,ContextTokens,GeneratedTokens\n") + stamp + ",1,1\n")) << stamp;
    for (const char* line :
        {"{\"timestamp\":0,\"input_length\":1", "{\"timestamp\":\"0\",\"input_length\":1,\"output_length\":1}",
            "{\"timestamp\":0,\"input_length\":1,\"output_length\":1,\"hash_ids\":[-1]}",
            "{\"timestamp\":0,\"input_length\":1,\"output_length\":1,\"hash_ids\":3}"})
        EXPECT_FALSE(read(std::string(line) + "\n")) << line;
}

TEST(TraceFile, EmptyHeaderOnlyAndForeignFilesAreRefused)
{
    EXPECT_FALSE(read(""));
    EXPECT_FALSE(read("\n\n\n"));
    const auto headerOnly = read("arrival_s,prompt_tokens,output_tokens\n");
    ASSERT_FALSE(headerOnly);
    EXPECT_THAT(headerOnly.error().message, HasSubstr("holds no requests"));
    const auto foreign = read("a,b,c\n1,2,3\n");
    ASSERT_FALSE(foreign);
    EXPECT_THAT(foreign.error().message, HasSubstr("Azure LLM inference trace"));
    EXPECT_FALSE(readTraceFile("/nonexistent/trace.csv"));
    EXPECT_FALSE(readTraceFile("/"));
}

TEST(TraceFile, UnsortedRowsAreSortedAndDuplicateTimesKeepTheirOrder)
{
    const auto r = read("arrival_s,prompt_tokens,output_tokens\n5,1,1\n3,2,1\n3,3,1\n");
    ASSERT_TRUE(r);
    EXPECT_EQ(r->trace.requests[0].promptTokens, 2);
    EXPECT_EQ(r->trace.requests[1].promptTokens, 3);
    EXPECT_THAT(r->used, Contains(HasSubstr("sorted")));
}

TEST(TraceFile, LengthsOfZeroAreKeptAndSaid)
{
    const auto r = read("arrival_s,prompt_tokens,output_tokens\n0,0,1\n1,1,0\n");
    ASSERT_TRUE(r);
    EXPECT_EQ(r->trace.requests.size(), 2u);
    EXPECT_EQ(r->ignored.size(), 2u);
}

TEST(TraceFile, FailedRequestsOfBurstGptAreLeftOut)
{
    const auto r = read("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
                        "5,GPT-4,100,50,150,API\n6,GPT-4,100,0,100,API\n");
    ASSERT_TRUE(r);
    EXPECT_EQ(r->trace.requests.size(), 1u);
}

TEST(TraceFile, MutatedTextsNeverCrash)
{
    const std::string seeds[] = {"arrival_s,prompt_tokens,output_tokens\n0,10,5\n1,11,6\n2,12,7\n",
        "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n",
        "{\"timestamp\": 0, \"input_length\": 1024, \"output_length\": 6, \"hash_ids\": [1, 2]}\n"};
    unsigned state = 12345;
    const auto dice = [&](std::size_t n) {
        state = state * 1664525u + 1013904223u;
        return (state >> 8) % n;
    };
    for (int round = 0; round < 20000; ++round) {
        std::string text = seeds[dice(3)];
        for (std::size_t k = 0; k <= dice(4); ++k)
            switch (dice(3)) {
            case 0:
                text[dice(text.size())] = static_cast<char>(dice(256));
                break;
            case 1:
                text.erase(dice(text.size()), 1 + dice(5));
                break;
            default:
                text.insert(dice(text.size()), std::string(1 + dice(3), static_cast<char>(dice(256))));
                break;
            }
        if (text.empty())
            continue;
        const auto result = read(text, dice(2) ? BadRows::skip : BadRows::refuse);
        EXPECT_TRUE(result || !result.error().message.empty());
    }
}

TEST(LineReader, RefusesALineWithoutEndInBoundedMemory)
{
    std::istringstream in(std::string(LineReader::kLongestLine * 3, 'x'));
    LineReader lines(in);
    std::string_view line;
    EXPECT_FALSE(lines.next(line));
    EXPECT_FALSE(lines.failure().empty());
}

TEST(LineReader, GivesTheSameLinesWhateverTheChunksCut)
{
    std::string text;
    std::vector<std::string> expected;
    for (int i = 0; i < 60000; ++i) {
        expected.push_back(std::string(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26)));
        text += expected.back() + (i % 2 ? "\r\n" : "\n");
    }
    std::istringstream in(text);
    LineReader lines(in);
    std::string_view line;
    for (const std::string& want : expected) {
        ASSERT_TRUE(lines.next(line));
        ASSERT_EQ(line, want);
    }
    EXPECT_FALSE(lines.next(line));
    EXPECT_EQ(lines.lineNumber(), expected.size());
}

const std::string kShared = std::string(HEADROOM_SOURCE_DIR) + "/../shared/";

TEST(TraceFile, ReadsTheAzureConversationTrace)
{
    const std::string path = kShared + "traces/azure_llm_2023_conv.csv";
    if (!std::ifstream(path))
        GTEST_SKIP() << "needs the Azure LLM 2023 conversation trace";
    const auto r = readTraceFile(path);
    ASSERT_TRUE(r) << r.error().where << r.error().message;
    const TraceSummary s = summarize(r->trace);
    EXPECT_EQ(s.requests, 19366u);
    EXPECT_NEAR(s.duration.si(), 3502, 2);
    EXPECT_NEAR(s.rate.si(), 5.53, 0.01);
    EXPECT_NEAR(s.prompt.mean, 1155, 1);
    EXPECT_NEAR(s.output.mean, 211, 1);
}

TEST(TraceFile, ReadsTheMooncakeTrace)
{
    const std::string path = kShared + "traces/mooncake_synthetic.jsonl";
    if (!std::ifstream(path))
        GTEST_SKIP() << "needs the Mooncake synthetic trace";
    const auto r = readTraceFile(path);
    ASSERT_TRUE(r) << r.error().where << r.error().message;
    EXPECT_EQ(r->trace.hashBlockTokens, 512);
    const double hits = summarize(r->trace).prefixHitRate;
    EXPECT_GT(hits, 0.05);
    EXPECT_LT(hits, 0.95);
}

} // namespace
} // namespace headroom
