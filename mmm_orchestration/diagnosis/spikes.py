"""Before a fit: single exposures and prices that look like mistakes.

Belongs here: spikes, and spend against exposure. Must not: what they do to a fit.
"""

from collections.abc import Iterator

import numpy as np

from mmm_orchestration.diagnosis.least_squares import Array
from mmm_orchestration.diagnosis.observed import Observed
from mmm_orchestration.diagnosis.thresholds import Thresholds
from mmm_orchestration.diagnosis.words import cover_period, list_periods
from mmm_orchestration.quality.finding import Finding


def find_spikes(values: Array, *, limits: Thresholds) -> list[int]:
    """Positions of single `values` (date,) far above all others; none where high ones are usual."""
    on = values[values > 0]
    if len(on) < 2 * limits.max_spikes:
        return []
    places = np.flatnonzero(values > limits.spike_fold * np.quantile(on, 0.95)).tolist()
    if not places or len(places) > limits.max_spikes:
        return []
    others = np.delete(values, places).max()
    return [p for p in places if values[p] > limits.spike_gap * others]


def find_exposure_spikes(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Exposures many times higher than any other of their channel."""
    data = observed.data
    for c, name in enumerate(data.channels):
        for g, geo in enumerate(data.geos):
            values = data.exposure[:, g, c]
            places = find_spikes(values, limits=limits)
            if not places:
                continue
            fold = float(values[places].max() / np.delete(values, places).max())
            where = f" in '{geo}'" if len(data.geos) > 1 else ""
            yield Finding(
                severity="warning",
                cause="exposure_mismatch",
                table="gold_media_daily",
                message=f"Exposure of '{name}'{where} spikes in the period from "
                f"{list_periods(data, places)}: {fold:.0f} times its next highest value. A slip "
                "there bends its response curve and its return.",
                fix="Check the amount with the platform's invoice, correct the delivery and "
                "deliver again.",
                days=cover_period(data, places[0], last=places[-1]),
                channel=name,
                numbers={"fold": fold, "n_periods": len(places)},
            )


def find_holes(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Steady channels that are nothing in single periods between usual ones."""
    data = observed.data
    for c, name in enumerate(data.channels):
        by_geo = [_list_holes(values, limits=limits) for values in data.exposure[..., c].T]
        places = sorted({place for places in by_geo for place in places})
        if not places:
            continue
        yield Finding(
            severity="warning",
            cause="exposure_mismatch",
            table="gold_media_daily",
            message=f"'{name}' is steady but for {len(places)} single periods without any "
            f"exposure, from {list_periods(data, places)}. What is missing may have been "
            "delivered as zero.",
            fix="Check those periods with the platform, and deliver nothing rather than zero where "
            "it is not known.",
            days=cover_period(data, places[0], last=places[-1]),
            channel=name,
            numbers={"n_periods": len(places)},
        )


def find_price_jumps(observed: Observed, *, limits: Thresholds) -> Iterator[Finding]:
    """Channels whose price per exposure jumps, for a period or for good."""
    data = observed.data
    for c, name in enumerate(data.channels):
        if not data.has_spend[c] or np.allclose(data.spend[..., c], data.exposure[..., c]):
            continue
        spend, exposure = data.spend[..., c].sum(axis=1), data.exposure[..., c].sum(axis=1)
        both = np.flatnonzero((spend > 0) & (exposure > 0))
        n_apart = int(((spend > 0) != (exposure > 0)).sum())
        if len(both) < 4 * limits.price_periods:
            continue
        price = np.log(spend[both] / exposure[both])
        place, fold, is_level = _find_jump(price, limits=limits)
        if fold < limits.price_fold and n_apart <= limits.sparse_share * len(both):
            continue
        at = int(both[place])
        how = "from then on" if is_level else "in that period alone"
        yield Finding(
            severity="warning",
            cause="exposure_mismatch",
            table="gold_media_daily",
            message=f"Spend and exposure of '{name}' disagree: the price of one exposure changes "
            f"{fold:.1f}-fold in the period from {list_periods(data, [at])}, {how}. In {n_apart} "
            "periods only one of the two is there.",
            fix="Check the unit and the count of exposure and spend around that day; a new way of "
            "counting needs a channel of its own.",
            days=cover_period(data, at),
            channel=name,
            numbers={"fold": fold, "n_apart": n_apart},
        )


def _list_holes(values: Array, *, limits: Thresholds) -> list[int]:
    """Single periods of nothing between usual ones; none where a channel is not steady."""
    is_usual = values >= 0.5 * np.median(values)
    is_hole = (values[1:-1] == 0) & is_usual[:-2] & is_usual[2:]
    is_steady = (values > 0).mean() >= limits.steady_share
    holes: list[int] = (np.flatnonzero(is_hole) + 1).tolist()
    return holes if is_steady and len(holes) >= limits.n_holes else []


def _find_jump(price: Array, *, limits: Thresholds) -> tuple[int, float, bool]:
    """Where log prices jump most, by which factor, and whether they stay; factor one is none.

    The scatter is taken from successive differences, so that a lasting jump does not hide itself.
    """
    steps = np.abs(np.diff(price))
    scatter = float(np.median(steps)) / 0.6745 / np.sqrt(2)
    least = max(np.log(limits.price_fold), limits.price_sigmas * scatter)
    n = limits.price_periods
    levels = [
        abs(float(np.median(price[i : i + 2 * n]) - np.median(price[max(0, i - 2 * n) : i])))
        for i in range(n, len(price) - n + 1)
    ]
    if max(levels) > least:
        return int(np.argmax(levels)) + n, float(np.exp(max(levels))), True
    off = np.abs(price - np.median(price))
    if off.max() > least:
        return int(np.argmax(off)), float(np.exp(off.max())), False
    return 0, 1.0, False
