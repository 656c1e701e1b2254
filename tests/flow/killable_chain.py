"""A process that runs the daily chain of a project in forked children, so that they can be killed.

Usage: python -m tests.flow.killable_chain PROJECT_FILE. Every line of its input is an `Order` as
JSON, every line of its output how the child ended. The tools are imported once, before any child
is forked.
"""

import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import great_expectations  # noqa: F401

from assets import gold as gold_assets
from mmm_orchestration import intake, runner
from mmm_orchestration.days import DayWindow
from mmm_orchestration.event_log import BatchedSqliteEventLogStorage
from mmm_orchestration.home import Home, open_home
from mmm_orchestration.lake import lake as lake_module
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.lake.store import Store
from mmm_orchestration.quality import docs, validate  # noqa: F401
from mmm_orchestration.tables.contracts import TableContract

from .kills import Order

POINTS: dict[str, tuple[Any, str]] = {
    "register": (Lake, "append_new"),
    "commit": (Store, "write"),
    "sync": (lake_module, "flush_file_system"),
    "manifest": (lake_module, "record_manifests"),
    "bronze": (intake, "_gather_rows"),
    "gold": (gold_assets, "write_gold"),
    "event": (BatchedSqliteEventLogStorage, "store_event"),
    "events": (BatchedSqliteEventLogStorage, "_store_asset_event_tags"),
}


def main(project_file: str) -> None:
    """The loop over orders; each is answered with the exit code and the seconds it took."""
    home = open_home(Path(project_file))
    for line in sys.stdin:
        order = Order(**json.loads(line))
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            run_chain(home, order)
        status = wait_or_kill(child, deadline=order.delay and started + order.delay)
        print(status, time.monotonic() - started, flush=True)  # noqa: T201


def run_chain(home: Home, order: Order) -> NoReturn:
    """Runs the days and ends this process: 0 when the run succeeded, 1 when it failed."""
    os.dup2(2, 1)
    if order.point:
        die_at(order)
    window = DayWindow(date.fromisoformat(order.first), date.fromisoformat(order.last))
    outcome = runner.run_daily(home, window=window, say=lambda _: None)
    for failure in outcome.failures:
        print(failure, file=sys.stderr, flush=True)  # noqa: T201
    os._exit(0 if outcome.is_success else 1)


def die_at(order: Order) -> None:
    """Makes the named call kill this process instead of running."""
    owner, name = POINTS[order.point]
    original: Callable[..., object] = getattr(owner, name)
    calls: list[None] = []

    def count_or_die(*args: object, **kwargs: object) -> object:
        if order.table in {"", *map(name_table, (*args, *kwargs.values()))}:
            calls.append(None)
            if len(calls) == order.nth:
                os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(owner, name, count_or_die)


def name_table(value: object) -> str:
    """The table that an argument stands for, '?' for any other argument."""
    return value.name if isinstance(value, TableContract | Path) else "?"


def wait_or_kill(child: int, *, deadline: float | None) -> int:
    """The exit code of the child, which is killed when it still runs at the deadline."""
    while deadline is not None and time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    if deadline is not None:
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
