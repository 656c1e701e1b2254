"""The currency of a delivery: read or declared, never guessed.

Belongs here: deciding it and the rows that stand in another. Must not: converting.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mmm_orchestration.errors import SourceError
from mmm_orchestration.project import Source
from mmm_orchestration.sources.rows import RowRule
from mmm_orchestration.sources.vocabulary import CURRENCIES

# Signs that stand for one currency on the platforms; the dollar and the crown do not.
_SIGNS = {"€": "EUR", "£": "GBP"}


@dataclass(frozen=True)
class Money:
    """The currency of a delivery, and of each of its rows where a column says so."""

    currency: str | None
    by_row: pl.Series | None = None


def read_currency(
    column: pl.Series | None,
    *,
    stated: str | None,
    amounts: Sequence[pl.Series],
    source: Source,
    file: str,
) -> Money:
    """The currency of the money columns `amounts`.

    `column` holds the code of each row, `stated` the code in the header; without both a sign
    in the cells counts. Raises SourceError when the file names none and none is declared, when
    it names another than declared, or several and none is declared.
    """
    by_row = None if column is None else column.cast(pl.String).str.to_uppercase()
    read = set() if by_row is None else set(by_row.drop_nulls()) & CURRENCIES
    if stated:
        read.add(stated)
    if not read:
        read = _read_signs(amounts)
    declared = source.currency
    if declared and read and declared not in read:
        raise SourceError(
            f"{file} is in {', '.join(sorted(read))}, but source '{source.name}' declares "
            f"{declared}",
            fix=f"Correct 'currency' of the source, or deliver the file in {declared}",
        )
    if not declared and len(read) > 1:
        raise SourceError(
            f"{file} holds amounts in several currencies ({', '.join(sorted(read))})",
            fix=f"Declare 'currency' of source '{source.name}' to keep the rows in that one",
        )
    currency = declared or (read.pop() if read else None)
    if currency is None and amounts:
        raise SourceError(
            f"{file} does not say its currency",
            fix=f"Declare it in mmm.yaml, for example 'currency: EUR' under source '{source.name}'",
        )
    if by_row is not None and (declared or stated):
        by_row = by_row.fill_null(stated or declared)
    return Money(currency, by_row)


def currency_rules(money: Money) -> list[RowRule]:
    """The rules for the column `currency`: it is filled and the one of the delivery."""
    if money.currency is None:
        return []
    code = pl.col("currency")
    other = pl.format(f"'{{}}' in a delivery in {money.currency}", code.str.head(20))
    return [
        RowRule("missing_currency", code.is_null(), pl.lit("no currency")),
        RowRule("mixed_currency", code != money.currency, other),
    ]


def _read_signs(amounts: Sequence[pl.Series]) -> set[str]:
    texts = [a for a in amounts if a.dtype == pl.String]
    return {
        code
        for sign, code in _SIGNS.items()
        if any(t.str.contains(sign, literal=True).any() for t in texts)
    }
