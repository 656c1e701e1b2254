"""What the lines above a header say: the period and the time zone.

Belongs here: finding them. Must not: guessing what is not stated.
"""

import re
from collections.abc import Iterable, Sequence

from mmm_orchestration.sources.calendar_days import find_days
from mmm_orchestration.sources.vocabulary import TIME_ZONE

_START = re.compile(r"start|begin|debut|début|inicio|início|inizio|anfang|desde", re.IGNORECASE)
_END = re.compile(r"\bend|\beind|\bende|\bfin\b|\bfine\b|\bfim\b|t[ée]rmino|hasta", re.IGNORECASE)


def find_period_texts(preamble: Sequence[str]) -> tuple[str, ...]:
    """The line with both ends of the period, or the line with the first and the one with the last.

    Empty where the preamble states no period.
    """
    counts = [max(len(find_days(t, order="dmy")), len(find_days(t, order="mdy"))) for t in preamble]
    for text, count in zip(preamble, counts, strict=True):
        if count == 2:
            return (text,)
    single = [t for t, count in zip(preamble, counts, strict=True) if count == 1]
    starts = [t for t in single if _START.search(t)]
    ends = [t for t in single if _END.search(t) and t not in starts]
    return (starts[0], ends[0]) if starts and ends else ()


def find_time_zone(texts: Iterable[str]) -> str | None:
    """The time zone written in the preamble or the header, as the platform writes it."""
    for text in texts:
        match = TIME_ZONE.search(text)
        if match:
            return match[1].upper() if match[1] else str(match[2])
    return None
