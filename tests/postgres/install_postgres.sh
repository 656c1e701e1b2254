#!/usr/bin/env bash
# Installs Debian's postgresql for the tests of it; does nothing where it is there already.
set -euo pipefail

has_initdb() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

has_initdb && exit 0
"$(dirname "$0")/../install_package.sh" postgresql "The tests of Postgres"
has_initdb || { echo "apt-get installed postgresql, but it has no initdb." >&2; exit 1; }
