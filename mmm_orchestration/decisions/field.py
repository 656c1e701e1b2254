"""One's own numbers beside those of the field: what others published, each with its source.

Belongs here: the published figures, and whether one's own lie above, within or below them. Must
not: using them as beliefs; a figure of other brands, years and methods is no evidence on this one.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from mmm_orchestration.errors import PlanError
from mmm_orchestration.insight.results import Interval, RoiResults

Measure = Literal["revenue_roi", "profit_roi", "media_share", "elasticity", "carry_over_days"]
Verdict = Literal["above", "within", "below"]

ALL_MEDIA: Final = ""


@dataclass(frozen=True)
class Source:
    """Where figures come from, what they were made of, and why they may not hold for others."""

    name: str
    title: str
    publisher: str
    year: int
    place: str
    basis: str
    weak: str

    def __str__(self) -> str:
        return f"{self.name}: {self.publisher} ({self.year}), {self.title}"


@dataclass(frozen=True)
class Published:
    """One figure: `low` and `high` are as the source gives them, `kind` is of channel."""

    measure: Measure
    kind: str
    low: float
    high: float
    source: Source


@dataclass(frozen=True)
class Placed:
    """One of one's own numbers beside a published one; `channel` is empty for all media.

    The verdict is of the whole 94 % interval: above where all of it is, within where it overlaps.
    """

    channel: str
    own: Interval
    published: Published
    verdict: Verdict


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads((files("mmm_orchestration.decisions") / "field.toml").read_text("utf-8"))


@cache
def list_published() -> tuple[Published, ...]:
    """Every published figure, in the order of its file."""
    said = _read()
    sources = {name: Source(**about) for name, about in said["sources"].items()}
    return tuple(
        Published(row["measure"], kind, float(low), float(high), sources[row["source"]])
        for row in said["figures"]
        for kind, (low, high) in row["figures"].items()
    )


def list_kinds() -> tuple[str, ...]:
    """The kinds of channel that there are figures of."""
    return tuple(_read()["kinds"])


def name_kinds(
    channels: tuple[str, ...], *, given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The kind of each channel: as `given`, else guessed by a word of its name, else absent.

    Raises PlanError for a channel or a kind that there is not.
    """
    given = given or {}
    for channel, kind in given.items():
        if channel not in channels:
            raise PlanError(f"There is no channel '{channel}'", available=channels)
        if kind not in list_kinds():
            raise PlanError(f"There is no kind '{kind}'", available=list_kinds())
    guesses = {name: _guess(name) for name in channels} | dict(given)
    return {name: kind for name, kind in guesses.items() if kind is not None}


def place(
    results: RoiResults, *, kinds: Mapping[str, str], margin: float | None = None
) -> tuple[Placed, ...]:
    """One's own numbers beside published ones of the same kind and the same measure.

    ROI of a KPI in money is of revenue, and times `margin`, the part of it that is profit, of
    profit; that of any other KPI is compared with nothing.
    """
    return tuple(
        Placed(channel, own, published, _judge(own, published))
        for channel, kind, measure, own in _list_own(results, kinds=kinds, margin=margin)
        for published in list_published()
        if (published.measure, published.kind) == (measure, kind)
    )


def _list_own(
    results: RoiResults, *, kinds: Mapping[str, str], margin: float | None
) -> Iterator[tuple[str, str, Measure, Interval]]:
    told = results.provenance
    is_money = told.kpi_unit == told.currency
    for each in results.channels:
        if each.channel in kinds and each.roi is not None and is_money:
            yield each.channel, kinds[each.channel], "revenue_roi", each.roi
            if margin is not None:
                yield each.channel, kinds[each.channel], "profit_roi", _scale(each.roi, by=margin)
    share = results.baseline_share
    media = Interval(1 - share.median, 1 - share.high, 1 - share.low)
    yield ALL_MEDIA, ALL_MEDIA, "media_share", media
    elasticity = measure_elasticity(results)
    if elasticity is not None:
        yield ALL_MEDIA, ALL_MEDIA, "elasticity", elasticity
    for each in results.channels:
        yield each.channel, ALL_MEDIA, "carry_over_days", each.carry_over_days


def measure_elasticity(results: RoiResults) -> Interval | None:
    """By how many per cent the KPI moves with one per cent more of all paid media.

    The sum over channels of marginal contribution over the KPI; its ends are the sums of the ends,
    which is wider than 94 %. None where the KPI has no value in money, or no channel has spend.
    """
    told = results.provenance
    value = 1.0 if told.kpi_unit == told.currency else told.value_per_unit
    paid = [(c.marginal_roi, c.spend) for c in results.channels if c.marginal_roi and c.spend]
    if value is None or not paid:
        return None
    worth = value * float(results.series.kpi.sum())
    ends = [
        sum(getattr(roi, end) * spend for roi, spend in paid) / worth
        for end in ("median", "low", "high")
    ]
    return Interval(*ends)


def _guess(channel: str) -> str | None:
    words = {channel, *channel.split("_")}
    found = [kind for kind, names in _read()["kinds"].items() if words & set(names)]
    return found[0] if len(found) == 1 else None


def _scale(interval: Interval, *, by: float) -> Interval:
    return Interval(by * interval.median, by * interval.low, by * interval.high)


def _judge(own: Interval, published: Published) -> Verdict:
    if own.low > published.high:
        return "above"
    return "below" if own.high < published.low else "within"
