"""The review of a quarter: read from lake and registry, written as a page.

Belongs here: reading and keeping around `monitoring.review`. Must not: arithmetic, Dagster.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mmm_orchestration.days import DayWindow
from mmm_orchestration.files import write_whole
from mmm_orchestration.home import Home
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.monitoring.review import Event, Review, find_quarter, review_quarter
from mmm_orchestration.tables.contracts import DRIFT, SCORECARD
from mmm_orchestration.training import load_record
from mmm_orchestration.watching import read_rows


@dataclass(frozen=True)
class ReviewPages:
    """Where a review lies."""

    html: Path
    markdown: Path


def review_model(lake: Lake, *, home: Home, day: date) -> Review:
    """The review of the quarter that holds `day`, of the home's one model."""
    one = home.one
    return review_quarter(
        read_rows(lake, SCORECARD, model=one.model_name),
        drift=read_rows(lake, DRIFT, model=one.model_name),
        events=(*list_fits(home), *list_switches(home)),
        window=find_quarter(day),
        title=one.title,
        kpi=one.kpi.name,
        unit=one.kpi.unit or one.currency,
        settings=one.monitoring,
    )


def list_fits(home: Home) -> list[Event]:
    """Every fit of the model that is kept."""
    records = [load_record(home.posteriors, version=p.stem) for p in home.posteriors.glob("*.json")]
    return [
        Event(
            _read_day(record.fitted_at, home=home),
            record.version,
            f"Fitted on the days through {record.trained_through}.",
        )
        for record in records
    ]


def list_switches(home: Home) -> list[Event]:
    """Every switch of an alias of the model that is on record."""
    from mmm_orchestration.registry import open_registry

    registry = open_registry(home)
    names = {one.number: one.version for one in registry.list()}
    return [
        Event(
            _read_day(switch.at, home=home),
            names.get(switch.number, str(switch.number)),
            f"Made {switch.alias} by {switch.by} ({switch.kind}): {switch.reason}",
        )
        for switch in registry.read_switches()
    ]


def keep_review(review: Review, *, folder: Path) -> ReviewPages:
    """Where the review was written, `review_<year>q<quarter>` as HTML and Markdown."""
    from mmm_orchestration.reporting.review import render_review, write_review

    name = name_quarter(review.window)
    pages = ReviewPages(folder / f"review_{name}.html", folder / f"review_{name}.md")
    for path, text in ((pages.html, render_review(review)), (pages.markdown, write_review(review))):
        write_whole(path, text)
    return pages


def name_quarter(window: DayWindow) -> str:
    """The quarter as in '2026q1'."""
    return f"{window.first.year}q{(window.first.month + 2) // 3}"


def _read_day(moment: str, *, home: Home) -> date:
    """The day of a moment with its offset, in the project's time zone."""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(home.project.time_zone)).date()
