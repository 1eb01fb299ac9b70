# The Debian 12 packages Headroom is built from; sourced by run.sh and test.sh. All come from Debian, none is vendored.

# Build and run: libqt6opengl6-dev is named because qt6-charts-dev looks for it and does not depend on it.
build_packages=(
    g++ cmake ninja-build
    qt6-base-dev libqt6opengl6-dev qt6-charts-dev qt6-svg-dev libqcustomplot-dev
    libeigen3-dev nlohmann-json3-dev libexpected-dev libcli11-dev
    fonts-dejavu-core
)
# Tests. poppler-utils reads the report back, mold links the test programs.
test_packages=(
    libgtest-dev libgmock-dev mold
    poppler-utils python3
)

# install_missing PACKAGE...: installs what is not there, with apt-get, as root or through sudo.
install_missing() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "Installing: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "Run as root, or install: ${missing[*]}" >&2; return 1; }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}
