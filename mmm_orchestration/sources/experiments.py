"""The table of market tests, read strictly: one wrong cell refuses the file and names its line.

Belongs here: text to experiments. Must not: keeping them, or which of them a model can use.
"""

import csv
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise

from mmm_orchestration.errors import SourceError, nearest
from mmm_orchestration.model.experiment import EXPERIMENT_KINDS, Experiment, ExperimentKind
from mmm_orchestration.project import NATIONAL

NEEDED = ("channel", "geo", "start", "end", "lift", "se")
COLUMNS = (*NEEDED, "kind")


def read_experiments(
    text: str,
    *,
    file: str,
    channels: Collection[str],
    geos: Collection[str],
    start: date,
    today: date,
) -> tuple[Experiment, ...]:
    """The experiments of a CSV with the columns `NEEDED` and maybe `kind`, in their order.

    Raises SourceError with file, line and column: a column or cell that is absent or unknown, a
    channel or geo that does not exist, a test that ends before it begins, begins before `start`
    or ends after `today`, a standard error that is not positive, or two tests of one channel and
    geo that overlap.
    """
    (_, header), *body = _split_lines(text, file=file)
    _check_header(header, file=file)
    found: list[tuple[int, Experiment]] = []
    for line, cells in body:
        where = f"{file}, line {line}"
        if len(cells) != len(header):
            raise SourceError(f"{where} has {len(cells)} cells and not {len(header)}")
        row = _Row(dict(zip(header, cells, strict=True)), where=where)
        experiment = _read_row(row, channels=channels, geos=(NATIONAL, *geos))
        _check_dates(experiment, row=row, start=start, today=today)
        found.append((line, experiment))
    _check_overlap(found, file=file)
    return tuple(experiment for _, experiment in found)


class _Row:
    """The cells of one line by column, and errors that name both."""

    def __init__(self, cells: Mapping[str, str], *, where: str) -> None:
        self._cells = cells
        self._where = where

    def read(self, column: str) -> str:
        """The cell, empty where the file has no such column."""
        return self._cells.get(column, "")

    def refuse(
        self, column: str, why: str, *, available: Collection[str] = (), fix: str = ""
    ) -> SourceError:
        """The error that the cell `why`."""
        return SourceError(
            f"{self._where}, {column}: '{self.read(column)[:63]}' {why}",
            available=sorted(available),
            fix=fix,
        )

    def read_word(self, column: str, *, allowed: Collection[str]) -> str:
        """The cell, which must be one of the words."""
        word = self.read(column)
        if word not in allowed:
            close = nearest(word, allowed)
            fix = f"Did you mean '{close}'?" if close else ""
            raise self.refuse(column, f"is no {column}", available=allowed, fix=fix)
        return word

    def read_day(self, column: str) -> date:
        """The cell as an ISO day."""
        try:
            return date.fromisoformat(self.read(column))
        except ValueError as error:
            raise self.refuse(column, "is no day such as 2024-01-31") from error

    def read_number(self, column: str) -> float:
        """The cell as a finite number with a decimal point."""
        try:
            number = float(self.read(column))
        except ValueError as error:
            raise self.refuse(column, "is no number such as 1234.5") from error
        if not math.isfinite(number):
            raise self.refuse(column, "is not finite")
        return number


def _split_lines(text: str, *, file: str) -> list[tuple[int, list[str]]]:
    """The number and the cells of every line that is not blank, the header first."""
    lines = csv.reader(text.splitlines(), strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in lines:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                found.append((lines.line_num, stripped))
    except csv.Error as error:
        raise SourceError(f"{file}, line {lines.line_num} is no CSV: {error}") from error
    if not found:
        raise SourceError(f"{file} is empty", fix=f"Its first line reads {','.join(NEEDED)}")
    return found


def _check_header(header: Sequence[str], *, file: str) -> None:
    for column in NEEDED:
        if column not in header:
            raise SourceError(f"{file} has no column '{column}'", available=header)
    for column in header:
        if column not in COLUMNS:
            raise SourceError(f"{file} has an unknown column '{column}'", available=COLUMNS)
    if len(set(header)) < len(header):
        raise SourceError(f"{file} names a column twice", available=header)


def _read_row(row: _Row, *, channels: Collection[str], geos: Collection[str]) -> Experiment:
    kinds: dict[str, ExperimentKind] = {kind: kind for kind in EXPERIMENT_KINDS}
    experiment = Experiment(
        channel=row.read_word("channel", allowed=channels),
        geo=row.read_word("geo", allowed=geos),
        first=row.read_day("start"),
        last=row.read_day("end"),
        lift=row.read_number("lift"),
        se=row.read_number("se"),
        kind=kinds[row.read_word("kind", allowed=kinds)] if row.read("kind") else "holdout",
    )
    if experiment.se <= 0:
        raise row.refuse("se", "is no standard error; it must be greater than zero")
    return experiment


def _check_dates(experiment: Experiment, *, row: _Row, start: date, today: date) -> None:
    if experiment.last < experiment.first:
        raise row.refuse("end", f"lies before the start, {experiment.first}")
    if experiment.first < start:
        raise row.refuse("start", f"lies before the project's start, {start}")
    if experiment.last > today:
        raise row.refuse("end", f"lies after today, {today}")


def _check_overlap(found: Sequence[tuple[int, Experiment]], *, file: str) -> None:
    """Nothing, when no two tests of one channel and geo share a day."""
    ranked = sorted(found, key=lambda each: (each[1].channel, each[1].geo, each[1].first))
    for (line, one), (other, two) in pairwise(ranked):
        is_same = (one.channel, one.geo) == (two.channel, two.geo)
        if is_same and two.first <= one.last:
            raise SourceError(
                f"{file}, lines {min(line, other)} and {max(line, other)}: two tests of "
                f"'{one.channel}' in '{one.geo}' overlap from {two.first}",
                fix="Keep one, or the sum of both as one test",
            )
