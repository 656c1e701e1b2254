"""Approved plans, and what became of them."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from mmm_orchestration.decisions.followed import compare_spend, count_periods_over
from mmm_orchestration.decisions.record import (
    FOLDER,
    Approval,
    PlannedCell,
    Promise,
    find_plan_of_record,
    keep_approval,
    list_approvals,
    withdraw,
)
from mmm_orchestration.errors import PlanError

pytestmark = pytest.mark.unit

FIRST = date(2026, 1, 5)
APPROVAL = Approval(
    by="Ann",
    reason="as the board asked",
    at="2026-01-02T08:00:00+00:00",
    model_version="2026-01-01-a-b",
    snapshot="f" * 64,
    currency="EUR",
    unit="EUR",
    first=FIRST,
    period_days=7,
    n_periods=4,
    cells=tuple(
        PlannedCell(FIRST + timedelta(weeks=w), "national", name, spend)
        for w in range(4)
        for name, spend in (("tv", 100.0), ("radio", 50.0))
    ),
    promised=Promise(10, 5, 15),
    brings=Promise(900, 800, 1000),
    channels={"tv": Promise(600, 500, 700), "radio": Promise(300, 200, 400)},
)


def test_the_newest_approval_that_holds_the_day_counts(tmp_path: Path) -> None:
    """A later one supersedes it, until it is withdrawn; both stay."""
    later = replace(APPROVAL, at="2026-01-03T08:00:00+00:00", reason="a better one")
    for each in (APPROVAL, later):
        keep_approval(each, folder=tmp_path)
    assert find_plan_of_record(tmp_path, day=date(2026, 2, 1)) == later
    assert find_plan_of_record(tmp_path, day=date(2026, 2, 2)) is None
    gone = withdraw(later.name, by="Bob", reason="a mistake", folder=tmp_path)
    assert gone.withdrawn_by == "Bob"
    assert find_plan_of_record(tmp_path, day=FIRST) == APPROVAL
    assert len(list_approvals(tmp_path)) == 2


def test_an_approval_names_who_and_why_and_is_written_once(tmp_path: Path) -> None:
    """And is refused otherwise."""
    with pytest.raises(PlanError, match="says who"):
        keep_approval(replace(APPROVAL, by=" "), folder=tmp_path)
    keep_approval(APPROVAL, folder=tmp_path)
    with pytest.raises(PlanError, match="approved already"):
        keep_approval(APPROVAL, folder=tmp_path)
    with pytest.raises(PlanError, match="no approved plan 'x'"):
        withdraw("x", by="Bob", reason="y", folder=tmp_path)


def test_an_altered_approval_is_refused(tmp_path: Path) -> None:
    """One amount changed in the file, and a file that is none."""
    path = keep_approval(APPROVAL, folder=tmp_path)
    row = json.loads(path.read_text(encoding="utf-8"))
    row["cells"][0]["spend"] = 1.0
    path.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(PlanError, match="was altered"):
        list_approvals(tmp_path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(PlanError, match="is no approved plan"):
        list_approvals(tmp_path)
    assert (tmp_path / FOLDER).is_dir()


def test_spend_is_compared_over_the_periods_that_are_over() -> None:
    """Two of four weeks; what was spent after them does not count yet."""
    media = pl.DataFrame(
        {
            "date": [FIRST, FIRST + timedelta(days=8), FIRST, FIRST + timedelta(days=14)],
            "channel": ["tv", "tv", "radio", "tv"],
            "spend": [90.0, 100.0, 10.0, 999.0],
        }
    )
    today = FIRST + timedelta(days=16)
    assert count_periods_over(APPROVAL, today=today) == 2
    tv, radio, both = compare_spend(
        APPROVAL, media=media, brought={"tv": Promise(1, 0, 2)}, today=today
    )
    assert (tv.planned, tv.spent, tv.is_followed) == (200, 190, True)
    assert (radio.planned, radio.spent, radio.is_followed) == (100, 10, False)
    assert (both.channel, both.planned, both.spent) == ("all", 300, 200)
    assert tv.brought == Promise(1, 0, 2)
    assert both.brought is None


@pytest.mark.parametrize(("days", "n_over"), [(-3, 0), (0, 0), (7, 1), (500, 4)])
def test_periods_that_are_over_are_counted(days: int, n_over: int) -> None:
    """None before the plan, all of them after it."""
    assert count_periods_over(APPROVAL, today=FIRST + timedelta(days=days)) == n_over
