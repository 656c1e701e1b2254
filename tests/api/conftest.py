"""One project with a champion and one server over it, shared because both take seconds."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from mmm_orchestration.home import Home

from .project import crown, keep_version, make_home, make_keys, run_server

LIMITS = "api: {rate_per_minute: 100000}\n"


@dataclass(frozen=True)
class Served:
    """A server, what it serves, and the keys it knows by scope; 'all' has every scope."""

    home: Home
    version: str
    keys: dict[str, str]
    url: str
    pid: int

    def open_client(self, scope: str = "all") -> httpx.Client:
        """A client with the key of that scope."""
        headers = {"authorization": f"Bearer {self.keys[scope]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a champion of four channels in two geos."""
    home = make_home(tmp_path_factory.mktemp("served"), extra=LIMITS)
    version = keep_version(home, seed=1)
    crown(home, version)
    keys = make_keys(home)
    with run_server(home) as (url, pid):
        yield Served(home, version, keys, url, pid)


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    with served.open_client() as opened:
        yield opened
