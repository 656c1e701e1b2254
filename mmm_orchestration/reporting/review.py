"""The quarterly review as one HTML page and as Markdown.

Belongs here: what stands where, as text. Must not: what is worth saying (see `monitoring.review`).
"""

from typing import TYPE_CHECKING

import polars as pl

from mmm_orchestration.monitoring.review import Review
from mmm_orchestration.reporting.drawing import use_style
from mmm_orchestration.reporting.figures import format_axis, make_time_axes
from mmm_orchestration.reporting.format import (
    TickUnit,
    format_date,
    format_number,
    format_percent,
    format_score,
    format_window,
)
from mmm_orchestration.reporting.page import Drawn, draw_twice
from mmm_orchestration.reporting.palette import FIT, INK, MUTED, OTHER
from mmm_orchestration.reporting.sheet import Sheet, SheetTable, render_sheet
from mmm_orchestration.reporting.tables import to_markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ABSENT = "–"
LOOK_AT = "What to look at"
_ABOUT_FIGURE = (
    "Dots are the KPI as it is now, the line is the median of the last forecast made before each "
    "period, the band its 94 % interval."
)


def render_review(review: Review) -> str:
    """The review as one self-contained HTML page, the same for the same review."""
    return render_sheet(_write_sheet(review))


def write_review(review: Review) -> str:
    """The review as Markdown, without the figure."""
    page = _write_sheet(review, is_drawn=False)
    parts = [f"# {page.title}, {page.window}", page.headline, page.lede, f"## {LOOK_AT}"]
    parts.append("\n".join(f"- {sentence}" for sentence in page.advice))
    for table in page.tables:
        names = [name for name, _ in table.heads]
        frame = pl.DataFrame(table.rows, schema=dict.fromkeys(names, pl.String), orient="row")
        parts += [f"## {table.title}", table.about, to_markdown(frame) if table.rows else "None."]
    return "\n\n".join([*parts, page.footer]) + "\n"


def draw_scorecard(rows: pl.DataFrame, *, width: float) -> "Figure":
    """Forecasts as they stood with their 94 % band, and the KPI that came, by period."""
    days = rows["date"].to_numpy().astype("datetime64[D]")
    values = {
        name: rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("low_94", "high_94", "median", "kpi_now")
    }
    with use_style():
        figure, axes = make_time_axes(width=width)
        axes.fill_between(
            days, values["low_94"], values["high_94"], color=OTHER, alpha=0.35, linewidth=0
        )
        axes.plot(days, values["median"], color=FIT, linewidth=1.4)
        axes.plot(days, values["kpi_now"], "o", color=INK, markersize=2.8, markeredgewidth=0)
        format_axis(axes.yaxis, unit=TickUnit(is_scaled=True))
        axes.set_title("KPI per period", loc="left", color=MUTED, fontsize=9)
        return figure


def _write_sheet(review: Review, *, is_drawn: bool = True) -> Sheet:
    return Sheet(
        kind="Quarterly review",
        advice_title=LOOK_AT,
        title=review.title,
        window=format_window(review.window),
        headline=_say_headline(review),
        lede=f"What the champion predicted of {review.kpi} before each period was known, and what "
        "came.",
        advice=review.advice,
        drawn=_draw(review.rows) if is_drawn and review.rows.height else None,
        tables=(
            _show_weeks(review),
            _show_scores(review),
            _show_drift(review),
            _show_events(review),
        ),
        footer="Scores 'given exposure' are of the same posterior once exposure and controls of "
        "the period had come, without its KPI: they judge the model and not the plan.",
    )


def _say_headline(review: Review) -> str:
    if review.rows.is_empty():
        return "No forecast was scored"
    n_confirmed = sum(monitor.n_confirmed > 0 for monitor in review.monitors)
    drift = f"{n_confirmed} of {len(review.monitors)} monitors confirmed drift"
    inside, n_periods = int(review.rows["is_in_94_given"].sum()), review.rows.height
    covered = f"{inside} of {n_periods} periods lay in the 94 % interval given their exposure"
    return f"{covered}; {drift if n_confirmed else 'no drift was confirmed'}"


def _draw(rows: pl.DataFrame) -> Drawn:
    return draw_twice(
        lambda width: draw_scorecard(rows, width=width), name="card", description=_ABOUT_FIGURE
    )


def _show_weeks(review: Review) -> SheetTable:
    return SheetTable(
        title="Scorecard",
        about="Forecasts as they stood, by week.",
        caption=f"Errors in {review.unit}.",
        heads=(
            ("Week from", ""),
            ("Periods", "n"),
            ("wMAPE", "n"),
            ("RMSE", "n"),
            ("In 50 %", "n"),
            ("In 80 %", "n"),
            ("In 94 %", "n"),
            ("RMSE given exposure", "n"),
        ),
        rows=tuple(
            (
                format_date(row["week"]),
                str(row["n_periods"]),
                _percent(row["wmape"]),
                _number(row["rmse"]),
                *(_percent(row[f"coverage_{level}"]) for level in (50, 80, 94)),
                _number(row["rmse_given"]),
            )
            for row in review.weeks.iter_rows(named=True)
        ),
    )


def _show_scores(review: Review) -> SheetTable:
    names = (
        ("R²", "r2", _score),
        ("wMAPE", "wmape", _percent),
        ("RMSE", "rmse", _number),
        ("CRPS", "crps", _number),
        ("In 50 %", "coverage_50", _percent),
        ("In 80 %", "coverage_80", _percent),
        ("In 94 %", "coverage_94", _percent),
    )
    return SheetTable(
        title="The whole quarter",
        about="The same scores over all periods.",
        caption=f"Errors in {review.unit}.",
        heads=(("Score", ""), ("As it stood", "n"), ("Given exposure", "n")),
        rows=tuple(
            (name, show(review.scores[key]), show(review.scores[f"{key}_given"]))
            for name, key, show in names
            if review.scores
        ),
    )


def _show_drift(review: Review) -> SheetTable:
    return SheetTable(
        title="Drift",
        about="Days on which each monitor was judged, red, and red often enough to be confirmed.",
        caption="Monitors of the champion.",
        heads=(
            ("Monitor", ""),
            ("Judged", "n"),
            ("Red", "n"),
            ("Confirmed", "n"),
            ("Worst", "n"),
            ("Threshold", "n"),
            ("Last said", "words"),
        ),
        rows=tuple(
            (
                m.monitor,
                str(m.n_judged),
                str(m.n_red),
                str(m.n_confirmed),
                _score(m.worst),
                f"{m.threshold:g}",
                m.message,
            )
            for m in review.monitors
        ),
    )


def _show_events(review: Review) -> SheetTable:
    return SheetTable(
        title="Fits and promotions",
        about="What was fitted in the quarter, and which version became champion.",
        caption="By day.",
        heads=(("Day", ""), ("Version", "any"), ("What", "words")),
        rows=tuple((format_date(e.day), e.version, e.what) for e in review.events),
    )


def _percent(value: float | None) -> str:
    return ABSENT if value is None else format_percent(value)


def _number(value: float | None) -> str:
    return ABSENT if value is None else format_number(value)


def _score(value: float | None) -> str:
    return ABSENT if value is None else format_score(value, decimals=2)
