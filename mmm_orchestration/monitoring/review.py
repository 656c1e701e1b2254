"""One quarter of a champion: how it fared, what drifted, what was promoted, what to look at.

Belongs here: rows of a quarter to what a person should know. Must not: rendering (see `reporting`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.monitoring.scorecard import choose_champions, summarise_scorecard
from mmm_orchestration.project import Monitoring

Scores = Mapping[str, float | None]
PLAN_RATIO = 1.5


@dataclass(frozen=True)
class MonitorHistory:
    """One monitor over the quarter; `worst` is the value farthest beyond the threshold.

    `n_judged` and `n_red` count days, `n_confirmed` those on which drift was confirmed.
    """

    monitor: str
    n_judged: int
    n_red: int
    n_confirmed: int
    worst: float | None
    threshold: float
    message: str


@dataclass(frozen=True)
class Event:
    """A fit or a switch of the champion: on which day, of which version, and what it was."""

    day: date
    version: str
    what: str


@dataclass(frozen=True, eq=False)
class Review:
    """The quarter `window` of one model; `rows` are its scorecard, `weeks` its scores by week.

    `scores` are those of the whole quarter, as `summarise_scorecard` names them, empty where no
    forecast was scored. `advice` says in sentences what to look at.
    """

    title: str
    kpi: str
    unit: str
    window: DayWindow
    rows: pl.DataFrame
    weeks: pl.DataFrame
    scores: Scores
    monitors: tuple[MonitorHistory, ...]
    events: tuple[Event, ...]
    advice: tuple[str, ...]


def find_quarter(day: date) -> DayWindow:
    """The quarter of the calendar that holds `day`."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    after = (first + timedelta(days=95)).replace(day=1)
    return DayWindow(first, after - timedelta(days=1))


def review_quarter(
    scorecard: pl.DataFrame,
    *,
    drift: pl.DataFrame,
    events: Sequence[Event],
    window: DayWindow,
    title: str,
    kpi: str,
    unit: str,
    settings: Monitoring,
) -> Review:
    """The review of the quarter `window` from rows of `scorecard` and `drift` of one model."""
    rows = choose_champions(scorecard.filter(pl.col("date").is_between(window.first, window.last)))
    judged = drift.filter(pl.col("day").is_between(window.first, window.last))
    monitors = tuple(
        _describe_monitor(own) for own in judged.partition_by("monitor", maintain_order=True)
    )
    whole = summarise_scorecard(rows, by="quarter")
    scores: Scores = {
        name: value
        for name, value in (whole.row(0, named=True) if whole.height else {}).items()
        if name not in {"model", "quarter"}
    }
    inside = tuple(sorted((e for e in events if window.contains(e.day)), key=lambda e: e.day))
    advice = list(_advise(rows, scores=scores, monitors=monitors, events=inside, settings=settings))
    return Review(
        title=title,
        kpi=kpi,
        unit=unit,
        window=window,
        rows=rows,
        weeks=summarise_scorecard(rows, by="week"),
        scores=scores,
        monitors=monitors,
        events=inside,
        advice=tuple(advice or ["Nothing stands out."]),
    )


def _describe_monitor(rows: pl.DataFrame) -> MonitorHistory:
    known = rows.filter(pl.col("value").is_not_null())
    is_below = rows["monitor"][0] in {"coverage", "error"}
    worst = known["value"].min() if is_below else known["value"].max()
    last = rows.sort("day").row(-1, named=True)
    return MonitorHistory(
        monitor=str(rows["monitor"][0]),
        n_judged=known.height,
        n_red=int(rows["is_drifted"].sum()),
        n_confirmed=int(rows["is_confirmed"].sum()),
        worst=float(worst) if isinstance(worst, int | float) else None,
        threshold=float(last["threshold"]),
        message=str(last["message"]),
    )


def _advise(
    rows: pl.DataFrame,
    *,
    scores: Scores,
    monitors: Sequence[MonitorHistory],
    events: Sequence[Event],
    settings: Monitoring,
) -> Iterator[str]:
    """What to look at, most important first."""
    if rows.is_empty():
        yield "No forecast was scored in this quarter: see whether the job 'monitor' ran."
        return
    for monitor in monitors:
        if monitor.n_confirmed:
            yield (
                f"Drift of '{monitor.monitor}' was confirmed on {monitor.n_confirmed} days. "
                f"{monitor.message}"
            )
        elif monitor.n_red:
            yield (
                f"'{monitor.monitor}' was red on {monitor.n_red} of {monitor.n_judged} judged "
                "days, not often enough in a row to be confirmed."
            )
    if not scores["n_predicted"]:
        yield (
            "Nothing was forecast before it came, so the scores 'as it stood' are missing; those "
            "'given exposure' judge the model once exposure and controls had come."
        )
    yield from _advise_on_scores(rows, scores=scores, settings=settings)
    n_restated = int(scores["n_restated"] or 0)
    if n_restated:
        yield (
            f"The KPI of {n_restated} of {rows.height} periods was restated after it was first "
            "known; the scores are of the KPI as it is now."
        )
    if not events:
        yield "No version was fitted or promoted in this quarter: the champion grows old."


def _advise_on_scores(rows: pl.DataFrame, *, scores: Scores, settings: Monitoring) -> Iterator[str]:
    covered, r2 = scores["coverage_94_given"], scores["r2_given"]
    if covered is not None and covered < settings.coverage:
        yield f"Only {covered:.0%} of the periods lie in the 94 % interval: it is too sure."
    if r2 is not None and r2 < settings.r2:
        yield f"R² given the exposure as it came is {r2:.2f}, below {settings.r2:g}."
    stood, n_made = scores["coverage_94"], int(scores["n_predicted"] or 0)
    if stood is not None and stood < settings.coverage:
        yield (
            f"Of {n_made} forecasts as they stood {round(stood * n_made)} had the KPI in their "
            "94 % interval, which does not know how far plans may change."
        )
    error, mean = rows["error_given"].to_numpy(), float(rows["kpi_now"].sum()) / rows.height
    spread, bias = float(error.std()) / math.sqrt(rows.height), float(error.mean())
    if abs(bias) > 3 * spread and mean > 0:
        side = "more" if bias > 0 else "less"
        yield f"The KPI was on average {abs(bias) / mean:.1%} {side} than the champion expects."
    planned, given = scores["rmse"], scores["rmse_given"]
    if planned is not None and given is not None and planned > PLAN_RATIO * given:
        yield (
            f"The error of forecasts as they stood is {planned / given:.1f} times that given the "
            "exposure as it came: most of it is that of the plan, not of the model."
        )
