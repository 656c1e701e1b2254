"""A campaign from a file of days or weeks, simulated with a project's posterior.

Belongs here: reading and checking such a file. Must not: what a campaign brings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from mmm_orchestration.decisions.freezing import freeze
from mmm_orchestration.decisions.frozen import FrozenModel
from mmm_orchestration.decisions.plan import Plan, check_names
from mmm_orchestration.decisions.simulate import Simulation, simulate
from mmm_orchestration.errors import PlanError
from mmm_orchestration.home import Home
from mmm_orchestration.training import FitRecord, load_passed

MAX_PERIODS = 104
MAX_ROWS = 1_000_000
_COLUMNS = ("date", "channel", "spend")


@dataclass(frozen=True, eq=False)
class Simulated:
    """A simulation, the fit that it is of, and its units."""

    record: FitRecord
    simulation: Simulation
    currency: str
    unit: str


def simulate_campaign(home: Home, file: Path) -> Simulated:
    """The campaign in `file` as the model's posterior fitted last expects it.

    Raises PlanError for a file that is no campaign, PosteriorError unless the posterior passed.
    """
    record, posterior = load_passed(home.posteriors)
    model = freeze(posterior)
    plan = lay_out_campaign(read_rows(file), model=model)
    return Simulated(
        record=record,
        simulation=simulate(plan, model=model, posterior=posterior),
        currency=posterior.project.currency,
        unit=posterior.project.kpi.unit or posterior.project.currency,
    )


def read_rows(file: Path) -> pl.DataFrame:
    """The rows of a CSV, Parquet or XLSX file with `date`, `channel`, `spend`, perhaps `geo`.

    Raises PlanError for a file of another kind, and for columns, dates or amounts that are none.
    """
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".csv": lambda path: pl.read_csv(path, infer_schema=False),
        ".parquet": pl.read_parquet,
        ".xlsx": pl.read_excel,
    }
    if file.suffix.lower() not in readers:
        raise PlanError(
            "A campaign is a file of CSV, Parquet or XLSX", got=file.name, available=sorted(readers)
        )
    try:
        rows = readers[file.suffix.lower()](file)
    except (OSError, pl.exceptions.PolarsError, ValueError) as error:
        raise PlanError(f"{file} cannot be read: {str(error).splitlines()[0]}") from error
    missing = [name for name in _COLUMNS if name not in rows.columns]
    if missing:
        raise PlanError(
            f"{file.name} lacks the column '{missing[0]}'",
            available=rows.columns,
            fix="A campaign has the columns date, channel and spend, and perhaps geo",
        )
    if not 0 < rows.height <= MAX_ROWS:
        raise PlanError(f"{file.name} has {rows.height:,} rows", fix=f"1 to {MAX_ROWS:,} are read")
    return check_rows(rows, name=file.name)


def check_rows(rows: pl.DataFrame, *, name: str, first_line: int = 2) -> pl.DataFrame:
    """The rows with dates as `day` and amounts as `amount`.

    Raises PlanError for the first that has none and the first that comes twice, with its line.
    """
    day = pl.col("date").cast(pl.String).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    amount = pl.col("spend").cast(pl.Float64, strict=False)
    read = rows.with_row_index("line", offset=first_line).with_columns(day=day, amount=amount)
    bad = read.filter(
        pl.col("day").is_null()
        | pl.col("amount").is_null()
        | ~pl.col("amount").is_finite()
        | (pl.col("amount") < 0)
    )
    if bad.height:
        first = bad.row(0, named=True)
        raise PlanError(
            f"Row {first['line']} of {name} has no date as 2026-01-31 or no amount of zero or more",
            got=f"{first['date']}, {first['spend']}",
        )
    keys = [key for key in ("day", "geo", "channel") if key in read.columns]
    twice = read.filter(pl.struct(keys).is_duplicated())
    if twice.height:
        raise PlanError(
            f"Row {twice['line'][0]} of {name} has the same date, geo and channel as another",
            fix="Add their amounts up",
        )
    return read


def lay_out_campaign(rows: pl.DataFrame, *, model: FrozenModel) -> Plan:
    """The rows as a plan by period of the model; periods before the campaign spend as today.

    Without `geo` money is shared out over geos as today. Raises PlanError for names that the model
    does not know, and for days before the periods it can plan or too far ahead.
    """
    check_names(rows["channel"].unique().to_list(), known=model.channels, what="channel")
    has_geo = "geo" in rows.columns
    if has_geo:
        check_names(rows["geo"].unique().to_list(), known=model.geos, what="geo")
    start = model.lay_out(1)[0].astype("datetime64[D]")
    days = rows["day"].to_numpy().astype("datetime64[D]")
    places = ((days - start) / np.timedelta64(model.period_days, "D")).astype(int)
    if days.min() < start or places.max() >= MAX_PERIODS:
        raise PlanError(
            "A campaign lies in the periods after those the model was trained on",
            got=f"{days.min()} to {days.max()}",
            fix=f"Give days from {start} on, at most {MAX_PERIODS} periods",
        )
    spend = model.plan_today(int(places.max()) + 1).spend
    spend[places.min() :] = 0
    own = model.today / np.where(model.today.sum(axis=0) > 0, model.today.sum(axis=0), 1)
    for place, row in zip(places.tolist(), rows.iter_rows(named=True), strict=True):
        c = model.channels.index(row["channel"])
        if has_geo:
            spend[place, model.geos.index(row["geo"]), c] += row["amount"]
        else:
            share = own[:, c] if own[:, c].any() else np.full(len(own), 1 / len(own))
            spend[place, :, c] += row["amount"] * share
    return model.make_plan(spend)
