"""What one worker of the API on one core answers, and what it refuses.

Belongs here: a real server on a core of its own, a client on another. Must not: whether answers are
right (see the tests).
"""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx

from benchmarks.decisions.load import Answered, Load
from benchmarks.ops.figure import Figure
from mmm_orchestration.home import Home
from tests.api.project import (
    crown,
    keep_version,
    make_home,
    make_keys,
    read_peak,
    reset_peak,
    run_server,
)

N_CHANNELS, N_WEEKS, N_DRAWS = 20, 13, 1000
MIB = 2**20
SECONDS = 10.0
LIMITS = "api: {rate_per_minute: 1000000}\n"
SERVER_CORE, CLIENT_CORE = 0, 1


def measure(folder: Path) -> tuple[Figure, ...]:
    """Reads, simulations, memory under a large body, refusals, and the exchange of champions."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as place:
        home = make_home(Path(place), extra=LIMITS)
        versions = [
            keep_version(home, seed=s, n_channels=N_CHANNELS, n_geos=1, n_draws=N_DRAWS // 2)
            for s in (1, 2)
        ]
        crown(home, versions[0])
        key = make_keys(home)["all"]
        headers = {"authorization": f"Bearer {key}"}
        with (
            run_server(home, core=SERVER_CORE) as (url, pid),
            httpx.Client(base_url=url, headers=headers, timeout=120) as client,
        ):
            return (
                *_measure_reads(url, key=key),
                _measure_simulations(url, key=key, client=client),
                _measure_memory(client, pid=pid),
                _count_refusals(url, client=client),
                _measure_exchange(home, versions[1], url=url, key=key, client=client),
            )


def _measure_reads(url: str, *, key: str) -> Iterator[Figure]:
    for route in ("roi", "contributions", "curves"):
        with _ask(url, key=key, path=f"/v1/{route}", n_connections=8) as asking:
            done = _read(asking)
        yield Figure(
            f"reads of /v1/{route}",
            "≥ 300 a second, p99 < 50 ms",
            _tell(done),
            done.per_second >= 300 and done.p99 < 50 and not done.n_bad,
            f"one worker on one core, 8 connections of a client on another, {SECONDS:g} s",
        )


def _measure_simulations(url: str, *, key: str, client: httpx.Client) -> Figure:
    channels = client.get("/v1/models").json()["models"][0]["channels"]
    first = date(2023, 2, 27)
    rows = [
        {"date": str(first + timedelta(weeks=week)), "channel": name, "spend": 100 + week}
        for week in range(N_WEEKS)
        for name in channels
    ]
    body = json.dumps({"rows": rows})
    with _ask(url, key=key, path="/v1/simulate", body=body, n_connections=4) as asking:
        done = _read(asking)
    return Figure(
        "simulations of a campaign",
        "≥ 20 a second, p99 < 500 ms",
        _tell(done),
        done.per_second >= 20 and done.p99 < 500 and not done.n_bad,
        f"{N_CHANNELS} channels × {N_WEEKS} weeks, {N_DRAWS} draws, 4 connections",
    )


def _measure_memory(client: httpx.Client, *, pid: int) -> Figure:
    before, statuses = reset_peak(pid), list[int]()
    part = b" " * 65536
    for length in ({"content-length": str(100 * MIB)}, {}):
        headers = {"content-type": "application/json", **length}
        body = itertools.repeat(part, 100 * MIB // len(part))
        statuses.append(client.post("/v1/optimize", content=body, headers=headers).status_code)
    grown = read_peak(pid) - before
    return Figure(
        "a body of 100 MiB",
        "413, < 50 MB more memory",
        f"{' and '.join(map(str, statuses))}, {grown / 1e6:.1f} MB more at its peak",
        statuses == [413, 413] and grown < 50e6,
        "with its length told, and in chunks without",
    )


def _count_refusals(url: str, *, client: httpx.Client) -> Figure:
    paths = client.get("/v1/openapi.json").json()["paths"]
    asked = [(method, path) for path, found in paths.items() for method in found]
    asked = [(method, path) for method, path in asked if path != "/healthz"]
    statuses = [httpx.request(method.upper(), url + path).status_code for method, path in asked]
    n_refused = sum(status in {401, 403} for status in statuses)
    return Figure(
        "operations refused without a key",
        "all",
        f"{n_refused} of {len(asked)}",
        n_refused == len(asked),
        "every method and path of the OpenAPI document; the health check is open",
    )


def _measure_exchange(
    home: Home, version: str, *, url: str, key: str, client: httpx.Client
) -> Figure:
    with _ask(url, key=key, path="/v1/roi", n_connections=2) as asking:
        crown(home, version)
        began = time.perf_counter()
        while client.get("/v1/roi").headers["x-model-version"] != version:
            time.sleep(0.05)
            if time.perf_counter() - began > SECONDS:
                break
        seconds = time.perf_counter() - began
        done = _read(asking)
    return Figure(
        "a new champion is served",
        "without a restart, no read refused",
        f"{seconds:.1f} s after its promotion; slowest read meanwhile {done.worst:.0f} ms",
        seconds < SECONDS and not done.n_bad,
        f"{done.n:,} reads by 2 connections while it is promoted and loaded",
    )


@contextmanager
def _ask(
    url: str, *, key: str, path: str, n_connections: int, body: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """A client that asks for `SECONDS`, in a process and on a core of its own."""
    parts = urlsplit(url)
    head = [
        f"{'POST' if body else 'GET'} {path} HTTP/1.1",
        f"host: {parts.netloc}",
        f"authorization: Bearer {key}",
        *([f"content-length: {len(body)}", "content-type: application/json"] if body else []),
    ]
    load = Load(
        host=parts.hostname or "",
        port=parts.port or 0,
        request="\r\n".join([*head, "", body]),
        n_connections=n_connections,
        seconds=SECONDS,
    )
    core = str(CLIENT_CORE % (os.cpu_count() or 1))
    command = ["taskset", "--cpu-list", core, sys.executable, "-m", "benchmarks.decisions.load"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is not None:
            process.stdin.write(json.dumps(asdict(load)))
            process.stdin.close()
        yield process


def _read(asking: subprocess.Popen[str]) -> Answered:
    if asking.stdout is None:
        raise RuntimeError("the client has no output")
    return Answered(**json.loads(asking.stdout.read()))


def _tell(done: Answered) -> str:
    bad = f", {done.n_bad} failed" if done.n_bad else ""
    return f"{done.per_second:,.0f} a second, p50 {done.p50:.1f} ms, p99 {done.p99:.1f} ms{bad}"
