// The declarations of all commands, for the table in commands.cpp. Each is defined in the file of its name.
#pragma once

#include "app/commands/command.h"

namespace headroom::cli {

Run declareAblation(CLI::App&);
Run declareFields(CLI::App&);
Run declareCatalog(CLI::App&);
Run declareEvaluate(CLI::App&);
Run declareStep(CLI::App&);
Run declareSimulate(CLI::App&);
Run declareSweep(CLI::App&);
Run declareImport(CLI::App&);
Run declareChart(CLI::App&);
Run declareTopics(CLI::App&);
Run declareBench(CLI::App&);
Run declarePapers(CLI::App&);
Run declareValidate(CLI::App&);
Run declareCalibrate(CLI::App&);

} // namespace headroom::cli
