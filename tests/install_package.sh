#!/usr/bin/env bash
# Installs one package of Debian: install_package.sh PACKAGE PURPOSE. The caller looks whether it is there.
set -euo pipefail

package=$1 purpose=$2

fail() {
    echo "$purpose need '$package'. $1" >&2
    exit 1
}

command -v apt-get >/dev/null || fail "There is no apt-get here: install it by other means."

as_root=()
if [[ $EUID -ne 0 ]]; then
    sudo -n true 2>/dev/null || fail "Run 'sudo apt-get install $package' and try again."
    as_root=(sudo -n)
fi

echo "Installing $package with apt-get"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
    "${as_root[@]}" apt-get -qq update &&
        "${as_root[@]}" apt-get -qq install --yes --no-install-recommends "$package"
} >"$log" 2>&1 || { cat "$log" >&2; fail "apt-get could not install it; its output is above."; }
