// Stands in for a session that crashes: opens a document with autosave in the folder given, and edits it for ever.
#include "core/plan/catalog.h"
#include "ui/autosave.h"

#include <QCoreApplication>
#include <QTimer>

#include <cstdio>

int main(int argc, char** argv)
{
    QCoreApplication app(argc, argv);
    if (argc != 2)
        return 2;
    headroom::ui::Document document(headroom::defaultPlan());
    const headroom::ui::Autosave autosave(document, argv[1]);
    int rate = 0;
    QTimer edits;
    QObject::connect(&edits, &QTimer::timeout, [&] {
        rate = rate % 9 + 1; // 1 to 9 req/s, never the example's own 4.5
        if (!document.edit("workload.arrival_rate_req_s", std::to_string(rate) + ".25"))
            std::abort();
    });
    edits.start(50);
    return QCoreApplication::exec();
}
