"""What is said of a quarter."""

from datetime import date

import polars as pl
import pytest

from mmm_orchestration.days import DayWindow
from mmm_orchestration.monitoring.review import Event, Review, find_quarter, review_quarter
from mmm_orchestration.monitoring.scorecard import score_forecasts
from mmm_orchestration.project import Monitoring
from mmm_orchestration.reporting.review import render_review, write_review
from mmm_orchestration.tables.contracts import DRIFT, SCORECARD
from mmm_orchestration.tables.schema import polars_schema

from .test_scorecard import DATA, NOTHING, keep_days

pytestmark = pytest.mark.unit

HOSTILE = "<script>alert(1)</script>"


def make_review(*, is_scored: bool = True, events: tuple[Event, ...] = ()) -> Review:
    """The review of the first quarter of 2024, in which six weeks were scored and drift was red."""
    rows = score_forecasts(keep_days(known=range(100, 107)), data=DATA, previous=NOTHING)
    window = find_quarter(rows["date"][-1])
    drift = pl.DataFrame(
        {
            "version": "v1",
            "trained_through": window.first,
            "day": [window.first, window.last],
            "monitor": "mix",
            "subject": "tv",
            "value": [0.1, 0.5],
            "threshold": 0.2,
            "n_periods": 4,
            "is_drifted": [False, True],
            "is_confirmed": [False, True],
            "message": HOSTILE,
        }
    ).with_columns(model=pl.lit(None, pl.String))
    empty = pl.DataFrame(schema=polars_schema(SCORECARD))
    return review_quarter(
        rows if is_scored else empty,
        drift=drift.select(polars_schema(DRIFT).names()),
        events=events,
        window=window,
        title="Planted",
        kpi="sales",
        unit="EUR",
        settings=Monitoring(),
    )


def test_a_quarter_has_its_days() -> None:
    """The quarters of a year with a leap day."""
    assert find_quarter(date(2024, 2, 29)) == DayWindow(date(2024, 1, 1), date(2024, 3, 31))
    assert find_quarter(date(2024, 12, 31)) == DayWindow(date(2024, 10, 1), date(2024, 12, 31))


def test_only_the_quarter_counts() -> None:
    """Weeks, drift and events before the quarter are left out."""
    inside, before = date(2024, 1, 15), date(2023, 12, 15)
    events = (Event(inside, "v2", "Fitted."), Event(before, "v1", "Fitted."))
    review = make_review(events=events)
    assert [event.version for event in review.events] == ["v2"]
    assert review.rows["date"].min() >= review.window.first
    assert (review.monitors[0].n_red, review.monitors[0].worst) == (1, 0.5)


def test_advice_names_what_stands_out() -> None:
    """Confirmed drift and a quarter without a promotion are said; a quiet one says so too."""
    advice = " ".join(make_review().advice)
    assert "Drift of 'mix' was confirmed on 1 days." in advice
    assert "No version was fitted or promoted" in advice
    assert make_review(is_scored=False).advice[0].startswith("No forecast was scored")


def test_pages_escape_what_they_are_given() -> None:
    """What a message holds stands on the page as text; scores stand on both pages."""
    review = make_review()
    page, text = render_review(review), write_review(review)
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    for words in ("The whole quarter", "RMSE given exposure", "What to look at"):
        assert words in page
        assert words in text
    assert "<svg" in page


def test_an_empty_quarter_has_a_page() -> None:
    """Without a scored forecast the page says so and draws nothing."""
    page = render_review(make_review(is_scored=False))
    assert "No forecast was scored" in page
    assert "<svg" not in page


def test_missing_forecasts_and_lone_red_days_are_named() -> None:
    """Without a forecast made before its period, and with a red day alone, the page says so."""
    review = make_review()
    rows = review.rows.with_columns(
        pl.lit(None, pl.Date).alias("made_on"),
        *(pl.lit(None, pl.Float64).alias(name) for name in ("median", "error", "crps")),
        *(pl.lit(None, pl.Boolean).alias(f"is_in_{level}") for level in (50, 80, 94)),
    )
    drift = pl.DataFrame(
        {
            **{name: [None] for name in polars_schema(DRIFT).names()},
            "day": [review.window.last],
            "monitor": ["mix"],
            "value": [0.5],
            "threshold": [0.2],
            "is_drifted": [True],
            "is_confirmed": [False],
            "message": ["It moved."],
        },
        schema=polars_schema(DRIFT),
    )
    told = review_quarter(
        rows,
        drift=drift,
        events=(),
        window=review.window,
        title="Planted",
        kpi="sales",
        unit="EUR",
        settings=Monitoring(),
    ).advice
    assert any("Nothing was forecast before it came" in line for line in told)
    assert any("'mix' was red on 1 of 1 judged days" in line for line in told)
    assert not any("Nothing was forecast" in line for line in review.advice)


def test_a_headline_counts_its_periods() -> None:
    """Few periods are counted, since a percentage hides how few they are."""
    review = make_review()
    inside = int(review.rows["is_in_94_given"].sum())
    assert f"{inside} of {review.rows.height} periods lay in" in write_review(review)


def test_forecasts_that_miss_as_they_stood_are_named() -> None:
    """Where plans changed so that no forecast held, the advice says how many did."""
    review = make_review()
    missed = review.rows.with_columns(pl.lit(value=False).alias("is_in_94"))
    n_made = missed["made_on"].drop_nulls().len()
    told = review_quarter(
        missed,
        drift=pl.DataFrame(schema=polars_schema(DRIFT)),
        events=(),
        window=review.window,
        title="Planted",
        kpi="sales",
        unit="EUR",
        settings=Monitoring(),
    ).advice
    assert any(f"Of {n_made} forecasts as they stood 0 had the KPI" in line for line in told)
