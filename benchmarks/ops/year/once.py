"""One run in a process of its own, so that it can be killed or find its disk full.

Usage: python -m benchmarks.ops.year.once ORDER, with an `Order` as JSON. It prints what the run
says; where the order names a line, no file grows any more once that line was said.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import warnings
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import time_machine

from mmm_orchestration.definitions import build_defs
from mmm_orchestration.home import open_home
from mmm_orchestration.runner import open_instance

_WORDS = 400
_FULL_BYTES = 4096
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Order:
    """A run of a job at a moment; after a line that begins with `full_after` the disk is full."""

    file: str
    job: str
    now: str
    run_id: str
    partition: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    full_after: str = ""


def run_apart(order: Order, *, kill_after: str = "") -> int:
    """The exit code of a process that carries out the order.

    With `kill_after` it is killed, with all of its own, at the first line that begins so. Raises
    RuntimeError where no line does.
    """
    command = [sys.executable, "-m", "benchmarks.ops.year.once", json.dumps(asdict(order))]
    log = Path(order.file).with_name("once.log")
    with (
        log.open("a", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        said = ""
        for line in process.stdout or ():
            said += line
            if kill_after and line.startswith(kill_after):
                os.killpg(process.pid, signal.SIGKILL)
                break
    if kill_after and process.returncode != -signal.SIGKILL:
        raise RuntimeError(f"The run never said '{kill_after}': {said[-_WORDS:]}")
    return process.returncode


def main(text: str) -> int:
    """Carries the order out: 0 where the run succeeded, else 1."""
    import dagster as dg

    order = Order(**json.loads(text))
    home = open_home(Path(order.file))

    def listen(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        line = entry.user_message
        if event and event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            line = f"wrote {event.step_materialization_data.materialization.asset_key.path[-1]}"
        print(line, flush=True)
        if order.full_after and line.startswith(order.full_after):
            resource.setrlimit(resource.RLIMIT_FSIZE, (_FULL_BYTES, _FULL_BYTES))

    with (
        time_machine.travel(datetime.fromisoformat(order.now), tick=True),
        open_instance(home) as instance,
    ):
        instance.add_event_listener(order.run_id, listen)
        result = (
            build_defs(home=home)
            .resolve_job_def(order.job)
            .execute_in_process(
                instance=instance,
                run_id=order.run_id,
                partition_key=order.partition,
                tags=order.tags,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        )
    return 0 if result.success else 1


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main(*sys.argv[1:]))
