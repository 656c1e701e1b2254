"""A project's plan approved, and what became of it.

Belongs here: reading and keeping around `decisions.record` and `decisions.followed`. Must not:
arithmetic, Dagster.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mmm_orchestration.decisions.followed import Followed, compare_spend, count_periods_over
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
from mmm_orchestration.model.posterior import Posterior
from mmm_orchestration.planning import PLAN_FILE
from mmm_orchestration.tables.contracts import GOLD_MEDIA_DAILY
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


def follow(home: Home, *, today: date) -> tuple[Approval, tuple[Followed, ...]]:
    """The plan of record of yesterday or before, and what became of it so far.

    Raises PlanError where no plan was approved for the days before `today`.
    """
    approvals = [a for a in list_approvals(home.plans) if not a.withdrawn_by and a.first < today]
    if not approvals:
        raise PlanError("No approved plan has begun", fix="Approve one: 'mmm approve'")
    approval = find_plan_of_record(home.plans, day=today) or approvals[0]
    lake = home.open_lake()
    media = (
        lake.read(GOLD_MEDIA_DAILY.name, contract=GOLD_MEDIA_DAILY)
        .select("date", "channel", "spend")
        .collect()
        if lake.has(GOLD_MEDIA_DAILY.name)
        else pl.DataFrame(schema={"date": pl.Date, "channel": pl.String, "spend": pl.Float64})
    )
    brought = measure_brought(load_passed(home.posteriors)[1], approval=approval, today=today)
    return approval, compare_spend(approval, media=media, brought=brought, today=today)


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
