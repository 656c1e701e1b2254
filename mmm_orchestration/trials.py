"""The table of market tests on its way to the lake and from there to the model.

Belongs here: file to `gold_experiments` to experiments. Must not: reading cells (see
`sources.experiments`), Dagster.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.model.experiment import Experiment
from mmm_orchestration.project import Project
from mmm_orchestration.sources.experiments import read_experiments
from mmm_orchestration.tables.contracts import GOLD_EXPERIMENTS, GOLD_KPI_DAILY
from mmm_orchestration.tables.schema import polars_schema

_NAMES = {"start": "first", "end": "last"}


def write_experiments(lake: Lake, *, project: Project, base: Path, today: date) -> Commit | None:
    """Makes the table what the project's file says; None when the file holds no test.

    A test that is no longer in the file leaves the table; a file without any test changes
    nothing. Raises SourceError with line and column when the file cannot be read strictly.
    """
    if project.experiments is None:
        return None
    path = base / project.experiments.path
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"The experiments in {path.name} cannot be read: {error}",
            fix="Correct 'experiments' in mmm.yaml, or save the file as UTF-8",
        ) from error
    geos = lake.read(GOLD_KPI_DAILY.name, contract=GOLD_KPI_DAILY, columns=("geo",))
    experiments = read_experiments(
        text,
        file=path.name,
        channels=project.channel_names,
        geos=geos.unique().collect()["geo"].to_list(),
        start=project.start,
        today=today,
        models={name: project.for_model(name).channel_names for name in project.model_names},
    )
    if not experiments:
        return None
    frame = _to_frame(experiments)
    held = lake.read(GOLD_EXPERIMENTS.name, contract=GOLD_EXPERIMENTS, columns=("start",))
    gone = set(held.collect()["start"]) - set(frame["start"])
    days = [*frame["start"], *gone]
    window = DayWindow(min(days), max(days) + timedelta(days=1))
    return lake.write_days(frame, contract=GOLD_EXPERIMENTS, window=window, retract=sorted(gone))


def load_experiments(
    lake: Lake, *, version: int | None, model: str | None = None
) -> tuple[Experiment, ...]:
    """The experiments of `model` in the table at `version`, none where there is no version."""
    if version is None:
        return ()
    rows = lake.read(GOLD_EXPERIMENTS.name, contract=GOLD_EXPERIMENTS, version=version)
    ordered = rows.collect().sort(GOLD_EXPERIMENTS.key).rename(_NAMES)
    experiments = (Experiment.from_row(row) for row in ordered.iter_rows(named=True))
    return tuple(experiment for experiment in experiments if experiment.model == model)


def _to_frame(experiments: tuple[Experiment, ...]) -> pl.DataFrame:
    names = {new: old for old, new in _NAMES.items()}
    rows = [
        {names.get(n, n): getattr(e, n) for n in Experiment.__dataclass_fields__}
        for e in experiments
    ]
    frame = pl.DataFrame(rows, schema=polars_schema(GOLD_EXPERIMENTS))
    return frame.sort(GOLD_EXPERIMENTS.key)
