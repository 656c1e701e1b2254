"""Verdicts of Great Expectations."""

import math
import socket
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmm_orchestration.days import DayWindow
from mmm_orchestration.quality.masks import select_bad_rows
from mmm_orchestration.quality.suites import Suite, build_suites
from mmm_orchestration.quality.validate import Verdict, validate_frame
from tests.quality.frames import (
    DAYS,
    FIRST,
    drop_days,
    make_gold_media_daily,
    make_project,
    make_silver_controls,
    make_silver_media,
    make_silver_outcomes,
    plant,
)

pytestmark = [
    pytest.mark.unit,
    pytest.mark.filterwarnings("ignore:module 'sre_.*' is deprecated:DeprecationWarning"),
]

SUITES = {suite.table: suite for suite in build_suites(make_project())}
MEDIA, OUTCOMES = SUITES["silver_media"], SUITES["silver_outcomes"]


def judge(frame: pl.DataFrame, suite: Suite, *, window: DayWindow | None = None) -> set[str]:
    """The names of the expectations the frame does not meet."""
    verdicts = validate_frame(frame, suite=suite, window=window).verdicts
    return {v.expectation.name for v in verdicts if not v.is_passed}


def find_verdict(frame: pl.DataFrame, suite: Suite, name: str) -> Verdict:
    """The verdict of one expectation."""
    verdicts = validate_frame(frame, suite=suite).verdicts
    return next(v for v in verdicts if v.expectation.name == name)


@pytest.mark.parametrize(
    ("table", "frame"),
    [
        ("silver_media", make_silver_media()),
        ("silver_outcomes", make_silver_outcomes()),
        ("silver_controls", make_silver_controls()),
        ("gold_media_daily", make_gold_media_daily()),
    ],
)
def test_clean_frames_pass(table: str, frame: pl.DataFrame) -> None:
    """Every expectation passes on the clean tables, having seen every row."""
    validation = validate_frame(frame, suite=SUITES[table])
    assert validation.is_passed
    assert {v.n_evaluated for v in validation.verdicts} == {frame.height}
    assert [v.expectation for v in validation.verdicts] == list(SUITES[table].expectations)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"spend": -1.0}, "spend_is_in_range"),
        ({"spend": math.inf}, "spend_is_in_range"),
        ({"spend": math.nan}, "spend_is_in_range"),
        ({"spend": 2e8}, "spend_is_plausible"),
        ({"clicks": 1e6}, "clicks_fit_impressions"),
        ({"channel": "radio"}, "channel_is_declared"),
        ({"campaign": None}, "campaign_is_present"),
        ({"period_days": 0}, "period_days_is_in_range"),
        ({"source": "myspace"}, "source_is_declared"),
    ],
)
def test_a_bad_media_value_is_named(values: dict[str, object], name: str) -> None:
    """One bad row breaks its expectation, which shows the row and its day."""
    frame = plant(make_silver_media(), DAYS[4], by="source", equals="google", **values)
    verdict = find_verdict(frame, MEDIA, name)
    assert not verdict.is_passed
    assert verdict.n_unexpected == 1
    assert verdict.observed == f"1 of {frame.height} rows break it"
    assert verdict.sample[0]["date"] == DAYS[4]


def test_a_missing_measure_is_allowed() -> None:
    """Null is no value out of range where the contract allows it."""
    frame = make_silver_media().with_columns(clicks=pl.lit(None, dtype=pl.Float64))
    assert validate_frame(frame, suite=MEDIA).is_passed


def test_duplicates_are_counted() -> None:
    """Both rows of a repeated key are listed."""
    frame = pl.concat([make_silver_media(), make_silver_media().head(1)])
    verdict = find_verdict(frame, MEDIA, "key_is_unique")
    assert (verdict.n_unexpected, len(verdict.sample)) == (2, 2)
    assert verdict.is_blocking


def test_a_day_without_kpi_is_named() -> None:
    """A gap inside the window breaks the presence of the KPI and only that."""
    frame = drop_days(make_silver_outcomes(), DAYS[3], by="outcome", equals="revenue")
    assert judge(frame, OUTCOMES) == {"kpi_is_present"}
    verdict = find_verdict(frame, OUTCOMES, "kpi_is_present")
    assert verdict.observed == "missing: 2024-01-04"
    assert verdict.n_unexpected == 1


def test_the_window_decides_which_days_are_asked_for() -> None:
    """A day after the last row is missing only where the window holds it."""
    frame = make_silver_outcomes().head(3)
    assert judge(frame, OUTCOMES, window=DayWindow(FIRST, FIRST + timedelta(days=2))) == set()
    longer = DayWindow(FIRST, FIRST + timedelta(days=3))
    assert judge(frame, OUTCOMES, window=longer) == {"kpi_is_present"}


def test_a_negative_kpi_warns() -> None:
    """A KPI below zero is told without blocking."""
    frame = plant(make_silver_outcomes(), DAYS[0], by="outcome", equals="revenue", value=-5.0)
    verdict = find_verdict(frame, OUTCOMES, "kpi_is_not_negative")
    assert (verdict.is_passed, verdict.is_blocking) == (False, False)


def test_nothing_evaluated_passes_nothing() -> None:
    """On a frame without rows every check is red and 'has_rows' alone may block."""
    outcomes = validate_frame(make_silver_outcomes().clear(), suite=OUTCOMES)
    assert not any(v.is_passed for v in outcomes.verdicts)
    blocking = [v.expectation.name for v in outcomes.verdicts if v.is_blocking]
    assert blocking == ["has_rows"]
    media = validate_frame(make_silver_media().clear(), suite=MEDIA)
    assert not any(v.is_passed or v.is_blocking for v in media.verdicts)


def test_a_missing_column_is_named() -> None:
    """A column that is not there breaks what looks at it and nothing else."""
    frame = make_silver_media().drop("clicks")
    assert judge(frame, MEDIA) == {"clicks_is_in_range", "clicks_fit_impressions"}
    assert find_verdict(frame, MEDIA, "clicks_is_in_range").observed == "column clicks is missing"


def test_validation_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations reports to nobody."""

    def refuse(*_: object) -> None:
        raise ConnectionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert validate_frame(make_silver_media(), suite=MEDIA).is_passed


CELLS = st.one_of(st.none(), st.just(math.nan), st.floats(min_value=-3, max_value=3e8))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spends=st.lists(CELLS, min_size=1, max_size=4), channel=st.sampled_from(["tv", "odd"]))
def test_our_masks_agree_with_great_expectations(spends: list[float | None], channel: str) -> None:
    """A row-wise expectation passes exactly where our mask finds no bad row."""
    n = len(spends)
    frame = (
        make_silver_media()
        .head(n)
        .with_columns(
            pl.Series("spend", spends, dtype=pl.Float64),
            channel=pl.lit(channel),
            date=pl.lit(date(2024, 1, 1)),
        )
    )
    for verdict in validate_frame(frame, suite=MEDIA).verdicts:
        bad = select_bad_rows(frame, expectation=verdict.expectation)
        assert verdict.is_passed == bad.is_empty()
