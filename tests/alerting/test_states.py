"""What tables, files and the registry say is wrong."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.alerting.problems import Look, plan_notices
from mmm_orchestration.alerting.states import find_drift, find_promotions
from mmm_orchestration.alerting.watching import look_with
from mmm_orchestration.errors import LakeError
from mmm_orchestration.home import Home
from mmm_orchestration.promotion.results import Gate, conclude, keep_verdict
from mmm_orchestration.registry import CHAMPION, open_registry
from mmm_orchestration.tables.contracts import Column, TableContract
from tests.registry.stored import keep, make_home

from .test_problems import TEAM, make_problem

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DRIFT = TableContract(
    name="drift",
    description="Monitors of the champion by day.",
    columns=(
        Column("model", "text", "model", is_nullable=True),
        Column("version", "text", "version"),
        Column("trained_through", "date", "last day trained on"),
        Column("day", "date", "day judged"),
        Column("monitor", "text", "monitor"),
        Column("is_confirmed", "boolean", "whether drift is real"),
        Column("message", "text", "what was found"),
    ),
    key=("model", "version", "day", "monitor"),
    date_column="day",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A project with a registry of its own."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make_home(tmp_path)


def write_drift(home: Home, *rows: tuple[str | None, str, int, str, bool]) -> None:
    """Rows of model, version, day of March, monitor and whether it is confirmed."""
    made = [
        (model, version, date(2026, 2, 1), date(2026, 3, day), monitor, confirmed, f"{monitor}!")
        for model, version, day, monitor, confirmed in rows
    ]
    frame = pl.DataFrame(made, schema=list(DRIFT.column_names), orient="row")
    frame = frame.with_columns(pl.col("model").cast(pl.String))
    home.open_lake().append_new(frame, contract=DRIFT)


def test_without_a_table_nothing_drifts(home: Home) -> None:
    """A project that is not monitored has no drift."""
    assert find_drift(home.open_lake(), project=home.project) == []


def test_drift_is_what_the_newest_day_confirms(home: Home) -> None:
    """Of each model only the newest day of its newest version counts."""
    write_drift(
        home,
        (None, "v1", 3, "coverage", True),
        (None, "v1", 4, "coverage", False),
        (None, "v1", 4, "r2", True),
        ("bolt", "v7", 2, "mix", True),
    )
    found = find_drift(home.open_lake(), project=home.project)
    assert [p.id for p in found] == ["drift//v1/r2", "drift/bolt/v7/mix"]
    assert found[0].what == "r2!"


def test_a_switch_of_the_champion_is_an_event(home: Home) -> None:
    """Who made which version champion and why is told, once for each switch."""
    registry = open_registry(home)
    assert find_promotions(home) == []
    for number in (1, 2):
        record = keep(home, number)
        registry.register(record, period=None)
        registry.set_alias(CHAMPION, record.version, by="ann", reason="it is better")
    first, second = find_promotions(home)
    assert first.is_event
    assert second.is_event
    assert first.id != second.id
    assert "Version number 2 is champion now, in place of 1" in second.what
    assert "ann: it is better" in second.what


def test_a_refusal_is_an_event(home: Home) -> None:
    """A version that misses a gate is told with its reasons; one that passes is not."""
    for version, reasons in (("v1", ("The error grew.",)), ("v2", ())):
        gate = Gate("stability", "failed" if reasons else "passed", "A sentence.", {}, reasons)
        verdict = conclude((gate,), version=version, champion="v0", judged_at=NOW.isoformat())
        keep_verdict(verdict, folder=home.posteriors)
    (event,) = find_promotions(home)
    assert event.what == "Version v1 was not promoted: The error grew."
    assert event.since == NOW


def test_a_finder_that_fails_is_told_and_ends_nothing() -> None:
    """What cannot be looked at is a problem of its own, and its known problems stay open."""

    def fail() -> list[object]:
        raise LakeError("The lake is gone")

    look = look_with({"drift": fail, "check": lambda: [make_problem("a")]}, now=NOW)  # type: ignore[dict-item]
    assert [p.id for p in look.problems] == ["watching/drift", "a"]
    assert "The lake is gone" in look.problems[0].what
    told = plan_notices(
        [], Look((make_problem("d", kind="drift"),)), targets=(TEAM,), is_first=True
    ).told
    after = plan_notices(told, look, targets=(TEAM,), is_first=False)
    assert {(n.problem.id, n.change) for n in after.notices} == {
        ("watching/drift", "opened"),
        ("a", "opened"),
    }
