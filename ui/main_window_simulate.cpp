// Menu Simulate, and what the status bar says of simulations.
#include "ui/format.h"
#include "ui/load_simulator.h"
#include "ui/main_window.h"
#include "ui/panels/playback_bar.h"
#include "ui/panels/sim_panel.h"
#include "ui/panels/study_form.h"
#include "ui/simulator.h"

#include <QAction>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QTabBar>

namespace headroom::ui {

void MainWindow::makeSimulateMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("Si&mulate"));
    m_runAction = addAction(menu, tr("&Run"), QKeySequence(tr("F5")), tr("Simulate this plan and show it"), [this] {
        showTab("simulator");
        m_document.simulator().run();
    });
    m_stopAction = addAction(menu, tr("&Stop"), QKeySequence(tr("Shift+F5")),
        tr("Stop the simulation and keep what it has found"), [this] { m_document.simulator().stop(); });
    menu->addSeparator();
    const auto withPanel = [this](void (*act)(SimPanel&)) {
        return [this, act] {
            if (showTab("simulator"))
                if (SimPanel* panel = simPanel())
                    act(*panel);
        };
    };
    addAction(menu, tr("&Play or pause"), QKeySequence(tr("Ctrl+Space")), tr("Play the run over its simulated time"),
        withPanel([](SimPanel& panel) { panel.playback().setPlaying(!panel.playback().isPlaying()); }));
    addAction(menu, tr("Step &forward"), QKeySequence(tr("Ctrl+.")), tr("On to the next change of any request"),
        withPanel([](SimPanel& panel) { panel.step(true); }));
    addAction(menu, tr("Step &back"), QKeySequence(tr("Ctrl+,")), tr("Back to the last change of any request"),
        withPanel([](SimPanel& panel) { panel.step(false); }));
    connect(&m_document.simulator(), &Simulator::progressed, this, &MainWindow::refreshSimulation);
    refreshSimulation();
}

SimPanel* MainWindow::simPanel() const
{
    const auto it = m_pages.find("simulator");
    return it == m_pages.end() ? nullptr : qobject_cast<SimPanel*>(it->second);
}

/// A simulation follows the plan on every tab: the Explain dock shows what it says. The loads run where they are plotted.
/// Neither starts before the window is on the screen.
void MainWindow::refreshSimulationWanted()
{
    const std::string tab = currentTab();
    m_document.simulator().setWanted(m_painted);
    m_document.loadSimulator().setWanted(m_painted && (tab == "capacity" || tab == "latency"));
}

void MainWindow::refreshSimulation()
{
    const Simulator& simulator = m_document.simulator();
    m_stopAction->setEnabled(simulator.isRunning());
    const Study* study = simulator.study().get();
    const sim::SimResult* own = study != nullptr ? study->own() : nullptr;
    if (own == nullptr || own->counters.completed == 0) { // nothing was served: other places say why
        m_simulated->clear();
        return;
    }
    const QString requests = number(static_cast<double>(own->counters.requests), 9);
    const QString seconds = quantity(own->engineWallSeconds, "s", 2), seed = QString::number(own->seed);
    m_simulated->setText(simulator.isCurrent()
                             ? tr("Simulated %1 requests in %2, seed %3").arg(requests, seconds, seed)
                             : tr("Of the plan before: simulated %1 requests in %2").arg(requests, seconds));
}

void MainWindow::paintEvent(QPaintEvent* event)
{
    QMainWindow::paintEvent(event);
    if (m_painted)
        return;
    m_painted = true;
    QMetaObject::invokeMethod(this, &MainWindow::refreshSimulationWanted, Qt::QueuedConnection);
}

} // namespace headroom::ui
