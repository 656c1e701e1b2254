"""What reading one delivery gives, and the rules a row can break.

Belongs here: the result type and its frames. Must not: knowledge of any format.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from mmm_orchestration.days import DayWindow
from mmm_orchestration.errors import SourceError
from mmm_orchestration.quality.finding import Finding
from mmm_orchestration.tables.contracts import TableContract
from mmm_orchestration.tables.schema import polars_schema

Rule = Literal[
    "broken_quotes",
    "duplicate_key",
    "duplicate_row",
    "missing_campaign",
    "missing_currency",
    "missing_date",
    "missing_geo",
    "missing_name",
    "missing_order",
    "mixed_currency",
    "negative_count",
    "negative_spend",
    "not_finite_number",
    "off_grid_date",
    "orphan_line",
    "outcome_disagrees",
    "out_of_period",
    "ragged_row",
    "text_too_long",
    "unreadable_date",
    "unreadable_line",
    "unreadable_number",
    "unreadable_text",
]
AsideKind = Literal["preamble", "header", "blank", "comment", "totals", "footer"]

QUARANTINE_SCHEMA = pl.Schema(
    {"line": pl.Int64, "rule": pl.String, "detail": pl.String, "raw": pl.String}
)
ASIDE_SCHEMA = pl.Schema({"line": pl.Int64, "kind": pl.String})
RAW_LENGTH = 2000


class EmptyDeliveryError(SourceError):
    """A delivery that can be understood and holds no rows in the period; it changes nothing."""


@dataclass(frozen=True)
class Reading:
    """One delivery taken apart: every data row is in `accepted` or in `quarantined`.

    `accepted` has the columns of the source's bronze contract but `file` and `delivery`;
    `quarantined` has `(line, rule, detail, raw)`, `raw` without personal data; `set_aside` has
    `(line, kind)` of lines that are recognised and are no data. `covered` is the window the
    delivery speaks for, whole periods included.
    """

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    set_aside: pl.DataFrame
    covered: DayWindow
    currency: str | None
    time_zone: str | None
    notes: tuple[Finding, ...] = ()

    @property
    def n_input(self) -> int:
        """Number of data rows in the delivery."""
        return self.accepted.height + self.quarantined.height


def reading_schema(contract: TableContract) -> pl.Schema:
    """The polars types of `Reading.accepted` for a bronze contract."""
    schema = polars_schema(contract)
    return pl.Schema({n: t for n, t in schema.items() if n not in {"file", "delivery"}})


def check_some_accepted(accepted: pl.DataFrame, *, quarantined: pl.DataFrame, file: str) -> None:
    """Nothing, or SourceError when rows came and every one of them breaks a rule.

    Raises EmptyDeliveryError when no row came.
    """
    if accepted.height:
        return
    if not quarantined.height:
        raise EmptyDeliveryError(f"{file} has no rows in the period")
    rule, count = quarantined["rule"].value_counts(sort=True).row(0)
    first = quarantined.filter(pl.col("rule") == rule).sort("line").row(0, named=True)
    what = f"None of the {quarantined.height} rows of {file} can be accepted"
    example = f"{count} break the rule '{rule}', the first on line {first['line']}"
    raise SourceError(f"{what}: {example} ({first['detail'][:200]})")
