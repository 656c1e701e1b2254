"""A client that asks as fast as it is answered: `python -m benchmarks.decisions.load`.

Belongs here: plain sockets, so that the client costs less than the server. Must not: what the
figures mean (see `api`).
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Load:
    """What is asked: the request as bytes, on how many connections, for how long."""

    host: str
    port: int
    request: str
    n_connections: int
    seconds: float


@dataclass(frozen=True)
class Answered:
    """How it was answered; latencies in milliseconds from the request to its whole answer."""

    per_second: float
    p50: float
    p99: float
    worst: float
    n: int
    n_bad: int


async def ask_again_and_again(load: Load, *, until: float, took: list[float]) -> int:
    """How many answers were not 200; the milliseconds of each answer are added to `took`."""
    reader, writer = await asyncio.open_connection(load.host, load.port)
    request, n_bad = load.request.encode(), 0
    while (began := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        took.append(1000 * (time.perf_counter() - began))
        n_bad += b" 200 " not in head.partition(b"\r\n")[0]
    writer.close()
    return n_bad


async def run(load: Load) -> Answered:
    """The load, carried out."""
    took = list[float]()
    began = time.perf_counter()
    asking = [
        ask_again_and_again(load, until=began + load.seconds, took=took)
        for _ in range(load.n_connections)
    ]
    bad = await asyncio.gather(*asking)
    seconds = time.perf_counter() - began
    p50, p99 = np.quantile(took, [0.5, 0.99])
    return Answered(
        per_second=len(took) / seconds,
        p50=float(p50),
        p99=float(p99),
        worst=max(took),
        n=len(took),
        n_bad=sum(bad),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(run(Load(**json.loads(sys.stdin.read())))))))
