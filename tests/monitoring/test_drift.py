"""Confirmed drift and the retrain it asks for."""

from datetime import date, timedelta

import polars as pl
import pytest

from mmm_orchestration.lake.gate import check_frame
from mmm_orchestration.monitoring.drift import find_request, list_readings
from mmm_orchestration.monitoring.monitors import Reading
from mmm_orchestration.project import Monitoring
from mmm_orchestration.tables.contracts import DRIFT
from mmm_orchestration.tables.schema import polars_schema

pytestmark = pytest.mark.unit

TRAINED = date(2026, 3, 31)
SETTINGS = Monitoring(confirmations=3, cool_down_days=14)
NOTHING = pl.DataFrame(schema=polars_schema(DRIFT))


def judge(
    red: set[int], *, n_days: int, version: str = "v1", previous: pl.DataFrame = NOTHING
) -> pl.DataFrame:
    """The rows of drift after `n_days` days, on those in `red` of which the error was red."""
    rows = previous
    for k in range(1, n_days + 1):
        reading = Reading("error", 0.5, 0.7, 10, is_drifted=k in red, message="R² is low.")
        day = list_readings(
            [reading],
            model=None,
            version=version,
            trained_through=TRAINED,
            day=TRAINED + timedelta(days=k),
            previous=rows.filter(version=version),
            settings=SETTINGS,
        )
        check_frame(day, DRIFT)
        rows = pl.concat([rows, day])
    return rows


def list_confirmed(rows: pl.DataFrame) -> list[int]:
    """How many days after the training drift was confirmed."""
    return [(day - TRAINED).days for day in rows.filter("is_confirmed")["day"]]


def test_drift_is_confirmed_on_the_third_red_day() -> None:
    """Two red days, one that is well, then four red ones confirm from the third of them on."""
    assert list_confirmed(judge({1, 2, 4, 5, 6, 7}, n_days=8)) == [6, 7]


def test_one_monitor_is_not_confirmed_by_another() -> None:
    """Three days that are red for different reasons are no drift of any of them."""
    rows = judge({1, 2}, n_days=2)
    other = Reading("mix", 0.5, 0.2, 10, is_drifted=True, message="The mix moved.")
    third = list_readings(
        [other],
        model=None,
        version="v1",
        trained_through=TRAINED,
        day=TRAINED + timedelta(days=3),
        previous=rows,
        settings=SETTINGS,
    )
    assert not third["is_confirmed"].any()


def test_nothing_is_asked_for_within_the_cool_down() -> None:
    """Drift that is confirmed on the third day asks on the fourteenth after the training."""
    red = set(range(1, 30))
    assert find_request(judge(red, n_days=13), settings=SETTINGS) is None
    request = find_request(judge(red, n_days=14), settings=SETTINGS)
    assert request is not None
    assert (request.day, request.reasons) == (TRAINED + timedelta(days=14), ("R² is low.",))


def test_drift_that_lasts_asks_again_after_the_cool_down() -> None:
    """Each day the same request stands until the next is due, fourteen days later."""
    rows = judge(set(range(1, 60)), n_days=59)
    asked = []
    for n in range(1, 60):
        known = rows.filter(pl.col("day") <= TRAINED + timedelta(days=n))
        request = find_request(known, settings=SETTINGS)
        asked.append((request.day - TRAINED).days if request else None)
    assert asked == [None] * 13 + [14] * 14 + [28] * 14 + [42] * 14 + [56] * 4


def test_drift_that_is_over_asks_for_nothing() -> None:
    """Once the monitor is well nothing is asked for, whatever was before."""
    assert find_request(judge(set(range(1, 20)), n_days=20), settings=SETTINGS) is None
    assert find_request(NOTHING, settings=SETTINGS) is None


def test_a_new_version_starts_afresh() -> None:
    """Red days of the version before confirm nothing of the next one."""
    old = judge(set(range(1, 20)), n_days=19)
    both = judge({20, 21}, n_days=21, version="v2", previous=old)
    assert list_confirmed(both.filter(version="v2")) == []
    assert find_request(both, settings=SETTINGS) is None


def test_a_fit_that_is_no_champion_cools_down_too() -> None:
    """Days that another version has read already are not worth a fit of their own."""
    rows = judge(set(range(1, 30)), n_days=20)
    read = TRAINED + timedelta(days=10)
    assert find_request(rows, settings=SETTINGS) is not None
    assert find_request(rows, settings=SETTINGS, last_read=read) is None
    later = find_request(judge(set(range(1, 30)), n_days=25), settings=SETTINGS, last_read=read)
    assert later is not None
    assert later.day == read + timedelta(days=14)


def test_the_cool_down_counts_from_the_last_try() -> None:
    """After a third failure, three days late, the next request waits for fourteen days more."""
    first, late = (TRAINED + timedelta(days=k) for k in (14, 17))
    rows = judge(set(range(1, 60)), n_days=40)
    asked = []
    for n in range(28, 33):
        known = rows.filter(pl.col("day") <= TRAINED + timedelta(days=n))
        request = find_request(known, settings=SETTINGS, given_up={first: late})
        assert request is not None
        assert request.judged == TRAINED + timedelta(days=n)
        asked.append((request.day - TRAINED).days)
    assert asked == [14] * 3 + [31] * 2
