#!/usr/bin/env bash
# Rules of the code that a compiler does not check (CONTRIBUTING.md). Prints each breach; fails if there is one.
set -u
cd "${1:?usage: tidy.sh SOURCE_DIR}" || exit 2
breaches=0
breach() { echo "$1"; breaches=$((breaches + 1)); }
report() { while IFS= read -r line; do [ -n "$line" ] && breach "$1: $line"; done; }

sources() { find app core ui tests -name '*.h' -o -name '*.cpp' | sort; }

# core and the chart builders know no Qt.
report "Qt in a part that must build without it" < <(
    grep -nE '#include *[<"](Q[A-Z]|qcustomplot|Qt)' -r core app/main_cli.cpp app/commands ui/plots/*_charts.cpp \
        ui/plots/catalog.* ui/plots/chart.h ui/topics 2>/dev/null)

# Includes point down (README, map): left may not include right.
forbid() { # forbid FOLDER 'REGEX of includes it must not have'
    report "$1 includes upwards" < <(grep -nE "#include \"($2)" -r "$1" 2>/dev/null)
}
forbid core 'ui/|app/'
forbid ui 'app/'
for folder in model queueing cost slo operations workload; do
    forbid "core/$folder" 'core/plan/|core/evaluate|core/sweep|core/sim/|core/importers/|core/calibration/|core/snapshot'
done
forbid core/queueing 'core/sim/'
forbid core/sim 'core/evaluate|core/sweep|core/snapshot|core/calibration/'
forbid core/plan 'core/evaluate|core/sim/|core/calibration/|core/sweep'
forbid core/offload 'core/plan/|core/sim/|core/papers/'
for folder in plan sim calibration importers queueing model; do forbid "core/$folder" 'core/papers/'; done
report "evaluate includes sim" < <(grep -nE '#include "core/sim/' core/evaluate*.cpp core/evaluate*.h 2>/dev/null)

# Results must not depend on a library's random distributions.
report "std distribution" < <(grep -nE 'std::[a-z_]+_distribution' -r core 2>/dev/null)
# Eigen and nlohmann stay in .cpp files; the plot libraries in the drawing files.
report "heavy header in a header" < <(grep -nE '#include *<(Eigen|nlohmann)' -r core app --include='*.h' 2>/dev/null)
report "CLI11 outside app/command_line.cpp" < <(grep -nE '#include *<CLI' -r app core ui 2>/dev/null | grep -v '^app/command_line.cpp:')
report "plot library outside the drawing files" < <(
    grep -lE '#include *<(qcustomplot|QtCharts|QChart|QBarSet|QStackedBarSeries|QHorizontal)' -r ui app 2>/dev/null | grep -vE 'ui/plots/(draw_|chart_view)')

# Small rooms.
for file in $(sources); do
    lines=$(wc -l <"$file")
    [ "$lines" -gt 600 ] && breach "over 600 lines: $file ($lines)"
done
report "folder without a name of its own" < <(find app core ui tests -type d | grep -E '/(common|utils|helpers|misc)$')
report "unfinished" < <(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -r app core ui 2>/dev/null)

# Functions of at most 70 lines: in our format a definition at namespace level opens and closes a brace in column 0.
report "function over 70 lines" < <(
    for file in $(find app core ui -name '*.cpp' | sort); do
        awk -v file="$file" '
            /^\{$/ { start = NR; next }
            /^\}/ { if (start && NR - start > 71) printf "%s:%d (%d lines)\n", file, start, NR - start - 1; start = 0 }
        ' "$file"
    done)

[ "$breaches" -eq 0 ] || { echo "$breaches breaches"; exit 1; }
echo "tidy"
