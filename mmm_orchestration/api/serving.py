"""The server process.

Belongs here: where it listens, and whether it may. Must not: what is answered.
"""

import ipaddress
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mmm_orchestration.api.app import create_app
from mmm_orchestration.api.keys import load_keys
from mmm_orchestration.errors import ApiError
from mmm_orchestration.home import Home

MAX_CONNECTIONS: Final = 256
KEEP_ALIVE_SECONDS: Final = 5
END_SECONDS: Final = 10


def serve(
    home: Home,
    *,
    file: Path,
    host: str | None = None,
    port: int | None = None,
    say: Callable[[str], None],
) -> None:
    """Serves until it is interrupted; raises ApiError where it may not listen there."""
    import uvicorn

    where, at = host or home.project.api.host, port or home.project.api.port
    check_host(where, has_keys=bool(keys := load_keys(home)))
    if not keys:
        say("There is no key yet, so every question is refused: mmm keys new NAME")
    say(f"http://{f'[{where}]' if ':' in where else where}:{at}")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    logging.getLogger("mmm_orchestration.api").setLevel(logging.INFO)
    uvicorn.run(
        create_app(home, file=file),
        host=where,
        port=at,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
    )


def check_host(host: str, *, has_keys: bool) -> None:
    """Nothing, where it is loopback or there are keys; else raises ApiError."""
    if not (has_keys or is_loopback(host)):
        raise ApiError(
            "Without keys only loopback is listened at",
            got=host,
            fix="Make a key first: mmm keys new NAME --scope read",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
