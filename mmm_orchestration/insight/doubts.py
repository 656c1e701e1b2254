"""In words, what the data cannot tell about a channel.

Belongs here: rules on draws and their sentences. Must not: numbers of the report.
"""

from collections.abc import Sequence

import numpy as np

from mmm_orchestration.insight.results import Array, Interval

MIN_CONTRACTION = 0.5
MAX_CORRELATION = -0.7
MIN_ACTIVE = 0.1
MAX_FOLD = 10.0


def describe_doubts(
    *,
    channels: Sequence[str],
    total: Array,
    kpi_total: float,
    prior_log_sd: Array,
    is_on: Array,
    roi: Sequence[Interval | None],
) -> tuple[str, ...]:
    """One text per channel, empty where the data speak.

    `total` (draw, channel) are contributions, `is_on` (channel,) the part of the periods with
    exposure, `prior_log_sd` (channel,) the prior spread of the share.
    """
    pairs = find_confounded_pairs(total)
    return tuple(
        " ".join(
            [
                *_doubt_identification(total[:, c], prior_log_sd=prior_log_sd[c]),
                *_doubt_pairs(c, pairs=pairs, channels=channels, total=total, kpi_total=kpi_total),
                *_doubt_activity(is_on[c]),
                *_doubt_size(roi[c]),
            ]
        )
        for c in range(len(channels))
    )


def compute_contraction(total: Array, *, prior_log_sd: float) -> float:
    """How much the data narrowed the belief: 1 - var(posterior) / var(prior) of the log share.

    `total` (draw,) is positive, in any unit; where a draw is not, nothing can be said and it is
    zero. Zero is nothing learned, one is known exactly; negative where the data widened it.
    Schad, Betancourt and Vasishth (2021).
    """
    if not (total > 0).all():
        return 0.0
    return float(1 - np.var(np.log(total)) / prior_log_sd**2)


def find_confounded_pairs(total: Array) -> tuple[tuple[int, int], ...]:
    """Pairs of channels whose contributions (draw, channel) trade off strongly across draws."""
    if total.shape[1] < 2:
        return ()
    correlation = np.corrcoef(total, rowvar=False)
    first, second = np.nonzero(np.triu(correlation < MAX_CORRELATION, k=1))
    return tuple(zip(first.tolist(), second.tolist(), strict=True))


def describe_baseline(baseline_share: Interval, *, part_below_zero: float) -> tuple[str, ...]:
    """A sentence when the baseline falls below zero, which no business has."""
    if baseline_share.low < 0:
        return (
            "The baseline may be negative: media get more than the whole KPI in some draws. "
            "Tighten the share priors or add what is missing from the controls.",
        )
    if part_below_zero > 0:
        return (f"The baseline is below zero in {part_below_zero:.0%} of the periods.",)
    return ()


def _doubt_identification(total: Array, *, prior_log_sd: float) -> list[str]:
    if compute_contraction(total, prior_log_sd=prior_log_sd) >= MIN_CONTRACTION:
        return []
    return ["Not identified: the interval is mostly the prior."]


def _doubt_pairs(
    channel: int,
    *,
    pairs: Sequence[tuple[int, int]],
    channels: Sequence[str],
    total: Array,
    kpi_total: float,
) -> list[str]:
    sentences = []
    for first, second in pairs:
        if channel in (first, second):
            low, high = np.quantile((total[:, first] + total[:, second]) / kpi_total, [0.03, 0.97])
            sentences.append(
                f"'{channels[first]}' and '{channels[second]}' cannot be told apart: "
                f"read their sum, {low:.1%} to {high:.1%} of the KPI."
            )
    return sentences


def _doubt_activity(part_on: float) -> list[str]:
    return [f"On in only {part_on:.0%} of the periods."] if part_on < MIN_ACTIVE else []


def _doubt_size(roi: Interval | None) -> list[str]:
    if roi is None or roi.high <= MAX_FOLD * roi.low:
        return []
    return [f"The return may be next to nothing: {roi.low:.2g} is as possible as {roi.high:.2g}."]
