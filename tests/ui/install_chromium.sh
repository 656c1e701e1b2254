#!/usr/bin/env bash
# Installs Debian's chromium for the browser tests; does nothing where it is there already.
set -euo pipefail

fail() {
    echo "The browser tests need 'chromium'. $1" >&2
    exit 1
}

command -v chromium >/dev/null && exit 0
command -v apt-get >/dev/null || fail "There is no apt-get here: install chromium by other means."

as_root=()
if [[ $EUID -ne 0 ]]; then
    sudo -n true 2>/dev/null || fail "Run 'sudo apt-get install chromium' and try again."
    as_root=(sudo -n)
fi

echo "Installing chromium with apt-get"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
    "${as_root[@]}" apt-get -qq update &&
        "${as_root[@]}" apt-get -qq install --yes --no-install-recommends chromium
} >"$log" 2>&1 || { cat "$log" >&2; fail "apt-get could not install it; its output is above."; }
command -v chromium >/dev/null || fail "apt-get installed the package, but not the program."
