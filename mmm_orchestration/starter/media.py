"""Which columns are media: spend, and the impressions or clicks that go with it.

Belongs here: pairing by name, choosing the exposure. Must not: controls and KPI.
"""

from collections.abc import Iterable

import polars as pl

from mmm_orchestration.project import MediaMeasure
from mmm_orchestration.starter.looking import Column
from mmm_orchestration.starter.proposal import SAID, Choices, LongColumns, MediumGuess
from mmm_orchestration.starter.words import (
    Measured,
    MediaName,
    find_media_word,
    has_word,
    make_slug,
    read_media_name,
    split_words,
)

Slots = dict[Measured, tuple[Column, str]]

PEOPLE: tuple[Measured, ...] = ("reach", "frequency")


def find_media(columns: Iterable[Column], *, choices: Choices) -> tuple[MediumGuess, ...]:
    """The media of a wide file, in the order of their first column; may be empty.

    Reach and frequency without a medium in their names belong to the only one there is.
    """
    numeric = [c for c in columns if c.numbers is not None]
    marked = [n for c in numeric if (n := read_media_name(c.name))]
    has_marked_spend = any(n.measure == "spend" for n in marked)
    media: dict[str, Slots] = {}
    loose: Slots = {}
    for column in numeric:
        found = _read_column(column.name, choices=choices, has_marked_spend=has_marked_spend)
        if found is None:
            continue
        name, reason = found
        if name.is_of_people and not name.medium:
            loose.setdefault(name.measure, (column, reason))
            continue
        taken = name.measure in media.get(name.medium, {})
        key = "_".join(split_words(column.name)) if taken or not name.medium else name.medium
        media.setdefault(key, {})[name.measure] = (column, reason)
    if len(media) == 1:
        (only,) = media
        media[only] = loose | media[only]
    slugs: set[str] = set()
    paired = {m: kept for m, slots in media.items() if (kept := _keep_pairs(slots))}
    return tuple(_describe(make_slug(m, taken=slugs), slots) for m, slots in paired.items())


def find_long_media(
    columns: Iterable[Column], *, medium: Column, choices: Choices
) -> tuple[LongColumns | None, tuple[MediumGuess, ...]]:
    """The measures of a long file and one guess per medium; None when nothing measures media."""
    slots: Slots = {}
    for column in columns:
        found = _read_column(column.name, choices=choices, has_marked_spend=True)
        if column.numbers is not None and found:
            slots.setdefault(found[0].measure, (column, found[1]))
    slots = _keep_pairs(slots)
    if not slots:
        return None, ()
    names = {measure: column.name for measure, (column, _) in slots.items()}
    long = LongColumns(
        medium.name,
        names.get("spend"),
        names.get("impressions"),
        names.get("clicks"),
        names.get("reach"),
        names.get("frequency"),
    )
    words = medium.text.drop_nulls().unique(maintain_order=True).to_list()
    slugs: set[str] = set()
    guesses = []
    for word in words:
        own = {
            m: (Column(c.name, c.text, c.numbers.filter(medium.text == word)), why)
            for m, (c, why) in slots.items()
            if c.numbers is not None
        }
        guess = _describe(make_slug(word, taken=slugs), own, campaign=_escape(word))
        guesses.append(guess)
    return long, tuple(guesses)


def _keep_pairs(slots: Slots) -> Slots:
    """The columns without a reach or a frequency that stands alone."""
    is_pair = all(measure in slots for measure in PEOPLE)
    return {m: own for m, own in slots.items() if is_pair or m not in PEOPLE}


def _read_column(
    name: str, *, choices: Choices, has_marked_spend: bool
) -> tuple[MediaName, str] | None:
    """The medium and measure of a column with the reason, or None when it is no medium."""
    if name in choices.spend:
        return _read_given(name, is_spend=True), SAID
    if name in choices.exposure:
        return _read_given(name, is_spend=False), SAID
    if name == choices.kpi or name in choices.control:
        return None
    marked = read_media_name(name)
    if marked is not None:
        is_replaced = choices.spend if marked.measure == "spend" else choices.exposure
        return None if is_replaced else (marked, f"'{marked.mark}' in the name")
    return _read_bare(name, choices=choices, has_marked_spend=has_marked_spend)


def _read_given(name: str, *, is_spend: bool) -> MediaName:
    marked = read_media_name(name)
    if marked and not marked.is_of_people and (marked.measure == "spend") == is_spend:
        return marked
    return MediaName("_".join(split_words(name)), "spend" if is_spend else "impressions", "")


def _read_bare(
    name: str, *, choices: Choices, has_marked_spend: bool
) -> tuple[MediaName, str] | None:
    """A column called after a medium, such as 'TV': spend, unless other columns are marked so."""
    word = find_media_word(name)
    if word is None:
        return None
    medium = "_".join(split_words(name))
    if not has_marked_spend and not choices.spend:
        return MediaName(medium, "spend", word), f"'{word}' is a medium"
    if has_word(name, "owned") and not choices.exposure:
        return MediaName(medium, "impressions", word), f"'{word}' is an own medium"
    return None


def _describe(name: str, slots: Slots, *, campaign: str | None = None) -> MediumGuess:
    exposure, why = _choose_exposure({m: column for m, (column, _) in slots.items()})
    reasons = list(dict.fromkeys(reason for _, reason in slots.values()))
    columns: dict[str, str] = {m: column.name for m, (column, _) in slots.items()}
    return MediumGuess(
        name, campaign or name, exposure, "; ".join(filter(None, [*reasons, why])), **columns
    )


def _choose_exposure(columns: dict[Measured, Column]) -> tuple[MediaMeasure, str]:
    """The measure that drives the effect: whom it reached, else what people saw.

    Spend where what was seen does not go with the money.
    """
    spend = columns.get("spend")
    seen: tuple[MediaMeasure, ...] = ("reach", "impressions", "clicks")
    measure = next((m for m in seen if m in columns), None)
    if measure is None:
        return "spend", ""
    if spend is None:
        return measure, "no spend, so it gets a contribution and no ROI"
    if spend.numbers is None or (shown := columns[measure].numbers) is None:
        return "spend", f"its {measure} are no numbers"
    is_paid = spend.numbers.fill_null(0) > 0
    n_paid = int(is_paid.sum())
    n_blank = int((is_paid & (shown.fill_null(0) <= 0)).sum())
    if n_paid and n_blank > 0.1 * n_paid:
        return "spend", f"{n_blank} of {n_paid} rows with spend have no {measure}"
    return measure, ""


def _escape(word: str) -> str:
    """The word as a shell pattern that matches itself alone."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in word)


def count_periods(days: pl.Series, *, period_is_day: bool) -> int:
    """The number of periods at the model's grain: daily rows are modelled by week."""
    n = days.drop_nulls().n_unique()
    return n // 7 if period_is_day else n
