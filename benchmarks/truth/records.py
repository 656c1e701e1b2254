"""Results of many fits, kept as they come, so that a run that was stopped goes on.

Belongs here: the file of results and the processes that fill it. Must not: what is measured.
"""

import json
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import click

MAX_PROCESSES = 2
FITS_PER_PROCESS = 40

type Row = Mapping[str, object]


@dataclass(frozen=True)
class Records:
    """Rows of one file that belong to one `key`: the code and the settings they came from."""

    file: Path
    key: str

    def read(self) -> dict[int, Row]:
        """The rows of this key by seed; a line that was cut off is left out."""
        rows: dict[int, Row] = {}
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        for line in lines:
            try:
                kept = json.loads(line)
            except ValueError:
                continue
            if kept["key"] == self.key:
                rows[kept["seed"]] = kept["row"]
        return rows

    def append(self, row: Row, *, seed: int) -> None:
        """One more row at the end of the file, on a line of its own."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": self.key, "seed": seed, "row": row})
        with self.file.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")


def run_seeds(
    measure: Callable[[int], Row], *, seeds: Sequence[int], records: Records, n_processes: int
) -> dict[int, Row]:
    """The row of each seed, measured where the records have none, with progress on stderr.

    `measure` must be a function of a module or a partial of one: processes start afresh.
    """
    done = records.read()
    missing = [seed for seed in seeds if seed not in done]
    if len(missing) < len(seeds):
        click.echo(f"{len(seeds) - len(missing)} of {len(seeds)} are there already", err=True)
    # two processes share the cores, so the libraries below them must not
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    n_workers = max(1, min(n_processes, MAX_PROCESSES))
    # a pool that replaces its own processes may wait for ever, so each batch has a new one
    step = n_workers * FITS_PER_PROCESS
    with click.progressbar(length=len(missing), label="fits") as progress:
        for first in range(0, len(missing), step):
            with ProcessPoolExecutor(
                n_workers, mp_context=multiprocessing.get_context("spawn")
            ) as pool:
                batch = missing[first : first + step]
                waiting = {pool.submit(measure, seed): seed for seed in batch}
                for future in as_completed(waiting):
                    seed = waiting[future]
                    done[seed] = future.result()
                    records.append(done[seed], seed=seed)
                    progress.update(1)
    return {seed: done[seed] for seed in seeds}
