"""What tables and files say is wrong: stale sources, confirmed drift, verdicts on promotion.

Belongs here: rows and files to problems. Must not: deciding what is stale, drifted or promoted.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from mmm_orchestration.alerting.problems import Problem
from mmm_orchestration.days import DayWindow
from mmm_orchestration.home import Home
from mmm_orchestration.inspection import list_gold, list_silver
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.project import Project
from mmm_orchestration.promotion.results import FOLDER, Verdict, find_verdict
from mmm_orchestration.quality.checks.recency import find_last_days, find_stale
from mmm_orchestration.quality.text import count
from mmm_orchestration.registry import CHAMPION, Switch, open_registry

DRIFT_TABLE: Final = "drift"
_LOOKED_BACK: Final = timedelta(days=100)
_LONGEST_PERIOD: Final = timedelta(days=31)
_MAX_EVENTS: Final = 20


def find_stale_sources(lake: Lake, *, project: Project, now: datetime) -> list[Problem]:
    """Required sources that fell silent; else the accepted days, where these have stopped."""
    zone = ZoneInfo(project.time_zone)
    today = now.astimezone(zone).date()
    last_days = _read_last_days(lake, project=project, today=today)
    if not last_days:
        return []
    problems = [
        Problem(
            id=f"stale_source/{finding.table.removeprefix('bronze_')}",
            kind="stale_source",
            severity="error",
            what=finding.message,
            where=f"table {finding.table}",
            since=_begin(finding.days.last if finding.days else project.start, zone),
            fix=finding.fix,
        )
        for finding in find_stale(last_days, project=project, today=today)
    ]
    return problems or list(_find_stale_gold(lake, project=project, today=today, zone=zone))


def _read_last_days(lake: Lake, *, project: Project, today: date) -> dict[str, date]:
    """The newest day of data by source: of the last months, or of all where one has none there."""
    tables = [contract for contract in list_silver(project) if lake.has(contract.name)]
    columns = ["source", "date", "period_days"]
    recent = DayWindow(today - _LOOKED_BACK, today + timedelta(days=1))
    last_days: dict[str, date] = {}
    for window in (recent, None):
        frames = [
            lake.read(c.name, contract=c, window=window).select(columns).collect() for c in tables
        ]
        last_days = find_last_days(*frames)
        if all(source.name in last_days for source in project.sources if source.required):
            break
    return last_days


def _find_stale_gold(
    lake: Lake, *, project: Project, today: date, zone: ZoneInfo
) -> Iterator[Problem]:
    contract = next(c for c in list_gold(project) if c.name == "gold_kpi_daily")
    last = lake.last_day(contract.name, contract) if lake.has(contract.name) else None
    source = project.source(project.kpi.source)
    allowed = project.alerts.stale_after_days + (0 if source.period == "day" else 62)
    if last is None or (today - last).days <= allowed:
        return
    yield Problem(
        id="stale_source/accepted_days",
        kind="stale_source",
        severity="error",
        what=f"All sources deliver, but the newest accepted day is {last}, "
        f"{count((today - last).days, 'day')} ago.",
        where=f"table {contract.name}",
        since=_begin(last, zone),
        fix="'mmm findings' says which days are held back and why; mend that and run them again.",
    )


def find_drift(lake: Lake, *, project: Project) -> list[Problem]:
    """The monitors that say of a model's newest version, on its newest day, that drift is real."""
    if not lake.has(DRIFT_TABLE):
        return []
    zone = ZoneInfo(project.time_zone)
    rows = lake.read(DRIFT_TABLE).collect()
    newest = rows.sort("day", "trained_through", "version").group_by("model").last()
    confirmed = rows.join(
        newest.select("model", "version", "day"),
        on=["model", "version", "day"],
        how="semi",
        nulls_equal=True,
    ).filter("is_confirmed")
    return [
        Problem(
            id=f"drift/{row['model'] or ''}/{row['version']}/{row['monitor']}",
            kind="drift",
            severity="warning",
            what=row["message"],
            where=f"model {row['model'] or project.project}, version {row['version']}, monitor "
            f"{row['monitor']}",
            since=_begin(row["day"], zone),
            fix="A retrain is asked for by itself; look whether the business or the tracking has "
            "changed, and declare it in mmm.yaml if so.",
        )
        for row in confirmed.sort("model", "monitor").iter_rows(named=True)
    ]


def find_promotions(home: Home) -> list[Problem]:
    """Events: the newest switches of the champion on record, and the newest refusals."""
    return [event for each in home.list_models() for event in _list_promotions(each)]


def _list_promotions(home: Home) -> Iterator[Problem]:
    switches = open_registry(home).read_switches()
    for switch in [each for each in switches if each.alias == CHAMPION][-_MAX_EVENTS:]:
        yield _describe_switch(switch, model=home.model)
    for path in _list_newest(home.posteriors / FOLDER):
        verdict = find_verdict(home.posteriors, version=path.stem)
        if verdict is not None and not verdict.is_passed:
            yield _describe_refusal(verdict, model=home.model)


def _list_newest(folder: Path) -> list[Path]:
    """The files that were written last; hidden ones are drafts."""
    files = [path for path in folder.glob("*.json") if not path.name.startswith(".")]
    return sorted(files, key=lambda path: path.stat().st_mtime)[-_MAX_EVENTS:]


def _describe_switch(switch: Switch, *, model: str | None) -> Problem:
    before = f"in place of {switch.before}" if switch.before else "the first one"
    lacked = f" It was let through although {switch.waived}" if switch.waived else ""
    return Problem(
        id=f"promotion/{model or ''}/switch/{switch.order}/{switch.number}",
        kind="promotion",
        severity="warning" if switch.waived or switch.kind == "rollback" else "info",
        what=f"Version number {switch.number} is champion now, {before}, by a {switch.kind} of "
        f"{switch.by}: {switch.reason}{lacked}",
        where=f"{f'model {model}' if model else 'the model'}, version number {switch.number}",
        since=datetime.fromisoformat(switch.at),
        fix="Read its refresh report; 'mmm rollback' goes back to the version before.",
        is_event=True,
    )


def _describe_refusal(verdict: Verdict, *, model: str | None) -> Problem:
    return Problem(
        id=f"promotion/{model or ''}/refused/{verdict.version}",
        kind="promotion",
        severity="warning",
        what=f"Version {verdict.version} was not promoted: {' '.join(verdict.reasons)}",
        where=f"{f'model {model}' if model else 'the model'}, version {verdict.version}",
        since=datetime.fromisoformat(verdict.judged_at),
        fix="The champion stays. Read the verdict in the UI; a person can promote it all the same "
        "with 'mmm promote', a name and a reason.",
        is_event=True,
    )


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
