"""When an examination of data or posterior speaks up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """The limits of all examinations; shares and changes are of one, so 0.1 is 10 %.

    Everywhere:
    - `by_chance`: how often one examination may speak on data without any trouble; it is shared
      out over the channels, dates or series that the examination looks at.

    Before the fit:
    - `rows_per_unknown`, `min_rows_per_unknown`: observed periods per unknown of the model below
      which answers lean on priors (warning), and below which there is no fit (critical).
    - `rows_per_control`: observed periods per control below which controls are many.
    - `correlation`: correlation of two exposures beyond the baseline from which they are one.
    - `vif`: variance inflation from which a channel or control is nearly a sum of the others.
    - `own_variation`: spread of an exposure beyond the baseline, relative to its mean, below
      which nothing can be learned from it; `periods_on`: periods with exposure it needs.
    - `followed_r2`: part of an exposure that past KPI must explain to have steered it.
    - `promotion_correlation`: correlation of a happening and an exposure beyond the baseline.
    - `sparse_share`: part of the periods up to which a control is a happening, such as a promotion.
    - `caused_r2`: part of a control that media must explain to look like its cause;
      `relevant_p`: how surely that control must matter to the KPI.
    - `spike_fold`: how many times the usual high a single exposure must reach to be a spike;
      `spike_gap`: how many times the highest of all others. `max_spikes`: more are a pattern.
    - `steady_share`: part of the periods a channel is on from which single periods without it
      look like missing deliveries; `n_holes`: how many of them do.
    - `price_fold`: change of the price per exposure that is a jump; `price_sigmas`: how many
      times its own scatter it must be as well. `price_periods`: length from which it is a level.

    - `absent_season_r2`: part of the KPI beyond the baseline that a season without a column must
      explain.

    After the fit:
    - `contraction`: part of the prior variance that data must remove from a number.
    - `sum_gain`: how much surer the sum of a group must be, relatively, than its parts.
    - `baseline_periods`: part of the periods in which the mean baseline may lie below zero.
    - `roi_ceiling`: return on spend no channel is believed to have; `roi_ratio`: how many times
      the return of all channels together; `spend_share`: part of the KPI that all spend must be
      for returns to be judged, because smaller ones are no money.
    - `autocorrelation`: correlation of successive residuals that matters.
    - `shift`: jump of the level, in residual deviations, that matters; `edge`: periods at either
      end in which none is looked for.
    - `season_r2`: part of the residual variance that a cycle must explain.
    - `outlier_pull`: relative change of a contribution, were one period left out, that matters.
    - `valley`: height of the density between two modes, relative to the lower of them, below
      which they are two answers; `mode_share`: draws the smaller mode must hold.
    - `robustness`: share of what is left of exposure and KPI a confounder must explain to halve
      a return, below which that is easily so; `benchmark`: the same in units of the strongest
      known driver.
    - `drift`: relative change of an effect between start and end that matters.
    - `bend`: departure from the response curve that matters, in deviations of the contribution.
    """

    by_chance: float = 0.002

    rows_per_unknown: float = 2.0
    min_rows_per_unknown: float = 1.0
    rows_per_control: float = 8.0
    correlation: float = 0.85
    vif: float = 10.0
    own_variation: float = 0.1
    periods_on: int = 4
    followed_r2: float = 0.05
    promotion_correlation: float = 0.5
    sparse_share: float = 0.4
    caused_r2: float = 0.1
    relevant_p: float = 0.01
    spike_fold: float = 4.0
    spike_gap: float = 2.5
    max_spikes: int = 5
    steady_share: float = 0.8
    n_holes: int = 4
    price_fold: float = 1.5
    price_sigmas: float = 5.0
    price_periods: int = 4
    absent_season_r2: float = 0.2

    contraction: float = 0.5
    sum_gain: float = 0.5
    baseline_periods: float = 0.05
    roi_ceiling: float = 25.0
    roi_ratio: float = 10.0
    spend_share: float = 0.001
    autocorrelation: float = 0.2
    shift: float = 1.0
    edge: int = 4
    season_r2: float = 0.05
    outlier_pull: float = 0.2
    valley: float = 0.5
    mode_share: float = 0.1
    robustness: float = 0.05
    benchmark: float = 1.0
    drift: float = 0.3
    bend: float = 0.3


DEFAULT = Thresholds()
