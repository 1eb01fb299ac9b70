#include "core/output_file.h"

#include <csignal>
#include <fstream>
#include <future>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace headroom {
namespace {

namespace fs = std::filesystem;

class Output : public testing::Test {
protected:
    Output() { fs::create_directories(folder); }
    ~Output() override { fs::remove_all(folder); }
    static std::string contents(const fs::path& path)
    {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder), {}); }

    const fs::path folder = fs::temp_directory_path() / ("headroom_output_" + std::to_string(::getpid()));
};

TEST_F(Output, ARegularFileIsReplacedAndKeepsItsMode)
{
    std::ofstream(folder / "a.csv") << "old and longer";
    ASSERT_EQ(::chmod((folder / "a.csv").c_str(), 0640), 0);
    ASSERT_TRUE(writeOutput(folder / "a.csv", "new"));
    EXPECT_EQ(contents(folder / "a.csv"), "new");
    EXPECT_EQ(fs::status(folder / "a.csv").permissions(), fs::perms(0640));
    EXPECT_EQ(files(), 1) << "no temporary file stays";
}

TEST_F(Output, LinksStayLinksAlsoWhereTheyLeadToNothingYet)
{
    fs::create_directories(folder / "in");
    fs::create_symlink("in/real.csv", folder / "link.csv");
    fs::create_symlink(folder / "link.csv", folder / "second.csv");
    ASSERT_TRUE(writeOutput(folder / "second.csv", "text"));
    EXPECT_TRUE(fs::is_symlink(folder / "second.csv") && fs::is_symlink(folder / "link.csv"));
    EXPECT_EQ(contents(folder / "in/real.csv"), "text");
}

TEST_F(Output, APipeIsWrittenThroughAndStaysAPipe)
{
    const fs::path pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_TRUE(checkOutput(pipe)) << "asking does not wait for a reader";
    const std::string text(300'000, 'x'); // more than a pipe holds
    auto read = std::async(std::launch::async, [&] { return contents(pipe); });
    ASSERT_TRUE(writeOutput(pipe, text));
    EXPECT_EQ(read.get(), text);
    EXPECT_TRUE(fs::is_fifo(pipe));
    EXPECT_EQ(files(), 1);
}

TEST_F(Output, WhatThisProcessHasOpenIsContinuedAsDevStdoutIs)
{
    const FileHandle open(::open((folder / "log").c_str(), O_WRONLY | O_CREAT, 0600));
    ASSERT_EQ(::write(open.get(), "before ", 7), 7);
    const fs::path descriptor = fs::path("/dev/fd") / std::to_string(open.get());
    EXPECT_TRUE(checkOutput(descriptor));
    ASSERT_TRUE(writeOutput(descriptor, "between "));
    ASSERT_EQ(::write(open.get(), "after", 5), 5);
    EXPECT_EQ(contents(folder / "log"), "before between after");
}

TEST_F(Output, AskingWhetherItCanBeWrittenLeavesNothingBehind)
{
    EXPECT_TRUE(checkOutput(folder / "new.csv"));
    EXPECT_EQ(files(), 0);
    EXPECT_THAT(checkOutput(folder).error().message, testing::HasSubstr("folder"));
    EXPECT_EQ(checkOutput(folder / "no/such.csv").error().where, (folder / "no/such.csv").string());
}

/// Files may not grow beyond this while it lives: what a full disk does, without one.
class SmallDisk {
public:
    explicit SmallDisk(rlim_t bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~SmallDisk() { ::setrlimit(RLIMIT_FSIZE, &m_before); }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

private:
    rlimit m_before = {};
};

TEST_F(Output, OnAFullDiskTheOldFileStaysAndTheReasonIsTold)
{
    std::ofstream(folder / "a.csv") << "old";
    const auto written = [&] {
        const SmallDisk disk(100);
        return writeOutput(folder / "a.csv", std::string(1000, 'x'));
    }();
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, testing::HasSubstr("File too large"));
    EXPECT_EQ(contents(folder / "a.csv"), "old");
    EXPECT_EQ(files(), 1);
}

} // namespace
} // namespace headroom
