#include "ui/topics/topics.h"

#include "ui/topics/topic_rows.h"

#include <vector>

namespace headroom::ui {

std::span<const Topic> topics()
{
    static const std::vector<Topic> all = [] {
        std::vector<Topic> rows;
        for (const auto part : {rows::objectivesAndQueues(), rows::engineAndMemory(), rows::costAndScheduling(),
                 rows::budgetsAndOperations()})
            rows.insert(rows.end(), part.begin(), part.end());
        return rows;
    }();
    return all;
}

const Topic* findTopic(std::string_view id)
{
    for (const Topic& topic : topics())
        if (topic.id == id)
            return &topic;
    return nullptr;
}

} // namespace headroom::ui
