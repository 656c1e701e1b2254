"""What the words of a column's name say about its part; the vocabulary is in `words.toml`.

Belongs here: pure functions of names. Must not: looking at values.
"""

import re
import tomllib
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mmm_orchestration.project import KpiKind, MediaMeasure

Measured = MediaMeasure | Literal["frequency"]

_VOCABULARY: dict[str, tuple[str, ...]] = {
    part: tuple(words.split())
    for part, words in tomllib.loads(
        Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    ).items()
}
_MEASURES: tuple[Measured, ...] = ("clicks", "impressions", "spend", "frequency", "reach")
_LETTER_MARKS: dict[str, MediaMeasure] = {"s": "spend", "i": "impressions", "p": "impressions"}
_USELESS = {
    "season": "a season; the model has its own, from the date",
    "derived": "computed from other columns, not observed",
    "ratio": "a ratio of media columns",
}


@dataclass(frozen=True)
class MediaName:
    """The medium a column belongs to and what it measures; `mark` is what says so."""

    medium: str
    measure: Measured
    mark: str

    @property
    def is_of_people(self) -> bool:
        """Whether it is reach or frequency, which say something together only."""
        return self.measure in {"reach", "frequency"}


def split_words(name: str) -> tuple[str, ...]:
    """The words of a column name in lower case: 'x1_Search-Ads' is x1, search, ads."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", spaced.casefold()))


def has_word(name: str, part: str) -> bool:
    """Whether a word of the name belongs to a part of the vocabulary."""
    return bool(_words_of(part) & set(split_words(name)))


def read_media_name(name: str) -> MediaName | None:
    """What a marked media column says: 'facebook_I' is impressions of 'facebook'."""
    words = list(split_words(name))
    letter = words.pop() if len(words) > 1 and re.search(r"[_ ][SIPBsipb]$", name) else ""
    for measure in _MEASURES:
        mark = next((w for w in words if w in _words_of(measure)), None)
        if mark and not (measure == "spend" and has_word(name, "no_advertising_cost")):
            skipped = _words_of(measure) | _words_of("fillers")
            if measure in {"reach", "frequency"}:
                skipped |= _words_of("reach_fillers")
            return MediaName("_".join(w for w in words if w not in skipped), measure, mark)
    if letter in _LETTER_MARKS:
        return MediaName("_".join(words), _LETTER_MARKS[letter], f"_{letter.upper()}")
    return None


def is_of_people(name: str) -> bool:
    """Whether the name says reach or frequency."""
    found = read_media_name(name)
    return found is not None and found.is_of_people


def find_media_word(name: str) -> str | None:
    """The word of the name that is itself a medium, as in 'TV' or 'x1_Search-Ads'."""
    return next((w for w in split_words(name) if w in _words_of("media")), None)


def explain_useless_name(name: str) -> str | None:
    """Why no model uses a column of this name as it stands, or None when the name allows it."""
    words = set(split_words(name))
    if not words or "unnamed" in words:
        return "a row number"
    calendar = _words_of("calendar")
    if words & calendar and words <= calendar | _words_of("calendar_fillers"):
        return "a number of the calendar; the date says the same"
    return next((reason for part, reason in _USELESS.items() if has_word(name, part)), None)


def rank_kpi_name(name: str) -> int | None:
    """How clearly the name says KPI: 0 is clearest, None is not at all."""
    words = split_words(name)
    if _words_of("not_own") & set(words[:-1]) or "control" in words:
        return None
    ranked = [*_VOCABULARY["revenue"], *_VOCABULARY["units"], *_VOCABULARY["outcome"]]
    return next((i for i, word in enumerate(ranked) if word in words), None)


def guess_kpi_kind(name: str) -> tuple[KpiKind, str]:
    """Whether the KPI is money or a count, with the reason."""
    kinds: tuple[KpiKind, ...] = ("units", "revenue")
    for kind in kinds:
        found = next((w for w in split_words(name) if w in _words_of(kind)), None)
        if found:
            return kind, f"the name says '{found}'; if wrong, say --kpi-kind"
    return "revenue", "nothing tells; if it counts things, say --kpi-kind units"


def is_value_per_unit(name: str) -> bool:
    """Whether the column says what one unit of the KPI is worth, as 'revenue_per_conversion'."""
    words = split_words(name)
    return "per" in words[1:-1] and words[0] in _words_of("worth") | _words_of("revenue")


def make_slug(name: str, *, taken: set[str]) -> str:
    """A name for mmm.yaml made of `name`, different from those taken, which it joins."""
    base = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "column"
    base = (base if base[0].isalpha() else f"n_{base}")[:50]
    slug, n = base, 2
    while slug in taken:
        slug, n = f"{base}_{n}", n + 1
    taken.add(slug)
    return slug


def _words_of(part: str) -> Set[str]:
    return frozenset(_VOCABULARY[part])
