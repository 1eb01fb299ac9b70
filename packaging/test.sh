#!/usr/bin/env bash
# Installs what is missing, builds, runs all tests. ctest's summary is the last thing printed.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/packages.sh

install_missing "${build_packages[@]}" "${test_packages[@]}"
export QT_QPA_PLATFORM=offscreen
XDG_RUNTIME_DIR="$(mktemp -d)"
export XDG_RUNTIME_DIR
trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
cmake --preset dev
cmake --build --preset dev
ctest --preset dev
