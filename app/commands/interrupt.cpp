#include "app/commands/interrupt.h"

#include <csignal>

namespace headroom::cli {
namespace {

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t interruptSeen = 0;

void onSignal(int signal)
{
    interruptSeen = 1;
    std::signal(signal, SIG_DFL);
}

} // namespace

void watchForInterrupt()
{
    std::signal(SIGINT, &onSignal);
    std::signal(SIGTERM, &onSignal);
}

bool interrupted() { return interruptSeen != 0; }

} // namespace headroom::cli
