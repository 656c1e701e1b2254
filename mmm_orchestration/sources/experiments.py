"""The table of market tests, read strictly: one wrong cell refuses the file and names its line.

Belongs here: text to experiments. Must not: keeping them, or which of them a model can use.
"""

import csv
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from mmm_orchestration.errors import SourceError, nearest
from mmm_orchestration.model.experiment import EXPERIMENT_KINDS, Experiment, ExperimentKind
from mmm_orchestration.project import NATIONAL

NEEDED = ("channel", "geo", "start", "end", "lift", "se")
COLUMNS = (*NEEDED, "kind", "model")


def read_experiments(
    text: str,
    *,
    file: str,
    channels: Collection[str],
    geos: Collection[str],
    start: date,
    today: date,
    models: Mapping[str, Collection[str]] | None = None,
) -> tuple[Experiment, ...]:
    """The experiments of a CSV with the columns `NEEDED` and maybe `kind` and `model`, in order.

    `models` has the channels of each model where the project names some; a test without a model
    is of the only one that has its channel.

    Raises SourceError with file, line and column: a column or cell that is absent or unknown, a
    channel or geo that does not exist, a test that ends before it begins, begins before `start`
    or ends after `today`, a standard error that is not positive, two tests of one channel and
    geo that overlap, or a model that is not said, unknown or without the channel.
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
        experiment = replace(experiment, model=_read_model(row, models=models or {}))
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


def _read_model(row: _Row, *, models: Mapping[str, Collection[str]]) -> str | None:
    """The model whose KPI was measured, None where no model has the channel."""
    channel = row.read("channel")
    having = [name for name, channels in models.items() if channel in channels]
    if not row.read("model"):
        if len(having) > 1:
            why = f"is no model, and several have channel '{channel}'"
            raise row.refuse("model", why, available=having)
        return having[0] if having else None
    name = row.read_word("model", allowed=models)
    if name not in having:
        raise row.refuse("model", f"has no channel '{channel}'", available=having)
    return name


def _check_dates(experiment: Experiment, *, row: _Row, start: date, today: date) -> None:
    if experiment.last < experiment.first:
        raise row.refuse("end", f"lies before the start, {experiment.first}")
    if experiment.first < start:
        raise row.refuse("start", f"lies before the project's start, {start}")
    if experiment.last > today:
        raise row.refuse("end", f"lies after today, {today}")


def _check_overlap(found: Sequence[tuple[int, Experiment]], *, file: str) -> None:
    """Nothing, when no two tests of one channel, geo and model share a day."""
    ranked = sorted(found, key=lambda each: (*_place(each[1]), each[1].first))
    for (line, one), (other, two) in pairwise(ranked):
        if _place(one) == _place(two) and two.first <= one.last:
            raise SourceError(
                f"{file}, lines {min(line, other)} and {max(line, other)}: two tests of "
                f"'{one.channel}' in '{one.geo}' overlap from {two.first}",
                fix="Keep one, or the sum of both as one test",
            )


def _place(experiment: Experiment) -> tuple[str, str, str]:
    return experiment.channel, experiment.geo, experiment.model or ""
