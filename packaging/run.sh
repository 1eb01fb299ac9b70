#!/usr/bin/env bash
# Installs what is missing, builds, and opens the window on the first example (or on the plan named).
# Without a display it writes the report of that plan instead and says where.
set -euo pipefail
plan="${1:+$(realpath "$1")}" # before the folder changes
cd "$(dirname "$0")/.."
. packaging/packages.sh

install_missing "${build_packages[@]}"
cmake --preset release -DBUILD_TESTING=OFF -DHEADROOM_WERROR=OFF
cmake --build --preset release --target headroom headroom-cli

plan="${plan:-resources/examples/llama-3.1-8b-h100.plan.json}"
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec build/release/app/headroom "$plan"
fi
out="build/$(basename "$plan" .plan.json)-report.pdf"
build/release/app/headroom --report "$plan" "$out"
echo "No display: the report is in $out"
