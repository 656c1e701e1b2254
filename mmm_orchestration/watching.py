"""The champion against the days that came after it: read, judged and kept in the lake.

Belongs here: reading and keeping around `monitoring`, model by model. Must not: arithmetic,
Dagster.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from mmm_orchestration.accepted import list_accepted_days
from mmm_orchestration.days import find_day_before_gap
from mmm_orchestration.errors import RegistryError
from mmm_orchestration.files import write_whole
from mmm_orchestration.home import Home
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.monitoring.drift import Drifted, find_request, list_readings
from mmm_orchestration.monitoring.forecast import Origin, choose_new, find_last_day, forecast
from mmm_orchestration.monitoring.monitors import (
    Reading,
    evaluate_channels,
    evaluate_cost,
    evaluate_coverage,
    evaluate_error,
    evaluate_mix,
    evaluate_range,
)
from mmm_orchestration.monitoring.scorecard import Card, score_forecasts
from mmm_orchestration.project import NATIONAL, Project
from mmm_orchestration.tables.contracts import (
    DRIFT,
    FORECASTS,
    GOLD_MEDIA_DAILY,
    SCORECARD,
    TableContract,
)
from mmm_orchestration.training import FitRecord, load_record, read_snapshot

if TYPE_CHECKING:
    from mmm_orchestration.model.data import ModelData
    from mmm_orchestration.model.posterior import Posterior


@dataclass(frozen=True, eq=False)
class Champion:
    """The posterior that answers, and its record."""

    record: FitRecord
    posterior: "Posterior"

    @property
    def trained_through(self) -> date:
        """Last day of the last period it was trained on."""
        return date.fromisoformat(self.record.trained_through)

    def read_newer(self, lake: Lake) -> "ModelData":
        """The accepted days as they are now, arranged as its fit did.

        Nationally a day that is missing after the fit ends them until it comes; by geo it is not
        observed.
        """
        project = self.posterior.project
        days = list_accepted_days(lake, project=project)
        gap = find_day_before_gap(days, after=self.trained_through)
        is_national = project.model.level == "national"
        return read_snapshot(lake, project=project, period=gap if is_national else None).data


@dataclass(frozen=True)
class Watch:
    """What one day said of the champion: rows written, and the reading of each monitor."""

    scorecard: Commit | None
    drift: Commit
    readings: tuple[Reading, ...]
    confirmed: tuple[str, ...]


def open_champion(home: Home) -> Champion | None:
    """The champion of the home's one model, None where none is named yet."""
    from mmm_orchestration.model.posterior import load_posterior
    from mmm_orchestration.registry import CHAMPION, open_registry
    from mmm_orchestration.registry.restoring import restore_posterior

    named = open_registry(home).find(CHAMPION)
    if named is None:
        return None
    folder = restore_posterior(home, named)
    return Champion(
        record=load_record(home.posteriors, version=named.version),
        posterior=load_posterior(folder),
    )


def demand_champion(home: Home) -> Champion:
    """The champion of the home's one model; raises RegistryError where none is named yet."""
    champion = open_champion(home)
    if champion is None:
        raise RegistryError(
            f"'{home.one.title}' has no champion yet", fix="See 'mmm models' for what was fitted"
        )
    return champion


def keep_forecasts(lake: Lake, *, home: Home, champion: Champion) -> Commit:
    """What was added to `forecasts`: the days ahead, and days that came, as the champion has it."""
    made = forecast(
        champion.posterior,
        newer=champion.read_newer(lake),
        settings=home.one.monitoring,
        origin=Origin(home.one.model_name, champion.record.version, datetime.now(UTC)),
    )
    written = read_rows(lake, FORECASTS, model=home.one.model_name).filter(
        version=champion.record.version
    )
    return lake.append_new(choose_new(made, written=written), contract=FORECASTS)


def watch(lake: Lake, *, home: Home, champion: Champion) -> Watch:
    """The scorecard of all forecasts of the model, and the monitors of its champion, kept."""
    model, newer = home.one.model_name, champion.read_newer(lake)
    rows = score_forecasts(
        read_rows(lake, FORECASTS, model=model),
        data=newer,
        previous=read_rows(lake, SCORECARD, model=model),
    )
    scored = None if rows.is_empty() else lake.replace_keys(rows, contract=SCORECARD)
    own = rows.filter(version=champion.record.version)
    readings = read_monitors(lake, home=home, champion=champion, newer=newer, rows=own)
    judged = list_readings(
        readings,
        model=model,
        version=champion.record.version,
        trained_through=champion.trained_through,
        day=find_last_day(newer),
        previous=read_rows(lake, DRIFT, model=model).filter(version=champion.record.version),
        settings=home.one.monitoring,
    )
    commit = lake.replace_keys(judged, contract=DRIFT)
    confirmed = judged.filter("is_confirmed")["monitor"].to_list()
    return Watch(scored, commit, readings, tuple(confirmed))


def read_monitors(
    lake: Lake, *, home: Home, champion: Champion, newer: "ModelData", rows: pl.DataFrame
) -> tuple[Reading, ...]:
    """The reading of every monitor; `rows` are those of the champion in the scorecard."""
    from mmm_orchestration.model.extend import extend_data

    settings, now = home.one.monitoring, find_last_day(newer)
    data = extend_data(champion.posterior.data, newer=newer)
    media = _read_media(lake, project=home.one)
    since = max(champion.trained_through, now - timedelta(days=settings.window_days))
    is_spent = (pl.col("date") > since) & (pl.col("spend") > 0)
    return (
        evaluate_coverage(rows, settings=settings, now=now),
        evaluate_error(rows, settings=settings, now=now),
        evaluate_range(data, settings=settings),
        evaluate_mix(data, settings=settings),
        evaluate_cost(media, settings=settings, trained_through=champion.trained_through, now=now),
        evaluate_channels(
            data, spent=media.filter(is_spent)["channel"].unique().to_list(), settings=settings
        ),
    )


def find_drift_request(lake: Lake, *, home: Home, given_up: Mapping[date, date]) -> Drifted | None:
    """The retrain that the rows of `drift` ask for now, None where they do not.

    The registry is asked for what was fitted since only where they do. `given_up` has the days
    whose retrain failed at every try, each with the newest day that was judged then.
    """
    from mmm_orchestration.registry import open_registry

    rows, settings = read_rows(lake, DRIFT, model=home.one.model_name), home.one.monitoring
    if find_request(rows, settings=settings) is None:
        return None
    last_read = max((one.accepted_through for one in open_registry(home).list()), default=None)
    return find_request(rows, settings=settings, last_read=last_read, given_up=given_up)


def read_scorecard(lake: Lake, *, home: Home) -> Card:
    """What is kept of the home's one model."""
    model = home.one.model_name
    return Card(read_rows(lake, SCORECARD, model=model), read_rows(lake, DRIFT, model=model))


def read_rows(lake: Lake, contract: TableContract, *, model: str | None) -> pl.DataFrame:
    """The rows of one model in a table of `monitoring`; none where it does not exist yet."""
    rows = lake.read(contract.name, contract=contract).filter(pl.col("model").eq_missing(model))
    return rows.collect()


def _read_media(lake: Lake, *, project: Project) -> pl.DataFrame:
    """Accepted media rows of the model's channels and geos."""
    rows = lake.read(GOLD_MEDIA_DAILY.name, contract=GOLD_MEDIA_DAILY)
    rows = rows.filter(pl.col("channel").is_in(project.channel_names))
    if project.geos is not None:
        rows = rows.filter(pl.col("geo").is_in([NATIONAL, *project.geos]))
    return rows.collect()


def write_json(document: Mapping[str, object], *, path: Path) -> Path:
    """`path`, written whole or not at all."""
    return write_whole(path, json.dumps(document, indent=2))
