#!/usr/bin/env bash
# Installs Debian's chromium for the browser tests; does nothing where it is there already.
set -euo pipefail

has_chromium() { command -v chromium >/dev/null; }

has_chromium && exit 0
"$(dirname "$0")/../install_package.sh" chromium "The browser tests"
has_chromium || { echo "apt-get installed chromium, but not the program." >&2; exit 1; }
