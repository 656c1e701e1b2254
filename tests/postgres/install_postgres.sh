#!/usr/bin/env bash
# Installs Debian's postgresql for the tests of it; does nothing where it is there already.
set -euo pipefail

fail() {
    echo "The tests of Postgres need 'postgresql'. $1" >&2
    exit 1
}

compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && exit 0
command -v initdb >/dev/null && exit 0
command -v apt-get >/dev/null || fail "There is no apt-get here: install it by other means."

as_root=()
if [[ $EUID -ne 0 ]]; then
    sudo -n true 2>/dev/null || fail "Run 'sudo apt-get install postgresql' and try again."
    as_root=(sudo -n)
fi

echo "Installing postgresql with apt-get"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{
    "${as_root[@]}" apt-get -qq update &&
        "${as_root[@]}" apt-get -qq install --yes --no-install-recommends postgresql
} >"$log" 2>&1 || { cat "$log" >&2; fail "apt-get could not install it; its output is above."; }
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || fail "It has no initdb."
