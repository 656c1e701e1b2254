"""Row rules: which rows are accepted, and what is said about the others.

Belongs here: the machinery every reader shares. Must not: the rules of one format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from mmm_orchestration.project import NATIONAL, Source
from mmm_orchestration.sources.reading import (
    QUARANTINE_SCHEMA,
    RAW_LENGTH,
    Rule,
    reading_schema,
)
from mmm_orchestration.tables.contracts import bronze_contract

TEXT_LENGTH = 1000
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_STRANGE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{fffd}]"


@dataclass(frozen=True)
class RowRule:
    """A rule, the rows that break it, and the words for each of them."""

    rule: Rule
    breaks: pl.Expr
    detail: pl.Expr


def text_rules(columns: Mapping[str, str]) -> list[RowRule]:
    """Rules for text columns (column of the frame -> its name in the file)."""
    rules = []
    for column, name in columns.items():
        text = pl.col(column)
        strange = pl.lit(f"'{name}' holds characters that cannot be read")
        rules.append(RowRule("unreadable_text", text.str.contains(_STRANGE), strange))
        length = pl.format(f"'{_brace(name)}' has {{}} characters", text.str.len_chars())
        rules.append(RowRule("text_too_long", text.str.len_chars() > TEXT_LENGTH, length))
    return rules


def number_rules(columns: Mapping[str, str]) -> list[RowRule]:
    """Rules for numeric columns (parsed column -> its name in the file).

    The cell as received stands in the column `<parsed column>_cell` as text.
    """
    rules = []
    for column, name in columns.items():
        cell, value = pl.col(f"{column}_cell"), pl.col(column)
        said = pl.format(f"'{_brace(name)}' is '{{}}'", cell.str.head(80))
        rules.append(RowRule("unreadable_number", cell.is_not_null() & value.is_null(), said))
        rules.append(RowRule("not_finite_number", ~value.is_finite(), said))
    return rules


def negative_rules(columns: Mapping[str, str], *, rule: Rule) -> list[RowRule]:
    """One rule per column for values below zero."""
    return [
        RowRule(rule, pl.col(c) < 0, pl.format(f"'{_brace(n)}' is {{}}", pl.col(c)))
        for c, n in columns.items()
    ]


def apply_rules(rows: pl.DataFrame, rules: Sequence[RowRule]) -> pl.DataFrame:
    """The rows with `rule` and `detail` of the first rule each one breaks, null where none."""
    if not rules:
        empty = pl.lit(None, pl.String)
        return rows.with_columns(rule=empty, detail=empty)
    broken = [r.breaks.fill_null(value=False) for r in rules]
    flags = rows.select(b.alias(str(i)) for i, b in enumerate(broken))
    hit = [i for i in range(len(rules)) if flags[str(i)].any()]
    frame = rows.with_columns(flags[str(i)].alias(f"_breaks_{i}") for i in hit)
    words = [(pl.col(f"_breaks_{i}"), rules[i]) for i in hit]
    rule = pl.coalesce(
        [*(pl.when(b).then(pl.lit(r.rule)) for b, r in words), pl.lit(None, pl.String)]
    )
    detail = pl.coalesce([*(pl.when(b).then(r.detail) for b, r in words), pl.lit(None, pl.String)])
    return frame.with_columns(rule=rule, detail=detail).drop(f"_breaks_{i}" for i in hit)


def mark_duplicates(
    rows: pl.DataFrame, *, key: Sequence[str], values: Sequence[str]
) -> pl.DataFrame:
    """The rows, where of those without a rule each repeated key but the first gets one."""
    clean = rows.filter(pl.col("rule").is_null())
    repeated = clean.filter(pl.struct(key).is_duplicated())
    if not repeated.height:
        return rows
    is_same = pl.all_horizontal(
        pl.lit(value=True), *(pl.col(v).eq_missing(pl.col(v).first().over(key)) for v in values)
    )
    first = pl.col("line").first().over(key)
    twins = repeated.select(
        "line",
        pl.when(is_same)
        .then(pl.lit("duplicate_row"))
        .otherwise(pl.lit("duplicate_key"))
        .alias("_rule"),
        pl.when(is_same)
        .then(pl.format("the same as line {}", first))
        .otherwise(pl.format("the keys of line {} with other values", first))
        .alias("_detail"),
        (pl.col("line") != first).alias("_is_later"),
    ).filter("_is_later")
    return (
        rows.join(twins, on="line", how="left", validate="m:1", maintain_order="left")
        .with_columns(rule=pl.coalesce("rule", "_rule"), detail=pl.coalesce("detail", "_detail"))
        .drop("_rule", "_detail", "_is_later")
    )


def take_quarantined(
    rows: pl.DataFrame, *, shown: Sequence[str], malformed: pl.DataFrame
) -> pl.DataFrame:
    """Rows with a rule and malformed lines, with their text but for e-mail addresses."""
    cells = [pl.col(c).cast(pl.String).fill_null("") for c in shown]
    raw = pl.concat_str(cells, separator=", ") if cells else pl.lit("")
    broken = rows.filter(pl.col("rule").is_not_null()).select(
        "line", "rule", "detail", raw.str.head(RAW_LENGTH).alias("raw")
    )
    clean = pl.col("raw", "detail").str.replace_all(_EMAIL, "[e-mail]")
    return (
        pl.concat([broken, malformed.select(QUARANTINE_SCHEMA.names())])
        .with_columns(clean)
        .sort("line")
        .cast(QUARANTINE_SCHEMA)
    )


def to_bronze(rows: pl.DataFrame, *, source: Source) -> pl.DataFrame:
    """The rows without a rule in the columns and types of the source's bronze contract.

    A column the rows do not have is null; days stand for one day and the whole country.
    """
    fixed = {"period_days": pl.lit(1), "geo": pl.lit(NATIONAL)}
    return rows.filter(pl.col("rule").is_null()).select(
        (pl.col(name) if name in rows.columns else fixed.get(name, pl.lit(None)))
        .cast(dtype)
        .alias(name)
        for name, dtype in reading_schema(bronze_contract(source)).items()
    )


def _brace(name: str) -> str:
    """A column name that may stand in a format string."""
    return name.replace("{", "(").replace("}", ")")
