"""What follows from readings: drift that is confirmed, and the day on which it asks for a retrain.

Belongs here: rows of `drift` to decisions. Everything follows from the table, so no cursor, clock
or second daemon can ask twice. Must not: measuring (see `monitors`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import polars as pl

from mmm_orchestration.monitoring.monitors import Reading
from mmm_orchestration.project import Monitoring
from mmm_orchestration.tables.contracts import DRIFT
from mmm_orchestration.tables.schema import polars_schema


@dataclass(frozen=True)
class Drifted:
    """A retrain that drift asks for: of which version, since which day, and why.

    `judged` is the newest day that was judged.
    """

    version: str
    day: date
    judged: date
    reasons: tuple[str, ...]


def list_readings(
    readings: Sequence[Reading],
    *,
    model: str | None,
    version: str,
    trained_through: date,
    day: date,
    previous: pl.DataFrame,
    settings: Monitoring,
) -> pl.DataFrame:
    """Rows of `drift` for the readings of one day, given the `previous` ones of the version."""
    rows = [
        {
            "model": model,
            "version": version,
            "trained_through": trained_through,
            "day": day,
            "monitor": reading.monitor,
            "subject": reading.subject,
            "value": reading.value,
            "threshold": reading.threshold,
            "n_periods": reading.n_periods,
            "is_drifted": reading.is_drifted,
            "is_confirmed": reading.is_drifted
            and _is_confirmed(
                previous.filter(monitor=reading.monitor), day=day, needed=settings.confirmations - 1
            ),
            "message": reading.message,
        }
        for reading in readings
    ]
    return pl.DataFrame(rows, schema=polars_schema(DRIFT))


def _is_confirmed(previous: pl.DataFrame, *, day: date, needed: int) -> bool:
    """Whether the `needed` judged days before `day` were red."""
    last = previous.filter(pl.col("day") < day).sort("day").tail(needed)
    return last.height == needed and bool(last["is_drifted"].all())


def find_request(
    rows: pl.DataFrame,
    *,
    settings: Monitoring,
    last_read: date | None = None,
    given_up: Mapping[date, date] = MappingProxyType({}),
) -> Drifted | None:
    """The retrain that the rows of `drift` of one model ask for now, None where they do not.

    The version judged last asks when a monitor of it is confirmed, `cool_down_days` after it was
    trained, and as long after each request before; the day is that of its newest request. It goes
    on asking with that day while drift lasts. `last_read` is the newest day that any fit of the
    model has read, champion or not: nothing is asked for within `cool_down_days` of it either.
    `given_up` has the days whose retrain failed at every try, and the newest day that was judged at
    the last one: from there the cool-down counts.
    """
    if rows.is_empty():
        return None
    newest = rows.filter(pl.col("day") == pl.col("day").max()).sort("trained_through", "version")
    version = str(newest["version"][-1])
    own = rows.filter(version=version).sort("day")
    trained: date = own["trained_through"][0]
    last_asked = max(trained, last_read or trained)
    asked: date | None = None
    confirmed = own.filter("is_confirmed")
    for day in confirmed["day"].unique().sort():
        if (day - last_asked).days >= settings.cool_down_days:
            asked, last_asked = day, max(day, given_up.get(day, day))
    now = confirmed.filter(pl.col("day") == own["day"][-1]).sort("monitor")
    if asked is None or now.is_empty():
        return None
    return Drifted(version, asked, own["day"][-1], tuple(now["message"].to_list()))
