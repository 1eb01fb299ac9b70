#include "ui/aside_worker.h"

#include "core/plan/catalog.h"

#include <gtest/gtest.h>

#include <QTest>

#include <atomic>

namespace headroom::ui {
namespace {

/// Counts how often it was asked, and answers with that number.
class Counting {
public:
    AsideWorker<int>& worker() { return m_worker; }
    int asked() const { return m_asked; }
    int told() const { return m_told; }
    /// True once the thread has answered; nothing is delivered meanwhile.
    bool answers(int times) const
    {
        for (int i = 0; i < 10'000 && m_asked < times; ++i)
            QTest::qSleep(1);
        QTest::qSleep(20); // from the answer to the event that brings it
        return m_asked == times;
    }

private:
    std::atomic<int> m_asked = 0;
    int m_told = 0;
    AsideWorker<int> m_worker{[this](const Plan&, const std::stop_token&) { return ++m_asked; }, [this] { ++m_told; }};
};

std::shared_ptr<const Plan> somePlan() { return std::make_shared<const Plan>(defaultPlan()); }

TEST(AsideWorker, AnswersOnceForAPlanAndSaysWhichPlanTheAnswerIsOf)
{
    Counting counting;
    AsideWorker<int>& worker = counting.worker();
    const auto plan = somePlan();
    worker.ask(plan);
    EXPECT_FALSE(worker.isRunning()) << "nobody looks";
    worker.keep(true);
    worker.ask(plan);
    EXPECT_TRUE(worker.isRunning());
    EXPECT_EQ(worker.of(plan).value, nullptr);
    ASSERT_TRUE(QTest::qWaitFor([&] { return counting.told() == 1; }));
    EXPECT_EQ(*worker.of(plan).value, 1);
    EXPECT_FALSE(worker.of(plan).isOlder);
    EXPECT_TRUE(worker.of(somePlan()).isOlder);
    worker.ask(plan);
    EXPECT_FALSE(worker.isRunning()) << "it is known";
}

TEST(AsideWorker, WhatWasReadyWhenAHandBeganToMoveIsNotShownInBetween)
{
    Counting counting;
    AsideWorker<int>& worker = counting.worker();
    const auto plan = somePlan();
    worker.keep(true);
    worker.ask(plan);
    ASSERT_TRUE(counting.answers(1));
    worker.stop();
    ASSERT_TRUE(QTest::qWaitFor([&] { return !worker.isRunning(); }));
    EXPECT_EQ(counting.told(), 0);
    worker.ask(plan); // it rests again
    ASSERT_TRUE(QTest::qWaitFor([&] { return counting.told() == 1; }));
    EXPECT_EQ(*worker.of(plan).value, 2);
}

} // namespace
} // namespace headroom::ui
