"""Runs every engine on every data set, or those chosen, and prints the table."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks.peers.datasets import NAMES, ROOT, DataSet, open_dataset
from benchmarks.peers.engines import ENGINES, Engine, prepare_environment, run_engine
from benchmarks.peers.job import ANSWER, DRAWS, Job
from benchmarks.peers.metrics import measure_quality, measure_srmse
from benchmarks.peers.report import Measured, write_json, write_markdown

WORK = ROOT / ".bench" / "peers"
ENVS = ROOT / ".bench" / "envs"
PAGE = ROOT / "docs" / "peers.md"
CALLS = ("cold", "warm")
QUICK = (100, 100)
TARGET_ACCEPT = 0.9


@dataclass(frozen=True)
class Settings:
    """What every engine is asked alike."""

    chains: int
    tune: int
    draws: int
    seed: int
    cores: int
    limit: float

    def __str__(self) -> str:
        """The settings in one sentence."""
        return (
            f"{self.cores} cores, {self.chains} chains of {self.tune} + {self.draws}, target "
            f"acceptance {TARGET_ACCEPT}, at most {self.limit:.0f} s a call."
        )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", "names", multiple=True, type=click.Choice(NAMES), help="Only this set.")
@click.option("--engine", "labels", multiple=True, type=click.Choice(list(ENGINES)), help="Only.")
@click.option("--call", "calls", multiple=True, type=click.Choice(CALLS), help="Cold or warm only.")
@click.option("--chains", default=4, show_default=True, help="Chains of every engine.")
@click.option("--tune", default=1000, show_default=True, help="Tuning steps a chain.")
@click.option("--draws", default=1000, show_default=True, help="Draws a chain.")
@click.option("--seed", default=20_260_101, show_default=True, help="Seed of every engine.")
@click.option("--cores", default=2, show_default=True, help="Cores that every engine may use.")
@click.option("--limit", default=600.0, show_default=True, help="Seconds after which a call ends.")
@click.option("--quick", is_flag=True, help=f"{QUICK[0]} + {QUICK[1]} draws, to see that all runs.")
@click.option("--write", "is_written", is_flag=True, help="Also write docs/peers.md.")
@click.option("--fresh", is_flag=True, help="Forget earlier calls with the same settings.")
def main(
    *,
    names: tuple[str, ...],
    labels: tuple[str, ...],
    calls: tuple[str, ...],
    chains: int,
    tune: int,
    draws: int,
    seed: int,
    cores: int,
    limit: float,
    quick: bool,
    fresh: bool,
    is_written: bool,
) -> None:
    """Measures this engine and its peers on the same files."""
    steps = QUICK if quick else (tune, draws)
    settings = Settings(chains, *steps, seed=seed, cores=cores, limit=limit)
    measured: list[Measured] = []
    for name in names or NAMES:
        dataset = open_dataset(name, work=WORK / "data")
        for label in labels or tuple(ENGINES):
            for found in measure_engine(
                label, dataset=dataset, settings=settings, calls=calls or CALLS
            ):
                measured.append(found)
                click.echo(f"  {found.failure or f'{found.seconds:.1f} s'}", err=True)
    table = keep_measured(measured, settings=settings, is_fresh=fresh)
    click.echo(table)
    if is_written:
        PAGE.write_text(table, encoding="utf-8")


def keep_measured(measured: list[Measured], *, settings: Settings, is_fresh: bool) -> str:
    """The table of these calls and earlier ones of the same settings, also kept as files."""
    path = WORK / "results.json"
    earlier = [] if is_fresh else read_earlier(path, settings=settings)
    taken = {(m.dataset, m.engine, m.call) for m in measured}
    kept = [m for m in earlier if (m.dataset, m.engine, m.call) not in taken]
    ordered = sorted([*kept, *measured], key=lambda m: (NAMES.index(m.dataset), m.call))
    path.write_text(write_json(ordered, settings=str(settings)), encoding="utf-8")
    table = write_markdown(ordered, settings=str(settings))
    (WORK / "results.md").write_text(table, encoding="utf-8")
    return table


def read_earlier(path: Path, *, settings: Settings) -> list[Measured]:
    """The calls of an earlier run with the same settings."""
    if not path.is_file():
        return []
    known = json.loads(path.read_text(encoding="utf-8"))
    return [Measured(**m) for m in known["calls"]] if known["settings"] == str(settings) else []


def measure_engine(
    label: str, *, dataset: DataSet, settings: Settings, calls: tuple[str, ...]
) -> Iterator[Measured]:
    """A cold call with empty compile caches, then a warm one in another process that has them.

    A warm call alone uses the caches that an earlier run left; a cold one that failed has no
    warm one after it.
    """
    engine = ENGINES[label]
    place = WORK / "runs" / dataset.name / label
    try:
        python = prepare_environment(engine, envs=ENVS)
    except (RuntimeError, OSError) as error:
        yield describe_failure(f"no environment: {error}", dataset=dataset, engine=engine)
        return
    for call in calls:
        click.echo(f"{time.strftime('%H:%M:%S')} {dataset.name}: {engine.label}, {call}", err=True)
        if call == "cold" and (place / "caches").exists():
            shutil.rmtree(place / "caches")
        measured = measure_call(
            engine, dataset=dataset, settings=settings, call=call, place=place, python=python
        )
        yield measured
        if measured.failure:
            return


def measure_call(
    engine: Engine, *, dataset: DataSet, settings: Settings, call: str, place: Path, python: str
) -> Measured:
    """One call and its figures."""
    folder = place / call
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    job = Job(
        data=str(dataset.data),
        folder=str(folder),
        geos=dataset.geos,
        channels=dataset.channels,
        controls=dataset.controls,
        chains=settings.chains,
        tune=settings.tune,
        draws=settings.draws,
        target_accept=TARGET_ACCEPT,
        seed=settings.seed,
        cores=settings.cores,
        sampler=engine.sampler,
    )
    caches = place / "caches"
    ended = run_engine(engine, job=job, python=python, caches=caches, limit=settings.limit)
    if ended.failure:
        return describe_failure(
            ended.failure, dataset=dataset, engine=engine, call=call, peak_bytes=ended.peak_bytes
        )
    return read_measured(
        folder, dataset=dataset, engine=engine, call=call, peak_bytes=ended.peak_bytes
    )


def describe_failure(
    words: str, *, dataset: DataSet, engine: Engine, call: str = "cold", peak_bytes: int = 0
) -> Measured:
    """A call without figures and the reason."""
    return Measured(dataset.name, dataset.size, engine.label, call, peak_bytes, failure=words)


def read_measured(
    folder: Path, *, dataset: DataSet, engine: Engine, call: str, peak_bytes: int
) -> Measured:
    """The figures of the answer in `folder`."""
    answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    with np.load(folder / DRAWS) as found:
        quality = measure_quality(found["draws"], names=found["names"].tolist())
        srmse = measure_srmse(found["contribution"], truth=dataset.truth)
    return Measured(
        dataset.name,
        dataset.size,
        engine.label,
        call,
        peak_bytes,
        seconds=answer["seconds"],
        ess=quality.min_ess,
        ess_of=quality.min_ess_of,
        r_hat=quality.max_r_hat,
        n_parameters=quality.n_parameters,
        n_divergences=answer["n_divergences"],
        srmse=srmse,
        artefact_bytes=answer["artefact_bytes"],
        versions=answer["versions"],
    )


if __name__ == "__main__":
    main()
