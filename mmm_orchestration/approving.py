"""A project's plan approved, and what became of it.

Belongs here: reading and keeping around `decisions.record` and `decisions.followed`. Must not:
arithmetic, Dagster.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mmm_orchestration.accepted import list_accepted_days
from mmm_orchestration.decisions.followed import (
    FollowedChannel,
    compare_spend,
    count_periods_over,
)
from mmm_orchestration.decisions.record import (
    Approval,
    PlannedCell,
    Promise,
    find_plan_of_record,
    keep_approval,
    list_approvals,
)
from mmm_orchestration.errors import PlanError, PosteriorError
from mmm_orchestration.home import Home
from mmm_orchestration.insight.contributions import iterate_channels
from mmm_orchestration.insight.intervals import compute_interval
from mmm_orchestration.lake.change import Commit
from mmm_orchestration.lake.lake import Lake
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.planning import PLAN_FILE
from mmm_orchestration.tables.contracts import GOLD_MEDIA_DAILY
from mmm_orchestration.tables.plan_scorecard import PLAN_SCORECARD
from mmm_orchestration.tables.schema import polars_schema
from mmm_orchestration.training import FitRecord, load_passed, load_record


def approve(home: Home, *, by: str, reason: str, file: Path | None = None) -> Approval:
    """The approval of the plan in `file`, or of the newest that `mmm optimize` kept.

    Raises PlanError where there is no such plan or its model is not kept any more.
    """
    path = home.reports / PLAN_FILE if file is None else file
    approval = read_plan(path, home=home, by=by, reason=reason)
    keep_approval(approval, folder=home.plans)
    return approval


def read_plan(path: Path, *, home: Home, by: str, reason: str) -> Approval:
    """The plan in a file of `mmm optimize` as an approval by `by`."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        record = load_record(home.posteriors, version=str(row["model_version"]))
        return to_approval(row, record=record, by=by, reason=reason)
    except FileNotFoundError as error:
        raise PlanError(f"There is no plan in {path}", fix="Run 'mmm optimize' first") from error
    except PosteriorError as error:
        raise PlanError(f"The model of the plan is not kept: {error}", fix="Plan again") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise PlanError(f"{path} is no plan of 'mmm optimize'", fix="Plan again") from error


def to_approval(row: Mapping[str, Any], *, record: FitRecord, by: str, reason: str) -> Approval:
    """The plan as `plan_json` writes it, of the fit of `record`, as an approval by `by`, now."""
    cells = tuple(
        PlannedCell(
            period=date.fromisoformat(cell["period"]),
            geo=str(cell["geo"]),
            channel=str(cell["channel"]),
            spend=float(cell["spend"]),
        )
        for cell in row["plan"]
    )
    periods = sorted({cell.period for cell in cells})
    days = (periods[1] - periods[0]).days if len(periods) > 1 else int(row["period_days"])
    return Approval(
        by=by,
        reason=reason,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        model_version=record.version,
        snapshot=record.snapshot,
        currency=str(row["currency"]),
        unit=str(row["unit"]),
        first=periods[0],
        period_days=days,
        n_periods=len(periods),
        cells=cells,
        promised=Promise(**row["certificate"]["gain"]),
        brings=Promise(**row["brings"]),
        channels={c["channel"]: Promise(**c["contribution"]) for c in row["channels"]},
    )


@dataclass(frozen=True)
class Followed:
    """The plan of record and what became of it through the last period that is known.

    `through` is the last day of the periods that are over, None while none is; `version` is the
    posterior that was asked what they brought.
    """

    approval: Approval
    rows: tuple[FollowedChannel, ...]
    through: date | None
    version: str

    @property
    def n_periods(self) -> int:
        """How many of its periods are over and known."""
        if self.through is None:
            return 0
        return count_periods_over(self.approval, today=self.through + timedelta(days=1))


def find_begun(home: Home, *, today: date) -> Approval | None:
    """The plan of record of `today`, else the newest that began before and was not withdrawn.

    Raises PlanError where an approval was altered since it was written.
    """
    begun = [a for a in list_approvals(home.plans) if not a.withdrawn_by and a.first < today]
    return find_plan_of_record(home.plans, day=today) or next(iter(begun), None)


def follow(home: Home, *, today: date, lake: Lake | None = None) -> Followed:
    """The plan of record of yesterday or before, and what became of it so far.

    Periods count whose every day is accepted. Raises PlanError where no plan was approved for the
    days before `today`, PosteriorError where no fit passed.
    """
    approval = find_begun(home, today=today)
    if approval is None:
        raise PlanError("No approved plan has begun", fix="Approve one: 'mmm approve'")
    lake = home.open_lake() if lake is None else lake
    accepted, known = set(list_accepted_days(lake, project=home.one)), approval.first
    while known in accepted and known < today:
        known += timedelta(days=1)
    n_over = count_periods_over(approval, today=known)
    end = approval.first + timedelta(days=n_over * approval.period_days)
    record, posterior = load_passed(home.posteriors)
    brought = measure_brought(posterior, approval=approval, today=end)
    rows = compare_spend(approval, media=_read_spend(lake), brought=brought, today=end)
    through = end - timedelta(days=1) if n_over else None
    return Followed(approval, rows, through, record.version)


def keep_followed(lake: Lake, *, home: Home, today: date) -> tuple[Followed | None, Commit | None]:
    """What became of the plan of record and what was written; None where none has begun.

    The rows of the newest period that is over are written anew until the next one is. Raises as
    `follow` does.
    """
    if find_begun(home, today=today) is None:
        return None, None
    followed = follow(home, today=today, lake=lake)
    if followed.through is None:
        return followed, None
    rows = to_frame(followed, model=home.one.model_name)
    return followed, lake.replace_keys(rows, contract=PLAN_SCORECARD)


def to_frame(followed: Followed, *, model: str | None) -> pl.DataFrame:
    """The rows of `plan_scorecard`."""
    return pl.DataFrame(
        [
            {
                "model": model,
                "plan": followed.approval.name,
                "through": followed.through,
                "channel": row.channel,
                "n_periods": followed.n_periods,
                "planned": row.planned,
                "spent": row.spent,
                **_spread("promised", row.promised),
                **_spread("brought", row.brought),
                "version": followed.version,
            }
            for row in followed.rows
        ],
        schema=polars_schema(PLAN_SCORECARD),
    )


def _spread(name: str, promise: Promise | None) -> dict[str, float | None]:
    if promise is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {name: promise.median, f"{name}_low": promise.low, f"{name}_high": promise.high}


def _read_spend(lake: Lake) -> pl.DataFrame:
    columns = ["date", "channel", "spend"]
    return lake.read(GOLD_MEDIA_DAILY.name, contract=GOLD_MEDIA_DAILY, columns=columns).collect()


def measure_brought(posterior: Posterior, *, approval: Approval, today: date) -> dict[str, Promise]:
    """What each channel brought in the periods of the plan that are over, KPI units, and 'all'.

    Empty where the posterior was not trained on all of them. What spend before the plan still
    brought in its periods is counted, what the plan brings after them is not.
    """
    n_over = count_periods_over(approval, today=today)
    first = np.datetime64(approval.first, "D")
    wanted = first + np.arange(n_over) * np.timedelta64(approval.period_days, "D")
    periods = posterior.data.periods.astype("datetime64[D]")
    if not n_over or not np.isin(wanted, periods).all():
        return {}
    places = np.flatnonzero(np.isin(periods, wanted))
    draws = {
        channel.channel: channel.contribute()[:, :, places].sum(axis=(1, 2))
        for channel in iterate_channels(posterior)
    }
    named = {cell.channel for cell in approval.cells}
    draws["all"] = np.sum([values for name, values in draws.items() if name in named], axis=0)
    return {name: Promise(**vars(compute_interval(values))) for name, values in draws.items()}
