"""The weekly report of a project: gathered, written beside mmm.yaml, and sent by mail.

Belongs here: reading what it says and keeping what it said. Must not: its sentences or pages (see
`reporting`), or how a mail is sent (see `alerting.mail`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from mmm_orchestration.alerting.mail import Letter, send_letters
from mmm_orchestration.approving import find_begun, follow
from mmm_orchestration.errors import PlanError, PosteriorError, RegistryError
from mmm_orchestration.examining import load_findings
from mmm_orchestration.files import write_whole
from mmm_orchestration.home import Home
from mmm_orchestration.insight.results import RoiResults
from mmm_orchestration.inspection import find_in_lake
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.publishing import summarise_kept
from mmm_orchestration.quality.finding import sort_findings
from mmm_orchestration.reporting.followed import say_followed
from mmm_orchestration.reporting.weekly import (
    WeeklyPage,
    WeeklyReport,
    build_empty_page,
    build_page,
    find_week,
    measure_week,
    name_week,
    remember,
)
from mmm_orchestration.reporting.weekly_words import DataHealth, Moved, Remembered
from mmm_orchestration.tables.contracts import DELIVERIES, GOLD_KPI_DAILY
from mmm_orchestration.training import load_passed, load_record

FOLDER = "weekly"
NEW_DAYS = 7


@dataclass(frozen=True)
class Written:
    """The report and its pages on disk."""

    report: WeeklyReport
    html: Path
    pdf: Path


def get_today(home: Home, *, now: datetime) -> date:
    """The current day in the project's time zone."""
    return now.astimezone(ZoneInfo(home.project.time_zone)).date()


def prepare_weekly(home: Home, *, today: date) -> WeeklyReport:
    """The report for the last whole week before `today`, with a page for each model."""
    week, lake = find_week(today), home.open_lake()
    pages = tuple(_build(each, lake=lake, today=today) for each in home.list_models())
    return WeeklyReport(home.project.project, week, today, pages)


def _build(home: Home, *, lake: Lake, today: date) -> WeeklyPage:
    week = find_week(today)
    kpi = measure_week(_read_kpi(lake, home=home), week=week)
    try:
        results = _load_results(home)
    except (PosteriorError, RegistryError) as error:
        one = home.one
        return build_empty_page(
            title=one.title,
            kpi_name=one.kpi.unit or one.kpi.name,
            unit=one.kpi.unit or one.currency,
            currency=one.currency,
            why=str(error),
            kpi=kpi,
            health=_examine(lake, home=home, today=today, version=None),
        )
    before = _recall(home, week=name_week(week))
    version = results.provenance.model_version
    _keep(remember(results, week=week), home=home)
    is_new = before is None or before.version != version
    return build_page(
        results,
        kpi=kpi,
        health=_examine(lake, home=home, today=today, version=version),
        before=before,
        moved=_read_moved(home, version=version) if is_new else (),
        followed=_read_followed(home, lake=lake, today=today),
    )


def _read_followed(home: Home, *, lake: Lake, today: date) -> tuple[str, ...]:
    """What became of the plan of record, or why that is not known; nothing where none has begun."""
    try:
        if find_begun(home, today=today) is None:
            return ()
        found = follow(home, today=today, lake=lake)
    except (PlanError, PosteriorError) as error:
        return (f"What became of the plan of record is not known. {error}",)
    return say_followed(found.approval, found.rows, n_over=found.n_periods)


def _load_results(home: Home) -> RoiResults:
    """What the champion says, else the posterior fitted last if it passed its checks."""
    from mmm_orchestration.model.posterior import load_posterior
    from mmm_orchestration.registry import CHAMPION, open_registry

    champion = open_registry(home).find(CHAMPION)
    if champion is None:
        record, posterior = load_passed(home.posteriors)
    else:
        record = load_record(home.posteriors, version=champion.version)
        posterior = load_posterior(home.posteriors / champion.version)
    return summarise_kept(home, posterior=posterior, record=record)


def _read_kpi(lake: Lake, *, home: Home) -> pl.DataFrame:
    """The accepted days of the model's KPI."""
    rows = lake.read(GOLD_KPI_DAILY.name, contract=GOLD_KPI_DAILY).collect()
    kpi, geos = home.one.kpi, home.one.geos
    unsaid = pl.col("source").is_null()
    is_own = (pl.col("source") == kpi.source) & (pl.col("outcome") == kpi.outcome)
    own = rows.filter(is_own | unsaid)
    return own if geos is None else own.filter(pl.col("geo").is_in(geos))


def _examine(lake: Lake, *, home: Home, today: date, version: str | None) -> DataHealth:
    findings = find_in_lake(lake, project=home.project, today=today, model=home.model)
    if version is not None:
        findings += load_findings(home.posteriors, version=version).all
    columns = ["source", "received_at", "n_quarantined"]
    register = lake.read(DELIVERIES.name, contract=DELIVERIES, columns=columns).collect()
    recent = datetime.combine(today, datetime.min.time(), tzinfo=UTC) - timedelta(days=NEW_DAYS)
    new = register.filter(pl.col("received_at").dt.replace_time_zone("UTC") >= recent)
    stale = [f.table.removeprefix("bronze_") for f in findings if f.cause == "stale_source"]
    return DataHealth(
        findings=tuple(sort_findings(findings)),
        n_quarantined=int(register["n_quarantined"].sum()),
        n_quarantined_new=int(new["n_quarantined"].sum()),
        stale=tuple(sorted(stale)),
    )


def _read_moved(home: Home, *, version: str) -> tuple[Moved, ...]:
    """What the refresh report of the version says of ROI; nothing where there is none."""
    from mmm_orchestration.refresh.results import find_refresh

    report = find_refresh(home.posteriors, version=version)
    if report is None:
        return ()
    return tuple(
        Moved(m.channel, m.before, m.after, {str(c): v for c, v in m.parts.items()}, m.noise)
        for m in report.list_of("roi")
    )


def _keep(said: Remembered, *, home: Home) -> None:
    """What the report says, for that of next week."""
    file = home.reports / FOLDER / f"{said.week}.json"
    write_whole(file, json.dumps(asdict(said), indent=2))


def _recall(home: Home, *, week: str) -> Remembered | None:
    """What the newest report of a week before `week` said."""
    files = [path for path in (home.reports / FOLDER).glob("*-W*.json") if path.stem < week]
    if not files:
        return None
    row = json.loads(max(files).read_text(encoding="utf-8"))
    return Remembered(**row | {"roi": {name: tuple(v) for name, v in row["roi"].items()}})


def write_weekly(report: WeeklyReport, *, home: Home) -> Written:
    """The pages under their week, and as the newest `weekly.html` and `weekly.pdf`."""
    from mmm_orchestration.reporting.weekly_page import render_weekly
    from mmm_orchestration.reporting.weekly_pdf import render_pdf

    folder = home.base / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    html, pdf = folder / "weekly.html", folder / "weekly.pdf"
    for newest, content in ((html, render_weekly(report).encode()), (pdf, render_pdf(report))):
        write_whole(newest.with_stem(f"weekly_{report.name}"), content)
        write_whole(newest, content)
    return Written(report, html, pdf)


def send_weekly(written: Written, *, home: Home, now: datetime) -> tuple[str, ...]:
    """Who was sent the report now; nobody who has had one of this week.

    Raises DeliveryError, after all others were tried, where somebody could not be reached.
    """
    report = written.report
    letter = Letter(
        key=f"weekly {report.project} {report.name}",
        subject=report.title,
        text=_say_text(report),
        html=written.html.read_text(encoding="utf-8"),
        attachment=written.pdf.read_bytes(),
        file_name=f"{report.project}_{report.name}.pdf",
    )
    return send_letters(letter, home=home, now=now)


def _say_text(report: WeeklyReport) -> str:
    """The report for mail programs that show text alone."""
    parts: list[str] = []
    for page in report.pages:
        rows = [f"{r.name}: ROI {r.roi or 'none'}. {r.verdict}" for r in page.channels]
        rows += [page.noise] if page.noise else []
        sections: Sequence[tuple[str, Sequence[str]]] = (
            ("Return by channel", rows),
            ("What changed, and why", page.changes),
            ("Plan", page.plan),
            ("Data health", page.health),
            ("Provenance", [f"{fact}: {value}" for fact, value in page.facts]),
        )
        parts += [page.title, "", page.headline, page.lede, ""]
        for title, lines in sections:
            parts += [title, *(f"- {line}" for line in lines), ""] if lines else []
    return "\n".join(parts)


def publish_weekly(home: Home, *, now: datetime) -> tuple[Written, tuple[str, ...]]:
    """The report written and sent to all who have not had it; see `send_weekly`."""
    whole = replace(home, model=None)
    written = write_weekly(prepare_weekly(whole, today=get_today(home, now=now)), home=whole)
    return written, send_weekly(written, home=whole, now=now)


def list_missing(home: Home, *, now: datetime) -> tuple[str, ...]:
    """The recipients who have not had the report of the last whole week."""
    from mmm_orchestration.alerting.mail import find_missing

    week = name_week(find_week(get_today(home, now=now)))
    return find_missing(f"weekly {home.project.project} {week}", home=home)
