"""A Postgres server in a temporary folder, reached through a Unix socket alone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of an empty database, beside which there is one called 'mlflow'.

    Skips where no server is installed.
    """
    found = shutil.which("initdb")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found is None and not programs:
        pytest.skip("Postgres is not installed; see tests/postgres/install_postgres.sh")
    binaries = Path(found or programs[-1]).resolve().parent
    # the server refuses to run as root, and the path of a socket must be short
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        data = f"{folder}/data"
        if user:
            shutil.chown(folder, "postgres")

        def call(program: str, *arguments: str) -> None:
            subprocess.run(
                [*user, str(binaries / program), *arguments],
                check=True,
                cwd="/",
                stdout=subprocess.DEVNULL,
            )

        call("initdb", "-D", data, "-U", "mmm", "--auth=trust", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        call("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            call("createdb", "-h", folder, "-U", "mmm", "mlflow")
            yield f"postgresql+psycopg2://mmm@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
