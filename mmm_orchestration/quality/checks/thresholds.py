"""When a plain check speaks up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """The limits of all plain checks; shares and changes are of one, so 0.1 is 10 %.

    - `always_on`: share of days from which a channel counts as always on.
    - `scale_window`: rows of a series around a value whose median is its usual level.
    - `scale_history`: positive values a series needs before outliers are looked for.
    - `scale_tolerance`: how far, in powers of ten, a value may lie from exactly ten, a hundred
      or a thousand times the usual level (or a part of it) and still look like a wrong unit.
    - `scale_sigmas`: how many times the series' own scatter it must lie off as well.
    - `delivery_impressions`: impressions without spend that are worth a word.
    - `delivery_spend`: spend without impressions that is worth a word, project currency.
    - `partial_share`: share of its usual weekday level below which a last day looks cut short.
    - `partial_weeks`: earlier values of that weekday it must also lie below, all of them.
    - `restated_warning`, `restated_error`: relative change of restated days that is a warning
      or an error; smaller changes are told as information.
    - `unmapped_error`: share of all spend from which unmapped campaigns are an error.
    - `quarantined_error`: share of a source's rows in quarantine that is an error.
    - `experiment_differs`, `experiment_disagrees`: joint standard errors between a market test and
      the model from which they differ, and from which they disagree.
    - `n_unmapped`: unmapped campaigns that get a finding of their own, largest first.
    """

    always_on: float = 0.9
    scale_window: int = 91
    scale_history: int = 14
    scale_tolerance: float = 0.15
    scale_sigmas: float = 5.0
    delivery_impressions: float = 100.0
    delivery_spend: float = 1.0
    partial_share: float = 0.5
    partial_weeks: int = 6
    restated_warning: float = 0.02
    restated_error: float = 0.2
    unmapped_error: float = 0.05
    quarantined_error: float = 0.05
    experiment_differs: float = 2.0
    experiment_disagrees: float = 3.0
    n_unmapped: int = 10
