// Ctrl-C and SIGTERM as a question a long command asks between two pieces of work.
#pragma once

namespace headroom::cli {

/// From now on SIGINT and SIGTERM only set a flag; a second one ends the program as usual.
void watchForInterrupt();
bool interrupted();

} // namespace headroom::cli
